"""Elements and views through functions of one's own: ``apply_``, ``map_``, ``_view_func``.

These call Python for each element, which is slow, and know no derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.api.slicing import as_strided
from rushlight.dtypes import BOOL, COMPLEX, FLOAT, INTEGER
from rushlight.kernels.copies import write
from rushlight.ops.inplace import check_writable
from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor

METHODS = ("_rev_view_func_unsafe", "_view_func", "_view_func_unsafe", "apply_", "map2_", "map_")


def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Put what a function makes of each element in its place, and return `input`.

    Raises RuntimeError for a tensor that requires grad, TypeError where the function returns no
    number. When the function raises, nothing has been written.

    >>> import rushlight as torch
    >>> torch.arange(3.0).apply_(lambda x: x + 0.5)
    tensor([0.5000, 1.5000, 2.5000])
    """
    return _put(input, "apply_", callable)


def map_(input: Tensor, other: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Put what a function makes of each element and that of `other` in its place; return `input`.

    `other` has the same dtype and can be expanded to the same shape.

    Raises TypeError for another dtype, RuntimeError for another shape or a tensor that requires
    grad.

    >>> import rushlight as torch
    >>> torch.ones(2).map_(torch.arange(2.0), lambda x, y: x - y)
    tensor([1., 0.])
    """
    _check_other("map_", "other", other, 1)
    _check_grad("map_", input, other)
    if other.dtype is not input.dtype:
        raise TypeError(f"map_: expected {input.type()} for 'other' (got {other.type()})")
    return _put(input, "map_", callable, other)


def map2_(input: Tensor, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Put what a function makes of each element and those of `x` and `y` in its place.

    Otherwise as `map_`.

    >>> import rushlight as torch
    >>> torch.ones(2).map2_(torch.arange(2.0), torch.arange(2.0), lambda a, b, c: a + b * c)
    tensor([1., 2.])
    """
    for position, (name, other) in enumerate({"x": x, "y": y}.items(), 1):
        _check_other("map2_", name, other, position)
    _check_grad("map2_", input, x, y)
    for name, other in {"x": x, "y": y}.items():
        if other.dtype is not input.dtype:
            raise TypeError(
                f"map2_: expected {input.type()} for argument {name!r} (got {other.type()})"
            )
    return _put(input, "map2_", callable, x, y)


def _check_other(function: str, name: str, other: Any, position: int) -> None:
    if not isinstance(other, Tensor):
        raise TypeError(
            f"{function}(): argument {name!r} (position {position}) must be Tensor, "
            f"not {type_name(other)}"
        )


def _check_grad(function: str, *tensors: Tensor) -> None:
    if any(t.requires_grad for t in tensors):
        raise RuntimeError(
            f"Can't call {function}() on Variable that requires grad. "
            f"Use var.detach().{function}() instead."
        )


def _put(input: Tensor, function: str, call: Callable[..., Any], *others: Tensor) -> Tensor:
    _check_grad(function, input)
    columns = [t.expand(input.shape).reshape(-1).tolist() for t in (input, *others)]
    number = _NUMBERS[input.dtype.category]
    found = [number(call(*row)) for row in zip(*columns)]
    check_writable(input, False, overlap=False)
    target = input._array
    values = np.asarray(found, None if found else target.dtype)
    write(target, values.reshape(target.shape))
    return input


def _real(value: Any) -> float:
    return math.copysign(value, value)  # float() would read strings


def _whole(value: Any) -> int:
    return value if type(value) is int else int(_real(value))


_NUMBERS: dict[int, Callable[[Any], Any]] = {
    BOOL: bool,
    INTEGER: _whole,
    FLOAT: _real,
    COMPLEX: complex,
}


# -- views -----------------------------------------------------------------------------------------


def _view_func(input: Tensor, new_base: Tensor) -> Tensor | None:
    """Return the view of `new_base` that `input` is of its own base.

    None where `input` is no view, or `new_base` lies in memory in another way than its base.

    >>> import rushlight as torch
    >>> torch.arange(4)[2:]._view_func(torch.tensor([5, 6, 7, 8]))
    tensor([7, 8])
    """
    _check_other("_view_func", "new_base", new_base, 1)
    base = input._base
    if base is None or _geometry(base) != _geometry(new_base):
        return None
    return _view_func_unsafe(input, new_base)


def _view_func_unsafe(input: Tensor, new_base: Tensor) -> Tensor | None:
    """Return the view of `new_base`, which may lie in memory otherwise, by strides and offset."""
    _check_other("_view_func_unsafe", "new_base", new_base, 1)
    if input._base is None:
        return None
    return as_strided(new_base, *_geometry(input))


def _rev_view_func_unsafe(input: Tensor, new_view: Tensor) -> None:
    """Return None for a tensor that is no view; raise RuntimeError for one: nobody wrote it."""
    _check_other("_rev_view_func_unsafe", "new_view", new_view, 1)
    if input._base is not None:
        raise RuntimeError("No _rev_view_func() found")


def _geometry(t: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    return t.shape, t.stride(), t.storage_offset()
