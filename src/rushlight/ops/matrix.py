"""Products of matrices and vectors."""

from __future__ import annotations

import numpy as np

from rushlight.ops.declare import multilinear

__all__ = ["mm"]


def _mm(a, b):
    return a.dot(b)


mm = multilinear("mm", _mm, a=lambda g, b: g @ b.mT, b=lambda g, a: a.mT @ g)
