"""Average pooling, one dimension after another: a mean over a box is a mean of means.

The sums of `kernel` neighbours along a dimension are so many passes over strided views.
Halves are added up in float32 and rounded once.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.channels import follow
from rushlight.kernels.maxpool import adaptive_bounds
from rushlight.kernels.reduce import is_half, mean
from rushlight.kernels.windows import Array, Ints, Windows


def _widened(x: Array) -> Array:
    return x.astype(np.float32) if is_half(x.dtype) else x


def _along(axis: int, place: Any) -> tuple[Any, ...]:
    """The index of `place` along one of the last dimensions (axis < 0)."""
    return (..., place, *(slice(None),) * (-axis - 1))


def _counts(windows: Windows, count_include_pad: bool, divisor: int | None) -> Any:
    """How many elements every window counts: a number where all windows agree, else an array.

    Padding counts if it is asked to, but never what hangs over it (`ceil_mode`).
    """
    if divisor is not None:
        return divisor
    total: Any = 1
    for n, o, k, s, p, _ in zip(*windows):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, n + p)
        if not count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        total = np.asarray(total)[..., None] * (stop - start)
    first = total.flat[0] if total.size else 1
    return int(first) if np.all(total == first) else total


def _divide(x: Array, count: Any) -> Array:
    """Divide in place; integers as C does, towards zero."""
    if x.dtype.kind == "f":
        if not isinstance(count, int):
            count = count.astype(x.dtype)
        np.divide(x, count, out=x)
        return x
    return np.asarray(np.sign(x) * np.sign(count) * (np.abs(x) // np.abs(count)), x.dtype)


def avg_pool_forward(
    x: Array, windows: Windows, count_include_pad: bool, divisor: int | None
) -> Array:
    """The sum of each window by how many elements it counts (or by `divisor`)."""
    y = _widened(x)
    for i, numbers in enumerate(zip(windows.kernel, windows.stride, windows.padding, windows.out)):
        y = _sums(y, i - len(windows.size), *numbers)
    y = _divide(y, _counts(windows, count_include_pad, divisor))
    y = np.ascontiguousarray(y, x.dtype)
    return follow(y, x) if len(windows.size) == 2 else y


def _sums(x: Array, axis: int, k: int, s: int, p: int, out: int) -> Array:
    """Sums of `k` neighbours along one axis, `s` apart; what is outside counts as zero."""
    size = x.shape[axis]
    extent = (out - 1) * s + k
    if k == s and k > 8 and p == 0 and extent == size:
        shape = list(x.shape)
        shape[axis : axis + 1 or None] = [out, k]
        return np.asarray(np.add.reduce(x.reshape(shape), axis))
    if p or extent > size:
        shape = list(x.shape)
        shape[axis] = extent
        count = min(size, extent - p)
        padded = np.zeros(shape, x.dtype)
        padded[_along(axis, slice(p, p + count))] = x[_along(axis, slice(count))]
        x = padded
    total: Array = x[_along(axis, slice(0, (out - 1) * s + 1, s))].copy()
    for i in range(1, k):
        np.add(total, x[_along(axis, slice(i, i + (out - 1) * s + 1, s))], out=total)
    return total


def avg_pool_backward(
    g: Array, windows: Windows, count_include_pad: bool, divisor: int | None
) -> Array:
    """Give every element of a window its share of the cotangent."""
    dx = _divide(_widened(g).copy(), _counts(windows, count_include_pad, divisor))
    for i, numbers in enumerate(zip(windows.kernel, windows.stride, windows.padding, windows.size)):
        dx = _spread(dx, i - len(windows.size), *numbers)
    return np.ascontiguousarray(dx, g.dtype)


def _spread(g: Array, axis: int, k: int, s: int, p: int, size: int) -> Array:
    """The transpose of `_sums`: add every element to the `k` neighbours it was the sum of."""
    out = g.shape[axis]
    extent = (out - 1) * s + k
    shape = list(g.shape)
    shape[axis] = max(extent, size + p)
    padded = np.zeros(shape, g.dtype)
    for i in range(k):
        target = padded[_along(axis, slice(i, i + (out - 1) * s + 1, s))]
        np.add(target, g, out=target)
    inside: Array = padded[_along(axis, slice(p, p + size))]
    return inside


# -- windows of an adaptive size -----------------------------------------------------------------


def adaptive_avg_pool_forward(x: Array, output_size: Ints) -> Array:
    """The mean of each of `output_size` windows."""
    n = len(output_size)
    if x.size == 0:
        return np.full((*x.shape[:-n], *output_size), np.nan, x.dtype)  # means over nothing
    if set(output_size) == {1} and x.dtype.kind in "fcV":  # 16x32x32x32: 20 us, not 320
        y = mean(x, tuple(range(x.ndim - n, x.ndim)), keepdim=True)
        return follow(y, x) if n == 2 else y
    y = _widened(x)
    for i, out in enumerate(output_size):
        axis = i - n
        size = y.shape[axis]
        shape = list(y.shape)
        shape[axis] = out
        means = np.empty(shape, y.dtype)
        for place, window in enumerate(adaptive_bounds(size, out)):
            part = y[_along(axis, window)]
            np.add.reduce(part, axis, out=means[_along(axis, place)])
            means[_along(axis, place)] /= part.shape[axis]
        y = means
    y = np.ascontiguousarray(y, x.dtype)
    return follow(y, x) if n == 2 else y


def adaptive_avg_pool_backward(g: Array, x_shape: Ints, dims: int) -> Array:
    """Give every element of a window its share of the cotangent."""
    dx = _widened(g)
    if set(g.shape[-dims:]) == {1} and 0 not in x_shape:
        gx = np.empty(x_shape, g.dtype)
        gx[...] = dx / prod(x_shape[-dims:])
        return gx
    for axis in range(-dims, 0):
        shape = list(dx.shape)
        shape[axis] = x_shape[axis]
        spread = np.zeros(shape, dx.dtype)
        for place, window in enumerate(adaptive_bounds(x_shape[axis], dx.shape[axis])):
            share = dx[_along(axis, slice(place, place + 1))] / (window.stop - window.start)
            spread[_along(axis, window)] += share
        dx = spread
    return np.ascontiguousarray(dx, g.dtype)
