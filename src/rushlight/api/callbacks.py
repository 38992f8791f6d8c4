"""A Python function called for each element: apply_, map_, map2_. Slow, as in PyTorch.

Elements are written one by one, so that a function that raises leaves those behind it alone; the
version counter doesn't move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rushlight.api.scalars import checked
from rushlight.autograd.inference import check_update
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__: list[str] = []

METHODS = ("apply_", "map2_", "map_")

Function = Callable[..., Any]


def apply_(input: Tensor, callable: Function) -> Tensor:
    """Replace each element x by ``callable(x)``, in place. RuntimeError where grad is required.

    >>> import rushlight as torch
    >>> torch.tensor([1.0, 2.0]).apply_(lambda x: x * 10)
    tensor([10., 20.])
    """
    return _call("apply_", callable, input)


def map_(input: Tensor, other: Tensor, callable: Function) -> Tensor:
    """Replace each element x by ``callable(x, y)``, with y of `other`, which is expanded.

    >>> import rushlight as torch
    >>> torch.tensor([1.0, 2.0]).map_(torch.tensor([3.0]), lambda x, y: x + y)
    tensor([4., 5.])
    """
    require_tensor(other, "map_", "other", 1)
    if other.dtype is not input.dtype:
        raise TypeError(f"map_: expected {input.type()} for 'other' (got {other.type()})")
    return _call("map_", callable, input, other)


def map2_(input: Tensor, x: Tensor, y: Tensor, callable: Function) -> Tensor:
    """As `map_`, with two more tensors.

    >>> import rushlight as torch
    >>> ones = torch.ones(2)
    >>> torch.tensor([1.0, 2.0]).map2_(ones, ones, lambda a, b, c: a + b + c)
    tensor([3., 4.])
    """
    require_tensor(x, "map2_", "x", 1)
    require_tensor(y, "map2_", "y", 2)
    for name, t in (("x", x), ("y", y)):
        if t.dtype is not input.dtype:
            raise TypeError(
                f"map2_: expected {input.type()} for argument '{name}' (got {t.type()})"
            )
    return _call("map2_", callable, input, x, y)


def _call(name: str, function: Function, target: Tensor, *others: Tensor) -> Tensor:
    if any(t.requires_grad for t in (target, *others)):
        raise RuntimeError(
            f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() "
            "instead."
        )
    check_update(target)
    array = target._array
    operands = [array, *[t.expand(tuple(target.shape))._array for t in others]]
    for place, numbers in _elements(operands):
        array[place] = _number(function(*numbers), target)
    return target


def _elements(arrays: list[Any]) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """The places of all elements, row by row, and the Python numbers there."""
    half = arrays[0].dtype.kind == "V"
    for place in np.ndindex(*arrays[0].shape):
        yield place, [float(a[place]) if half else a[place].item() for a in arrays]


def _number(value: Any, target: Tensor) -> Any:
    """What a callback returned, as the target's dtype holds it."""
    category = target.dtype.category
    if category == 0:
        return bool(value)
    if isinstance(value, Tensor):
        value = value.item()
    if category < 3 and not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    if category == 2:
        return checked(float(value), target.dtype)
    return checked(int(value) if category == 1 else complex(value), target.dtype)
