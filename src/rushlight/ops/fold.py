"""Columns of windows and shuffled channels: each map's derivative is its opposite."""

from __future__ import annotations

from rushlight.kernels import fold as kernels
from rushlight.ops.declare import linear
from rushlight.ops.operator import Operator

__all__ = ["channel_shuffle", "col2im", "im2col", "pixel_shuffle", "pixel_unshuffle"]

im2col: Operator = linear(
    "im2col",
    kernels.im2col,
    x=lambda g, windows: col2im(g, windows),
    node="Im2ColBackward0",
)
col2im: Operator = linear(
    "col2im",
    kernels.col2im,
    columns=lambda g, windows: im2col(g, windows),
    node="Col2ImBackward0",
)
pixel_shuffle: Operator = linear(
    "pixel_shuffle", kernels.pixel_shuffle, x=lambda g, factor: pixel_unshuffle(g, factor)
)
pixel_unshuffle: Operator = linear(
    "pixel_unshuffle", kernels.pixel_unshuffle, x=lambda g, factor: pixel_shuffle(g, factor)
)
channel_shuffle: Operator = linear(
    "channel_shuffle",
    kernels.channel_shuffle,
    x=lambda g, x_shape, groups: channel_shuffle(g, x_shape[1] // groups),
)
