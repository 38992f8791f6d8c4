"""Running sums, products and extremes along one axis.

`dim` is a non-negative axis; an array without dimensions has one element along dim 0. Sums and
products of float32 run in float64 and are rounded element by element, as PyTorch's are, so a long
scan keeps its digits; half precision runs in float32, and integers and bool give int64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# A scan along an axis that is not the last goes slice by slice from this many elements a slice on;
# NumPy's accumulate walks such an axis column by column. (1000×1000 along axis 0: 2.1 ms, not 4.2.)
_SLICE = 256

# ... as does a last axis up to this length. (100,000×10: 2.1 ms, not 5.4.)
_NARROW = 32

# Elements scanned at a time along the last axis, in a buffer of the wider type that stays in cache.
_PIECE = 1 << 13

_WIDER: dict[str, Any] = {"e": np.float32, "f": np.float64, "F": np.complex128}


def cumsum(x: Array, dim: int) -> Array:
    """Running sums along `dim`."""
    return _scan(np.add, x, dim)


def cumprod(x: Array, dim: int) -> Array:
    """Running products along `dim`."""
    return _scan(np.multiply, x, dim)


def cumsum_reversed(x: Array, dim: int) -> Array:
    """Running sums from the end of `dim` to its beginning: the transpose of `cumsum`."""
    if not x.ndim:
        return _scan(np.add, x, dim)
    turn = (slice(None),) * dim + (slice(None, None, -1),)
    return np.ascontiguousarray(_scan(np.add, x[turn], dim)[turn])


def _scan(ufunc: np.ufunc, x: Array, dim: int) -> Array:
    """`ufunc.accumulate` in the wider type."""
    dtype = x.dtype
    if dtype.kind in "biu":
        dtype = np.dtype(np.int64)
    if not x.ndim:
        return x.astype(dtype)
    wide = np.float32 if dtype.kind == "V" else _WIDER.get(dtype.char)  # "V" is bfloat16
    out: Array
    if x.size <= _PIECE or (wide is None and x.size < _SLICE * x.shape[dim]):
        out = ufunc.accumulate(x, axis=dim, dtype=wide or dtype)
        return np.ascontiguousarray(out) if wide is None else out.astype(dtype, "C")
    out = np.empty(x.shape, dtype)
    source, target = np.moveaxis(x, dim, -1), np.moveaxis(out, dim, -1)
    if x.size >= _SLICE * x.shape[dim] and (dim < x.ndim - 1 or x.shape[dim] <= _NARROW):
        _scan_slices(ufunc, source, target, wide)
    else:
        _scan_pieces(ufunc, source, target, wide or dtype)
    return out


def _scan_slices(ufunc: np.ufunc, x: Array, out: Array, wide: Any) -> None:
    out[..., 0] = x[..., 0]
    if wide is None:
        for i in range(1, x.shape[-1]):
            ufunc(out[..., i - 1], x[..., i], out=out[..., i])
        return
    running = x[..., 0].astype(wide)
    for i in range(1, x.shape[-1]):
        ufunc(running, x[..., i], out=running)
        out[..., i] = running


def _scan_pieces(ufunc: np.ufunc, x: Array, out: Array, wide: Any) -> None:
    rows, length = x.size // x.shape[-1], x.shape[-1]
    x, out = (x, out) if x.ndim > 1 else (x[None], out[None])
    step = max(1, _PIECE * len(x) // (rows * min(length, _PIECE)))
    for first in range(0, len(x), step):
        some = slice(first, first + step)
        carry: Any = None
        for start in range(0, length, _PIECE):
            here = (some, ..., slice(start, start + _PIECE))
            piece = x[here].astype(wide)
            if start:
                ufunc(carry, piece[..., 0], out=piece[..., 0])
            ufunc.accumulate(piece, axis=-1, out=piece)
            out[here] = piece
            carry = piece[..., -1]


# ----------------------------------------------------------------------------------- log of sums


def logcumsumexp(x: Array, dim: int) -> Array:
    """Running log(sum(exp)) along `dim`, with nothing overflowing on the way."""
    if not x.ndim or not x.size:
        return x.copy()
    if x.dtype.kind == "c":
        return _logcumsumexp_complex(x, dim)
    if x.dtype.itemsize == 2:
        return logcumsumexp(x.astype(np.float32), dim).astype(x.dtype)
    if x.size <= 1024:
        return np.logaddexp.accumulate(x, dim)
    # In float64 a term may be e⁶⁰⁰ times smaller than the largest of its row and still count, and
    # a row that spans no more is summed as it stands. (1,000,000 elements: 11 ms, not 45.)
    peak = np.maximum.reduce(x, axis=dim, keepdims=True)
    finite = np.isfinite(x)
    low = np.minimum.reduce(x, axis=dim, keepdims=True, where=finite, initial=np.inf)
    if (peak - low < 600).all():
        peak[np.isinf(peak)] = 0
        terms = np.subtract(x, peak, dtype=np.float64)
        np.exp(terms, out=terms)
        sums = cumsum(terms, dim)
        np.log(sums, out=sums)
        return np.add(sums, peak, out=sums).astype(x.dtype)
    return np.logaddexp.accumulate(x, dim)


def _logcumsumexp_complex(x: Array, dim: int) -> Array:
    out = np.empty_like(x)
    source, target = np.moveaxis(x, dim, 0), np.moveaxis(out, dim, 0)
    running = source[0].astype(np.complex128)
    target[0] = running
    for i in range(1, len(source)):
        following = source[i].astype(np.complex128)
        larger = np.where(running.real >= following.real, running, following)
        smaller = np.where(running.real >= following.real, following, running)
        gap = np.where(np.isneginf(smaller.real), -np.inf, smaller - larger)
        running = larger + np.log1p(np.exp(gap))
        target[i] = running
    return out


# -------------------------------------------------------------------------------------- extremes


def cummax(x: Array, dim: int) -> tuple[Array, Array]:
    """The largest element so far along `dim`, and its index: NaN counts as the largest, and of
    equals the latest is told."""
    return _running_extreme(np.maximum, x, dim)


def cummin(x: Array, dim: int) -> tuple[Array, Array]:
    """The smallest element so far along `dim`, and its index; ties and NaN as for `cummax`."""
    return _running_extreme(np.minimum, x, dim)


def _running_extreme(ufunc: np.ufunc, x: Array, dim: int) -> tuple[Array, Array]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    values: Array = ufunc.accumulate(x, axis=dim)
    is_new = x == values
    if x.dtype.kind not in "biu":
        is_new |= np.isnan(x)
    place = np.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)])
    at = np.multiply(is_new, place)
    np.maximum.accumulate(at, axis=dim, out=at)
    return values, at
