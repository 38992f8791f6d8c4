"""The names of ``torch._C._functorch`` that look at the tensors of transforms.

>>> import rushlight as torch
>>> torch._C._functorch.is_batchedtensor(torch.ones(2))
False
"""

from __future__ import annotations

from typing import Any

from rushlight.func.batched import Batched
from rushlight.func.levels import Lifted, innermost
from rushlight.tensor import Tensor

__all__ = ["get_unwrapped", "is_batchedtensor", "is_functorch_wrapped_tensor"]
__all__ += ["is_gradtrackingtensor", "maybe_current_level", "maybe_get_bdim", "maybe_get_level"]


def is_batchedtensor(tensor: Tensor) -> bool:
    """Whether a tensor is one of `vmap`'s, with a dimension that the function doesn't see."""
    return isinstance(tensor, Batched)


def is_gradtrackingtensor(tensor: Tensor) -> bool:
    """Whether a tensor is one of `jvp`'s."""
    return isinstance(tensor, Lifted) and not isinstance(tensor, Batched)


def is_functorch_wrapped_tensor(tensor: Tensor) -> bool:
    """Whether a tensor belongs to a transform that runs."""
    return isinstance(tensor, Lifted)


def maybe_get_level(tensor: Tensor) -> int:
    """The level of a transform's tensor, -1 for others."""
    return tensor._interpreter.level if isinstance(tensor, Lifted) else -1


def maybe_get_bdim(tensor: Tensor) -> int:
    """Where the dimension that `vmap` goes along is, -1 for tensors without one."""
    return 0 if isinstance(tensor, Batched) and tensor._mapped else -1


def maybe_current_level() -> int | None:
    """The level of the innermost transform that runs, or None."""
    level: Any = innermost()
    return None if level is None else level.level


def are_transforms_active() -> bool:
    """Whether a transform runs."""
    return innermost() is not None


def get_unwrapped(tensor: Tensor) -> Tensor:
    """What is inside of a transform's tensor, one level down.

    Raises RuntimeError for others.
    """
    if not isinstance(tensor, Lifted):
        raise RuntimeError("No wrappers present!")
    return tensor._value
