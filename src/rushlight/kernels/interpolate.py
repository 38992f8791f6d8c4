"""Interpolation on a grid, an axis at a time: each output element is a few weighted inputs.

Where the outputs lie between the inputs is worked out as PyTorch does, in float32 unless the
data is float64, since which neighbour is nearest can hang on the last bit.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from rushlight.kernels.blocks import finite
from rushlight.kernels.channels import follow
from rushlight.kernels.reduce import is_half
from rushlight.kernels.rows import add_runs
from rushlight.kernels.windows import Array, Ints


class Grid(NamedTuple):
    """What is wanted: output sizes, and for each axis its scale, input elements an output one."""

    out: Ints
    scales: tuple[float | None, ...]  # None: the ratio of the sizes
    mode: str  # nearest, nearest-exact, linear or cubic; smooth-linear, -cubic or -lanczos
    align_corners: bool


def _taps(n: int, out: int, scale: float | None, grid: Grid, dtype: Any) -> list[tuple[Any, Any]]:
    """For one axis, index and weight arrays: output i is the sum of weight[i] * x[index[i]]."""
    places = np.arange(out).astype(dtype)
    if grid.mode == "nearest" and len(grid.out) == 2 and out in (n, 2 * n):
        return [(np.arange(out) // (out // n), None)]  # of images, whatever the scale
    if grid.mode in ("nearest", "nearest-exact"):
        step = np.float32(n / out if scale is None else scale)
        places = places.astype(np.float32)
        if grid.mode == "nearest-exact":
            places = places + np.float32(0.5)
        return [(np.minimum(np.floor(places * step).astype(np.intp), n - 1), None)]
    if grid.mode.startswith("smooth"):
        return _smooth_taps(n, out, scale, grid, dtype)
    if grid.align_corners:
        real = places * np.asarray((n - 1) / (out - 1) if out > 1 else 0.0, dtype)
    else:
        half = np.asarray(0.5, dtype)
        real = np.asarray(n / out if scale is None else scale, dtype) * (places + half) - half
    if grid.mode == "linear":
        real = places if out == n else np.maximum(real, 0)  # also where the scale says otherwise
        first = np.minimum(real.astype(np.intp), n - 1)
        t = np.clip(real - first, 0, 1).astype(dtype)
        return [(first, 1 - t), (np.minimum(first + 1, n - 1), t)]
    first = np.floor(real).astype(np.intp)
    t = (real - first).astype(dtype)
    weights = (_outer(t + 1), _inner(t), _inner(1 - t), _outer(2 - t))
    return [(np.clip(first + i - 1, 0, n - 1), weight) for i, weight in enumerate(weights)]


# The cubic convolution kernel of Keys, "Cubic convolution interpolation for digital image
# processing" (1981), with a = -3/4 as PyTorch has it.
_A = -0.75

# The weights of its four taps as polynomials in the distance from the second: t^3, t^2, t, 1.
CUBIC = (
    (_A, _A + 2, -_A - 2, -_A),
    (-2 * _A, -_A - 3, 2 * _A + 3, _A),
    (_A, 0.0, -_A, 0.0),
    (0.0, 1.0, 0.0, 0.0),
)


def _inner(t: Any) -> Any:
    return ((_A + 2) * t - (_A + 3)) * t * t + 1


def _outer(t: Any) -> Any:
    return ((_A * t - 5 * _A) * t + 8 * _A) * t - 4 * _A


# -- without aliases: windows as wide as what an output element stands for -------------------------


def _hat(x: Any) -> Any:
    return np.maximum(0, 1 - np.abs(x))


def _keys(x: Any) -> Any:
    """The cubic convolution kernel with a = -1/2, as image libraries have it."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(x: Any) -> Any:
    """The sinc function in the window of another, three times as wide."""
    return np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0)


_FILTERS: dict[str, tuple[int, Any]] = {
    "smooth-linear": (2, _hat),
    "smooth-cubic": (4, _keys),
    "smooth-lanczos": (6, _lanczos),
}


def _smooth_taps(
    n: int, out: int, scale: float | None, grid: Grid, dtype: Any
) -> list[tuple[Any, Any]]:
    """Filters that are stretched by the scale where the output is smaller than the input."""
    width, function = _FILTERS[grid.mode]
    if grid.align_corners:
        step = (n - 1) / (out - 1) if out > 1 else 0.0
    else:
        step = n / out if scale is None else scale
    stretch = max(step, 1.0)
    reach = dtype(width / 2 * stretch)
    centre = dtype(step) * (np.arange(out).astype(dtype) + dtype(0.5))
    first = np.maximum((centre - reach + dtype(0.5)).astype(np.intp), 0)
    last = np.minimum((centre + reach + dtype(0.5)).astype(np.intp), n)
    count = max(int((last - first).max()), 1)
    index = first[:, None] + np.arange(count)
    distance = (index - centre[:, None] + dtype(0.5)) * dtype(1 / stretch)
    weights = np.where(index < last[:, None], function(distance), 0).astype(dtype)
    total = weights.sum(1, keepdims=True)
    weights /= np.where(total == 0, 1, total)
    index = np.minimum(index, n - 1)
    return [(index[:, k], weights[:, k]) for k in range(count)]


# -- bytes -----------------------------------------------------------------------------------------


def _whole_weights(taps: list[tuple[Any, Any]]) -> tuple[list[tuple[Any, Any]], int]:
    """Weights as 16-bit integers, and how many bits of them are behind the point."""
    largest = max(float(weight.max()) for _, weight in taps)
    bits = 0
    while bits < 22 and int(0.5 + largest * (1 << (bits + 1))) < 1 << 15:
        bits += 1
    return [(index, _rounded(weight * (1 << bits))) for index, weight in taps], bits


def _rounded(x: Any) -> Any:
    """Rounded half away from zero."""
    return np.trunc(x + np.copysign(0.5, x)).astype(np.int32)


def _interpolate_bytes(x: Array, grid: Grid) -> Array:
    """As image libraries do: in integers, rounded to bytes after each axis, the last one first."""
    dims = len(grid.out)
    for i in reversed(range(dims)):
        axis = x.ndim - dims + i
        n, out = x.shape[axis], grid.out[i]
        if n == out:
            continue
        taps, bits = _whole_weights(_merged(_taps(n, out, grid.scales[i], grid, np.float64), n))
        total: Any = np.int32(1 << (bits - 1))
        for index, weight in taps:
            shape = (-1, *(1,) * (dims - 1 - i))
            total = total + x.take(index, axis).astype(np.int32) * weight.reshape(shape)
        x = np.clip(total >> bits, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(x)


def _merged(taps: list[tuple[Any, Any]], n: int) -> list[tuple[Any, Any]]:
    """Add the weights of taps that are the same element, at the ends, before they are rounded."""
    index, weights = (np.stack(part, 1) for part in zip(*taps))
    for k in range(index.shape[1] - 1):
        same = index[:, k] == index[:, k + 1]
        weights[same, k + 1] += weights[same, k]
        weights[same, k] = 0
    return [(index[:, k], weights[:, k]) for k in range(index.shape[1])]


def _real_type(dtype: np.dtype[Any]) -> Any:
    return np.float64 if dtype == np.float64 else np.float32


def interpolate(x: Array, grid: Grid) -> Array:
    """Resize the last dimensions of `x`; contiguous."""
    dtype = x.dtype
    if dtype == np.uint8 and not grid.mode.startswith("nearest"):
        return _interpolate_bytes(x, grid)
    if grid.mode.startswith("smooth") and x.shape[x.ndim - len(grid.out) :] == grid.out:
        return np.array(x, order="C")
    y = x.astype(np.float32) if is_half(dtype) else x
    dims = len(grid.out)
    dense = not grid.mode.startswith("nearest") and y.dtype.kind == "f" and finite(y)
    for i, (out, scale) in enumerate(zip(grid.out, grid.scales)):
        axis = y.ndim - dims + i
        n = y.shape[axis]
        taps = _taps(n, out, scale, grid, _real_type(dtype))
        if dense and n <= _SHORT:
            y = _product(_matrix(taps, n, y.dtype), y, axis)
            continue
        total: Any = None
        for index, weight in taps:
            part = y.take(index, axis)
            if weight is not None:
                part *= weight.reshape(-1, *(1,) * (dims - 1 - i))
            total = part if total is None else np.add(total, part, out=total)
        y = total
    return follow(np.ascontiguousarray(y, dtype), x)


def interpolate_backward(g: Array, x_shape: Ints, grid: Grid) -> Array:
    """Give every input its weighted share of the cotangent; contiguous."""
    dtype = g.dtype
    dx = g.astype(np.float32) if is_half(dtype) else g
    dims = len(grid.out)
    dense = dx.dtype.kind == "f" and finite(dx)
    for i in reversed(range(dims)):
        axis = g.ndim - dims + i
        n, out = x_shape[axis], grid.out[i]
        taps = _taps(n, out, grid.scales[i], grid, _real_type(dtype))
        if dense and out <= _SHORT:
            dx = _product(_matrix(taps, n, dx.dtype).T, dx, axis)
        else:
            dx = _spread(dx.swapaxes(axis, 0), n, taps).swapaxes(axis, 0)
    return np.ascontiguousarray(dx, dtype)


# Elements of an axis up to which its weights are multiplied as a matrix. Most of them are zeros, so
# all numbers have to be finite. 16x32x32x32 to twice the size by lines in 1.5 ms, not 5.5, and back
# in 2, not 10.
_SHORT = 128


def _matrix(taps: list[tuple[Any, Any]], n: int, dtype: Any) -> Array:
    """The weights as (out, n)."""
    matrix = np.zeros((len(taps[0][0]), n), dtype)
    rows = np.arange(len(matrix))
    for index, weight in taps:
        matrix[rows, index] += 1 if weight is None else weight
    return matrix


def _product(matrix: Array, x: Array, axis: int) -> Array:
    """Multiply the matrix with all vectors along an axis."""
    before, n, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if after:
        y: Array = np.matmul(matrix, x.reshape(*before, n, prod(after)))
    else:
        y = x.reshape(prod(before), n).dot(matrix.T)
    return y.reshape(*before, len(matrix), *after)


def _spread(g: Array, n: int, taps: list[tuple[Any, Any]]) -> Array:
    """The transpose of the weighted sums along the first axis."""
    rows = np.ascontiguousarray(g).reshape(len(g), -1)
    source = np.concatenate([index for index, _ in taps])
    by_source = np.argsort(source, kind="stable")
    factors = None
    if taps[0][1] is not None:
        factors = np.concatenate([weight for _, weight in taps]).astype(g.dtype)[by_source]
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(source, minlength=n), out=starts[1:])
    out = np.zeros((n, rows.shape[1]), g.dtype)
    add_runs(out, starts, by_source % max(len(g), 1), factors, rows)
    return out.reshape(n, *g.shape[1:])
