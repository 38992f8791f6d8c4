"""Powers of e for kernels that multiply the exponent by some constant anyway.

With AVX-512 NumPy raises 2 to a float32 in 0.22 ns, and e in 0.46. So such a kernel's constant is
an `Exponent`, which has log2(e) in it where that is so; elsewhere exp2 is the C library's, one
element at a time. Exponents beyond 126 either way leave the vectors and take 7 ns, so a kernel says
where there may be many of these, and e is raised.
"""

from __future__ import annotations

from functools import cache
from math import e, log, log2
from typing import Any

import numpy as np

from rushlight.kernels.blocks import Array, PerDtype

_F4 = np.dtype(np.float32)
_LN2 = PerDtype(log(2))


@cache
def _in_vectors() -> bool:
    """Whether NumPy raises 2 to many float32 at once."""
    try:
        from numpy.lib.introspect import opt_func_info
    except ImportError:  # an older NumPy
        return False
    loops = opt_func_info(func_name="^exp2$", signature="float32").get("exp2", {})
    return any(not loop["current"].startswith("baseline") for loop in loops.values())


class Exponent(PerDtype):
    """A constant to multiply with before `exponential`."""

    def __missing__(self, dtype: np.dtype[Any]) -> Array:
        scale = log2(e) if dtype == _F4 and _in_vectors() else 1.0
        constant = self[dtype] = PerDtype(self.value * scale)[dtype]
        return constant


def exponential(x: Array, far: bool) -> Array:
    """e to the power of a product with an `Exponent`, in place; with many ``far`` exponents."""
    if x.dtype == _F4 and _in_vectors():
        if not far:
            return np.exp2(x, out=x)
        np.multiply(x, _LN2[_F4], out=x)
    return np.exp(x, out=x)


def mean_square(x: Array) -> float:
    """Of the first 512 elements: as many from all over a block take 10 us, and these take 1."""
    some = x.ravel("K")[:512]
    return float(some.dot(some)) / len(some)
