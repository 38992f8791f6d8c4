"""Distances of all pairs of vectors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.vector_norm import norm

__all__ = ["of_all_pairs", "of_pairs", "pull_of_sums"]

Array = NDArray[Any]

# Differences at a time: they and the sums stay in the cache.
_BLOCK = 1 << 16

# Up to this many coordinates are gone through one by one, each for a block of pairs: the inner
# loop is over points, and NumPy's loops over short last axes are not run. Running sums of more
# would lose digits. (300 points from 300 with 64 coordinates, p = 1: 2 ms, not 10.)
_COORDINATES = 512
_POINTS = 32


def of_all_pairs(a: Array, b: Array, p: float, product: bool) -> Array:
    """The distances of order `p` of the rows of `a` from the rows of `b`.

    Euclidean ones by way of ``|a|² - 2ab + |b|²`` where `product`: faster, with half the digits
    for points that are close together.
    """
    if product:
        squares = (a * a).sum(-1)[..., :, None] + (b * b).sum(-1)[..., None, :]
        squares -= 2 * np.matmul(a, b.mT)
        out: Array = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
        return out
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    rows, columns, width = a.shape[-2], b.shape[-2], a.shape[-1]
    out = np.zeros((*lead, rows, columns), a.dtype)
    if not (width and out.size):
        return out
    by_coordinates = _by_coordinates(a, columns)
    step = _step(math.prod(lead) * columns * (1 if by_coordinates else width))
    for i in range(0, rows, step):
        block = a[..., i : i + step, :]
        if by_coordinates:
            _lengths(block, b, p, out[..., i : i + step, :])
        else:
            gap = block[..., None, :] - b[..., None, :, :]
            out[..., i : i + step, :] = norm(gap, p, (gap.ndim - 1,))
    return out


def of_pairs(x: Array, p: float) -> Array:
    """The distances of order `p` of each row from those after it."""
    n, width = x.shape
    if not (width and _by_coordinates(x, n)):
        first, second = np.triu_indices(n, 1)
        return norm(x[first] - x[second], p, (1,)) if width else np.zeros(len(first), x.dtype)
    out = np.empty(n * (n - 1) // 2, x.dtype)
    done, step = 0, _step(n)
    for i in range(0, n, step):
        block = x[i : i + step]
        lengths = np.empty((len(block), n - i), x.dtype)
        _lengths(block, x[i:], p, lengths)
        later = lengths[np.arange(len(block))[:, None] < np.arange(n - i)]
        out[done : done + later.size] = later
        done += later.size
    return out


def _by_coordinates(x: Array, points: int) -> bool:
    return x.dtype.char in "fd" and x.shape[-1] <= _COORDINATES and points >= _POINTS


def _step(row: int) -> int:
    return max(1, _BLOCK // max(1, row))


def _gaps(a: Array, b: Array, shape: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
    """By coordinate, all differences of a row of `a` and a row of `b`, in one buffer.

    They are made by BLAS, as the product of (a, 1) and (1, -b), which rounds once: 0.15 ns each
    where a ufunc that broadcasts both operands takes 0.5.
    """
    left, right = (
        np.ones((*a.shape[:-1], 2), a.dtype),
        np.ones((*b.shape[:-2], 2, b.shape[-2]), a.dtype),
    )
    columns = np.negative(b.mT)
    gap = np.empty(shape, a.dtype)
    for k in range(a.shape[-1]):
        left[..., 0], right[..., 1, :] = a[..., k], columns[..., k, :]
        yield k, np.matmul(left, right, out=gap)


def _lengths(a: Array, b: Array, p: float, out: Array) -> None:
    out[...] = 0
    for _, gap in _gaps(a, b, out.shape):
        if p == 2:
            np.multiply(gap, gap, out=gap)
        elif p == 0:
            np.not_equal(gap, 0, out=gap)
        else:
            np.abs(gap, out=gap)
        if math.isinf(p):
            np.maximum(out, gap, out=out)
            continue
        if p not in (0, 1, 2):
            np.power(gap, p, out=gap)
        np.add(out, gap, out=out)
    if p == 2:
        np.sqrt(out, out=out)
    elif p not in (0, 1) and not math.isinf(p):
        np.power(out, 1 / p, out=out)


def pull_of_sums(g: Array, a: Array, b: Array) -> Array:
    """The cotangent of `a` from those of its distances of order 1: Σ_j g[i, j]·sgn(a[i] - b[j])."""
    out = np.empty((*g.shape[:-1], a.shape[-1]), a.dtype)
    above, below = np.empty(g.shape, bool), np.empty(g.shape, bool)
    for k, gap in _gaps(a, b, g.shape):
        np.greater(gap, 0, out=above)
        np.less(gap, 0, out=below)
        np.subtract(above.view(np.int8), below.view(np.int8), out=gap, casting="unsafe")
        np.vecdot(g, gap, out=out[..., k])
    return out
