"""The dimensions that reductions take: None, one or several, under two names."""

from __future__ import annotations

import operator
from typing import Any

from rushlight.api.sizes import int_list, wrap_dim, wrap_dims
from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor

__all__ = ["fits_dims", "is_int", "reduced_dims", "require_bool", "some_dims"]

Dims = tuple[int, ...] | None


def is_int(x: Any) -> bool:
    """Whether PyTorch takes `x` for a dimension: anything that counts, but a bool."""
    return type(x) is int or (not isinstance(x, (bool, Tensor)) and hasattr(x, "__index__"))


def some_dims(dim: Any, ndim: int) -> Dims:
    """Return checked ints, one or several, as sorted dimensions; None stands for all."""
    if dim is None:
        return None
    if type(dim) is int:
        wrapped = wrap_dim(dim, ndim)
        return (wrapped,) if ndim else None
    dims = wrap_dims(dim, ndim) if isinstance(dim, (tuple, list)) else (wrap_dim(dim, ndim),)
    return tuple(sorted(dims)) if dims and ndim else None


def reduced_dims(function: str, dim: Any, ndim: int) -> Dims:
    """As `some_dims`, with PyTorch's TypeError for what isn't a dimension or several."""
    if dim is None or type(dim) is int:
        return some_dims(dim, ndim)
    if is_int(dim):
        return some_dims(operator.index(dim), ndim)
    return some_dims(int_list(dim, function, "dim", 2), ndim)


def fits_dims(dim: Any) -> bool:
    """Whether `dim` is None, an int, or a tuple or list, of which PyTorch looks at the first."""
    if dim is None or is_int(dim):
        return True
    return isinstance(dim, (tuple, list)) and (not dim or is_int(dim[0]))


def require_bool(function: str, argument: str, position: int, value: Any) -> bool:
    """Return `value`, or raise PyTorch's TypeError unless it is a bool."""
    if value is True or value is False:
        return value
    raise TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be bool, "
        f"not {type_name(value)}"
    )
