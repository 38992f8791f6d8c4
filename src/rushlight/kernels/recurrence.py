"""Linear recurrences along one axis, which are what derivatives of running products come to.

An array without dimensions has one element along axis 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["advance", "backwards", "delay", "forwards"]

Array = NDArray[Any]


def forwards(u: Array, x: Array, dim: int) -> Array:
    """Solve ``v[j] = u[j] + x[j] v[j - 1]`` along `dim`, with nothing before the first."""
    v = np.array(np.broadcast_to(u, x.shape), order="C")
    if x.ndim:
        steps, factors = np.moveaxis(v, dim, 0), np.moveaxis(x, dim, 0)
        for j in range(1, len(steps)):
            steps[j] += factors[j] * steps[j - 1]
    return v


def backwards(g: Array, x: Array, dim: int) -> Array:
    """Solve ``w[j] = g[j] + x[j + 1] w[j + 1]`` along `dim`: the transpose of `forwards`."""
    w = np.array(np.broadcast_to(g, x.shape), order="C")
    if x.ndim:
        steps, factors = np.moveaxis(w, dim, 0), np.moveaxis(x, dim, 0)
        for j in range(len(steps) - 2, -1, -1):
            steps[j] += factors[j + 1] * steps[j + 1]
    return w


def delay(x: Array, dim: int, first: float) -> Array:
    """Move everything one place on along `dim`, and put `first` in front."""
    out = np.empty_like(x)
    if not x.ndim:
        out[...] = first
        return out
    source, target = np.moveaxis(x, dim, 0), np.moveaxis(out, dim, 0)
    target[:1] = first
    target[1:] = source[:-1]
    return out


def advance(x: Array, dim: int) -> Array:
    """Move everything one place back along `dim`, and put 0 at the end."""
    out = np.empty_like(x)
    if not x.ndim:
        out[...] = 0
        return out
    source, target = np.moveaxis(x, dim, 0), np.moveaxis(out, dim, 0)
    target[-1:] = 0
    target[:-1] = source[1:]
    return out
