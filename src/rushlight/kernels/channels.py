"""Channels last: results in the order of memory that images came in."""

from __future__ import annotations

from rushlight.kernels.blocks import Array
from rushlight.kernels.copies import clone

__all__ = ["follow", "is_channels_last"]


def is_channels_last(x: Array) -> bool:
    """Whether the strides of (N, C, H, W) or (N, C, D, H, W) grow from C over the last axis to N.

    PyTorch's question: other elements may lie between. Where it can't be told, it is not.
    """
    if x.ndim not in (4, 5) or not x.size:
        return False
    least = 0
    for axis in (1, *range(x.ndim - 1, 1, -1), 0):
        stride = x.strides[axis]
        if stride < least or (axis == 0 and least == x.strides[1]):
            return False
        least = stride * max(x.shape[axis], 1)
    return True


def follow(y: Array, *inputs: Array) -> Array:
    """`y`, copied into channels last where one of the `inputs` has them."""
    for x in inputs:
        if not x.flags.c_contiguous and is_channels_last(x):
            return clone(y, "channels_last")
    return y
