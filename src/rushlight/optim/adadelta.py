"""Adadelta (Zeiler, 2012, arXiv:1212.5701, algorithm 1)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import at_least, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["Adadelta"]


class Adadelta(Singly):
    """Steps of the gradient times the ratio of two running root means: of steps and of gradients.

    ``d = sqrt(E[d^2] + eps) / sqrt(E[g^2] + eps) * g`` and ``p -= lr * d``, where ``E`` is a
    running mean that keeps a share of `rho`.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.Adadelta([p], eps=1e-2)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.6877])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        at_least(0.0, eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"square_avg": zeros_like(p), "acc_delta": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        rho, eps = group["rho"], group["eps"]
        gradients, steps = state["square_avg"], state["acc_delta"]
        gradients.mul_(rho).addcmul_(g, g, value=1 - rho)
        delta = (steps + eps).sqrt() / (gradients + eps).sqrt() * g
        steps.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        p.add_(delta, alpha=-number(group["lr"]))
