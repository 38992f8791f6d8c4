"""Fused multiply-add: ``a * b + c`` with one rounding, which NumPy does not offer.

PyTorch's x86 kernels use the processor's instruction for it, and their last bits show it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.streams import blocks

# Dekker's constant: it splits 53 bits into halves whose products are exact.
_SPLIT = float((1 << 27) + 1)

# Splitting overflows above 2**996, and there is nothing below 2**-900 that could matter then.
_HUGE = 2.0**900
_SCALE = 400


def scale_shift_(values: NDArray[Any], scale: float, shift: float) -> NDArray[Any]:
    """``fma(values, scale, shift)`` in place, on a flat float32 or float64 array.

    The two numbers are rounded to the dtype first. The last bit is that of the processor's
    instruction, but for odds of 1 in 2**29 (float32) and 1 in 2**50 (float64).

    >>> scale_shift_(np.array([0.1, 0.7]), 3.0, -0.3).tolist()
    [2.7755575615628914e-17, 1.7999999999999998]
    """
    kind = values.dtype.type
    scale, shift = float(kind(scale)), float(kind(shift))
    if scale != 1.0:
        exact = shift == 0.0 or abs(math.frexp(scale)[0]) == 0.5  # no bit of the product is lost
        if not exact and math.isfinite(scale) and math.isfinite(shift):
            fused = _fused32 if kind is np.float32 else _fused64
            for block in blocks(values):
                block[...] = fused(block, scale, shift)
            return values
        values *= kind(scale)
    values += kind(shift)  # even when it is 0: it turns a negative zero into a positive one
    return values


def _fused32(a: NDArray[np.float32], b: float, c: float) -> NDArray[np.float64]:
    exact = a.astype(np.float64)
    exact *= b  # 24 bits times 24 bits: nothing is lost
    exact += c
    return exact


def _fused64(a: NDArray[np.float64], b: float, c: float) -> NDArray[np.float64]:
    if abs(b) > _HUGE:
        scaled = _fused64(a, math.ldexp(b, -_SCALE), math.ldexp(c, -_SCALE))
        return np.ldexp(scaled, _SCALE)
    product = a * b
    a_high = a * _SPLIT
    a_high -= a_high - a
    a_low = a - a_high
    b_high = b * _SPLIT
    b_high -= b_high - b
    b_low = b - b_high
    lost = a_high * b_high  # what `product` lost, by Dekker
    lost -= product
    lost += a_high * b_low
    lost += a_low * b_high
    lost += a_low * b_low
    total = product + c
    added = total - product  # what `total` lost, by Knuth
    lost += product - (total - added)
    lost += c - added
    total += lost
    return total
