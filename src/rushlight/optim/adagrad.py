"""Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011)."""

from __future__ import annotations

from typing import Any

from rushlight.api.likes import full_like
from rushlight.optim.grouped import at_least, count, fused_alone, number
from rushlight.optim.optimizer import Group, Params
from rushlight.optim.singly import Singly, whole
from rushlight.tensor import Tensor

__all__ = ["Adagrad"]


class Adagrad(Singly):
    """Steps of the gradient over the root of the sum of all its squares so far.

    ``p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum of g^2) + eps)``. The sum starts at
    `initial_accumulator_value`.

    >>> import rushlight as torch
    >>> p = torch.nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = torch.optim.Adagrad([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    tensor([0.9000])
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        at_least(0.0, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay)
        at_least(0.0, initial_accumulator_value=initial_accumulator_value, eps=eps)
        fused_alone(fused, foreach, differentiable)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = {"step": count(0.0), **self.start(p, group)}

    def share_memory(self) -> None:
        """Move the states into memory that other processes can map."""
        for group in self.param_groups:
            for p in group["params"]:
                for value in self.state[p].values():
                    value.share_memory_()

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        return {"sum": full_like(p, whole(p, group["initial_accumulator_value"]))}

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        rate = number(group["lr"]) / (1 + (float(state["step"]) - 1) * group["lr_decay"])
        total = state["sum"].addcmul_(g, g, value=1)
        p.addcdiv_(g, total.sqrt() + group["eps"], value=-rate)
