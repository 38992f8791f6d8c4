"""Bags of embeddings: sums and maxima of rows looked up, without the rows in between for users."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.rows import add_rows

Array = NDArray[Any]


def bag_sum(weight: Array, index: Array, bag: Array, bags: int, scale: Array | None) -> Array:
    """Σ scale[i] · weight[index[i]] over the i with bag[i] = b: (bags, d). Empty bags are zero."""
    rows = weight.take(index, 0)
    if weight.itemsize < 4:
        rows = rows.astype(np.float32)
    if scale is not None:
        rows *= scale.astype(rows.dtype, copy=False)[:, None]
    out = np.zeros((bags, weight.shape[1]), rows.dtype)
    add_rows(out, bag, rows)
    return out.astype(weight.dtype, copy=False)


def bag_winners(weight: Array, index: Array, bag: Array, bags: int) -> Array:
    """For each bag and column the first row of `weight` with the maximum; -1 for empty bags.

    `bag` is ascending."""
    winners = np.full((bags, weight.shape[1]), -1, np.int64)
    if not len(index):
        return winners
    rows = weight.take(index, 0)
    if rows.dtype.kind == "V":
        rows = rows.astype(np.float32)
    starts = np.flatnonzero(np.diff(bag, prepend=-1))
    peaks = np.maximum.reduceat(rows, starts, axis=0)
    ends = np.append(starts[1:], len(index))
    is_peak = rows == np.repeat(peaks, ends - starts, axis=0)
    # The first of a bag is the least position among its peaks.
    place = np.where(is_peak, np.arange(len(index))[:, None], len(index) - 1)
    winners[bag[starts]] = index[np.minimum.reduceat(place, starts, axis=0)]
    return winners


def take_winners(weight: Array, winners: Array) -> Array:
    """``weight[winners[b, d], d]``, zero where there is none."""
    taken = np.take_along_axis(weight, np.maximum(winners, 0), 0)
    taken[winners < 0] = 0
    return taken


def add_winners(g: Array, winners: Array, num_weights: int) -> Array:
    """The adjoint of `take_winners`."""
    out = np.zeros((num_weights, g.shape[1]), g.dtype)
    won = winners >= 0
    columns = np.broadcast_to(np.arange(g.shape[1]), winners.shape)
    np.add.at(out, (winners[won], columns[won]), g[won])
    return out
