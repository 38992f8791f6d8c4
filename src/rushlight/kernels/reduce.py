"""Reductions: many elements to one.

NumPy's own `sum` of float32 takes three to five times as long as PyTorch's, and its running sum
down a long column loses digits that PyTorch keeps. So sums go through BLAS here: a matrix times a
vector of ones reads memory at full speed, and doing it in blocks bounds the length of every
running sum, which bounds the rounding error. (1,000,000 float32 on one core: 213 µs with
`np.add.reduce`, 139 µs here, 141 µs in PyTorch.)

Everywhere in this file `dims` is a tuple of non-negative axes, or None (or empty) for all of
them; results are arrays, also when they have no dimensions, and are laid out in C order.
Overflow, NaN and division by zero yield what IEEE says; whoever calls silences NumPy's warnings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Dims = tuple[int, ...] | None

# Running sums are cut at these lengths. BLAS adds a row in 32 or more lanes but goes down a
# column in few, so columns are cut earlier: both keep float32 sums good to a few units in the
# last place.
_ROW_BLOCK = 4096
_COLUMN_BLOCK = 512
_ONES: dict[str, Array] = {
    "f": np.ones(_ROW_BLOCK, np.float32),
    "d": np.ones(_ROW_BLOCK, np.float64),
}

# Intermediate results are made in pieces of this many elements, so that they stay in cache and
# reuse one buffer: a fresh 4 MB temporary costs more in page faults than in arithmetic.
_PIECE = 1 << 15

# NumPy's inner loop over a last axis costs some 60 ns a row whatever its length; up to this length
# it is cheaper to combine whole columns.
_NARROW = 48

# Products run in this many lanes, since one multiplication need not wait for another's end.
_LANES = 128


def shape_without(shape: tuple[int, ...], dims: Dims, keepdim: bool) -> tuple[int, ...]:
    if not dims:
        return (1,) * len(shape) if keepdim else ()
    if keepdim:
        return tuple([1 if d in dims else n for d, n in enumerate(shape)])
    return tuple([n for d, n in enumerate(shape) if d not in dims])


def count_of(shape: tuple[int, ...], dims: Dims) -> int:
    """How many elements meet in one result."""
    return math.prod([shape[d] for d in dims] if dims else shape)


def is_half(dtype: np.dtype[Any]) -> bool:
    """float16, or bfloat16 from ml_dtypes: both are reduced in float32."""
    return dtype.itemsize == 2 and dtype.kind in "fV"


def reduce_with(
    ufunc: np.ufunc, x: Array, dims: Dims = None, keepdim: bool = False, dtype: Any = None
) -> Array:
    """`ufunc.reduce` with this file's conventions, and quick along short last axes."""
    if dims and x.size > 4096 and dtype is None and x.flags.c_contiguous:
        n = count_of(x.shape, dims)
        if 2 <= n <= _NARROW and dims == tuple(range(x.ndim - len(dims), x.ndim)):
            out = _combine_columns(ufunc, x.reshape(-1, n))
            return out.reshape(shape_without(x.shape, dims, keepdim))
    result: Any = ufunc.reduce(x, axis=dims or None, dtype=dtype, keepdims=keepdim)
    return np.asarray(result, order="C")


def _combine_columns(ufunc: np.ufunc, x: Array) -> Array:
    """(r, n) to (r,), in pieces of rows that stay in cache from column to column."""
    out = np.empty(len(x), x.dtype)
    step = max(1, _PIECE // x.shape[1])
    for start in range(0, len(x), step):
        piece, total = x[start : start + step], out[start : start + step]
        ufunc(piece[:, 0], piece[:, 1], out=total)
        for column in range(2, x.shape[1]):
            ufunc(total, piece[:, column], out=total)
    return out


# ---------------------------------------------------------------------------------------- sums


def sum_(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """The sum over `dims`, in the dtype of `x`; integers and bool sum to int64."""
    ones = _ONES.get(x.dtype.char)
    if ones is None:
        return _sum_without_blas(x, dims, keepdim)
    size, ndim = x.size, x.ndim
    out: Array
    if not dims or len(dims) == ndim:
        if size <= _ROW_BLOCK:
            out = np.asarray(x.ravel().dot(ones[:size]))
            return out.reshape((1,) * ndim) if keepdim else out
        if x.flags.c_contiguous:
            return _sum_rows(x.reshape(1, size)).reshape((1,) * ndim if keepdim else ())
    elif ndim == 2:
        d = dims[0]
        n = x.shape[d]
        if n <= _COLUMN_BLOCK:
            out = x.dot(ones[:n]) if d else ones[:n].dot(x)
            return out.reshape(shape_without(x.shape, dims, True)) if keepdim else out
    if size <= 1024:
        return reduce_with(np.add, x, dims, keepdim)
    return _sum_by_runs(x, dims, keepdim)


def _sum_without_blas(x: Array, dims: Dims, keepdim: bool) -> Array:
    if x.dtype.kind in "biu":
        if x.dtype.kind == "b" and not dims and not keepdim:
            return np.asarray(np.count_nonzero(x), np.int64)
        return reduce_with(np.add, x, dims, keepdim, np.int64)
    if is_half(x.dtype):
        return sum_(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    return reduce_with(np.add, x, dims, keepdim)


def _sum_by_runs(x: Array, dims: Dims, keepdim: bool) -> Array:
    """Merge neighbouring axes of one fate into runs, and sum runs away from the last to the first:
    each is then the rows of a matrix, or the columns of a stack of matrices."""
    shape = x.shape
    if not x.size or count_of(shape, dims) == 1:
        return reduce_with(np.add, x, dims, keepdim)
    order = list(range(x.ndim))
    if not x.flags.c_contiguous:  # a permuted dense array is C-ordered in another order of its axes
        order.sort(key=lambda d: -abs(x.strides[d]))
        x = np.ascontiguousarray(x.transpose(order))
    sizes: list[int] = []
    summed: list[bool] = []
    for d in order:
        if shape[d] == 1:
            continue
        fate = not dims or d in dims
        if summed and summed[-1] == fate:
            sizes[-1] *= shape[d]
        else:
            sizes.append(shape[d])
            summed.append(fate)
    for i in range(len(sizes) - 1, -1, -1):
        if summed[i]:
            size, inner = sizes[i], math.prod(sizes[i + 1 :])
            if inner == 1:
                x = _sum_rows(x.reshape(-1, size))
            else:
                x = _sum_columns(x.reshape(-1, size, inner))
            del sizes[i]
    kept = [d for d in order if dims and d not in dims]
    if kept != sorted(kept):
        x = x.reshape([shape[d] for d in kept])
        x = np.ascontiguousarray(x.transpose(sorted(range(x.ndim), key=kept.__getitem__)))
    return x.reshape(shape_without(shape, dims, keepdim))


def _sum_rows(x: Array) -> Array:
    """(r, n) to (r,)."""
    rows, n = x.shape
    ones = _ONES[x.dtype.char]
    out: Array
    if n <= _ROW_BLOCK:
        out = x.dot(ones[:n])
        return out
    blocks, rest = divmod(n, _ROW_BLOCK)
    head = x[:, : n - rest].reshape(rows, blocks, _ROW_BLOCK)
    out = _sum_rows(head[0].dot(ones)[None] if rows == 1 else np.matmul(head, ones))
    if rest:
        out += x[:, n - rest :].dot(ones[:rest])
    return out


def _sum_columns(x: Array) -> Array:
    """(m, n, r) to (m, r)."""
    stack, n, width = x.shape
    ones = _ONES[x.dtype.char]
    if n <= _COLUMN_BLOCK:
        # A BLAS call for each of many tiny matrices costs more than it saves.
        out: Array = np.matmul(ones[:n], x) if n * width > 16 else np.einsum("ijk->ik", x)
        return out
    blocks, rest = divmod(n, _COLUMN_BLOCK)
    head = x[:, : n - rest].reshape(stack, blocks, _COLUMN_BLOCK, width)
    out = _sum_columns(np.matmul(ones[:_COLUMN_BLOCK], head))
    if rest:
        out += np.matmul(ones[:rest], x[:, n - rest :])
    return out


def sum_of(
    f: Callable[..., object],
    x: Array,
    dims: Dims,
    keepdim: bool,
    beside: Array | None = None,
    dtype: Any = None,
) -> Array:
    """The sum of `f(x, out)`, or of `f(x, beside, out)` with `beside` the `keepdim` result of a
    reduction over the same `dims`; large arrays are worked on in pieces along the first axis."""
    shape = x.shape
    dtype = dtype or x.dtype
    if x.size <= _PIECE:
        out = np.empty(shape, dtype)
        f(x, out) if beside is None else f(x, beside, out)
        return sum_(out, dims, keepdim)
    if dims and len(dims) == x.ndim:
        dims = None
    if not dims and x.flags.c_contiguous:
        x = x.reshape(-1)
        beside = None if beside is None else beside.reshape(1)
    length = len(x)
    step = max(1, _PIECE * length // x.size)
    along_first = not dims or 0 in dims
    total = np.zeros(shape_without(x.shape, dims, True), dtype)
    buffer = np.empty((step, *x.shape[1:]), dtype)
    for start in range(0, length, step):
        rows = slice(start, start + step)
        piece = x[rows]
        out = buffer[: len(piece)]
        if beside is None:
            f(piece, out)
        else:
            f(piece, beside if along_first else beside[rows], out)
        if along_first:
            total += sum_(out, dims, keepdim=True)
        else:
            total[rows] = sum_(out, dims, keepdim=True)
    return total.reshape(shape_without(shape, dims, keepdim))


def nansum(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """The sum of what is not NaN."""
    out = sum_(x, dims, keepdim)
    if x.dtype.kind in "biu" or not np.isnan(out).any():
        return out

    def without_nan(piece: Array, out: Array) -> None:
        np.copyto(out, piece)
        out[np.isnan(piece)] = 0

    return sum_of(without_nan, x, dims, keepdim)


def count_nonzero(x: Array, dims: Dims = None) -> Array:
    """How many elements are not zero (NaN is not), as int64."""
    return np.asarray(np.count_nonzero(x, axis=dims or None), np.int64)


# --------------------------------------------------------------------------- means and moments


def mean(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """The mean over `dims`, in the dtype of `x`, which is floating or complex."""
    if is_half(x.dtype):  # the sum of 70,000 ones does not fit in float16; their mean does
        return mean(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    out = sum_(x, dims, keepdim)
    return _divide(out, x.size // (out.size or 1))


def _divide(x: Array, n: float) -> Array:
    """In place. NumPy is four times quicker with an array's divisor than with a Python number."""
    divisor: Array = np.array(n, x.dtype)
    return np.divide(x, divisor, x)


def var_mean(
    x: Array, dims: Dims = None, correction: float = 1, keepdim: bool = False
) -> tuple[Array, Array]:
    """The variance (always real) and the mean. The sum of squared deviations is divided by
    `count - correction`, or by zero where that is negative."""
    if x.dtype.kind == "c":
        m = mean(x, dims, keepdim)
        v = var_mean(x.real, dims, correction, keepdim)[0]
        v += var_mean(x.imag, dims, correction, keepdim)[0]
        return v, m
    if is_half(x.dtype) or (x.dtype.char == "f" and x.size <= _PIECE):
        v, m = _moments(x.astype(np.float64), dims, keepdim)
    else:
        v, m = _moments(x, dims, keepdim)
        _clear_constants(x, dims, v, m)
    _divide(v, max(x.size // (v.size or 1) - correction, 0))
    if m.dtype != x.dtype:
        v, m = v.astype(x.dtype), m.astype(x.dtype)
    return v, m if keepdim else m.reshape(v.shape)


def _moments(x: Array, dims: Dims, keepdim: bool) -> tuple[Array, Array]:
    """The sum of squared deviations, and the mean (with `keepdim`)."""
    m = mean(x, dims, keepdim=True)
    return sum_of(_squared_deviation, x, dims, keepdim, m), m


def _clear_constants(x: Array, dims: Dims, squares: Array, mean: Array) -> None:
    """Programs ask `std == 0`, so where all elements are equal the sum of squares has to be 0,
    though their mean may be rounded. (The float64 mean of a few thousand equal float32 is not.)"""
    noise = np.square(mean).reshape(squares.shape)
    noise *= x.size // (squares.size or 1) * (32 * np.finfo(x.dtype).eps) ** 2
    if x.size and (squares < noise).any():
        first = x[tuple([slice(0, 1 if not dims or d in dims else None) for d in range(x.ndim)])]
        same = np.logical_and.reduce(x == first, axis=dims or None)
        squares[same.reshape(squares.shape)] = 0


def _squared_deviation(x: Array, mean: Array, out: Array) -> None:
    np.subtract(x, mean, out)
    np.multiply(out, out, out)


def var(x: Array, dims: Dims = None, correction: float = 1, keepdim: bool = False) -> Array:
    """The variance; see `var_mean`."""
    return var_mean(x, dims, correction, keepdim)[0]


def std(x: Array, dims: Dims = None, correction: float = 1, keepdim: bool = False) -> Array:
    """The square root of the variance; see `var_mean`."""
    if is_half(x.dtype):
        return std(x.astype(np.float32), dims, correction, keepdim).astype(x.dtype)
    out = var_mean(x, dims, correction, keepdim)[0]
    np.sqrt(out, out)
    return out


# ------------------------------------------------------------------------------------ products


def prod(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """The product over `dims`, in the dtype of `x`; integers and bool multiply to int64."""
    if x.dtype.kind in "biu":
        return reduce_with(np.multiply, x, dims, keepdim, np.int64)
    if is_half(x.dtype):
        return prod(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    if x.flags.c_contiguous and x.size > 4 * _LANES:
        if not dims or len(dims) == x.ndim:
            return _multiply_rows(x.reshape(1, -1)).reshape(shape_without(x.shape, dims, keepdim))
        if dims[-1] == x.ndim - 1 and x.shape[-1] > 4 * _LANES:
            x = _multiply_rows(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], 1)
    return reduce_with(np.multiply, x, dims, keepdim)


def _multiply_rows(x: Array) -> Array:
    """(r, n) to (r,)."""
    steps, rest = divmod(x.shape[1], _LANES)
    body = x[:, : steps * _LANES].reshape(len(x), steps, _LANES)
    lanes: Array = np.multiply.reduce(body, axis=1)
    if rest:
        lanes[:, :rest] *= x[:, -rest:]
    while lanes.shape[1] > 1:
        half = lanes.shape[1] // 2
        lanes = lanes[:, :half] * lanes[:, half:]
    return lanes.reshape(-1)


# --------------------------------------------------------------------------------------- logic


def any_(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """Whether any element is not zero (NaN is not): bool, but uint8 for uint8."""
    return _logic(np.logical_or, x, dims, keepdim)


def all_(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """Whether no element is zero: bool, but uint8 for uint8."""
    return _logic(np.logical_and, x, dims, keepdim)


def _logic(ufunc: np.ufunc, x: Array, dims: Dims, keepdim: bool) -> Array:
    if x.dtype.kind == "b":
        return reduce_with(ufunc, x, dims, keepdim)
    out = reduce_with(ufunc, x != 0, dims, keepdim)
    return out.view(np.uint8) if x.dtype == np.uint8 else out


def logsumexp(x: Array, dims: Dims = None, keepdim: bool = False) -> Array:
    """log(sum(exp(x))) with nothing overflowing on the way; -inf where there is nothing to sum."""
    if is_half(x.dtype):
        return logsumexp(x.astype(np.float32), dims, keepdim).astype(x.dtype)
    if not x.size:
        out = sum_(x, dims, keepdim)
        np.log(out, out)
        return out
    peak = reduce_with(np.maximum, x.real if x.dtype.kind == "c" else x, dims, True)
    if not math.isfinite(np.vdot(peak, peak)):  # the cheapest way to see an inf or a NaN
        peak[np.isinf(peak)] = 0
    out = sum_of(_exp_of_difference, x, dims, keepdim, peak)
    np.log(out, out)
    np.add(out, peak.reshape(out.shape), out)
    return out


def _exp_of_difference(x: Array, peak: Array, out: Array) -> None:
    np.subtract(x, peak, out)
    np.exp(out, out)
