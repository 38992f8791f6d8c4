"""Resilient backpropagation (Riedmiller and Braun, ICNN 1993; iRprop- of Igel and Husken, 2000)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import full_like, zeros_like
from rushlight.optim.grouped import at_least, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly, whole
from rushlight.tensor import Tensor

__all__ = ["Rprop"]


class Rprop(Singly):
    """Steps by the signs of the gradient, of a size of each element's own.

    A size grows by the larger of `etas` while the sign stays, and shrinks by the smaller when it
    turns, in which case that element rests; sizes stay within `step_sizes`.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.Rprop([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        size = full_like(p, whole(p, number(group["lr"])))
        return {"prev": zeros_like(p), "step_size": size}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        shrink, grow = group["etas"]
        previous, size = state["prev"], state["step_size"]
        g = g.detach()  # only its signs count, and they have no derivative
        sign = (g * previous).sign()
        turned = sign < 0
        factor = sign.masked_fill(sign > 0, grow).masked_fill(turned, shrink)
        size.mul_(factor.masked_fill(sign == 0, 1)).clamp_(*group["step_sizes"])
        g = g.masked_fill(turned, 0)
        p.addcmul_(g.sign(), size, value=-1)
        previous.copy_(g)
