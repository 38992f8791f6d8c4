"""Whole slices along one dimension by index, single elements by place, and advanced indexing.

What writes (`..._` at the end of its name) writes into the array it is given; for a result apart,
copy first. Every index is checked before anything is written, with PyTorch's errors. `dim` is a
non-negative axis; an array without dimensions counts as one element along dim 0. Indices are
int64 or int32, and may be negative only where it says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.bounds import as_index, check_dim, outside, outside_wrapped, wrapped
from rushlight.kernels.rows import InCOrder, add_at, add_slices

Array = NDArray[Any]
Indices = tuple[Any, ...]


# ----------------------------------------------------------------------------- slices along a dim


def index_select(x: Array, dim: int, index: Array) -> Array:
    """The slices of `x` along `dim` that the one-dimensional `index` names.

    Raises IndexError or (along dim 1, as PyTorch has it) RuntimeError for one out of range."""
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    line = as_index(index).reshape(-1)
    if not x.ndim:
        if line.size != 1:
            raise RuntimeError(
                f"index_select(): Index to scalar can have only 1 value, got {line.size} value(s)"
            )
        x, shape = x.reshape(1), ()
    else:
        shape = (*x.shape[:dim], line.size, *x.shape[dim + 1 :])
        if line.size and not x.shape[dim]:
            raise RuntimeError("index_select(): self indexing axis dim should be positive")
    bad = outside(line, x.shape[dim])
    if bad is not None:
        if dim == 1 or not x.size:
            raise RuntimeError(
                f"INDICES element is out of DATA bounds, id={bad} axis_dim={x.shape[dim]}"
            )
        raise IndexError("index out of range in self")
    out: Array = x.take(line, dim)
    return out.reshape(shape)


def check_slices(x: Array, dim: int, index: Array, source: Array, function: str) -> Array:
    """Return the index as a vector, or raise PyTorch's error where `source` doesn't fit."""
    if index.ndim > 1:
        raise IndexError(
            f"{function}(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{'Long' if index.dtype == np.int64 else 'Int'} and size: {list(index.shape)}"
        )
    line = as_index(index).reshape(-1)
    if dim >= max(source.ndim, 1):
        raise RuntimeError(
            f"{function}(): Indexing dim {dim} is out of bounds of the source tensor with dim "
            f"{source.ndim}"
        )
    count = source.shape[dim] if source.ndim else 1
    if line.size != count:
        raise RuntimeError(
            f"{function}(): Number of indices ({line.size}) should be equal to "
            f"source.size(dim): ({count}), for dim: {dim}"
        )
    theirs, ours = list(source.shape), list(x.shape)
    if len(theirs) != len(ours) or theirs[:dim] + theirs[dim + 1 :] != ours[:dim] + ours[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {ours} source.shape = {theirs}"
        )
    return line


def index_add_(x: Array, dim: int, index: Array, source: Array, alpha: Any = 1) -> None:
    """Add `alpha` times the slices of `source` along `dim` to the slices of `x` that `index` names.

    Raises IndexError or RuntimeError for shapes that don't fit and indices out of range."""
    line = check_slices(x, dim, index, source, "index_add_")
    x, source = _at_least_1d(x), _at_least_1d(source)
    plain = bool(alpha == 1)
    if plain and x.ndim > 1 and dim in (0, x.ndim - 1):  # where PyTorch calls scatter_add
        check_dim(line, x.shape[dim], dim)
    elif outside(line, x.shape[dim]) is not None:
        raise IndexError("index out of range in self")
    add_slices(x, dim, line, source if plain else source * x.dtype.type(alpha))


def index_copy_(x: Array, dim: int, index: Array, source: Array) -> None:
    """Write the slices of `source` along `dim` over the slices of `x` that `index` names.

    Raises IndexError or RuntimeError for shapes that don't fit and indices out of range."""
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    line = as_index(index).reshape(-1)
    if x.ndim != source.ndim and x.ndim and source.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({source.ndim}), destination dimensionality ({x.ndim})"
        )
    count = source.shape[dim] if source.ndim else 1
    ours, theirs = (a.shape[:dim] + a.shape[dim + 1 :] for a in (x, source))
    if ours != theirs:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination "
            f"slice shape: {' '.join(map(str, ours))} at dimension {dim} and source slice shape: "
            f"{' '.join(map(str, theirs))} at dimension 0."
        )
    if line.size != count:
        raise IndexError(
            f"index_copy_(): Number of indices ({line.size}) should be equal to "
            f"source.size(dim) ({count})"
        )
    x, source = _at_least_1d(x), _at_least_1d(source)
    bad = outside(line, x.shape[dim])
    if bad is not None:
        raise IndexError(
            f"index_copy_(): index {bad} is out of bounds for dimension {dim} with size "
            f"{x.shape[dim]}"
        )
    x[(slice(None),) * dim + (line,)] = source


def index_fill_(x: Array, dim: int, index: Array, value: Any) -> None:
    """Write `value` over the slices of `x` along `dim` that `index`, which may be negative, names.

    Raises IndexError for one out of range."""
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    x, line = _at_least_1d(x), index.reshape(-1)
    bad = outside_wrapped(line, x.shape[dim])
    if bad is not None:
        raise IndexError(
            f"index {bad} is out of bounds for dimension {dim} with size {x.shape[dim]}"
        )
    x[(slice(None),) * dim + (line,)] = value


def _at_least_1d(x: Array) -> Array:
    return x if x.ndim else x.reshape(1)


# -------------------------------------------------------------------------------- single elements


def take(x: Array, index: Array) -> Array:
    """The elements of the flattened `x` that `index`, which may be negative, names.

    Raises IndexError for one out of range."""
    if index.size and not x.size:
        raise IndexError("take(): tried to take from an empty tensor")
    _check_flat(index, x.size)
    if x.flags.c_contiguous or index.size > x.size:
        return np.asarray(x.reshape(-1).take(index))
    return np.asarray(x[np.unravel_index(wrapped(index, x.size), x.shape)])


def put_(x: Array, index: Array, source: Array, accumulate: bool = False) -> None:
    """Write (or add) the elements of `source` to those of the flattened `x` that `index`, which may
    be negative, names.

    Raises IndexError for one out of range, or for another number of elements."""
    if index.size != source.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.size}, index.numel() = {index.size}"
        )
    if index.size and not x.size:
        raise IndexError("put_(): Tried to put elements into an empty tensor")
    _check_flat(index, x.size)
    place = wrapped(index, x.size)
    if accumulate:
        add_at(x, place, source)
        return
    with InCOrder(x) as flat:
        flat[place.reshape(-1)] = source.reshape(-1)


def _check_flat(index: Array, size: int) -> None:
    bad = outside_wrapped(index, size)
    if bad is not None:
        raise IndexError(
            f"out of range: tried to access index {bad} on a tensor of {size} elements."
        )


# ------------------------------------------------------------------------------ advanced indexing
