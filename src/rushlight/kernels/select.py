"""Which of several equal elements a selection names, and in which order a sort leaves them.

Indices are part of what `sort`, `topk`, `kthvalue` and `mode` return, and gradients flow to them.
Among equal elements PyTorch names whichever its partitioning algorithm happens to leave in the
place. The functions here walk the same way: the introsort, introselect and heap select of the GNU
C++ library (which PyTorch's Linux builds use), and the median-of-three quickselect of `kthvalue`.
They are needed only where elements tie.

A partition scans inwards from both ends and swaps what stands on the wrong side. A swapped element
is never looked at again, so the i-th swap exchanges the i-th element from the left that is not
below the pivot with the i-th from the right that is not above it: a few array operations for a
whole partition, or for all partitions of one depth.

Keys are integers, smallest first; results are positions among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[Any]
Order = NDArray[np.int64]

# The C++ library leaves ranges of this length to an insertion sort, which is stable.
_LEAF = 16


def smallest(keys: Keys, k: int) -> Order:
    """Positions of the `k` smallest keys in ascending order, as `topk` names them."""
    order = np.arange(len(keys))
    keys = keys.copy()
    if k * 64 <= len(keys):
        return _partial_sort(keys, k)
    if not k:
        return order[:0]
    _nth_element(keys, order, k - 1)
    order[: k - 1] = order[introsort(keys[None, : k - 1])[0]]
    return order[:k]


def introsort(rows: Keys) -> Order:
    """The order of each row of an (r, n) array, as a sort that is not stable leaves it."""
    r, n = rows.shape
    keys = rows.reshape(-1).copy()
    order = np.arange(keys.size)
    first, length = np.arange(r) * n, np.full(r, n)
    for depth in range(2 * n.bit_length() - 1):
        first, length = first[length > _LEAF], length[length > _LEAF]
        if not first.size:
            break
        if depth == 2 * (n.bit_length() - 1):
            for start, stop in zip(first.tolist(), (first + length).tolist()):
                _heap_sort(keys, order, start, stop)
            break
        cut = _partition_all(keys, order, first, length)
        first, length = np.append(first, cut), np.append(cut - first, first + length - cut)
    by = keys.reshape(r, n).argsort(axis=1, kind="stable")
    start = (np.arange(r) * n)[:, None]
    out: Order = order.take(by + start) - start
    return out


def _partition_all(keys: Keys, order: Order, first: Order, length: Order) -> Order:
    """`_partition` of many ranges at once; their cuts."""
    _median_to_front(keys, order, first, first + 1, first + length // 2, first + length - 1)
    length = length - 1
    end = np.cumsum(length)
    start = end - length
    place = np.arange(end[-1]) + np.repeat(first + 1 - start, length)
    part, pivot = keys[place], np.repeat(keys[first], length)
    high, low = np.flatnonzero(part >= pivot), np.flatnonzero(part <= pivot)
    high_start, high_end = np.searchsorted(high, start), np.searchsorted(high, end)
    low_start, low_end = np.searchsorted(low, start), np.searchsorted(low, end)
    highs = high_end - high_start
    rank = np.arange(len(high)) - np.repeat(high_start, highs)
    partner = low[np.maximum(np.repeat(low_end, highs) - 1 - rank, 0)]
    swap = (rank < np.repeat(low_end - low_start, highs)) & (high < partner)
    i, j = place[high[swap]], place[partner[swap]]
    _swap(keys, order, i, j)
    swaps = np.add.reduceat(swap, high_start, dtype=np.int64)
    following = high[np.minimum(high_start + swaps, len(high) - 1)]
    cut = np.where(swaps < highs, place[following], first + 1 + length)
    last_swapped = place[low[np.minimum(low_end - swaps, len(low) - 1)]]
    return np.where(swaps > 0, np.minimum(cut, last_swapped), cut)


def at_sorted_place(keys: Keys, place: int) -> int:
    """The position of the key that an introsort brings to `place`, as `mode` names it."""
    order = np.arange(len(keys))
    keys = keys.copy()
    first, last = 0, len(keys)
    depth = 2 * (last.bit_length() - 1)
    while last - first > _LEAF:
        if not depth:
            _heap_sort(keys, order, first, last)
            return int(order[place])
        depth -= 1
        cut = _partition(keys, order, first, last)
        first, last = (cut, last) if place >= cut else (first, cut)
    leaf = order[first:last][keys[first:last].argsort(kind="stable")]
    return int(leaf[place - first])


def nth_element(keys: Keys, place: int) -> int:
    """The position of the key that an introselect brings to `place`, as `nanmedian` names it."""
    order = np.arange(len(keys))
    _nth_element(keys.copy(), order, place)
    return int(order[place])


def quickselect(keys: Keys, place: int) -> int:
    """The position of a key of rank `place`, as `kthvalue` names it."""
    order = np.arange(len(keys))
    keys = keys.copy()
    left, right = 0, len(keys) - 1
    while right > left + 1:
        _swap(keys, order, left + (right - left) // 2, left + 1)
        _swap_if_greater(keys, order, left + 1, right)
        _swap_if_greater(keys, order, left, right)
        _swap_if_greater(keys, order, left + 1, left)
        above, below = _exchange(keys, order, left + 2, right, keys[left], meet=True)
        _swap(keys, order, left, below)
        if below <= place:
            left = above
        if below >= place:
            right = below - 1
    if right == left + 1:
        _swap_if_greater(keys, order, left, right)
    return int(order[place])


def _swap(keys: Keys, order: Order, i: Any, j: Any) -> None:
    """Of two places, or of two arrays of them."""
    keys[i], keys[j] = keys[j], keys[i]
    order[i], order[j] = order[j], order[i]


def _swap_if_greater(keys: Keys, order: Order, i: int, j: int) -> None:
    if keys[i] > keys[j]:
        _swap(keys, order, i, j)


def _exchange(
    keys: Keys, order: Order, first: int, last: int, pivot: Any, meet: bool
) -> tuple[int, int]:
    """Partition `first:last` around `pivot`; returns where the scan from the left and the scan
    from the right stop. With `meet` two scans that stop on one element swap it with itself."""
    part, places = keys[first:last], order[first:last]
    high = np.flatnonzero(part >= pivot)
    low = np.flatnonzero(part <= pivot)[::-1]
    pairs = min(len(high), len(low))
    crossed = high[:pairs] <= low[:pairs] if meet else high[:pairs] < low[:pairs]
    swaps = int(np.count_nonzero(crossed))
    i, j = high[:swaps], low[:swaps]
    _swap(part, places, i, j)
    above = int(high[swaps]) if swaps < len(high) else last - first
    below = int(low[swaps]) if swaps < len(low) else -1
    if swaps:
        above, below = min(above, int(j[-1])), max(below, int(i[-1]))
        if meet and above == below:  # the last swap was of one element with itself
            above, below = above + 1, below - 1
    return first + above, first + below


def _partition(keys: Keys, order: Order, first: int, last: int) -> int:
    """Bring the median of three to the front and partition the rest around it; the cut."""
    _median_to_front(keys, order, first, first + 1, first + (last - first) // 2, last - 1)
    return _exchange(keys, order, first + 1, last, keys[first], meet=False)[0]


def _median_to_front(keys: Keys, order: Order, first: Any, a: Any, b: Any, c: Any) -> None:
    ka, kb, kc = keys[a], keys[b], keys[c]
    rising = np.where(kb < kc, b, np.where(ka < kc, c, a))
    falling = np.where(ka < kc, a, np.where(kb < kc, c, b))
    _swap(keys, order, first, np.where(ka < kb, rising, falling))


def _nth_element(keys: Keys, order: Order, place: int) -> None:
    first, last = 0, len(keys)
    depth = 2 * (last.bit_length() - 1)
    while last - first > 3:
        if not depth:
            _heap_select(keys, order, first, place + 1, last)
            _swap(keys, order, first, place)
            return
        depth -= 1
        cut = _partition(keys, order, first, last)
        first, last = (cut, last) if cut <= place else (first, cut)
    _stable_sort(keys, order, first, last)


def _stable_sort(keys: Keys, order: Order, first: int, last: int) -> None:
    by = keys[first:last].argsort(kind="stable")
    keys[first:last] = keys[first:last][by]
    order[first:last] = order[first:last][by]


# ----------------------------------------------------------------------------------------- heaps
# A heap of (key, position) pairs with the largest key at the root, as Python lists.

Pair = tuple[int, int]


def _sift(heap: list[Pair], hole: int, length: int, pair: Pair) -> None:
    """Sink the hole to a leaf along the larger children, then raise `pair` from there."""
    top = hole
    while (child := 2 * hole + 2) < length:
        if heap[child][0] < heap[child - 1][0]:
            child -= 1
        heap[hole] = heap[child]
        hole = child
    if child == length:  # an only child
        heap[hole] = heap[child - 1]
        hole = child - 1
    while hole > top and heap[(hole - 1) // 2][0] < pair[0]:
        heap[hole] = heap[(hole - 1) // 2]
        hole = (hole - 1) // 2
    heap[hole] = pair


def _make_heap(heap: list[Pair]) -> None:
    for parent in range(len(heap) // 2 - 1, -1, -1):
        _sift(heap, parent, len(heap), heap[parent])


def _unwind_heap(heap: list[Pair]) -> None:
    """The heap in ascending order."""
    for last in range(len(heap) - 1, 0, -1):
        pair = heap[last]
        heap[last] = heap[0]
        _sift(heap, 0, last, pair)


def _pairs(keys: Keys, order: Order) -> list[Pair]:
    return list(zip(keys.tolist(), order.tolist()))


def _replace_larger(heap: list[Pair], keys: Keys, order: Order, start: int) -> None:
    """Let each key from `start` on that is below the root take the root's place, and the root the
    key's. A scan jumps from one such key to the next."""
    step = 4096
    while start < len(keys):
        smaller = keys[start : start + step] < heap[0][0]
        at = int(smaller.argmax())
        if not smaller[at]:
            start += step
            continue
        at += start
        pair = (int(keys[at]), int(order[at]))
        keys[at], order[at] = heap[0]
        _sift(heap, 0, len(heap), pair)
        start = at + 1


def _partial_sort(keys: Keys, k: int) -> Order:
    order = np.arange(len(keys))
    heap = _pairs(keys[:k], order[:k])
    _make_heap(heap)
    if heap:
        _replace_larger(heap, keys, order, k)
    _unwind_heap(heap)
    return np.array([place for _, place in heap], np.int64)


def _heap_select(keys: Keys, order: Order, first: int, middle: int, last: int) -> None:
    heap = _pairs(keys[first:middle], order[first:middle])
    _make_heap(heap)
    _replace_larger(heap, keys[:last], order[:last], middle)
    keys[first:middle], order[first:middle] = zip(*heap)


def _heap_sort(keys: Keys, order: Order, first: int, last: int) -> None:
    heap = _pairs(keys[first:last], order[first:last])
    _make_heap(heap)
    _unwind_heap(heap)
    keys[first:last], order[first:last] = zip(*heap)
