"""Distinct values, places in sorted sequences, and counts.

No two NaN are equal, so each is a distinct value of its own; -0 equals 0. Inverse indices and
counts are int64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels import order

Array = NDArray[Any]

Unique = tuple[Array, Array | None, Array | None]


def unique(
    x: Array, dim: int | None = None, return_inverse: bool = False, return_counts: bool = False
) -> Unique:
    """The distinct elements of `x`, or its distinct slices along `dim`, in ascending order; for
    each element (slice) the index of its value, in the shape of `x`; and how often each occurs.

    Raises RuntimeError where slices are empty."""
    if dim is not None:
        slices = _slices(x, dim)
        by = np.lexsort(order.comparable(slices).T[::-1]) if slices.size else np.arange(len(slices))
        slices = slices[by]
        starts = _rows_differ(slices)
        values = x.take(by[starts], axis=dim)
        return values, *_inverse_and_counts(starts, by, (len(by),), return_inverse, return_counts)
    flat = x.reshape(-1)
    place: Array | None = None
    if return_inverse:
        ascending, place = order.sort(flat, 0)
    else:
        ascending = order.sort(flat, 0)[0] if x.dtype.kind not in "biu" else np.sort(flat)
    starts = _differs(ascending)
    return ascending[starts], *_inverse_and_counts(
        starts, place, x.shape, return_inverse, return_counts
    )


def unique_consecutive(
    x: Array, dim: int | None = None, return_inverse: bool = False, return_counts: bool = False
) -> Unique:
    """As `unique`, but it is only neighbours that are compared, and the order stays."""
    if dim is not None:
        starts = _rows_differ(_slices(x, dim))
        shape: tuple[int, ...] = (len(starts),)
        values = x.compress(starts, axis=dim)
    else:
        flat, shape = x.reshape(-1), x.shape
        starts = _differs(flat)
        values = flat[starts]
    return values, *_inverse_and_counts(starts, None, shape, return_inverse, return_counts)


def _slices(x: Array, dim: int) -> Array:
    """(n, m): the slices along `dim` as rows."""
    n = x.shape[dim]
    if not x.size and any(not size for d, size in enumerate(x.shape) if d != dim):
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return np.moveaxis(x, dim, 0).reshape(n, -1 if n else 0)


def _rows_differ(x: Array) -> Array:
    out: Array = np.logical_or.reduce(_differs(x), axis=1)
    return out


def _differs(x: Array) -> Array:
    """Which elements differ from the one before along axis 0; the first does."""
    out = np.ones(x.shape, np.bool_)
    np.not_equal(x[1:], x[:-1], out=out[1:])
    return out


def _inverse_and_counts(
    starts: Array,
    by: Array | None,
    shape: tuple[int, ...],
    return_inverse: bool,
    return_counts: bool,
) -> tuple[Array | None, Array | None]:
    """From where runs of equals start in the order `by` of the elements (None: their own)."""
    inverse = counts = None
    if return_inverse:
        rank = np.cumsum(starts) - 1
        if by is None:
            inverse = rank.reshape(shape)
        else:
            inverse = np.empty(rank.shape, np.int64)
            inverse[by] = rank
            inverse = inverse.reshape(shape)
    if return_counts:
        counts = np.diff(np.flatnonzero(starts), append=len(starts))
    return inverse, counts


def searchsorted(
    sequence: Array,
    values: Array,
    right: bool = False,
    sorter: Array | None = None,
    dtype: Any = np.int64,
) -> Array:
    """Where each of `values` belongs in the ascending `sequence`: before its equals, or behind
    them with `right`. A sequence of several dimensions holds one for each row of `values`.
    `sorter` holds the indices that sort the sequence.

    Raises RuntimeError for shapes that don't fit together."""
    one_row = sequence.ndim == 1
    if not one_row and not values.ndim:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({sequence.ndim}) and input "
            f"value's dim({values.ndim}) numel({values.size})"
        )
    if not sequence.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 "
            "dimension"
        )
    if not one_row and sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(sequence.shape)} and input value tensor {list(values.shape)}"
        )
    if sorter is not None:
        sequence = _sorted_by(sequence, sorter)
    sequence, values = order.comparable(sequence), order.comparable(values)
    n = sequence.shape[-1]
    if one_row and not (sequence.dtype.kind == "f" and np.isnan(sequence).any()):
        found = np.searchsorted(sequence, values, "right" if right else "left")
        return np.asarray(found, dtype)
    if not values.size or not n:
        return np.zeros(values.shape, dtype)
    rows = sequence.reshape(-1, n)
    found = _bisect(rows, values.reshape(len(rows), -1), right)
    return found.reshape(values.shape).astype(dtype, copy=False)


def _sorted_by(sequence: Array, sorter: Array) -> Array:
    if sorter.shape != sequence.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary "
            f"tensor {list(sequence.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    n = sequence.shape[-1]
    if sorter.size and (sorter.min() < 0 or sorter.max() >= n):
        raise RuntimeError("torch.searchsorted(): sorter index out of range")
    return np.take_along_axis(sequence, sorter, axis=-1)


def _bisect(rows: Array, wanted: Array, right: bool) -> Array:
    """Bisection of all rows at once. Where the middle is NaN it goes right, as PyTorch does."""
    n = rows.shape[1]
    low = np.zeros(wanted.shape, np.int64)
    high = np.full(wanted.shape, n)
    line = np.arange(len(rows))[:, None]
    for _ in range(n.bit_length()):
        middle = (low + high) >> 1
        probe = rows[line, np.minimum(middle, n - 1)]
        go_left = probe > wanted if right else probe >= wanted
        open_ = low < high
        high = np.where(open_ & go_left, middle, high)
        low = np.where(open_ & ~go_left, middle + 1, low)
    return low


def bincount(x: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each of 0, 1, 2, … occurs in `x` (int64), or the sum of the weights where it does
    (float32 for float32 weights, otherwise float64).

    Raises RuntimeError for negative or not one-dimensional input."""
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim == 1 and not x.size:
        return np.zeros(minlength, np.int64)
    if x.ndim != 1 or x.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return np.bincount(x, minlength=minlength)
    if weights.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counts = np.bincount(x, weights, minlength)
    return counts.astype(np.float32) if weights.dtype == np.float32 else counts


def check_bins(bins: int, low: float, high: float) -> None:
    """Raise RuntimeError for no bins, and for a range that is empty or not finite; where both ends
    are equal the range is still to be found."""
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")


def histc(x: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """How many elements fall into each of `bins` equal intervals from `min` to `max` (from the
    smallest to the largest element where both are equal), in the dtype of `x`. The last interval
    is closed; what lies outside, and NaN, is not counted.

    Raises RuntimeError for a range that is empty or not finite."""
    low, high = float(min), float(max)
    check_bins(bins, low, high)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    check_bins(bins, low, high)
    flat = x.reshape(-1)
    flat = flat[(flat >= low) & (flat <= high)]
    place = ((flat - flat.dtype.type(low)) * bins / flat.dtype.type(high - low)).astype(np.int64)
    return np.bincount(np.minimum(place, bins - 1), minlength=bins).astype(x.dtype)


def choices(n: int, r: int, again: bool) -> Array:
    """All ways to take `r` of `n` places in order, a row each; `again` lets one come repeatedly.

    A column at a time: each row goes on with every place that may follow its last."""
    chosen = np.arange(n)[:, None]
    for _ in range(r - 1):
        least = chosen[:, -1] + (not again)
        following = n - least
        rows = np.repeat(chosen, following, axis=0)
        ends = np.cumsum(following)
        place = np.arange(len(rows)) + np.repeat(least - (ends - following), following)
        chosen = np.concatenate([rows, place[:, None]], axis=1)
    return chosen


def exclusive_or(x: Array, dims: tuple[int, ...] | None = None, keepdim: bool = False) -> Array:
    """The exclusive or of the bits of elements, as float64 or int64, over `dims`, as uint64."""
    wide = np.ascontiguousarray(x, np.int64 if x.dtype.kind in "biu" else np.float64)
    bits: Array = wide.reshape(x.shape).view(np.uint64)
    axes = dims or tuple(range(x.ndim))
    combine: Any = np.bitwise_xor.reduce
    return np.asarray(combine(bits, axis=axes, keepdims=keepdim))
