"""The three reductions of a loss, and their way back, without anything larger than a block.

Losses are given elementwise, as ``values(*arrays, *params, out=)``; so are their slopes. A weight
multiplies either; it has, or broadcasts to, their shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.kernels.blocks import BLOCK, Array, pieces, share
from rushlight.kernels.softmax import ones


def ratio(part: float, whole: float) -> float:
    """part / whole as floating point has it: nan for 0 / 0."""
    return part / whole if whole else part * float("inf")


def sum_of(x: Array) -> float:
    """The sum of all elements; for few of them BLAS is fastest."""
    flat = x.reshape(-1)
    if flat.size > BLOCK:
        return float(np.add.reduce(flat))
    return float(flat.dot(ones(flat.size, flat.dtype)))


def reduced(
    values: Callable[..., Array],
    arrays: tuple[Array, ...],
    params: tuple[float, ...],
    how: str,
    weight: Array | None = None,
) -> Array:
    """The elementwise losses ("none"), their "mean" (nan of none) or their "sum"."""
    like = arrays[0]
    if like.itemsize < 4:
        wide = tuple(a.astype(np.float32) for a in arrays)
        return reduced(values, wide, params, how, weight).astype(like.dtype)
    if like.size <= BLOCK:
        losses = values(*arrays, *params)
        if weight is not None:
            np.multiply(losses, weight, out=losses)
        if how == "none":
            return losses
        total = sum_of(losses)
    else:
        losses = np.empty_like(like) if how == "none" else like
        scale = like if weight is None else np.broadcast_to(weight, like.shape)
        blocks = list(pieces(scale, *arrays, losses))
        sums = [0.0] * len(blocks)  # added up in order, whichever thread comes to them first

        def work(numbered: tuple[int, list[Array]]) -> None:
            number, (by, *inputs, out) = numbered
            part = values(*inputs, *params, out=out if how == "none" else None)
            if weight is not None:
                np.multiply(part, by, out=part)
            if how != "none":
                sums[number] = sum_of(part)

        share(work, enumerate(blocks), like.size)
        if how == "none":
            return losses
        total = sum(sums)
    return np.array(ratio(total, like.size) if how == "mean" else total, like.dtype)


def pulled(
    slopes: Callable[..., Array],
    g: Array,
    arrays: tuple[Array, ...],
    params: tuple[float, ...],
    how: str,
    weight: Array | None = None,
    times: float = 1.0,
) -> Array:
    """The elementwise slopes, ``times`` a number, times the cotangent g of the reduced loss."""
    like = arrays[0]
    if like.itemsize < 4:
        wide = tuple(a.astype(np.float32) for a in arrays)
        gx = pulled(slopes, g.astype(np.float32), wide, params, how, weight, times)
        return gx.astype(like.dtype)
    factor = times
    if how != "none":
        factor *= ratio(float(g), like.size) if how == "mean" else float(g)
    gx = np.empty_like(like)
    gate = g if how == "none" else gx
    scale = gx if weight is None else np.broadcast_to(weight, like.shape)

    def work(piece: Any) -> None:
        pull, by, *inputs, out = piece
        slopes(*inputs, *params, out=out)
        if weight is not None:
            np.multiply(out, by, out=out)
        if how == "none":
            np.multiply(out, pull, out=out)
        if factor != 1.0:
            np.multiply(out, factor, out=out)

    if gx.size <= BLOCK:
        work((gate, scale, *arrays, gx))
    else:
        share(work, pieces(gate, scale, *arrays, gx), gx.size)
    return gx
