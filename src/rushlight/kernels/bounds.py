"""Indices that are out of range, found before anything is written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def as_index(index: Array) -> Array:
    """`index` as int64, which NumPy's own indexing wants."""
    return index if index.dtype == np.int64 else index.astype(np.int64)


def outside(index: Array, size: int) -> int | None:
    """The first of the int64 `index` that is not in 0 … size - 1, or None.

    Negative numbers are large ones when read without sign, and `argmax` is the cheapest way that
    NumPy has to a maximum."""
    if not index.size:
        return None
    unsigned = index.view(np.uint64)
    if unsigned.item(unsigned.argmax()) < size:
        return None
    flat = index.reshape(-1)
    return int(flat[((flat < 0) | (flat >= size)).argmax()])


def outside_wrapped(index: Array, size: int) -> int | None:
    """The first of `index` that is not in -size … size - 1, or None."""
    if not index.size or (
        -size <= index.item(index.argmin()) and index.item(index.argmax()) < size
    ):
        return None
    flat = index.reshape(-1)
    return int(flat[((flat < -size) | (flat >= size)).argmax()])


def wrapped(index: Array, size: int) -> Array:
    """`index` with negative numbers counted from the end."""
    if index.size and index.item(index.argmin()) < 0:
        return np.where(index < 0, index + size, index)
    return index


def check_dim(index: Array, size: int, dim: int) -> None:
    """Raise PyTorch's RuntimeError for an index that is not in 0 … size - 1."""
    bad = outside(index, size)
    if bad is not None:
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
