"""Memory seen through strides: views that NumPy's own indexing cannot write down."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "address",
    "element_strides",
    "overlaps",
    "owner",
    "positions",
    "reach",
    "restrided",
    "strided_view",
]

Ints = tuple[int, ...]


def address(x: Any) -> int:
    """The address of an ndarray's first element."""
    return x.__array_interface__["data"][0]  # type: ignore[no-any-return]


def element_strides(x: Any) -> Ints:
    """The strides of an ndarray in elements."""
    item = x.dtype.itemsize
    return tuple([s // item for s in x.strides])


def owner(x: Any) -> Any:
    """The ndarray that owns the memory of `x`, or that first wrapped foreign memory."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def strided_view(x: Any, size: Ints, stride: Ints, offset: int) -> Any:
    """View the contiguous ndarray `x` by strides in elements."""
    item = x.dtype.itemsize
    return np.ndarray(size, x.dtype, x, offset * item, tuple([s * item for s in stride]))


def restrided(x: Any, shape: Ints, strides: Ints, skip: int = 0) -> Any:
    """View the memory of any ndarray by strides in bytes, from `skip` bytes after its start."""
    if x.flags.c_contiguous and skip == 0:
        return np.ndarray(shape, x.dtype, x, 0, strides)
    whole = owner(x)
    if not whole.flags.c_contiguous:
        whole = whole.transpose(sorted(range(whole.ndim), key=lambda d: -whole.strides[d]))
        if not whole.flags.c_contiguous:  # foreign memory with gaps
            return np.lib.stride_tricks.as_strided(x, shape, strides)
    return np.ndarray(shape, x.dtype, whole, address(x) - address(whole) + skip, strides)


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


def positions(size: Ints, stride: Ints, offset: int) -> Any:
    """Where in flat memory each element of a strided view lies."""
    index = np.full((), offset, np.intp)
    for n, s in zip(size, stride):
        index = index[..., None] + np.arange(n) * s
    return index
