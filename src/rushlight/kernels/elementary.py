"""Elementary functions that NumPy lacks, or that its loops are slow at.

For functions of two numbers NumPy calls the C library for each element, or branches (10 to 50 ns);
for many float32 these are passes over blocks without a branch, which take 2 to 4. What they leave
open (infinities, NaN, quotients of more digits than float64 has room for) sends the block to
NumPy's function, whose results these are.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

import numpy as np

from rushlight.kernels.blocks import (
    BLOCK,
    FEW,
    HALF,
    ONE,
    ZERO,
    Array,
    PerDtype,
    finite,
    in_blocks,
    owned,
    pick,
)

_F4, _F8 = np.dtype(np.float32), np.dtype(np.float64)
_PI = PerDtype(pi)
_PER_LN2 = PerDtype(1 / log(2))
_SIGN = np.array(1 << 31, np.uint32)

# Below this quotient of two float32 the nearest float64 lies on the same side of every integer,
# and times the divisor it has no more than 53 bits.
_EXACT = 2.0**28
_SMALL = 2.0**22  # where PyTorch's and NumPy's float32 steps lead to the floor as well


def sinc(x: Array, out: Array | None = None) -> Array:
    """sin(πx) / (πx), 1 at 0."""
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(sinc, (x,), out=out)
    angle: Array = np.multiply(x, _PI[x.dtype], out=owned(x, None))
    y: Array = np.sin(angle, out=owned(x, out))
    np.divide(y, angle, out=y)
    np.putmask(y, np.equal(angle, ZERO[x.dtype]), ONE[x.dtype])
    return y


def sign(x: Array) -> Array:
    """-1, 0 or 1 of real numbers, and 0 for nan, where NumPy has nan; it branches, too."""
    if x.dtype.kind != "f":
        return np.asarray(np.sign(x))
    above, below = np.greater(x, ZERO[x.dtype]), np.less(x, ZERO[x.dtype])
    return np.asarray(np.subtract(above.view(np.int8), below.view(np.int8))).astype(x.dtype)


# -- of two numbers ------------------------------------------------------------------------------

# `step(a, b, out)` fills `out` and says whether that holds.
Step = Callable[[Array, Array, Array], bool]


def _large(first: Array, *others: Array) -> bool:
    """Whether these are many float32, all of one shape; operands may be numbers as well."""
    if not isinstance(first, np.ndarray) or first.size <= FEW or first.dtype != _F4:
        return False
    return all(
        isinstance(a, np.ndarray) and a.dtype == _F4 and a.shape == first.shape for a in others
    )


def _pair(plain: Callable[..., Array], step: Step) -> Callable[[Array, Array], Array]:
    def block(a: Array, b: Array, out: Array) -> Array:
        return out if step(a, b, out) else plain(a, b, out=out)

    def kernel(a: Array, b: Any) -> Array:
        one = type(b) is float or type(b) is int or (b.ndim == 0 and b.dtype == _F4)
        if one and _large(a):
            b = np.broadcast_to(np.asarray(b, _F4), a.shape)
        return in_blocks(block, (a, b)) if _large(a, b) else plain(a, b)

    kernel.__name__ = step.__name__
    return kernel


# -- division with remainder -------------------------------------------------------------------


def _quotient(a: Array, b: Array) -> tuple[Array, Array, Array]:
    dividend, divisor, quotient = _wide(a, b)
    return dividend, divisor, np.divide(dividend, divisor, out=quotient)


def _wide(a: Array, b: Array) -> Array:
    """Both in float64, and a third array; in kept buffers, since fresh ones cost three times what
    is done in them."""
    from rushlight.kernels.scratch import scratch

    wide = scratch("wide pair", (3, *a.shape), _F8)
    wide[0], wide[1] = a, b
    return wide


def _below(quotient: Array, bound: float) -> bool:
    return bool(quotient.min() > -bound and quotient.max() < bound)  # no for NaN


def _fmod(a: Array, b: Array, out: Array) -> bool:
    dividend, divisor, quotient = _quotient(a, b)
    if not _below(quotient, _EXACT):
        return False
    np.trunc(quotient, out=quotient)
    np.multiply(quotient, divisor, out=divisor)
    out[...] = np.subtract(dividend, divisor, out=dividend)
    bits = out.view(np.uint32)  # a zero has the sign of the dividend, as all else has already
    np.bitwise_or(bits, np.bitwise_and(a.view(np.uint32), _SIGN), out=bits)
    return finite(out)


def _remainder(a: Array, b: Array, out: Array) -> bool:
    dividend, divisor, quotient = _quotient(a, b)
    if not _below(quotient, _EXACT):
        return False
    np.floor(quotient, out=quotient)
    np.multiply(quotient, divisor, out=divisor)
    out[...] = np.subtract(dividend, divisor, out=dividend)
    return finite(out)


def _floor_divide(a: Array, b: Array, out: Array) -> bool:
    _, divisor, quotient = _quotient(a, b)
    out[...] = np.floor(quotient, out=quotient)
    return _below(quotient, _SMALL) and finite(divisor)


fmod = _pair(np.fmod, _fmod)
remainder = _pair(np.remainder, _remainder)
floor_divide = _pair(np.floor_divide, _floor_divide)


# -- lengths and sums of logarithms ------------------------------------------------------------


def _hypot(a: Array, b: Array, out: Array) -> bool:
    """√(a² + b²) in float64, where no square of a float32 overflows or vanishes."""
    square, other, _ = _wide(a, b)
    np.multiply(square, square, out=square)
    np.multiply(other, other, out=other)
    np.add(square, other, out=square)
    out[...] = np.sqrt(square, out=square)
    return bool(np.isfinite(square.sum()))


def _logaddexp(a: Array, b: Array, out: Array) -> bool:
    """max + log(1 + exp(min - max))."""
    larger = np.maximum(a, b)
    np.subtract(np.minimum(a, b, out=out), larger, out=out)
    np.log1p(np.exp(out, out=out), out=out)
    np.add(out, larger, out=out)
    return finite(out)


def _logaddexp2(a: Array, b: Array, out: Array) -> bool:
    """max + log2(1 + 2^(min - max))."""
    larger = np.maximum(a, b)
    np.subtract(np.minimum(a, b, out=out), larger, out=out)
    np.log1p(np.exp2(out, out=out), out=out)
    np.multiply(out, _PER_LN2[_F4], out=out)
    np.add(out, larger, out=out)
    return finite(out)


hypot = _pair(np.hypot, _hypot)
logaddexp = _pair(np.logaddexp, _logaddexp)
logaddexp2 = _pair(np.logaddexp2, _logaddexp2)


# -- interpolation -----------------------------------------------------------------------------


def lerp(a: Array, end: Array, weight: Array) -> Array:
    """a + weight·(end - a), from the nearer end, so that weight 1 gives exactly `end`."""
    if _large(a, end, weight):
        return in_blocks(_lerp, (a, end, weight))
    gap = end - a
    near: Array = np.where(np.abs(weight) < 0.5, a + weight * gap, end - gap * (1 - weight))
    return near


def _lerp(a: Array, end: Array, weight: Array, out: Array) -> Array:
    near = np.less(np.abs(weight), HALF[_F4])
    pick(near, a, end, out)
    step = np.subtract(weight, np.logical_not(near), dtype=_F4)
    np.multiply(step, np.subtract(end, a), out=step)
    return np.add(out, step, out=out)
