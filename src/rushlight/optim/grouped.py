"""What the optimizers of this package share: the loop over groups, and their options.

They differ in how one group is updated. That works on raw arrays, so that nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.kernels.flipped import resolved
from rushlight.optim.optimizer import Group, Optimizer
from rushlight.tensor import Tensor

__all__ = ["Grouped"]


class Grouped(Optimizer):
    """An optimizer that updates group by group."""

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters; with `closure`, evaluate the loss first and return it."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with enable_grad() if self.defaults.get("differentiable") else no_grad():
            for group in self.param_groups:
                self.update(group)
        return loss


# -- options -----------------------------------------------------------------------------------


def one_element(lr: Any) -> None:
    """Refuse a learning rate that is a tensor of several elements."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def fused_alone(fused: Any, foreach: Any, differentiable: bool) -> None:
    """Refuse two implementations at once. Either choice is met by the same kernel here."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def number(value: Any) -> float:
    """An option as a float; PyTorch takes a 0-d tensor as well."""
    return float(value.item()) if isinstance(value, Tensor) else value


def raw_grad(p: Tensor) -> Any:
    """The gradient's ndarray, or None where there is nothing to do."""
    grad = p._grad
    return None if grad is None else resolved(grad._array)


def zeros_for(p: Tensor) -> Any:
    """An ndarray of zeros in the layout of `p`."""
    return np.zeros_like(p._array)
