"""Activations that bend smoothly: sigmoid, softplus, ELU, GELU and their kin.

Each ``f(x, params, out=None)`` has its ``f_backward(g, saved, params, out=None)``: the cotangent
of ``x`` from the cotangent ``g`` of the result. Those that start from ``x`` with the very steps of
``f`` have ``f_and_slope(x, y, slope, params)`` as well, which writes the result and the derivative,
for arrays of one block. The order of the arithmetic is PyTorch's where it
shows in the last digits. The kinked ones (ReLU and kin) live in ``piecewise.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from rushlight.kernels.blocks import (
    BLOCK,
    FEW,
    ONE,
    TWO,
    ZERO,
    Array,
    PerDtype,
    fill,
    in_blocks,
    owned,
    pieces,
    zeros_for,
)


def sigmoid(x: Array, out: Array | None = None) -> Array:
    """1 / (1 + exp(-x)); exp overflows to the right limit, 0."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(sigmoid, (x,), out=out)
    y: Array = np.negative(x, out=owned(x, out))
    np.exp(y, out=y)
    one = ONE[y.dtype]
    np.add(y, one, out=y)
    if y.size <= FEW or y.dtype.kind == "c":
        return np.reciprocal(y, out=y)
    return np.divide(one, y, out=y)  # 0.11 ns an element, of which the reciprocal takes 0.21


def sigmoid_backward(g: Array, result: Array, out: Array | None = None) -> Array:
    """g · (1 - y) · y from the result y."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(sigmoid_backward, (g, result), out=out)
    gx: Array = np.subtract(ONE[result.dtype], result, out=owned(g, out))
    np.multiply(gx, g, gx)
    return np.multiply(gx, result, gx)


def tanh_backward(g: Array, result: Array, out: Array | None = None) -> Array:
    """g · (1 - y²) from the result y."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(tanh_backward, (g, result), out=out)
    gx: Array = np.multiply(result, result, out=owned(g, out))
    np.subtract(ONE[result.dtype], gx, gx)
    return np.multiply(gx, g, gx)


def tanhshrink(x: Array, out: Array | None = None) -> Array:
    """x - tanh(x)."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(tanhshrink, (x,), out=out)
    y: Array = np.tanh(x, out=owned(x, out))
    return np.subtract(x, y, out=y)


def tanhshrink_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g - g · (1 - tanh²(x))."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(tanhshrink_backward, (g, x), out=out)
    gx: Array = np.tanh(x, out=owned(g, out))
    np.multiply(gx, gx, out=gx)
    np.subtract(ONE[gx.dtype], gx, out=gx)
    np.multiply(gx, g, out=gx)
    return np.subtract(g, gx, out=gx)


def logsigmoid(x: Array, out: Array | None = None) -> Array:
    """log(sigmoid(x)) as min(x, 0) - log1p(exp(-|x|)), which neither overflows nor cancels."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(logsigmoid, (x,), out=out)
    y: Array = np.abs(x, out=owned(x, out))
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    return np.subtract(np.minimum(zeros_for(x), x), y, out=y)


def logsigmoid_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g · sigmoid(-x), as g / (1 + exp(x))."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(logsigmoid_backward, (g, x), out=out)
    gx: Array = np.exp(x, out=owned(g, out))
    np.add(gx, ONE[gx.dtype], out=gx)
    return np.divide(g, gx, out=gx)


def softplus(
    x: Array, beta: float = 1.0, threshold: float = 20.0, out: Array | None = None
) -> Array:
    """log(1 + exp(beta·x)) / beta; x itself where beta·x > threshold."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(softplus, (x,), beta, threshold, out=out)
    scaled = x if beta == 1.0 else np.multiply(x, beta)
    y: Array = np.exp(scaled, out=owned(x, out))
    np.log1p(y, out=y)
    if beta != 1.0:
        np.divide(y, beta, out=y)
    np.putmask(y, np.greater(scaled, threshold), x)
    return y


def softplus_backward(
    g: Array, x: Array, beta: float = 1.0, threshold: float = 20.0, out: Array | None = None
) -> Array:
    """g · sigmoid(beta·x); g itself where beta·x > threshold."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(softplus_backward, (g, x), beta, threshold, out=out)
    z: Array = np.multiply(x, -beta, out=owned(g, out))
    # Past this point 1 + exp(-z) has already rounded to 1, and the quotient is g by itself.
    linear = None if threshold > -log(np.finfo(z.dtype).eps / 2) else np.less(z, -threshold)
    np.exp(z, out=z)
    np.add(z, ONE[z.dtype], out=z)
    if linear is not None:
        np.putmask(z, linear, ONE[z.dtype])
    return np.divide(g, z, out=z)


def elu(
    x: Array,
    alpha: float = 1.0,
    scale: float = 1.0,
    input_scale: float = 1.0,
    out: Array | None = None,
) -> Array:
    """scale · (x if x > 0 else alpha·(exp(input_scale·x) - 1))."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(elu, (x,), alpha, scale, input_scale, out=out)
    y: Array = np.minimum(zeros_for(x), x, out=owned(x, out))
    if input_scale != 1.0:
        np.multiply(y, input_scale, out=y)
    np.expm1(y, out=y)
    if alpha * scale != 1.0:
        np.multiply(y, alpha * scale, out=y)
    if scale == 1.0 and alpha > 0.0 and 0.0 < alpha * input_scale <= 1.0:
        return np.maximum(y, x, out=y)  # the exponential branch lies above x, and is 0 for x > 0
    positive: Array = np.maximum(zeros_for(x), x, out=owned(x, None))
    return np.add(y, np.multiply(positive, scale, out=positive), out=y)


def elu_backward(
    g: Array,
    x: Array,
    alpha: float = 1.0,
    scale: float = 1.0,
    input_scale: float = 1.0,
    out: Array | None = None,
) -> Array:
    """g · (scale if x > 0 else alpha·scale·input_scale·exp(input_scale·x))."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(elu_backward, (g, x), alpha, scale, input_scale, out=out)
    gx: Array = np.minimum(zeros_for(x), x, out=owned(g, out))
    if input_scale != 1.0:
        np.multiply(gx, input_scale, out=gx)
    np.exp(gx, out=gx)
    if alpha * scale * input_scale != 1.0:
        np.multiply(gx, alpha * scale * input_scale, out=gx)
    if alpha * input_scale != 1.0:
        fill(gx, np.greater(x, ZERO[x.dtype]), scale)
    return np.multiply(gx, g, out=gx)


def elu_backward_from_result(
    g: Array,
    y: Array,
    alpha: float = 1.0,
    scale: float = 1.0,
    input_scale: float = 1.0,
    out: Array | None = None,
) -> Array:
    """The same from the result, for ELU in place: alpha·scale·exp(input_scale·x) is y plus that.

    Only alpha ≥ 0 keeps the sign of x visible in y; the caller raises PyTorch's error else.
    """
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(elu_backward_from_result, (g, y), alpha, scale, input_scale, out=out)
    gx: Array = np.add(y, alpha * scale, out=owned(g, out))
    if input_scale != 1.0:
        np.multiply(gx, input_scale, out=gx)
    fill(gx, np.greater(y, ZERO[y.dtype]), scale)
    return np.multiply(gx, g, out=gx)


def silu(x: Array, out: Array | None = None) -> Array:
    """x · sigmoid(x), as x / (1 + exp(-x))."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(silu, (x,), out=out)
    y: Array = np.negative(x, out=owned(x, out))
    np.exp(y, out=y)
    np.add(y, ONE[y.dtype], out=y)
    return np.divide(x, y, out=y)


def silu_and_slope(x: Array, y: Array, slope: Array) -> None:
    """Write x·s to ``y`` and s + x·s·(1 - s) to ``slope``, s = sigmoid(x)."""
    s = sigmoid(x)
    np.multiply(x, s, out=y)
    np.subtract(ONE[s.dtype], s, out=slope)
    np.multiply(slope, y, out=slope)
    np.add(slope, s, out=slope)


def silu_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g times the slope."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(silu_backward, (g, x), out=out)
    return times_slope(silu_and_slope, g, x, out=out)


# tanh(log(1 + e)) = n / (n + 2) with n = e·(e + 2); beyond here it is 1, and e·e must not overflow.
_MISH_FLAT = PerDtype(20.0)
_FOUR = PerDtype(4.0)


def mish(x: Array, out: Array | None = None) -> Array:
    """x · tanh(softplus(x)), without the tanh and the log: x · n / (n + 2), n = e² + 2e, e = eˣ."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(mish, (x,), out=out)
    e: Array = np.minimum(x, _MISH_FLAT[x.dtype], out=owned(x, out))
    np.exp(e, out=e)
    two = TWO[e.dtype]
    n = np.add(e, two)
    np.multiply(e, n, out=e)
    np.divide(e, np.add(e, two), out=e)
    return np.multiply(e, x, out=e)


def mish_and_slope(x: Array, y: Array, slope: Array) -> None:
    """Write x·t to ``y`` and t + x·s·(1 - t²) to ``slope``, t = tanh(softplus(x)), s = sigmoid(x).

    With e = eˣ and n = e² + 2e the latter is n / (n + 2) + 4·x·(n - e) / (n + 2)².
    """
    dtype = x.dtype
    clipped: Array = np.minimum(x, _MISH_FLAT[dtype], out=owned(x, None))
    e: Array = np.exp(clipped, out=owned(x, None))
    n: Array = np.add(e, TWO[dtype], out=owned(x, None))
    np.multiply(n, e, out=n)
    np.subtract(n, e, out=slope)
    np.multiply(slope, clipped, out=slope)
    np.multiply(slope, _FOUR[dtype], out=slope)
    np.add(n, TWO[dtype], out=e)
    np.divide(slope, e, out=slope)
    np.divide(slope, e, out=slope)
    np.divide(n, e, out=n)
    np.multiply(x, n, out=y)
    np.add(slope, n, out=slope)


def mish_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g times the slope."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(mish_backward, (g, x), out=out)
    return times_slope(mish_and_slope, g, x, out=out)


def times_slope(
    kernel: Callable[..., None], g: Array, x: Array, *params: Any, out: Array | None
) -> Array:
    """``g`` times the slope that ``kernel(x, result, slope, *params)`` writes."""
    gx = np.empty_like(x) if out is None else out
    kernel(x, np.empty_like(x), gx, *params)
    return np.multiply(gx, g, out=gx)


def softsign(x: Array, out: Array | None = None) -> Array:
    """x / (1 + |x|)."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(softsign, (x,), out=out)
    y: Array = np.abs(x, out=owned(x, out))
    np.add(y, ONE[y.dtype], out=y)
    return np.divide(x, y, out=y)


def softsign_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g / (1 + |x|)²."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(softsign_backward, (g, x), out=out)
    gx: Array = np.abs(x, out=owned(g, out))
    np.add(gx, ONE[gx.dtype], out=gx)
    np.multiply(gx, gx, out=gx)
    return np.divide(g, gx, out=gx)


def glu(x: Array, axis: int = -1) -> Array:
    """a · sigmoid(b), with a and b the halves of x along ``axis``."""
    a, b = _halves(x, axis)
    return _gate(a, b)


def glu_backward(g: Array, x: Array, axis: int = -1) -> Array:
    """The halves' cotangents g·s and g·a·s·(1 - s), s = sigmoid(b), laid out as x."""
    if x.itemsize < 4:
        wide = glu_backward(g.astype(np.float32), x.astype(np.float32), axis)
        return wide.astype(x.dtype)
    gx = np.empty(x.shape, x.dtype)
    one = ONE[x.dtype]
    for gate, a, b, ga, gb in pieces(g, *_halves(x, axis), *_halves(gx, axis)):
        s = sigmoid(b)
        np.multiply(gate, s, out=ga)
        np.subtract(one, s, out=s)
        np.multiply(s, ga, out=s)
        np.multiply(s, a, out=gb)
    return gx


def _gate(a: Array, b: Array, out: Array | None = None) -> Array:
    if a.size > BLOCK or a.itemsize < 4:
        return in_blocks(_gate, (a, b), out=out)
    y = sigmoid(b, out=out)
    return np.multiply(y, a, out=y)


def _halves(x: Array, axis: int) -> tuple[Array, Array]:
    """Views of the first and the second half along ``axis``."""
    if x.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = range(x.ndim)[axis]
    size = x.shape[axis]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size {size}")
    lead = (slice(None),) * axis
    return x[(*lead, slice(size // 2))], x[(*lead, slice(size // 2, size))]
