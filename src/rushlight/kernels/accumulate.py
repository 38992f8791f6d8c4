"""Adding what was broadcast, or read at indices that may repeat, and indices as flat positions."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.copies import contiguous
from rushlight.kernels.reduce import is_half, sum_

__all__ = ["add_at", "along_dim", "indexed_rows", "sum_to", "wrapped"]

Ints = tuple[int, ...]
FEW = 512  # elements that NumPy has added before `sum_` has a plan


def sum_to(x: Any, shape: Ints) -> Any:
    """The sum over the axes along which an array of `shape` was broadcast to that of `x`."""
    lead = x.ndim - len(shape)
    dims = (*range(lead), *[i for i, n in enumerate(shape, lead) if n == 1 != x.shape[i]])
    if not dims:  # which means all of them to `sum_`
        return x.reshape(shape)
    few = x.size <= FEW and not is_half(x.dtype)
    return (np.add.reduce(x, dims, keepdims=True) if few else sum_(x, dims, True)).reshape(shape)


def wrapped(index: Any, n: int) -> Any:
    """An index array with negative entries counted from the end, as intp."""
    if index.size and index.min() < 0:
        return np.add(index, n, dtype=np.intp, where=index < 0, out=index.astype(np.intp))
    return index.astype(np.intp, copy=False)


def indexed_rows(shape: Ints, indices: tuple[Any, ...]) -> tuple[Any, Ints, Ints]:
    """Return where NumPy's index arrays (None: the whole dimension) lead, row by row.

    The rows are those of an array with its indexed dimensions merged in front of the others:
    returns their numbers, of the shape the indices broadcast to, the sizes of the indexed
    dimensions, and the permutation that brings these to the front.
    """
    at = [d for d, i in enumerate(indices) if i is not None]
    rows: Any = 0
    for d in at:
        rows = rows * shape[d] + wrapped(indices[d], shape[d])
    rest = [d for d in range(len(shape)) if d not in at]
    return rows, tuple([shape[d] for d in at]), (*at, *rest)


def add_at(shape: Ints, indices: tuple[Any, ...], values: Any) -> Any:
    """Return zeros of `shape` with `values` added at NumPy's index arrays `indices`."""
    from rushlight.kernels.rows import add_rows  # few programs come here

    rows, indexed, order = indexed_rows(shape, indices)
    rest = tuple([shape[d] for d in order[len(indexed) :]])
    first = order[0]
    adjacent = order[: len(indexed)] == tuple(range(first, first + len(indexed)))
    lead = first if adjacent else 0  # where NumPy puts the dimensions of the indices
    if lead:
        values = np.moveaxis(values, range(lead, lead + rows.ndim), range(rows.ndim))
    values = contiguous(values)
    width = prod(rest)
    out = np.zeros((prod(indexed), width), values.dtype)
    add_rows(out, rows.reshape(-1), values.reshape(rows.size, width))
    out = out.reshape(*indexed, *rest)
    if order == tuple(range(len(shape))):
        return out
    back = np.argsort(order)
    return contiguous(out.transpose(back))


def along_dim(shape: Ints, dim: int, index: Any) -> Any:
    """The flat positions, in an array of `shape`, of gather's and scatter's `index` along `dim`."""
    if not shape:
        return index.astype(np.intp).reshape(index.shape)
    positions: Any = None
    step = 1
    for d in range(len(shape) - 1, -1, -1):
        if d == dim:
            part = index * step
        else:
            part = np.arange(0, index.shape[d] * step, step).reshape(
                -1, *(1,) * (index.ndim - 1 - d)
            )
        positions = part if positions is None else positions + part
        step *= shape[d]
    return np.broadcast_to(positions, index.shape)
