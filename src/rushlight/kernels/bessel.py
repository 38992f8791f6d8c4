"""Bessel functions and Airy's, SciPy's: exact to the last digits where PyTorch's are not.

PyTorch computes J, Y and Ai of float64 to 6 to 10 digits over much of (1, 14).
"""

from __future__ import annotations

from math import pi

import numpy as np

from rushlight.kernels import single_special
from rushlight.kernels.blocks import BLOCK, ONE, Array, in_blocks, owned, special
from rushlight.kernels.special import from_scipy

__all__ = [
    "airy_ai",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "j0",
    "j1",
    "k0",
    "k0e",
    "k1",
    "k1e",
    "spherical_j0",
    "y0",
    "y1",
]

i0 = single_special.blockwise(from_scipy("i0"), single_special.i0)
i0e = single_special.blockwise(from_scipy("i0e"), single_special.i0e)
i1 = single_special.blockwise(from_scipy("i1"), single_special.i1)
i1e = single_special.blockwise(from_scipy("i1e"), single_special.i1e)
j0, j1, y0, y1 = (from_scipy(name) for name in ("j0", "j1", "y0", "y1"))
k0, k0e, k1, k1e = (from_scipy(name) for name in ("k0", "k0e", "k1", "k1e"))


def spherical_j0(x: Array, out: Array | None = None) -> Array:
    """sin(x) / x, 1 at 0 and 0 at ±∞."""
    if x.size > BLOCK:
        return in_blocks(spherical_j0, (x,), out=out)
    y: Array = np.sin(x, out=owned(x, out))
    np.divide(y, x, out=y)
    np.putmask(y, np.equal(x, 0), ONE[x.dtype])
    np.putmask(y, np.isinf(x), 0)
    return y


def airy_ai(x: Array, out: Array | None = None) -> Array:
    """Airy's Ai; far out, where SciPy gives up, the leading term of its expansion (DLMF 9.7.9).

    Ai(-z) ~ cos(ζ - π/4) / (√π z^¼) with ζ = ⅔ z^(3/2), of which floats know ever fewer digits.
    """
    y = np.asarray(special().airy(x)[0])
    far = np.isnan(y) & np.isfinite(x)
    if far.any():
        z = np.abs(x[far]).astype(np.float64)
        wave = np.cos(2 / 3 * z * np.sqrt(z) - pi / 4) / (np.sqrt(pi) * z**0.25)
        y[far] = np.where(x[far] > 0, 0, wave)
    if out is None:
        return y
    np.copyto(out, y)
    return out
