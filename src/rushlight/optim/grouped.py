"""What the optimizers of this package share: the loop over groups, and their options.

They differ in how one group is updated. That works on raw arrays, so that nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.dtypes import float32, float64, get_default_dtype
from rushlight.kernels.flipped import resolved
from rushlight.optim.optimizer import Group, Optimizer
from rushlight.tensor import Tensor, wrap

__all__ = ["Grouped"]

# Options that earlier versions of PyTorch didn't have, and what their state dicts mean by that.
_LATER: Group = {
    "maximize": False,
    "foreach": None,
    "capturable": False,
    "differentiable": False,
    "decoupled_weight_decay": False,
    "fused": None,
}


class Grouped(Optimizer):
    """An optimizer that updates group by group."""

    later: ClassVar[Group] = {}  # as `_LATER`, of options that only this optimizer has
    numbers: ClassVar[tuple[str, ...]] = ("step",)  # of a state, where such versions had floats

    def update(self, group: Group) -> None:
        """Move the parameters of one group along their gradients."""
        raise NotImplementedError

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        later = {name: value for name, value in _LATER.items() if name in self.defaults}
        for group in self.param_groups:
            for name, value in {**later, **self.later}.items():
                group.setdefault(name, value)
            for p in group["params"]:
                kept = self.state.get(p) or {}
                for name in self.numbers if kept else ():
                    if not isinstance(kept[name], Tensor):
                        kept[name] = count(float(kept[name]))

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


def at_least(limit: float, **options: float | Tensor) -> None:
    """Refuse options below a limit, in PyTorch's words for them."""
    for name, value in options.items():
        if name == "lr":
            one_element(value)
        if not limit <= value:
            raise ValueError(f"Invalid {_SPOKEN.get(name, name + ' value')}: {value}")


_SPOKEN = {"lr": "learning rate", "eps": "epsilon value"}


def check_betas(betas: tuple[float, float]) -> None:
    """Refuse decay rates of running means outside of [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def refuse_capturable(group: Group, tensors: str = "params and state_steps") -> None:
    """Refuse the option of that name, which is for steps in graphs of an accelerator."""
    if group.get("capturable"):
        raise AssertionError(
            f"If capturable=True, {tensors} must be on supported devices: "
            "['cuda', 'xpu', 'hpu', 'privateuseone', 'xla']."
        )


def fused_alone(fused: Any, foreach: Any, differentiable: bool) -> None:
    """Refuse two implementations at once. Either choice is met by the same kernel here."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def number(value: Any) -> Any:
    """An option as a number; what a tensor of float32 takes part in is rounded to float32."""
    if not isinstance(value, Tensor):
        return value
    return np.float32(value.item()) if value.dtype is float32 else value.item()


def count(value: float) -> Tensor:
    """A number of a state: float32, or float64 where that is the default dtype."""
    return wrap(np.array(value, np.float64 if get_default_dtype() is float64 else np.float32))


def raw_grad(p: Tensor) -> Any:
    """The gradient's ndarray, or None where there is nothing to do."""
    grad = p._grad
    return None if grad is None else resolved(grad._array)


def zeros_for(p: Tensor) -> Any:
    """An ndarray of zeros in the layout of `p`."""
    return np.zeros_like(p._array)
