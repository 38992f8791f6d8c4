"""The cross product of vectors of three along one dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import multilinear
from rushlight.ops.operator import Operator

__all__ = ["cross"]


def _cross(a: Any, b: Any, dim: int) -> Any:
    """`dim` is negative, so that it is the same in operands that broadcast."""
    x, y, z = np.moveaxis(a, dim, 0)
    u, v, w = np.moveaxis(b, dim, 0)
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=dim)


cross: Operator = multilinear(
    "linalg_cross",
    _cross,
    a=lambda g, b, dim: cross(b, g, dim),
    b=lambda g, a, dim: cross(g, a, dim),
)
