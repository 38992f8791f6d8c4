"""GELU, x · Φ(x) with Φ(x) = (1 + erf(x/√2)) / 2, and its tanh approximation.

SciPy's erf costs 22 ns an element, so in float32 Φ(x) is computed as 1 / (1 + exp(-x·R(x²))): the
logarithm of the odds Φ(x) : Φ(-x) is odd and smooth, and R, a quotient of polynomials of degrees 3
and 2, keeps Φ within 6e-8, a float32 rounding. R takes 7 passes as a continued fraction, since to
divide costs no more than to multiply. The textbook approximation is the same form with a line for
R. Against exact values the float32 result is within 4.5 ulp for x > 0 (PyTorch's own is within
5.1) and within 2.5 ulp of x for x < 0 (PyTorch's 1 + erf cancels there, and is within 4.8).
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from rushlight.kernels.activation import times_slope
from rushlight.kernels.blocks import (
    BLOCK,
    FEW,
    HALF,
    ONE,
    Array,
    PerDtype,
    in_blocks,
    owned,
    special,
)
from rushlight.kernels.exponential import Exponent, exponential, mean_square

_KAPPA = 0.044715
_SLOPE = sqrt(2 / pi)

# -x·R(u) = scale · x · (u + c + n / (u + d + m / (u + k))), u = x²: the scale, k, (m, d), (n, c).
# Minimax in the relative error of x·Φ(x) over 0 < x < 7; beyond, Φ has rounded to 1.
_ERF = (
    Exponent(-0.036535859928937486),
    PerDtype(48.85913586675202),
    (
        (PerDtype(1654.1377458017832), PerDtype(-27.449813536336887)),
        (PerDtype(-132.1219680134399), PerDtype(64.30338656701937)),
    ),
)
_TANH = (Exponent(-2 * _SLOPE * _KAPPA), PerDtype(1 / _KAPPA), ())

# The mean square of x² from which on 3 % of normal x have exponents beyond 126. Of 1M x with a
# standard deviation of 10 GELU and its slope take 2.3 ms then, and 7 with exp2.
_FAR = 83.0**2

_SQRT_HALF = PerDtype(sqrt(0.5))
_MINUS_HALF = Exponent(-0.5)
_DENSITY = PerDtype(1 / sqrt(2 * pi))
_RISE = PerDtype(2 * _SLOPE), PerDtype(6 * _SLOPE * _KAPPA)


def gelu(x: Array, approximate: str = "none", out: Array | None = None) -> Array:
    """x · Φ(x), or x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) for "tanh"."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(gelu, (x,), approximate, out=out)
    if _exact(x, approximate):
        y = _normal(x, owned(x, out))
        return np.multiply(y, x, out=y)
    square: Array = np.multiply(x, x, out=owned(x, None))
    y = _inverse(x, square, approximate, owned(x, out), _far(square))
    return np.divide(x, y, out=y)


def gelu_and_slope(x: Array, y: Array, slope: Array, approximate: str = "none") -> None:
    """Write GELU to ``y`` and Φ(x) + x·φ(x) to ``slope``, for arrays of one block.

    For "tanh", with s what x is multiplied with, the slope is s + x·s·(1 - s)·p′,
    p′ = 2·√(2/π)·(1 + 3·0.044715·x²).
    """
    dtype = x.dtype
    square: Array = np.multiply(x, x, out=owned(x, None))
    far = _far(square)
    if _exact(x, approximate):
        share = _normal(x, slope)
    else:
        share = _inverse(x, square, approximate, slope, far)
        np.divide(ONE[dtype], share, out=share)
    np.multiply(x, share, out=y)
    if approximate == "none":
        np.multiply(square, _MINUS_HALF[dtype], out=square)
        exponential(square, far)
        np.multiply(square, x, out=square)
        np.multiply(square, _DENSITY[dtype], out=square)
    else:
        np.multiply(square, _RISE[1][dtype], out=square)
        np.add(square, _RISE[0][dtype], out=square)
        np.multiply(square, y, out=square)
        np.multiply(square, np.subtract(ONE[dtype], share), out=square)
    np.add(share, square, out=slope)


def gelu_backward(g: Array, x: Array, approximate: str = "none", out: Array | None = None) -> Array:
    """g times the slope."""
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(gelu_backward, (g, x), approximate, out=out)
    return times_slope(gelu_and_slope, g, x, approximate, out=out)


def _exact(x: Array, approximate: str) -> bool:
    """Whether SciPy's erf does best: it has all digits of float64, and few elements cost little."""
    return approximate == "none" and (x.itemsize > 4 or x.size <= FEW)


def _far(square: Array) -> bool:
    """Whether many exponents are far from 0: few elements don't matter, whatever they are."""
    return square.size > 4096 and mean_square(square) > _FAR


def _normal(x: Array, out: Array) -> Array:
    """Φ(x) with SciPy's erf."""
    dtype = x.dtype
    y: Array = np.multiply(x, _SQRT_HALF[dtype], out=out)
    special().erf(y, out=y)
    np.add(y, ONE[dtype], out=y)
    return np.multiply(y, HALF[dtype], out=y)


def _inverse(x: Array, square: Array, approximate: str, out: Array, far: bool) -> Array:
    """1 / Φ(x) = 1 + exp(-x·R(x²)), or the like for "tanh"."""
    dtype = x.dtype
    scale, innermost, fractions = _ERF if approximate == "none" else _TANH
    y: Array = np.add(square, innermost[dtype], out=out)
    for numerator, offset in fractions:
        np.divide(numerator[dtype], y, out=y)
        np.add(y, square, out=y)
        np.add(y, offset[dtype], out=y)
    np.multiply(y, x, out=y)
    np.multiply(y, scale[dtype], out=y)
    exponential(y, far)
    return np.add(y, ONE[dtype], out=y)
