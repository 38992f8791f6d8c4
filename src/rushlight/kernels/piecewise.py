"""Activations made of straight pieces: ReLU and its kin, the hard and the shrinking ones.

At a kink the derivative is PyTorch's choice, and a dropped cotangent is +0 even where it was inf
or nan. Each ``f(x, params, out=None)`` has its ``f_backward(g, saved, params, out=None)``.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels.blocks import (
    BLOCK,
    FEW,
    HALF,
    ONE,
    ZERO,
    Array,
    PerDtype,
    drop,
    fill,
    in_blocks,
    keep,
    owned,
    zeros_for,
)

_THREE, _MINUS_THREE, _SIX = PerDtype(3.0), PerDtype(-3.0), PerDtype(6.0)
_SIXTH = PerDtype(float(np.float32(1 / 6)))  # PyTorch keeps this one in float32, for doubles too


def relu(x: Array, out: Array | None = None) -> Array:
    """max(0, x); -0 and nan stay what they are."""
    if x.size > BLOCK:
        return in_blocks(relu, (x,), out=out, light=True)
    y: Array = np.maximum(zeros_for(x), x, out=owned(x, out))
    return y


def relu_backward(g: Array, y: Array, out: Array | None = None) -> Array:
    """g where the result y is not 0."""
    if g.size > BLOCK:
        return in_blocks(relu_backward, (g, y), out=out, light=True)
    if g.size <= FEW:
        return drop(g, np.equal(y, ZERO[y.dtype]), out=out)
    return keep(g, np.not_equal(y, ZERO[y.dtype]), out=out)


def threshold(x: Array, bound: float, value: float, out: Array | None = None) -> Array:
    """x where x > bound, else ``value``; nan stays."""
    if x.size > BLOCK:
        return in_blocks(threshold, (x,), bound, value, out=out)
    return fill(np.positive(x, out=owned(x, out)), np.less_equal(x, bound), value)


def threshold_backward(g: Array, x: Array, bound: float, out: Array | None = None) -> Array:
    """g where not x ≤ bound."""
    if g.size > BLOCK:
        return in_blocks(threshold_backward, (g, x), bound, out=out)
    return drop(g, np.less_equal(x, bound), out=out)


def leaky_relu(x: Array, slope: float = 0.01, out: Array | None = None) -> Array:
    """x where x > 0, else slope·x."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(leaky_relu, (x,), slope, out=out)
    y: Array = np.multiply(x, slope, out=owned(x, out))
    if slope == 0.0:  # inf · 0 is nan, which max would keep
        np.copyto(y, x, where=np.greater(x, ZERO[x.dtype]))
        return y
    return np.maximum(x, y, out=y) if slope <= 1.0 else np.minimum(x, y, out=y)


def leaky_relu_backward(g: Array, x: Array, slope: float = 0.01, out: Array | None = None) -> Array:
    """g where x > 0, else slope·g. With slope > 0 the result serves as x."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(leaky_relu_backward, (g, x), slope, out=out)
    factor: Array = np.asarray(np.greater(x, ZERO[x.dtype])).astype(x.dtype)
    if 0.0 <= slope <= 1.0:
        np.maximum(factor, slope, out=factor)
    else:
        below = np.subtract(ONE[x.dtype], factor)
        np.add(factor, np.multiply(below, slope), out=factor)
    return np.multiply(g, factor, out=factor if out is None else out)


def prelu(x: Array, weight: Array, out: Array | None = None) -> Array:
    """x where x > 0, else weight·x; ``weight`` has, or broadcasts to, the shape of x."""
    if x.size > BLOCK and x.itemsize >= 4:
        return in_blocks(prelu, (x, np.broadcast_to(weight, x.shape)), out=out)
    zero = zeros_for(x)
    y: Array = np.minimum(zero, x, out=owned(x, out))
    np.multiply(y, weight, out=y)
    return np.add(y, np.maximum(zero, x), out=y)


def prelu_backward(g: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    """Cotangents of x (g, or weight·g where not x > 0) and, not yet summed, of the weight."""
    positive = np.greater(x, ZERO[x.dtype])
    factor = np.multiply(np.subtract(ONE[x.dtype], positive, dtype=x.dtype), weight)
    gx: Array = np.add(factor, positive, out=owned(g, None), dtype=x.dtype)
    np.multiply(gx, g, out=gx)
    gw: Array = np.multiply(x, g, out=owned(g, None))
    return gx, fill(gw, positive, ZERO)


def rrelu_noise(x: Array, draws: Array) -> Array:
    """The factors of RReLU in training: 1 where x > 0, else the next of ``draws``, in row order."""
    noise = np.ones(x.shape, x.dtype)
    noise[x <= 0] = draws
    return noise


def rrelu(x: Array, noise: Array, out: Array | None = None) -> Array:
    """x · noise, the factors from ``rrelu_noise``; the cotangent of x is g · noise likewise."""
    y: Array = np.multiply(x, noise, out=owned(x, out))
    return y


def hardtanh(x: Array, low: float = -1.0, high: float = 1.0, out: Array | None = None) -> Array:
    """min(max(x, low), high): also ReLU6 (0, 6) and clamp; nan stays."""
    if x.size > FEW and x.dtype.kind != "V":  # clip would make a float32 of a bfloat16
        y: Array = np.clip(x, low, high, out=out)
        return y
    y = np.maximum(low, x, out=owned(x, out))
    return np.minimum(y, high, out=y)


def hardtanh_backward(
    g: Array, x: Array, low: float = -1.0, high: float = 1.0, out: Array | None = None
) -> Array:
    """g strictly between the bounds; nan lies outside."""
    if g.size > BLOCK:
        return in_blocks(hardtanh_backward, (g, x), low, high, out=out)
    between = np.logical_and(np.greater(x, low), np.less(x, high))
    return drop(g, np.logical_not(between), out=out)


def hardsigmoid(x: Array, out: Array | None = None) -> Array:
    """min(max(x + 3, 0), 6) / 6."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(hardsigmoid, (x,), out=out)
    y = _ramp(x, out)
    return np.divide(y, _SIX[y.dtype], out=y)


def hardsigmoid_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """g/6 strictly between -3 and 3; nan lies outside."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(hardsigmoid_backward, (g, x), out=out)
    gx: Array = np.multiply(g, _SIXTH[g.dtype], out=owned(g, out))
    return fill(gx, np.logical_not(np.less(np.abs(x), _THREE[x.dtype])), ZERO)


def hardswish(x: Array, out: Array | None = None) -> Array:
    """x · min(max(x + 3, 0), 6) / 6."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(hardswish, (x,), out=out)
    y = _ramp(x, out)
    np.multiply(y, x, out=y)
    return np.divide(y, _SIX[y.dtype], out=y)


def hardswish_backward(g: Array, x: Array, out: Array | None = None) -> Array:
    """0 for x ≤ -3, g·(x/3 + 1/2) below 3, else g."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(hardswish_backward, (g, x), out=out)
    dtype = x.dtype
    gx: Array = np.divide(x, _THREE[dtype], out=owned(g, out))
    np.add(gx, HALF[dtype], out=gx)
    fill(gx, np.greater_equal(x, _THREE[dtype]), ONE)
    np.multiply(gx, g, out=gx)
    return fill(gx, np.less_equal(x, _MINUS_THREE[dtype]), ZERO)


def _ramp(x: Array, out: Array | None) -> Array:
    """min(max(x + 3, 0), 6)."""
    dtype = x.dtype
    y: Array = np.add(x, _THREE[dtype], out=owned(x, out))
    if y.size > FEW:
        return np.clip(y, ZERO[dtype], _SIX[dtype], out=y)
    np.maximum(y, ZERO[dtype], out=y)
    return np.minimum(y, _SIX[dtype], out=y)


def hardshrink(x: Array, width: float = 0.5, out: Array | None = None) -> Array:
    """0 where |x| ≤ width, else x; nan stays."""
    if x.size > BLOCK:
        return in_blocks(hardshrink, (x,), width, out=out)
    return drop(x, np.less_equal(np.abs(x), width), out=out)


def softshrink(x: Array, width: float = 0.5, out: Array | None = None) -> Array:
    """x moved towards 0 by ``width``, and 0 where that would pass it; nan stays."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(softshrink, (x,), width, out=out)
    y = hardtanh(x, -width, width, out=out)
    return np.subtract(x, y, out=y)


def shrink_backward(g: Array, x: Array, width: float = 0.5, out: Array | None = None) -> Array:
    """g where |x| > width, which nan is not: the cotangent of both shrinking functions."""
    if g.size > BLOCK:
        return in_blocks(shrink_backward, (g, x), width, out=out)
    return drop(g, np.logical_not(np.greater(np.abs(x), width)), out=out)
