"""Sorting and order statistics along one axis.

NaN is larger than every number, as PyTorch has it, and -0 equals 0. Among equal elements the index
is PyTorch's too, even where PyTorch leaves it open, up to `_TIES` elements in rows with ties; in
larger arrays equal elements keep their order. `dim` is a non-negative axis, and an array without
dimensions is one element along dim 0. Indices are int64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels import select
from rushlight.kernels.copies import contiguous

Array = NDArray[Any]

# Below this many elements NumPy's stable argsort is quicker than building sortable keys.
_SMALL = 1024

# PyTorch's order of equals takes several times as long as a sort: 40 ms for this many elements.
_TIES = 1 << 16

# A sort of rows up to this length is an insertion sort in PyTorch, and so stable.
_STABLE_LENGTH = 16


def sort(x: Array, dim: int, descending: bool = False, stable: bool = False) -> tuple[Array, Array]:
    """The elements in ascending or descending order along `dim`, and where they were."""
    rows = _rows(x, dim)
    alike = x.ndim > 0 and x.strides[dim] == 0  # one element all along: PyTorch leaves it at that
    values, order = _sorted(rows, descending, stable or alike)
    return _back(values, x, dim), _back(order, x, dim)


def argsort(x: Array, dim: int, descending: bool = False, stable: bool = False) -> Array:
    """The indices that `sort` returns."""
    return sort(x, dim, descending, stable)[1]


def _sorted(rows: Array, descending: bool, stable: bool) -> tuple[Array, Array]:
    order = _stable_order(rows, descending)
    values = _pick(rows, order)
    if not stable and rows.shape[1] > _STABLE_LENGTH and rows.size <= _TIES:
        tied = _tied(values, descending)
        if tied.size:
            keys = _ordered_keys(rows[tied])
            order[tied] = select.introsort(~keys if descending else keys)
            values[tied] = _pick(rows[tied], order[tied])  # 0 may have traded places with -0
    return values, order


def topk(x: Array, k: int, dim: int, largest: bool = True) -> tuple[Array, Array]:
    """The `k` largest elements in descending order (or smallest, ascending), and their indices.
    PyTorch leaves the order open under `sorted=False`; it is the sorted one here.

    Raises RuntimeError where there are not `k` elements."""
    if not 0 <= k <= (x.shape[dim] if x.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    rows = _rows(x, dim)
    n = rows.shape[1]
    wanted = min(k + 1, n)  # one more, to see whether it ties with the last
    if rows.size <= _SMALL or wanted > n // 4:
        order = _stable_order(rows, largest)[:, :wanted]
    else:
        order = _first_in_order(rows, wanted, largest)
    tied = _tied(_pick(rows, order), largest)
    order = np.ascontiguousarray(order[:, :k])
    if 0 < tied.size * n <= _TIES:
        keys = _ordered_keys(rows[tied])
        for row, by in zip(tied, ~keys if largest else keys):
            order[row] = select.smallest(by, k)
    return _back(_pick(rows, order), x, dim), _back(order, x, dim)


def _first_in_order(rows: Array, k: int, largest: bool) -> Array:
    """The places of the first `k` elements of each row in the order of a stable sort.

    NumPy partitions values with vector instructions, but not places: so what is not beyond a bound
    near the k-th value is picked, and sorted. (1,000 rows of 1,000, k = 10: 2 ms, not 14.)"""
    n = rows.shape[1]
    x = comparable(rows)
    bound = _bound_of_groups(x, k, largest)
    chosen = np.flatnonzero(~_beyond(x, bound, largest))
    if len(chosen) > 4 * k * len(rows):  # the largest lie together, or many are equal
        bound = _kth(x, k, largest)
        chosen = np.flatnonzero(~_beyond(x, bound, largest))
    row = chosen // n
    keys = _ordered_keys(x.reshape(-1)[chosen])
    keys = ~keys if largest else keys
    low, high = int(keys.min()), int(keys.max())
    place_bits, key_bits = n.bit_length(), (high - low).bit_length()
    if len(rows).bit_length() + key_bits + place_bits <= 63:
        packed = np.subtract(keys, low, dtype=np.int64)
        packed += row << key_bits
        packed <<= place_bits
        packed += chosen - row * n
        packed.sort()
        place = packed & ((1 << place_bits) - 1)
    else:
        place = (chosen - row * n)[np.lexsort((keys, row))]
    starts = np.searchsorted(row, np.arange(len(rows)))
    out: Array = place[starts[:, None] + np.arange(k)]
    return out


def _bound_of_groups(x: Array, k: int, largest: bool) -> Array:
    """A value for each row, (r, 1), that `k` of its elements at least are not beyond.

    It is the k-th among the largest (smallest) of groups of 16, which takes a partition of 1/16 of
    the elements. A group with NaN counts as NaN, the largest, in either direction."""
    rows, n = x.shape
    groups = max(n // 16, min(n, 2 * k))
    depth = n // groups
    best = (np.maximum if largest else np.minimum).reduce(
        x[:, : depth * groups].reshape(rows, depth, groups), axis=1
    )
    return _kth(best, k, largest)


def _kth(x: Array, k: int, largest: bool) -> Array:
    """The k-th largest (smallest) element of each row, (r, 1)."""
    last = x.shape[1] - k if largest else k - 1
    return np.partition(x, last, axis=1)[:, last, None]


def _beyond(x: Array, bound: Array, largest: bool) -> Array:
    return x < bound if largest else x > bound


def median(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The lower median and its index: of a row with NaN its first NaN, of equal medians the one
    that a stable sort brings to the middle.

    Raises IndexError where there is nothing along `dim`."""
    rows = _rows_to_reduce("median", x, dim)
    middle = np.full(len(rows), (rows.shape[1] - 1) // 2)
    values, at = _of_rank(rows, middle)
    if rows.dtype.kind not in "biu":
        nan = np.isnan(rows)
        spoilt = nan.any(axis=1)
        values[spoilt], at[spoilt] = np.nan, nan[spoilt].argmax(axis=1)
    return _reduced(values, at, x, dim, keepdim)


def nanmedian(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The lower median of what is not NaN, and its index."""
    rows = _rows_to_reduce("median", x, dim)
    if rows.dtype.kind in "biu":
        return median(x, dim, keepdim)
    numbers = rows.shape[1] - np.count_nonzero(np.isnan(rows), axis=1)
    values, at = _of_rank(rows, np.maximum(numbers - 1, 0) // 2)
    nothing = numbers == 0
    if nothing.any():  # it is the order of equals that decides on which NaN
        at[nothing] = select.nth_element(np.zeros(rows.shape[1], np.int64), 0)
    return _reduced(values, at, x, dim, keepdim)


def median_of_all(x: Array, ignore_nan: bool = False) -> Array:
    """The lower median of all elements: NaN if one is, or if there is none. (For integers
    PyTorch converts that NaN, and so does this.)"""
    flat = x.reshape(-1)
    if x.dtype.kind not in "biu":
        nan = np.isnan(flat)
        if not ignore_nan and nan.any():
            return np.asarray(np.nan, x.dtype)
        flat = flat[~nan]
    if not flat.size:
        if x.dtype in (np.int32, np.int64):
            return np.asarray(np.iinfo(x.dtype).min, x.dtype)
        return np.asarray(0 if x.dtype.kind in "iu" else np.nan, x.dtype)
    middle = (flat.size - 1) // 2
    return np.asarray(np.partition(flat, middle)[middle])


def kthvalue(x: Array, k: int, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The `k`-th smallest element (counted from 1), and its index.

    Raises IndexError where there is nothing along `dim`, RuntimeError for no such `k`."""
    rows = _rows_to_reduce("kthvalue", x, dim)
    n = rows.shape[1]
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if n == 1:  # of any dtype, even such as have no order
        return _reduced(rows, np.zeros(len(rows), np.int64), x, dim, keepdim)
    _, at = _of_rank(rows, np.full(len(rows), k - 1))
    equal = np.count_nonzero(_equal(rows, _pick(rows, at[:, None])), axis=1)
    tied = np.flatnonzero(equal > 1)
    if tied.size * n <= _TIES:
        for row, keys in zip(tied, _ordered_keys(rows[tied])):
            at[row] = select.quickselect(keys, k - 1)
    return _reduced(_pick(rows, at[:, None])[:, 0], at, x, dim, keepdim)


def mode(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    """The most frequent element (the smallest of several), and the index of one such.

    Raises IndexError where there is nothing along `dim`."""
    rows = _rows_to_reduce("mode", x, dim)
    ascending, order = _sorted(rows, descending=False, stable=True)
    n = rows.shape[1]
    starts = np.ones(rows.shape, np.bool_)
    np.not_equal(ascending[:, 1:], ascending[:, :-1], out=starts[:, 1:])
    place = np.arange(n)
    run_start = np.maximum.accumulate(np.multiply(starts, place), axis=1)
    end = (place - run_start).argmax(axis=1)  # where the first of the longest runs ends
    at = _pick(order, end[:, None])[:, 0]
    if n > _STABLE_LENGTH and rows.size <= _TIES:
        for row, keys in enumerate(_ordered_keys(rows)):
            at[row] = select.at_sorted_place(keys, int(end[row]))
    return _reduced(_pick(rows, at[:, None])[:, 0], at, x, dim, keepdim)


# ------------------------------------------------------------------------------------ rows of keys


def _rows(x: Array, dim: int) -> Array:
    """`dim` moved to the end and the other axes merged: (r, n), in C order."""
    if x.ndim == 0:
        return x.reshape(1, 1)
    if dim != x.ndim - 1:
        x = np.moveaxis(x, dim, -1)
    rows = x.size // x.shape[-1] if x.shape[-1] else int(np.prod(x.shape[:-1]))
    return contiguous(x).reshape(rows, x.shape[-1])


def _back(rows: Array, x: Array, dim: int) -> Array:
    """What `_rows` made of `x`, with another length perhaps, in the axes of `x` again."""
    if x.ndim == 0:
        return rows.reshape(() if rows.size else (0,))
    shape = list(x.shape)
    shape.append(rows.shape[1])
    del shape[dim]
    out = rows.reshape(shape)
    if dim == x.ndim - 1:
        return out
    return contiguous(np.moveaxis(out, -1, dim))


def _rows_to_reduce(name: str, x: Array, dim: int) -> Array:
    if x.ndim and not x.shape[dim]:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    return _rows(x, dim)


def _reduced(values: Array, at: Array, x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    shape = list(x.shape)
    if keepdim and shape:
        shape[dim] = 1
    elif shape:
        del shape[dim]
    return values.reshape(shape), at.reshape(shape)


def _pick(rows: Array, order: Array) -> Array:
    """`rows[i, order[i, j]]`."""
    if len(rows) > 1:
        order = order + (np.arange(len(rows)) * rows.shape[1])[:, None]
    out: Array = rows.reshape(-1).take(order)
    return out


def _ordered_keys(x: Array) -> Array:
    """Integers (int32 or int64) that are ordered as the elements of `x` are."""
    if x.dtype.kind in "biu":
        if x.dtype == np.uint64:
            x = x ^ np.uint64(1 << 63)
        return x.view(np.int64) if x.dtype.itemsize == 8 else x.astype(np.int64)
    if x.dtype.itemsize == 2:
        x = x.astype(np.float32)
    # The bits of IEEE numbers are in order as integers, those of negative ones in reverse.
    bits: Array = (x + x.dtype.type(0)).view(np.int32 if x.dtype.itemsize == 4 else np.int64)
    top = np.iinfo(bits.dtype).max
    bits ^= (bits >> (8 * bits.itemsize - 1)) & top
    bits[np.isnan(x)] = top
    return bits


def comparable(x: Array) -> Array:
    """What NumPy sorts as PyTorch does: it has no place for the NaN of bfloat16."""
    return x.astype(np.float32) if x.dtype.kind == "V" else x


def _stable_order(rows: Array, descending: bool) -> Array:
    n = rows.shape[1]
    order: Array
    if rows.size <= _SMALL:
        rows = comparable(rows)
        if not descending:
            return rows.argsort(axis=1, kind="stable")
        order = rows[:, ::-1].argsort(axis=1, kind="stable")
        order = np.subtract(n - 1, order[:, ::-1], order="C")
        return order
    # NumPy sorts int64 with vector instructions but has no such stable argsort, so each element's
    # key and place are packed into one integer. (1,000,000 float32: 11 ms, not 130.)
    keys = _ordered_keys(rows)
    if descending:
        keys = ~keys
    low, high = int(keys.min()), int(keys.max())
    bits = n.bit_length()
    if (high - low).bit_length() + bits <= 63:
        packed = np.subtract(keys, low, dtype=np.int64)
        return _sort_packed(packed, bits)
    order = keys.argsort(axis=1)
    ascending = _pick(keys, order)
    rank: Array = np.zeros(rows.shape, np.int64)
    np.cumsum(ascending[:, 1:] != ascending[:, :-1], axis=1, out=rank[:, 1:])
    if not rank.size or int(rank[:, -1].min()) == n - 1:
        return order
    rank <<= bits
    rank |= order
    rank.sort(axis=1)
    rank &= (1 << bits) - 1
    return rank


def _sort_packed(packed: Array, bits: int) -> Array:
    packed <<= bits
    packed |= np.arange(packed.shape[1])
    packed.sort(axis=1)
    packed &= (1 << bits) - 1
    return packed


def _equal(a: Array, b: Array) -> Array:
    """Whether `a == b`, as sorting sees it: NaN equals NaN."""
    out: Array = a == b
    if a.dtype.kind not in "biu":
        out |= np.isnan(a) & np.isnan(b)
    return out


def _tied(values: Array, descending: bool) -> Array:
    """Which rows of sorted values hold two that are equal."""
    before, after = values[:, :-1], values[:, 1:]
    strict: Array = before > after if descending else before < after
    if strict.all():
        return np.empty(0, np.int64)
    return np.flatnonzero(_equal(before, after).any(axis=1))


def _of_rank(rows: Array, rank: Array) -> tuple[Array, Array]:
    """The element of each row that a stable sort brings to place `rank[row]`, and its index."""
    if rows.size <= _SMALL:
        at = _pick(comparable(rows).argsort(axis=1, kind="stable"), rank[:, None])
        return _pick(rows, at)[:, 0], at[:, 0]
    parted = np.partition(comparable(rows), np.unique(rank), axis=1)
    values = _pick(parted, rank[:, None]).astype(rows.dtype, copy=False)
    equal = _equal(rows, values)
    before = rows < values
    if rows.dtype.kind not in "biu":
        before |= np.isnan(values) & ~np.isnan(rows)
    skip = rank - np.count_nonzero(before, axis=1)
    at = equal.argmax(axis=1)
    for row in np.flatnonzero(skip):
        at[row] = np.flatnonzero(equal[row])[skip[row]]
    return values[:, 0], at
