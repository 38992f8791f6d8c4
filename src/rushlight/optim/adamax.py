"""Adamax (Kingma and Ba, ICLR 2015, algorithm 2)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import at_least, check_betas, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["Adamax"]


class Adamax(Singly):
    """Adam with the largest recent gradient in place of the root mean square.

    ``u = max(beta2 * u, |g| + eps)`` and ``p -= lr / (1 - beta1^t) * m / u``.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.Adamax([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr, eps=eps)
        check_betas(betas)
        at_least(0.0, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"exp_avg": zeros_like(p), "exp_inf": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        beta1, beta2 = group["betas"]
        mean, largest = state["exp_avg"], state["exp_inf"]
        mean.lerp_(g, 1 - beta1)
        bound = (largest * beta2).maximum(g.abs() + group["eps"])
        largest.copy_(bound)
        p.sub_(mean * (number(group["lr"]) / (1 - beta1 ** float(state["step"]))) / bound)
