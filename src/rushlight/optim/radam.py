"""RAdam (Liu et al., ICLR 2020, algorithm 2)."""

from __future__ import annotations

import math
from typing import Any

from rushlight.api.likes import zeros_like
from rushlight.optim.grouped import at_least, check_betas, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly
from rushlight.tensor import Tensor

__all__ = ["RAdam"]


class RAdam(Singly):
    """Adam that waits with its adaptive rate until the variance of that rate is bounded.

    Where the approximated simple moving average has a length of at most 5, the step is the
    bias-corrected mean alone; then it is rectified (equations 4 and 5 there).

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.RAdam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.8000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        at_least(0.0, lr=lr, eps=eps)
        check_betas(betas)
        at_least(0.0, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"exp_avg": zeros_like(p), "exp_avg_sq": zeros_like(p)}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        lr, (beta1, beta2) = number(group["lr"]), group["betas"]
        mean, square, step = state["exp_avg"], state["exp_avg_sq"], float(state["step"])
        mean.lerp_(g, 1 - beta1)
        square.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        change = mean / (1 - beta1**step) * lr
        length = _length(beta2, step)
        if length > 5:
            limit = 2 / (1 - beta2) - 1
            rectified = math.sqrt(
                (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
            )
            change = change * (math.sqrt(1 - beta2**step) / (square.sqrt() + group["eps"]))
            change = change * rectified
        p.sub_(change)


def _length(beta2: float, step: float) -> Any:
    """The length of the moving average whose mean lag the running mean of `step` squares has."""
    return 2 / (1 - beta2) - 1 - 2 * step * beta2**step / (1 - beta2**step)
