"""Optimizers that move one parameter after another by tensor arithmetic.

The most used ones (SGD, Adam) work on raw arrays in cache-sized pieces (`rushlight.kernels.optim`).
The others are written as their papers have them: half types round, and steps are recorded where
`differentiable` asks for it, as in any other program of tensors.
"""

from __future__ import annotations

from typing import Any

from rushlight.api.reinterpret import view_as_real
from rushlight.optim.grouped import Grouped, count, number, refuse_capturable
from rushlight.optim.optimizer import Group
from rushlight.tensor import Tensor

__all__ = ["Singly", "whole"]


class Singly(Grouped):
    """Base class: a subclass says what a state starts with, and how a gradient moves a parameter.

    Options that every one has, `maximize` and a `weight_decay` that is added to the gradient (or,
    with `decoupled_weight_decay`, shrinks the parameter itself), are dealt with here. Complex
    parameters are moved as pairs of real numbers.
    """

    tensors = "params and state_steps"  # what PyTorch wants on an accelerator for `capturable`
    decoupled = False  # whether weight decay is, without an option of that name
    decays = True  # whether decay is dealt with here

    def start(self, p: Tensor, group: Group) -> dict[str, Any]:
        """Return the state of a parameter before its first step; counts of steps are kept here."""
        raise NotImplementedError

    def move(self, p: Tensor, g: Tensor, state: dict[str, Any], group: Group) -> None:
        """Move the parameter along a gradient, and its state, in place."""
        raise NotImplementedError

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            state = self.state[p]
            if not state:
                started = self.start(p, group)
                state.update({"step": count(0.0), **started} if self.numbers else started)
            refuse_capturable(group, self.tensors)
            if self.numbers:
                state["step"] += 1
            g = -g if group.get("maximize") else g
            decay = group.get("weight_decay", 0)
            if decay != 0 and self.decays:
                if self.decoupled or group.get("decoupled_weight_decay"):
                    p.mul_(1 - number(group["lr"]) * decay)
                else:
                    g = g.add(p, alpha=decay)
            if p.is_complex():
                p, g = view_as_real(p), view_as_real(g)
                state = {name: _real(value) for name, value in state.items()}
            self.move(p, g, state, group)


def _real(value: Any) -> Any:
    return view_as_real(value) if value.is_complex() else value


def whole(p: Tensor, value: float) -> complex | float:
    """What fills a state like `p` with one real number, in both parts of a complex number."""
    return complex(value, value) if p.is_complex() else value
