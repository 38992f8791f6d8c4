"""Softmax and log-softmax along any axis, forward and backward.

Rows of a C-contiguous array are the hot case. NumPy reduces a short last axis at 70-150 ns a row,
so rows of few classes are transposed first (a copy, 0.5 ns an element) and reduced down columns;
for long rows argmax is NumPy's fastest way to a maximum, and BLAS to a sum.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.blocks import BLOCK, FEW, Array, share, short_buffers
from rushlight.kernels.copies import clone

# Rows of fewer classes than this are transposed, unless there are hardly any rows.
NARROW = 64
FEW_ROWS = 8

# Elements that a thread takes at a time for three passes, which softmax back makes: 1M of them take
# 0.28 ms on two threads, 0.46 in blocks, and 0.38 on one.
_LIGHT = 4 * BLOCK


# Sums of exp(x) by which it needs no shift: none overflows, and what is lost by underflow is less
# than 1e-30 of its sum. A row whose largest element is between -18 and 39 has such a sum; another's
# exp is taken twice.
_LEAST, _MOST = 1e-8, 1e20


def softmax(x: Array, axis: int = -1) -> Array:
    """exp(x) / Σ exp(x), shifted by the maximum where that matters."""
    if _small(x, axis):
        y: Array = np.subtract(x, np.maximum.reduce(x, -1, keepdims=True))
        np.exp(y, y)
        return np.divide(y, np.add.reduce(y, -1, keepdims=True), y)
    if x.itemsize < 4:
        return softmax(x.astype(np.float32), axis).astype(x.dtype)
    y = np.empty(x.shape, x.dtype)
    each_slab(_softmax, (x, y), axis, 2 * BLOCK)
    return y


def _softmax(x: Array, y: Array, axis: int) -> None:
    source, work, result, along = turned(x, y, axis)
    np.exp(source, out=work)
    sums = total(work, along)
    if not moderate(sums):
        source, work, result, along = turned(x, y, axis)
        np.subtract(source, peak(source, along), out=work)
        np.exp(work, out=work)
        sums = total(work, along)
    np.divide(work, sums, out=result)


def moderate(sums: Array) -> bool:
    """Whether these are sums of exp(x) that do as well as those of exp(x - max).

    Maxima and differences are a third of a softmax: of 1M elements 0.59 ms, and 0.44 without.
    """
    return bool(np.minimum.reduce(sums, None) > _LEAST and np.maximum.reduce(sums, None) < _MOST)


def softmax_backward(g: Array, y: Array, axis: int = -1) -> Array:
    """y · (g - Σ g·y) from the result y."""
    if _small(y, axis):
        gx: Array = np.multiply(g, y)
        np.subtract(g, np.add.reduce(gx, -1, keepdims=True), gx)
        np.multiply(gx, y, gx)
        return gx
    if y.itemsize < 4:
        return softmax_backward(g.astype(np.float32), y.astype(np.float32), axis).astype(y.dtype)
    gx = np.empty(y.shape, y.dtype)
    each_slab(_softmax_backward, (g, y, gx), axis, _LIGHT)
    return gx


def _softmax_backward(g: Array, y: Array, gx: Array, axis: int) -> None:
    if axis == -1 and y.shape[1] >= NARROW:
        inner = np.vecdot(g, y)[:, None]
    else:
        inner = total(np.multiply(g, y, out=gx), axis)
    np.subtract(g, inner, out=gx)
    np.multiply(gx, y, out=gx)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """x - log Σ exp(x), shifted by the maximum."""
    if _small(x, axis):
        y: Array = np.subtract(x, np.maximum.reduce(x, -1, keepdims=True))
        sums = np.add.reduce(np.exp(y), -1, keepdims=True)
        return np.subtract(y, np.log(sums, sums), y)
    if x.itemsize < 4:
        return log_softmax(x.astype(np.float32), axis).astype(x.dtype)
    y = np.empty(x.shape, x.dtype)
    each_slab(_log_softmax, (x, y), axis, 2 * BLOCK)
    return y


def _log_softmax(x: Array, y: Array, axis: int) -> None:
    x, work, y, axis = turned(x, y, axis)
    np.subtract(x, peak(x, axis), out=work)
    sums = total(np.exp(work), axis)
    np.subtract(work, np.log(sums, out=sums), out=y)


def log_softmax_backward(g: Array, y: Array, axis: int = -1) -> Array:
    """g - exp(y) · Σ g from the result y."""
    if _small(y, axis):
        gx: Array = np.exp(y)
        np.multiply(gx, np.add.reduce(g, -1, keepdims=True), gx)
        return np.subtract(g, gx, gx)
    if y.itemsize < 4:
        wide = log_softmax_backward(g.astype(np.float32), y.astype(np.float32), axis)
        return wide.astype(y.dtype)
    gx = np.empty(y.shape, y.dtype)
    each_slab(_log_softmax_backward, (g, y, gx), axis)
    return gx


def _log_softmax_backward(g: Array, y: Array, gx: Array, axis: int) -> None:
    np.exp(y, out=gx)
    np.multiply(gx, total(g, axis), out=gx)
    np.subtract(g, gx, out=gx)


def _small(x: Array, axis: int) -> bool:
    """Whether the calls cost more than the elements: then plain reductions do best."""
    return (
        0 < x.size <= FEW
        and x.itemsize >= 4
        and x.ndim > 0
        and (axis == -1 or axis == x.ndim - 1)
        and x.flags.c_contiguous
    )


def each_slab(
    body: Callable[..., None], arrays: tuple[Array, ...], axis: int, block: int = BLOCK
) -> None:
    """Call ``body(*slabs, axis)`` on matching slabs of arrays of one shape, of some ``block``
    elements, on all cores.

    A slab is either rows (n, C), to be reduced along axis -1, or (n, C, inner) along axis -2. The
    last array is written to, so it has to be contiguous; the others are only read.
    """
    shape = arrays[-1].shape
    rank = len(shape)
    size = arrays[-1].size
    if rank == 2 and (axis == -1 or axis == 1) and 0 < size <= BLOCK:
        body(*arrays, -1)
        return
    if not size:
        return
    at = axis % rank if rank else 0
    outer, classes, inner = prod(shape[:at]), shape[at] if rank else 1, prod(shape[at + 1 :])
    if inner == 1:
        step = share_of(outer, size, block)
        views: list[Array] = [a.reshape(outer, classes) for a in arrays]
        slabs = ([a[n : n + step] for a in views] for n in range(0, outer, step))
        with short_buffers(classes, size):
            share(lambda slab: body(*slab, -1), slabs, size)
        return
    step, width = max(1, block // (classes * inner)), max(256, block // classes)
    views = [a.reshape(outer, classes, inner) for a in arrays]
    slabs = (
        [a[n : n + step, :, i : i + width] for a in views]
        for n in range(0, outer, step)
        for i in range(0, inner, width)
    )
    with short_buffers(min(width, inner), size):
        share(lambda slab: body(*slab, -2), slabs, size)


def share_of(rows: int, size: int, block: int) -> int:
    """How many rows make slabs of about ``block`` elements, all of them as large."""
    return -(-rows // min(rows, -(-size // block)))


def turned(x: Array, y: Array, axis: int) -> tuple[Array, Array, Array, int]:
    """Turn narrow rows into columns: (source, work, result, axis to reduce).

    ``work`` takes the steps in between: the result's own memory, or the transposed copy.
    """
    if axis == -1 and x.shape[1] < NARROW and x.shape[0] > FEW_ROWS:
        columns = clone(x.T, "contiguous")
        return columns, columns, y.T, 0
    return x, y, y, axis


def peak(x: Array, axis: int) -> Array:
    """The maximum along an axis, kept as an axis of one."""
    if x.size <= FEW:
        few: Array = np.maximum.reduce(x, axis, keepdims=True)
        return few
    if axis == -1 and x.shape[0] > FEW_ROWS and x.flags.c_contiguous:
        index = x.argmax(axis=-1)
        np.add(index, starts(*x.shape), out=index)
        largest: Array = x.reshape(-1).take(index)[:, None]
    else:
        largest = np.maximum.reduce(x, axis=axis, keepdims=True)
    return largest


def total(x: Array, axis: int) -> Array:
    """The sum along an axis, kept as an axis of one."""
    if x.size <= FEW:
        few: Array = np.add.reduce(x, axis, keepdims=True)
        return few
    if axis == -1:
        sums: Array = x.dot(ones(x.shape[1], x.dtype))[:, None]
    elif x.ndim == 2:
        sums = ones(x.shape[0], x.dtype).dot(x)[None]
    else:
        sums = np.add.reduce(x, axis=axis, keepdims=True)
    return sums


@lru_cache(32)
def ones(length: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones: the dot product with it is the fastest sum of a small array."""
    vector = np.ones(length, dtype)
    vector.flags.writeable = False
    return vector


@lru_cache(32)
def starts(rows: int, length: int) -> Array:
    """Where each row begins in a flat array."""
    offsets = np.arange(0, rows * length, length)
    offsets.flags.writeable = False
    return offsets
