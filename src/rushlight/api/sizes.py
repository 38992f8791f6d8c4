"""Sizes and dimensions as users give them: ``f(2, 3)`` or ``f((2, 3))``, ints of several kinds."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor

__all__ = ["as_dim", "as_int", "int_list", "sizes", "wrap_dim", "wrap_dims"]


def as_int(value: Any, function: str, argument: str, position: int | None) -> int:
    """Return `value` as an int, or raise PyTorch's TypeError."""
    if type(value) is int:
        return value
    try:
        return operator.index(value)
    except TypeError:
        place = "" if position is None else f" (position {position})"
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be int, not {type_name(value)}"
        ) from None


def int_list(values: Any, function: str, argument: str, position: int) -> tuple[int, ...]:
    """Return a sequence of ints as a tuple, or raise PyTorch's TypeError."""
    if not isinstance(values, (tuple, list)):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be tuple of ints, "
            f"not {type_name(values)}"
        )
    result = []
    for i, value in enumerate(values):
        if type(value) is not int:
            try:
                value = operator.index(value)
            except TypeError:
                name = type_name(value)
                raise TypeError(
                    f"{function}(): argument '{argument}' (position {position}) must be tuple of "
                    f"ints, but found element of type {name} at pos 0"
                    if i == 0
                    else f"{function}(): argument '{argument}' failed to unpack the object at pos "
                    f'{i + 1} with error "type must be tuple of ints,but got {name}"'
                ) from None
        result.append(value)
    return tuple(result)


def sizes(args: tuple[Any, ...], function: str, argument: str = "size") -> tuple[int, ...]:
    """Return the sizes of a method that takes ``f(2, 3)`` as well as ``f((2, 3))``."""
    for n in args:
        if type(n) is not int:
            break
    else:
        return args
    if len(args) == 1:
        first = args[0]
        if isinstance(first, (tuple, list)) or not hasattr(first, "__index__"):
            return int_list(first, function, argument, 1)
    return int_list(args, function, argument, 1)


def wrap_dim(dim: int, ndim: int) -> int:
    """Wrap a negative dimension, or raise PyTorch's IndexError; 0-d tensors have one."""
    n = ndim or 1
    if 0 <= dim < n:
        return dim
    if -n <= dim < 0:
        return dim + n
    raise IndexError(
        f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
    )


def as_dim(dim: Any, input: Tensor, function: str, argument: str = "dim", position: int = 2) -> int:
    """Return a user's dimension of `input`, checked and wrapped."""
    if type(dim) is not int:
        dim = as_int(dim, function, argument, position)
    return wrap_dim(dim, input.ndim)


def wrap_dims(dims: Sequence[int], ndim: int) -> tuple[int, ...]:
    """Wrap several dimensions, none of which may come twice."""
    wrapped = tuple([wrap_dim(d, ndim) for d in dims])
    if len(set(wrapped)) != len(wrapped):
        twice = next(d for i, d in enumerate(wrapped) if d in wrapped[:i])
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped
