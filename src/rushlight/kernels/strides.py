"""Memory seen through strides: views that NumPy's own indexing cannot write down.

A view is of the class of its array, in which the bits of rushlight.kernels.flipped are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "address",
    "beyond",
    "buffer_of",
    "check_bounds",
    "check_expanded",
    "element_strides",
    "in_memory_order",
    "on_buffer",
    "overlaps",
    "packed_strides",
    "partly_shared",
    "positions",
    "reach",
    "reshaped_view",
    "resized",
    "restrided",
    "room_for_gradient",
    "same_places",
    "shared_error",
    "shares",
    "strided_view",
    "tidy_strides",
]

Ints = tuple[int, ...]


def address(x: Any) -> int:
    """The address of an ndarray's first element."""
    return x.__array_interface__["data"][0]  # type: ignore[no-any-return]


def element_strides(x: Any) -> Ints:
    """The strides of an ndarray in elements."""
    item = x.dtype.itemsize
    return tuple([s // item for s in x.strides])


def buffer_of(x: Any) -> Any:
    """The ndarray that owns the memory of `x`, or that first wrapped foreign memory."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def tidy_strides(x: Any) -> Ints:
    """Strides in elements as PyTorch would have them where a size of 0 or 1 leaves them free."""
    item = x.dtype.itemsize or 1
    strides = [s // item for s in x.strides]
    step = 1
    for i in range(x.ndim - 1, -1, -1):
        n = x.shape[i]
        if x.size == 0 or (n == 1 and strides[i] == 0):
            strides[i] = step
        step = strides[i] * max(n, 1)
    return tuple(strides)


def strided_view(x: Any, size: Ints, stride: Ints, offset: int) -> Any:
    """View the contiguous ndarray `x` by strides in elements."""
    if 0 in size:  # there may be no memory at all to point into
        return type(x)(size, x.dtype)
    item = x.dtype.itemsize
    try:
        return type(x)(size, x.dtype, x, offset * item, tuple([s * item for s in stride]))
    except (TypeError, ValueError):  # a view whose memory was exchanged for a larger one
        check_bounds(size, stride, offset, item, (offset + reach(size, stride)) * item, x.nbytes)
        raise


def check_bounds(
    size: Ints, stride: Ints, offset: int, item: int, needed: int, available: int
) -> None:
    """Raise PyTorch's error for a strided view that reaches beyond the memory there is."""
    if needed > available:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {item} requiring a storage size of {needed} are out of bounds for storage "
            f"of size {available}"
        )


def restrided(x: Any, shape: Ints, strides: Ints, skip: int = 0) -> Any:
    """View the memory of any ndarray by strides in bytes, from `skip` bytes after its start."""
    if x.flags.c_contiguous and skip == 0:
        return type(x)(shape, x.dtype, x, 0, strides)
    return beyond(x, shape, strides, skip)


def beyond(x: Any, shape: Ints, strides: Ints, skip: int = 0) -> Any:
    """As `restrided`, also where the view reaches beyond `x`, in the memory that `x` is part of."""
    whole = buffer_of(x)
    if not whole.flags.c_contiguous:
        whole = whole.transpose(sorted(range(whole.ndim), key=lambda d: -whole.strides[d]))
        if not whole.flags.c_contiguous:  # foreign memory with gaps
            return np.lib.stride_tricks.as_strided(x, shape, strides, subok=True)
    return type(x)(shape, x.dtype, whole, address(x) - address(whole) + skip, strides)


def reach(size: Ints, stride: Ints) -> int:
    """The number of elements from the first one of a strided view to its last, both counted."""
    last = 1
    for n, s in zip(size, stride):
        if n == 0:
            return 0
        last += (n - 1) * s
    return last


def overlaps(size: Ints, stride: Ints) -> bool:
    """Whether two indices of a strided view may lead to one element."""
    edge = 1
    for s, n in sorted((s, n) for n, s in zip(size, stride) if n > 1):
        if s < edge:
            return True
        edge = s * (n - 1) + edge
    return False


def check_expanded(array: Any) -> None:
    """Raise PyTorch's error for memory in which several elements share a place."""
    if array.size > 1 and any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape)):
        raise expanded_error()


def expanded_error() -> RuntimeError:
    """PyTorch's error for a target several of whose elements share a place."""
    return RuntimeError(
        "unsupported operation: more than one element of the written-to tensor refers to a "
        "single memory location. Please clone() the tensor before performing the operation."
    )


def shared_error() -> RuntimeError:
    """PyTorch's error for an operand that lies where the operation writes."""
    return RuntimeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer "
        "to a single memory location. Please clone() the tensor before performing the operation."
    )


def partly_shared(a: Any, b: Any) -> bool:
    """Whether two arrays share some of their elements but not, one by one, all of them.

    As in PyTorch only arrays without gaps are looked at: of others it is hard to say.
    """
    if not (a.size and b.size and _is_dense(a) and _is_dense(b)):
        return False
    start, other = address(a), address(b)
    stop, other_stop = start + a.nbytes, other + b.nbytes
    if start == other and stop == other_stop:
        pairs = zip(a.shape, a.strides, b.shape, b.strides)
        return a.ndim != b.ndim or any(s != t and (n > 1 or m > 1) for n, s, m, t in pairs)
    return bool(start < other_stop and other < stop)


def same_places(a: Any, b: Any) -> bool:
    """Whether two arrays lie in the same places, but for dimensions of size 1."""
    own, other = ([ns for ns in zip(x.shape, x.strides) if ns[0] != 1] for x in (a, b))
    return own == other and address(a) == address(b)


def shares(a: Any, b: Any) -> bool:
    """Whether two arrays without gaps share any memory; of others, as in PyTorch, nobody asks."""
    if not (a.size and b.size and _is_dense(a) and _is_dense(b)):
        return False
    start, other = address(a), address(b)
    return bool(start < other + b.nbytes and other < start + a.nbytes)


def _is_dense(x: Any) -> bool:
    """Whether the elements fill a stretch of memory, each in a place of its own."""
    if x.flags.c_contiguous:
        return True
    strides = element_strides(x)
    return reach(x.shape, strides) == x.size and not overlaps(x.shape, strides)


def room_for_gradient(x: Any, dtype: Any = None) -> Any:
    """Return uninitialized memory that lies as `x` does where that has no gaps, else in C order."""
    if x.flags.forc or _is_dense(x):
        return np.empty_like(x, dtype)
    return np.empty(x.shape, x.dtype if dtype is None else dtype)


def positions(size: Ints, stride: Ints, offset: int) -> Any:
    """Where in flat memory each element of a strided view lies."""
    index = np.full((), offset, np.intp)
    for n, s in zip(size, stride):
        index = index[..., None] + np.arange(n) * s
    return index


def in_memory_order(owner: Any) -> Any:
    """A buffer's own array with its axes turned so that it is C-contiguous."""
    if owner.flags.c_contiguous:
        return owner
    return owner.transpose(sorted(range(owner.ndim), key=lambda d: -owner.strides[d]))


def on_buffer(
    owner: Any,
    dtype: np.dtype[Any],
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
) -> Any:
    """View a buffer; offset and strides count elements."""
    item = dtype.itemsize
    flat = in_memory_order(owner)
    if 0 in size:  # NumPy wants an end within the memory also of a view of nothing
        return np.ndarray(size, dtype, flat, min(offset * item, flat.nbytes))
    return np.ndarray(size, dtype, flat, offset * item, tuple(s * item for s in stride))


def packed_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in elements, of a contiguous tensor."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def resized(array: Any, shape: tuple[int, ...], allocate: Callable[..., Any] = np.empty) -> Any:
    """An array of another shape on the same memory or, where that is too short, on a longer copy.

    Raises RuntimeError for memory that isn't NumPy's own.
    """
    owner, kind = buffer_of(array), array.dtype
    item = kind.itemsize
    start = address(array) - address(owner)
    if start + math.prod(shape) * item <= owner.nbytes:
        return on_buffer(owner, kind, start // item, shape, packed_strides(shape))
    if owner.base is not None:
        raise RuntimeError("Trying to resize storage that is not resizable")
    fresh = allocate(shape, kind)
    available = (owner.nbytes - start) // item
    if available:
        fresh.reshape(-1)[:available] = on_buffer(owner, kind, start // item, (available,), (1,))
    return fresh


if np.lib.NumpyVersion(np.__version__) >= "2.1.0":

    def reshaped_view(x: Any, size: tuple[int, ...]) -> Any:
        """`x` in another shape of as many elements, or None where that takes a copy."""
        try:
            return x.reshape(size, copy=False)
        except ValueError:
            return None

else:

    def reshaped_view(x: Any, size: tuple[int, ...]) -> Any:
        """`x` in another shape of as many elements, or None where that takes a copy."""
        y = x.reshape(size)
        owner = y.base
        return y if owner is not None and (owner is x or owner is x.base) else None
