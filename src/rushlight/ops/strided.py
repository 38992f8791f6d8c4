"""as_strided: the view that every view is, and the one that rewritten history goes through."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import view
from rushlight.ops.operator import Operator
from rushlight.ops.declare import linear
from rushlight.tensor import Tensor, buffer_of

__all__ = ["as_strided", "as_strided_scatter_add", "geometry"]


def geometry(base: Tensor, t: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Return (size, stride, offset) of `t` relative to the first element of `base`, in elements."""
    a, b = t._array, base._array
    item = a.dtype.itemsize
    start = a.__array_interface__["data"][0] - b.__array_interface__["data"][0]
    return a.shape, tuple(s // item for s in a.strides), start // item


def _as_strided(x: Any, size: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Any:
    """View `x`'s buffer: `offset` counts from the first element of `x`, all in elements."""
    item = x.dtype.itemsize
    owner = buffer_of(x)
    skip = x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    strides = tuple(s * item for s in stride)
    flat = owner if owner.flags.c_contiguous else owner.T
    return np.ndarray(size, x.dtype, flat, skip + offset * item, strides)


def _scatter_add(
    g: Any, x_shape: tuple[int, ...], size: Any, stride: tuple[int, ...], offset: int
) -> Any:
    """The adjoint of `as_strided` over a contiguous base: overlapping elements add up."""
    out = np.zeros(x_shape, g.dtype)
    if g.size == 0:
        return out
    index = np.full((), offset, np.intp)
    for n, s in zip(size, stride):
        index = index[..., None] + np.arange(n) * s
    flat = out.reshape(-1)
    if _overlaps(size, stride):
        np.add.at(flat, index, g)
    else:
        flat[index] = g
    return out


def _overlaps(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    reach = 1
    for s, n in sorted((s, n) for n, s in zip(size, stride) if n > 1):
        if s < reach:
            return True
        reach = s * (n - 1) + reach
    return False


def _dense(x: Any, size: Any, stride: Any, offset: int) -> Any:
    return _as_strided(x, size, stride, offset)


as_strided: Operator = view(
    "as_strided",
    _dense,
    x=lambda g, x_shape, size, stride, offset: as_strided_scatter_add(
        g, x_shape, size, stride, offset
    ),
)
as_strided_scatter_add: Operator = linear(
    "as_strided_scatter_add",
    _scatter_add,
    g=lambda g, size, stride, offset: as_strided(g, size, stride, offset),
)
