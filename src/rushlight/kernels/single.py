"""Box and Muller's radius and circle in float32, rounded where PyTorch's x86 kernel rounds.

That kernel works on eight pairs at a time with the polynomials of Cephes' single precision
library, and the compiler fuses their multiplications with the additions that follow. NumPy cannot
fuse, so each such step is taken in float64, where the product of two float32 is exact, and rounded
once. A uniform number has 24 bits: both functions were compared with PyTorch at all 2**24 of them,
and no bit differs.
"""

from __future__ import annotations

import numpy as np
from numpy import (
    add,
    bitwise_and,
    bitwise_xor,
    left_shift,
    multiply,
    negative,
    right_shift,
    sqrt,
    subtract,
)
from numpy.typing import NDArray

F4, F8, I4 = np.float32, np.float64, np.int32


# NumPy takes 0-d arrays faster than scalars, and a pass over a block costs little more than that.
def _f4(value: float) -> NDArray[np.float32]:
    return np.array(value, F4)


def _i4(value: int) -> NDArray[np.int32]:
    return np.array(value, I4)


def _exactly(*values: float) -> NDArray[np.float64]:
    return np.array([[v] for v in values], F4).astype(F8)


# log(1 + x) = x - x**2/2 + x**3 P(x), with all of it times -2, which is exact.
_LOG = [
    np.array(-2.0 * float(F4(coefficient)))
    for coefficient in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
]
_LN2_HIGH = _f4(-2.0 * 0.693359375)
_LN2_LOW = _f4(-2.0 * -2.12194440e-4)

# cos x = 1 - z/2 + z**2 C(z) and sin x = x + x z S(z), with z = x**2: one above the other.
_CIRCLE = [
    _exactly(2.443315711809948e-5, -1.9515295891e-4),
    _exactly(-1.388731625493765e-3, 8.3321608736e-3),
    _exactly(4.166664568298827e-2, -1.6666654611e-1),
]
_CIRCLE_LAST = _exactly(-0.5, 1.0)

# pi / 2 in three parts whose multiples up to 4 are exact in float32.
_QUARTER = [_f4(1.5703125), _f4(0.0004838109016418457), _f4(1.5893256488652696e-08)]

_ONE, _MINUS_TWO = _f4(1.0), _f4(-2.0)
_TO_ANGLE = _f4(float(F4(2.0 * np.pi)) * 2.0**-24)
_2_TO_24 = _i4(1 << 24)

# A float32 in bits: 23 of fraction below the exponent. Counted from sqrt(1/2), the exponent
# changes between sqrt(1/2) and sqrt(2), so that what is left of the number lies around 1.
_FRACTION_BITS, _FRACTION = _i4(23), _i4((1 << 23) - 1)
_ROOT_HALF = _i4(0x3F3504F3)
_ROOT_HALF_24 = _i4(0x3F3504F3 + (24 << 23))

# An angle in bits: 22 below the quarter turn.
_QUARTER_BITS, _EIGHTH_TURN = _i4(22), _i4(1 << 21)
_1, _2, _TO_SIGN = _i4(1), _i4(2), _i4(30)


class Polar:
    """Radii and points of the circle for blocks of 24-bit uniform numbers.

    The arrays returned are scratch memory: they hold until the next call of the same method. The
    arrays given are used up.
    """

    def __init__(self) -> None:
        self.size = -1

    def _reserve(self, size: int) -> None:
        if size != self.size:
            self.size = size
            self.integer = np.empty(size, I4)
            self.r = np.empty((4, size), F4)
            self.zx = np.empty((2, size), F4)
            self.circle_ = np.empty((2, size), F4)
            self.wide = np.empty((2, 2, size), F8)

    def radius(self, bits: NDArray[np.int32]) -> NDArray[np.float32]:
        """sqrt(-2 log(1 - u)) for u = bits / 2**24."""
        self._reserve(len(bits))
        x, y, z, exponent = self.r
        wide_x, wide = self.wide[0]
        x[:] = subtract(_2_TO_24, bits, bits)
        fraction = x.view(I4)  # 1 - u = (1 + x) * 2**exponent
        subtract(fraction, _ROOT_HALF_24, fraction)
        exponent[:] = right_shift(fraction, _FRACTION_BITS, bits)
        bitwise_and(fraction, _FRACTION, fraction)
        add(fraction, _ROOT_HALF, fraction)
        subtract(x, _ONE, x)

        wide_x[:] = x
        multiply(wide_x, _LOG[0], wide)
        for coefficient in _LOG[1:-1]:
            add(wide, coefficient, wide)
            y[:] = wide
            wide[:] = y
            multiply(wide, wide_x, wide)
        add(wide, _LOG[-1], wide)
        y[:] = wide

        multiply(y, x, y)
        wide[:] = y
        wide_x[:] = multiply(x, x, z)
        multiply(wide, wide_x, wide)
        wide_x[:] = multiply(exponent, _LN2_LOW, y)
        y[:] = add(wide, wide_x, wide)
        add(y, z, y)
        multiply(x, _MINUS_TWO, x)
        add(x, y, x)
        multiply(exponent, _LN2_HIGH, exponent)
        add(x, exponent, x)
        return sqrt(x, x)

    def circle(self, bits: NDArray[np.int32]) -> NDArray[np.float32]:
        """cos(2 pi u) and sin(2 pi u) for u = bits / 2**24, one above the other."""
        self._reserve(len(bits))
        both, factors = self.circle_, self.zx
        (z, x), scratch = factors, self.r[1]
        wide, wide_factors = self.wide
        x[:] = bits
        multiply(x, _TO_ANGLE, x)
        add(bits, _EIGHTH_TURN, bits)
        quarter = right_shift(bits, _QUARTER_BITS, bits)
        scratch[:] = quarter
        for part in _QUARTER:
            multiply(scratch, part, z)
            subtract(x, z, x)

        multiply(x, x, z)
        wide_factors[:] = factors
        wide_z = wide_factors[0]
        multiply(wide_z, _CIRCLE[0], wide)
        for coefficient in _CIRCLE[1:]:
            add(wide, coefficient, wide)
            both[:] = wide
            wide[:] = both
            multiply(wide, wide_z, wide)
        both[:] = wide
        wide[:] = both
        add(wide, _CIRCLE_LAST, wide)
        both[:] = multiply(wide, wide_factors, wide)
        add(both[0], _ONE, both[0])

        # An odd quarter turn swaps cosine and sine; bit 1 of it is the sine's sign, and of the
        # next quarter turn the cosine's. On the bits, since a branch per element costs more.
        cosine, sine = swapped = both.view(I4)
        odd, mask = scratch.view(I4), self.integer
        negative(bitwise_and(quarter, _1, mask), mask)
        bitwise_and(bitwise_xor(cosine, sine, odd), mask, odd)
        bitwise_xor(swapped, odd, swapped)
        bitwise_and(add(quarter, _1, mask), _2, mask)
        bitwise_xor(cosine, left_shift(mask, _TO_SIGN, mask), cosine)
        bitwise_and(quarter, _2, mask)
        bitwise_xor(sine, left_shift(mask, _TO_SIGN, mask), sine)
        return both
