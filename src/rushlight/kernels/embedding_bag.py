"""Bags of embeddings: sums and maxima of rows looked up, without the rows in between for users.

An index says which rows of the table there are, and `offsets` where the bag of each begins. What
the kernels need is which rows count (`Members`), which is found anew where it is needed: it costs
less than to keep it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.embedding import embedding_backward
from rushlight.kernels.rows import add_at, add_runs

# A step through all bags costs some 10 µs beside its rows: each is to have this many of them.
_FEW_STEPS = 16

__all__ = [
    "Options",
    "add_winners",
    "bag_factors",
    "bag_facts",
    "bag_sum",
    "bag_sum_backward",
    "bag_winners",
    "members_of",
    "take_winners",
]

Array = NDArray[Any]


class Options(NamedTuple):
    """How bags are made: `last` says that the last offset is the end of the last bag."""

    mode: str = "sum"
    padding: int | None = None
    last: bool = False
    by_frequency: bool = False


class Members(NamedTuple):
    """Of the rows that count: their numbers, their bags, and where they are in the index."""

    rows: Array
    bag: Array
    places: Array
    bags: int


def members_of(index: Array, offsets: Array, weight: Array, options: Options) -> Members:
    """Which rows count: those of the index that lie in a bag and are no padding.

    Raises RuntimeError for offsets and indices out of range."""
    index = index.astype(np.int64, copy=False)
    fast = options.mode != "max" and _is_fast(weight, options)
    _check(index, offsets, len(weight), fast)
    bags = len(offsets) - options.last
    ends = offsets[1:] if options.last else np.append(offsets[1:], len(index))[:bags]
    bag = np.repeat(np.arange(bags), ends - offsets[:bags])
    places = np.arange(len(bag))
    if options.padding is not None:
        places = np.flatnonzero(index[: len(bag)] != options.padding)
        bag = bag[places]
    return Members(index[places], bag, places, bags)


def _is_fast(weight: Array, options: Options) -> bool:
    """Whether sums are what PyTorch has a fast kernel for."""
    packed = weight.strides[1] == weight.itemsize
    return packed and weight.itemsize < 8 and options.padding is None


def _check(index: Array, starts: Array, rows: int, fast: bool) -> None:
    """The bags begin at the first index and end at the last, and indices are rows.

    `fast` says whether PyTorch would run its fast kernel, which has a text of its own."""
    if len(starts):
        if starts[0] != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start "
                f"from position 0. However, got {starts[0]}"
            )
        if starts[-1] > len(index):
            raise RuntimeError(
                f"offsets[-1] can not be greater than input's length {len(index)} but got "
                f"offsets[-1] of {starts[-1]}"
            )
        if (np.diff(starts) < 0).any():
            raise RuntimeError("embedding_bag: offsets have to be in ascending order")
    wrong = np.flatnonzero((index < 0) | (index >= rows))
    if len(wrong):
        if not fast:
            raise RuntimeError(
                "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be "
                f"{index[wrong[0]]}"
            )
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {index[wrong[0]]} which is not in the valid "
            f"range [0, {rows})"
        )


def bag_facts(weight: Array, index: Array, offsets: Array, options: Options) -> tuple[Array, Array]:
    """The bag of each index, and how many rows count in each bag, as far as PyTorch tells.

    Indices behind the last bag are counted to it."""
    _, bag, _, bags = members_of(index, offsets, weight, options._replace(padding=None))
    told = options.mode != "sum" or not _is_fast(weight, options)
    of = np.append(bag, np.full(len(index) - len(bag), bags - 1)) if told else np.empty(0, np.int64)
    if options.mode == "sum":
        return of, np.zeros(len(offsets), np.int64)
    counted = of if options.padding is None else of[index != options.padding]
    return of, np.bincount(counted, minlength=bags)


# -- sums and means ------------------------------------------------------------------------------


def _factors(scale: Array | None, members: Members, options: Options, dtype: Any) -> Array | None:
    """What each row that counts is multiplied by."""
    if options.mode == "mean":
        counts = np.bincount(members.bag, minlength=members.bags)
        return (1 / counts[members.bag]).astype(dtype)
    return None if scale is None else scale[members.places]


def bag_sum(
    weight: Array, scale: Array | None, index: Array, offsets: Array, options: Options
) -> Array:
    """Σ scale[i] · weight[index[i]] over the i in each bag: (bags, d). Empty bags are zero."""
    members = members_of(index, offsets, weight, options)
    rows, chosen = weight, members.rows
    if weight.itemsize < 4:
        rows, chosen = weight.take(chosen, 0).astype(np.float32), np.arange(len(chosen))
    factors = _factors(scale, members, options, weight.dtype)
    if factors is not None:
        factors = factors.astype(rows.dtype, copy=False)
    out = np.zeros((members.bags, weight.shape[1]), rows.dtype)
    starts = np.zeros(members.bags + 1, np.int64)
    np.cumsum(np.bincount(members.bag, minlength=members.bags), out=starts[1:])
    add_runs(out, starts, chosen, factors, rows)
    return out.astype(weight.dtype, copy=False)


def bag_sum_backward(
    g: Array,
    scale: Array | None,
    index: Array,
    offsets: Array,
    shape: tuple[int, int],
    options: Options,
) -> Array:
    """The cotangent of the table: of each row the cotangents of its bags times its factors."""
    out = np.broadcast_to(np.zeros((), g.dtype), shape)
    members = members_of(index, offsets, out, options)
    rows = g.take(members.bag, 0)
    factors = _factors(scale, members, options, g.dtype)
    if factors is not None:
        rows *= factors[:, None]
    return embedding_backward(rows, members.rows, shape[0], -1, options.by_frequency)


def bag_factors(g: Array, weight: Array, index: Array, offsets: Array, options: Options) -> Array:
    """The cotangent of the factors: the product of each row with the cotangent of its bag."""
    members = members_of(index, offsets, weight, options)
    out = np.zeros(index.shape, g.dtype)
    products = g.take(members.bag, 0) * weight.take(members.rows, 0)
    out[members.places] = products.sum(1, dtype=np.float32 if g.itemsize < 4 else None)
    return out


# -- maxima --------------------------------------------------------------------------------------


def bag_winners(weight: Array, index: Array, offsets: Array, options: Options) -> Array:
    """For each bag and column the first row of `weight` with the maximum; -1 for empty bags."""
    index, bag, _, bags = members_of(index, offsets, weight, options)
    winners = np.full((bags, weight.shape[1]), -1, np.int64)
    if not len(index):
        return winners
    if weight.dtype.kind == "V":
        weight = weight.astype(np.float32)
    starts = np.flatnonzero(np.diff(bag, prepend=-1))
    lengths = np.diff(starts, append=len(index))
    if int(lengths.max()) * _FEW_STEPS > len(index):
        winners[bag[starts]] = _winners_of_runs(weight, index, starts, lengths)
        return winners
    # One row of each bag at a time, the longest bags first, so that those that go on are in front.
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    best = index[starts][:, None].repeat(weight.shape[1], axis=1)
    peaks = weight.take(index[starts], 0)
    for step in range(1, int(lengths[0])):
        active = int(np.searchsorted(-lengths, -step))
        chosen = index[starts[:active] + step]
        rows = weight.take(chosen, 0)
        above = np.flatnonzero(rows > peaks[:active])  # fewer and fewer
        peaks.reshape(-1)[above] = rows.reshape(-1)[above]
        best.reshape(-1)[above] = chosen[above // weight.shape[1]]
    winners[bag[starts]] = best
    return winners


def _winners_of_runs(weight: Array, index: Array, starts: Array, lengths: Array) -> Array:
    """The same for few and long bags, by NumPy's slower reductions of runs."""
    rows = weight.take(index, 0)
    peaks = np.maximum.reduceat(rows, starts, axis=0)
    is_peak = rows == np.repeat(peaks, lengths, axis=0)
    # The first of a bag is the least position among its peaks.
    place = np.where(is_peak, np.arange(len(index))[:, None], len(index) - 1)
    return index[np.minimum.reduceat(place, starts, axis=0)]


def take_winners(weight: Array, winners: Array) -> Array:
    """``weight[winners[b, d], d]``, zero where there is none."""
    taken = np.take_along_axis(weight, np.maximum(winners, 0), 0)
    taken[winners < 0] = 0
    return taken


def add_winners(g: Array, winners: Array, num_weights: int) -> Array:
    """The adjoint of `take_winners`."""
    out = np.zeros((num_weights, g.shape[1]), g.dtype)
    won = winners >= 0
    place = winners * g.shape[1] + np.arange(g.shape[1])
    add_at(out, place[won], g[won])
    return out
