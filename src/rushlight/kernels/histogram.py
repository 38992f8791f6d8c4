"""Histograms of points in any number of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.spaced import linspace

__all__ = ["histogram"]

Array = NDArray[Any]

_FEW = 1000  # numbers up to which searching costs no more than NumPy's calls


def histogram(
    x: Array,
    weight: Array | None,
    bins: tuple[int, ...],
    limits: tuple[float, ...] | None,
    density: bool,
    *edges: Array,
) -> tuple[Array, ...]:
    """The sums of the weights, or counts, of the rows of `x` (n, d) in each bin; and all edges.

    Either `edges` are given, or `bins` equal intervals a dimension: from `limits`, a pair for each
    dimension, or else from the least to the greatest. The last bin of each dimension is closed.

    Raises RuntimeError for limits that descend or aren't finite.
    """
    if bins:
        edges = tuple(
            [
                linspace(*_limits(column, limits, d), n + 1, x.dtype)
                for d, (n, column) in enumerate(zip(bins, x.T))
            ]
        )
    shape = [len(e) - 1 for e in edges]
    place = np.zeros(len(x), np.int64)
    inside = np.ones(len(x), bool)
    for column, e, n in zip(x.T, edges, shape):
        inside &= (column >= e[0]) & (column <= e[-1])
        search = _nearby if bins and len(column) > _FEW else _searched
        place = place * n + search(e, column)
    used = None if weight is None else weight[inside].astype(np.float64)
    counts = np.bincount(place[inside], used, minlength=prod(shape))
    found = counts[: prod(shape)].reshape(shape).astype(x.dtype)
    return (_per_volume(found, edges) if density else found), *edges


def _searched(edges: Array, x: Array) -> Array:
    """The bin of each number within the edges."""
    return np.minimum(np.searchsorted(edges, x, "right") - 1, len(edges) - 2)


def _nearby(edges: Array, x: Array) -> Array:
    """The same for equal intervals: computed, and moved by one where the edges say so."""
    last = len(edges) - 2
    width = (float(edges[-1]) - float(edges[0])) / (last + 1)
    guess = (x - edges[0]).astype(np.float64) / width
    place: Array = np.nan_to_num(np.clip(guess, 0, last)).astype(np.int64)
    place -= x < edges[place]
    np.maximum(place, 0, out=place)
    place += (x >= edges[place + 1]) & (place < last)
    return place


def _limits(column: Array, limits: Sequence[float] | None, d: int) -> tuple[float, float]:
    """Where the bins of one dimension begin and end."""
    if limits is not None:
        low, high = limits[2 * d : 2 * d + 2]
    elif len(column):
        low, high = float(column.min()), float(column.max())
    else:
        low, high = 0.0, 1.0
    if not (isfinite(low) and isfinite(high)):
        raise RuntimeError(
            f"torch.histogramdd: dimension {d}'s range [{low:g}, {high:g}] is not finite"
        )
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for "
            f"dimension {d}"
        )
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _per_volume(found: Array, edges: Sequence[Array]) -> Array:
    """Sums divided by all of them together, and each by the volume of its bin."""
    out: Array = found / found.sum()
    for d, e in enumerate(edges):
        out = out / np.diff(e).reshape((-1, *(1,) * (found.ndim - d - 1)))
    return out
