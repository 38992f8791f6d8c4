"""Optimizers that move one parameter after another by tensor arithmetic.

The most used ones (SGD, Adam) work on raw arrays in cache-sized pieces (`rushlight.kernels.optim`).
The others are written as their papers have them: half types round, and steps are recorded where
`differentiable` asks for it, as in any other program of tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.reinterpret import view_as_real
from rushlight.dtypes import float64, get_default_dtype
from rushlight.optim.grouped import Grouped, number, one_element
from rushlight.optim.optimizer import Group
from rushlight.tensor import Tensor, wrap

__all__ = ["Singly", "at_least", "check_betas", "count", "whole"]


class Singly(Grouped):
    """Base class: a subclass says what a state starts with, and how a gradient moves a parameter.

    Options that every one has, `maximize` and a `weight_decay` that is added to the gradient (or,
    with `decoupled_weight_decay`, shrinks the parameter itself), are dealt with here. Complex
    parameters are moved as pairs of real numbers.
    """

    tensors = "params and state_steps"  # what PyTorch wants on an accelerator for `capturable`
    counts = True  # whether the state has a ``step``
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
                state.update({"step": count(0.0), **started} if self.counts else started)
            if group.get("capturable"):
                raise AssertionError(
                    f"If capturable=True, {self.tensors} must be on supported devices: "
                    "['cuda', 'xpu', 'hpu', 'privateuseone', 'xla']."
                )
            if self.counts:
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # from a version of PyTorch that had fewer options
            for name, default in self.defaults.items():
                if name in _LATER:
                    group.setdefault(name, default)
            for p in group["params"]:
                kept = self.state.get(p)
                if kept and self.counts and not isinstance(kept["step"], Tensor):
                    kept["step"] = count(float(kept["step"]))


_LATER = {"maximize", "foreach", "capturable", "differentiable", "decoupled_weight_decay", "fused"}


def _real(value: Any) -> Any:
    return view_as_real(value) if value.is_complex() else value


def count(value: float) -> Tensor:
    """A count of steps: float32, or float64 where that is the default dtype."""
    return wrap(np.array(value, np.float64 if get_default_dtype() is float64 else np.float32))


def whole(p: Tensor, value: float) -> complex | float:
    """What fills a state like `p` with one real number, in both parts of a complex number."""
    return complex(value, value) if p.is_complex() else value


def at_least(limit: float, **options: float | Tensor) -> None:
    """Refuse options below a limit, in PyTorch's words for them."""
    for name, value in options.items():
        one_element(value)
        if not limit <= number(value):
            raise ValueError(f"Invalid {_SPOKEN.get(name, name + ' value')}: {value}")


_SPOKEN = {"lr": "learning rate", "eps": "epsilon value"}


def check_betas(betas: tuple[float, float]) -> None:
    """Refuse decay rates of running means outside of [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
