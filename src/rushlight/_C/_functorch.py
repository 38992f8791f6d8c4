"""The names of ``torch._C._functorch`` that look at tensors inside of transforms."""

from __future__ import annotations

from typing import Any

from rushlight.func.levels import innermost
from rushlight.tensor import Tensor

__all__ = [
    "are_transforms_active",
    "get_unwrapped",
    "is_batchedtensor",
    "is_functorch_wrapped_tensor",
    "is_gradtrackingtensor",
    "maybe_current_level",
    "maybe_get_bdim",
    "maybe_get_level",
]


def is_batchedtensor(tensor: Tensor) -> bool:
    """Return whether a tensor stands for the examples of a `vmap`."""
    return "_mapped" in tensor.__dict__


def is_functorch_wrapped_tensor(tensor: Tensor) -> bool:
    """Return whether a tensor belongs to a transform (of `grad` and `vjp` they are plain here)."""
    return "_value" in tensor.__dict__


def is_gradtrackingtensor(tensor: Tensor) -> bool:
    """Return whether a tensor is one of `jvp`'s."""
    return is_functorch_wrapped_tensor(tensor) and not is_batchedtensor(tensor)


def are_transforms_active() -> bool:
    """Return whether a transform runs."""
    return maybe_current_level() is not None


def maybe_current_level() -> int | None:
    """Return the level of the innermost transform that runs, or None."""
    level: Any = innermost()
    return None if level is None else level.level


def maybe_get_level(tensor: Tensor) -> int:
    """Return the level of the transform that a tensor belongs to, or -1."""
    return int(tensor._interpreter.level) if is_functorch_wrapped_tensor(tensor) else -1


def maybe_get_bdim(tensor: Tensor) -> int:
    """Return the dimension of the examples, or -1."""
    return tensor._place if tensor.__dict__.get("_mapped") else -1


def get_unwrapped(tensor: Tensor) -> Any:
    """Return the tensor of all examples that one inside of `vmap` stands for."""
    if not is_functorch_wrapped_tensor(tensor):
        raise RuntimeError("No wrappers present!")
    return tensor._value
