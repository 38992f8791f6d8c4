"""Gather and scatter: an index along one dimension for every element.

What writes (`..._` at the end of its name) writes into the array it is given; for a result apart,
copy first. Every index is checked before anything is written, with PyTorch's errors. `dim` is a
non-negative axis; an array without dimensions counts as one element along dim 0. Indices are
int64 or int32 and may not be negative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.bounds import as_index, check_dim
from rushlight.kernels.rows import InCOrder, add_at, add_slices

Array = NDArray[Any]


def gather(x: Array, dim: int, index: Array) -> Array:
    """`out[i, j, k] = x[index[i, j, k], j, k]` for dim 0, and so on; in the shape of `index`.

    Raises RuntimeError where `index` is wider than `x` in another dimension, or out of range."""
    shape = index.shape
    if not index.size:
        return np.empty(shape, x.dtype)
    if not (x.ndim and index.ndim):
        x, index = _at_least_1d(x), _at_least_1d(index)
    index = as_index(index)
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    d = _wider(index.shape, x.shape, dim)
    if d is not None:
        raise RuntimeError(
            f"Size does not match at dimension {d} expected index {list(index.shape)} to be no "
            f"larger than self {list(x.shape)} apart from dimension {dim}"
        )
    check_dim(index, x.shape[dim], dim)
    out: Array
    if (line := _expanded(index, dim, x.shape)) is not None:
        out = x.take(line, dim)
    elif x.flags.c_contiguous:
        out = x.reshape(-1).take(_flat_places(index, dim, x.shape))
    else:
        out = x[_grid(index, dim)]
    return out if out.shape == shape else out.reshape(shape)


def _wider(shape: tuple[int, ...], limit: tuple[int, ...], but: int) -> int | None:
    """The first dimension but `but` in which `shape` is larger than `limit`."""
    if shape == limit:
        return None
    for d, n in enumerate(shape):
        if n > limit[d] and d != but:
            return d
    return None


def scatter_(x: Array, dim: int, index: Array, source: Any) -> None:
    """`x[index[i, j, k], j, k] = source[i, j, k]` for dim 0, and so on; of several writes to one
    place the last holds. `source` may be a number. Errors as for `gather`."""
    x, index, source = _fitted(x, dim, index, source)
    if not index.size:
        return
    if x.flags.c_contiguous:
        x.reshape(-1)[_flat_places(index, dim, x.shape)] = source
    else:
        x[_grid(index, dim)] = source


def scatter_add_(x: Array, dim: int, index: Array, source: Any) -> None:
    """`x[index[i, j, k], j, k] += source[i, j, k]` for dim 0, and so on. Errors as for `gather`."""
    x, index, source = _fitted(x, dim, index, source)
    if not index.size:
        return
    line = _expanded(index, dim, x.shape)
    if line is not None and np.ndim(source):
        add_slices(x, dim, line, source)
    else:
        add_at(x, _flat_places(index, dim, x.shape), source, wide=True)


_REDUCTIONS: dict[str, tuple[np.ufunc, Any]] = {
    "sum": (np.add, 0),
    "mean": (np.add, 0),
    "prod": (np.multiply, 1),
    "amax": (np.maximum, "lowest"),
    "amin": (np.minimum, "highest"),
}


def scatter_reduce_(
    x: Array, dim: int, index: Array, source: Any, reduce: str, include_self: bool = True
) -> None:
    """Combine what `index` sends to each place by "sum", "prod", "mean", "amax" or "amin", together
    with what is there under `include_self`. Places that nothing is sent to stay as they are.

    Raises RuntimeError for another `reduce`, and as for `gather`."""
    if reduce not in _REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    x, index, source = _fitted(x, dim, index, source)
    if not index.size:
        return
    ufunc, identity = _REDUCTIONS[reduce]
    place = _flat_places(index, dim, x.shape).reshape(-1)
    with InCOrder(x, wide=ufunc is np.add) as flat:
        if not include_self:
            flat[place] = _limit(flat.dtype, identity) if type(identity) is str else identity
        ufunc.at(flat, place, _flat_values(source))
        if reduce == "mean":
            counts = np.bincount(place, minlength=flat.size)
            if include_self:
                counts += 1
            else:
                np.maximum(counts, 1, out=counts)
            if x.dtype.kind in "biu":
                np.floor_divide(flat, counts, out=flat, casting="unsafe")
            else:  # half precision is rounded before it is divided
                flat[...] = flat.astype(x.dtype, copy=False) / counts.astype(x.dtype)


def _at_least_1d(x: Array) -> Array:
    return x if x.ndim else x.reshape(1)


def _fitted(x: Array, dim: int, index: Array, source: Any) -> tuple[Array, Array, Any]:
    """Check what `scatter` and its kin are given; cut `source` to the shape of `index`."""
    if not index.size:
        return x, index, source
    shapes = [list(a.shape) for a in (index, x)]
    x, index = _at_least_1d(x), _at_least_1d(as_index(index))
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    wide = _wider(index.shape, x.shape, dim) is not None
    of_source = ""
    if isinstance(source, np.ndarray):
        of_source = f" and to be no larger size than src {list(source.shape)}"
        n = source.ndim
        source = _at_least_1d(source)
        if source.ndim != x.ndim:
            # PyTorch compares size by size, and may come to one that the source doesn't have.
            if 0 < n < x.ndim and not wide and _wider(index.shape[:n], source.shape, -1) is None:
                raise IndexError(
                    f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got "
                    f"{n})"
                )
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
        wide = wide or _wider(index.shape, source.shape, -1) is not None
        if not wide and source.shape != index.shape:
            source = source[tuple([slice(n) for n in index.shape])]
    if wide:
        raise RuntimeError(
            f"Expected index {shapes[0]} to be no larger than self {shapes[1]} apart "
            f"from dimension {dim}{of_source}"
        )
    check_dim(index, x.shape[dim], dim)
    return x, index, source


def _expanded(index: Array, dim: int, shape: tuple[int, ...]) -> Array | None:
    """The one line of `index` along `dim` that was expanded to the other dimensions of `shape`, if
    that is what it is: then whole rows are read or added."""
    strides = index.strides
    if len(shape) < 2 or (strides[0] if dim else strides[1]):
        return None
    for d, n in enumerate(index.shape):
        if d != dim and ((strides[d] and n > 1) or n != shape[d]):
            return None
    line: Array = index[tuple([slice(None) if d == dim else 0 for d in range(len(shape))])]
    return line


def _flat_places(index: Array, dim: int, shape: tuple[int, ...]) -> Array:
    """Where the elements that `index` names along `dim` stand in an array of `shape` in C order."""
    step = math.prod(shape[dim + 1 :])
    out = index if step == 1 else index * step
    stride = 1
    others: Array | None = None
    for d in range(len(shape) - 1, -1, -1):
        n = index.shape[d]
        if d != dim and n > 1:
            places = np.arange(0, n * stride, stride)
            places = places.reshape((n,) + (1,) * (len(shape) - 1 - d))
            others = places if others is None else others + places
        stride *= shape[d]
    if others is None:
        return out
    return out + others if out is index else np.add(out, others, out=out)


def _grid(index: Array, dim: int) -> tuple[Array, ...]:
    return tuple(
        [
            index
            if d == dim
            else np.arange(n).reshape([-1 if e == d else 1 for e in range(index.ndim)])
            for d, n in enumerate(index.shape)
        ]
    )


def _flat_values(source: Any) -> Any:
    return source.reshape(-1) if isinstance(source, np.ndarray) else source


def _limit(dtype: np.dtype[Any], which: str) -> Any:
    """The lowest or highest value of a dtype."""
    if dtype.kind == "b":
        return which == "highest"
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if which == "lowest" else np.iinfo(dtype).max
    return -math.inf if which == "lowest" else math.inf
