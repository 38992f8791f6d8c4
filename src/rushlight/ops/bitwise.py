"""Operators on the bits of integers, and their greatest common divisors. No derivative."""

from __future__ import annotations

import numpy as np

from rushlight.ops.declare import constant
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import no_kernel

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "gcd",
    "lcm",
]


def _bits(name: str, ufunc: np.ufunc, refused: str, kernel_name: str) -> Operator:
    return constant(name, ufunc, promote="common", checks=(no_kernel(refused, kernel_name),))


bitwise_not = _bits("bitwise_not", np.bitwise_not, "fcw", "bitwise_not_cpu")
bitwise_and = _bits("bitwise_and", np.bitwise_and, "fc", "bitwise_and_cpu")
bitwise_or = _bits("bitwise_or", np.bitwise_or, "fc", "bitwise_or_cpu")
bitwise_xor = _bits("bitwise_xor", np.bitwise_xor, "fc", "bitwise_xor_cpu")
bitwise_left_shift = _bits("bitwise_left_shift", np.left_shift, "bfcw", "lshift_cpu")
gcd = _bits("gcd", np.gcd, "bfcw", "gcd_cpu")
lcm = _bits("lcm", np.lcm, "bfcw", "lcm_cpu")
bitwise_right_shift = _bits("bitwise_right_shift", np.right_shift, "bfcw", "rshift_cpu")
