"""Fourier transforms: three linear operators, each the adjoint of one of them.

A transform's matrix is symmetric, so its adjoint is the transform of the other direction with the
same scale. Real numbers have a Hermitian spectrum of which one half tells all; what stands for two
of the whole counts twice in one direction, and so half in the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import fft as kernels
from rushlight.ops.declare import linear
from rushlight.ops.operator import Operator

__all__ = ["c2c", "c2r", "r2c"]

Dims = tuple[int, ...]


def _inside(g: Any, dims: Dims, size: int, weight: float) -> Any:
    """A half spectrum, of `size` numbers, multiplied by `weight` where it stands for two."""
    half = size // 2 + 1
    dtype = g.dtype if isinstance(g, np.ndarray) else g.dtype.numpy
    weights = np.full(half, weight, dtype.char.lower())
    weights[0] = 1
    if size % 2 == 0:
        weights[-1] = 1
    return g * weights.reshape([half if d == dims[-1] else 1 for d in range(g.ndim)])


def _r2c_rule(g: Any, x_shape: Dims, dims: Dims, scale: str, onesided: bool) -> Any:
    if not onesided:
        return c2c(g, dims, scale, False).real
    size = x_shape[dims[-1]]
    return c2r(_inside(g, dims, size, 0.5), dims, scale, size)


c2c: Operator = linear(
    "fft_c2c",
    kernels.c2c,
    node="FftC2CBackward0",
    x=lambda g, dims, scale, forward: c2c(g, dims, scale, not forward),
)
r2c: Operator = linear("fft_r2c", kernels.r2c, node="FftR2CBackward0", x=_r2c_rule)
c2r: Operator = linear(
    "fft_c2r",
    kernels.c2r,
    node="FftC2RBackward0",
    x=lambda g, dims, scale, size: _inside(r2c(g, dims, scale, True), dims, size, 2.0),
)
