"""Averaged stochastic gradient descent (Polyak and Juditsky, SIAM J. Control Optim. 30, 1992)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import at_least, count, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["ASGD"]


class ASGD(Singly):
    """Gradient steps of a falling rate, with the mean of the parameters since step `t0` beside.

    ``eta = lr / (1 + lambd * lr * t)^alpha`` and ``p = (1 - lambd * eta) * p - eta * g``; the mean
    is in the state's ``ax``.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.ASGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.8000])
    """

    numbers = ("step", "eta", "mu")
    tensors = "params, mus, etas, and state_steps"

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"eta": count(number(group["lr"])), "mu": count(1.0), "ax": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        lr, lambd = number(group["lr"]), group["lambd"]
        eta, mu, mean = state["eta"], state["mu"], state["ax"]
        step, rate, share = float(state["step"]), float(eta), float(mu)
        p.mul_(1 - lambd * rate)
        p.add_(g, alpha=-rate)
        if share == 1:
            mean.copy_(p)
        else:
            mean.add_((p - mean) * share)
        eta.copy_(count(lr / (1 + lambd * lr * step) ** group["alpha"]))
        mu.copy_(count(1 / max(1, step - group["t0"])))
