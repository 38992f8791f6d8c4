"""Convolution: three maps, each the derivative of the other two, so every order is closed."""

from __future__ import annotations

from typing import Any

from rushlight.kernels import conv as kernels
from rushlight.ops.declare import general, multilinear
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["conv", "conv_input", "conv_transpose", "conv_weight"]

Ints = tuple[int, ...]

conv: Operator = general(
    "convolution",
    kernels.conv_forward,
    x=lambda g, w, x_shape, stride, padding, dilation, groups: conv_input(
        g, w, x_shape, stride, padding, dilation, groups
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: conv_weight(
        g, x, w_shape, stride, padding, dilation, groups
    ),
    bias=lambda g: sum_(g, (0, *range(2, g.ndim)), False),
)
conv_input: Operator = multilinear(
    "convolution_backward",
    kernels.conv_backward_input,
    g=lambda h, w, g_shape, stride, padding, dilation, groups: _conv_of(
        h, w, g_shape[2:], stride, padding, dilation, groups
    ),
    w=lambda h, g, w_shape, stride, padding, dilation, groups: conv_weight(
        g, h, w_shape, stride, padding, dilation, groups
    ),
)
conv_weight: Operator = multilinear(
    "convolution_backward",
    kernels.conv_backward_weight,
    g=lambda h, x, g_shape, stride, padding, dilation, groups: _conv_of(
        x, h, g_shape[2:], stride, padding, dilation, groups
    ),
    x=lambda h, g, x_shape, stride, padding, dilation, groups: conv_input(
        g, h, x_shape, stride, padding, dilation, groups
    ),
)


def _conv_of(
    g: Any, w: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    """The convolution, cropped to `size`: output padding of a stride or more makes it longer."""
    y = conv(g, w, None, stride, padding, dilation, groups)
    return y if tuple(y.shape[2:]) == size else y[(..., *map(slice, size))]


conv_transpose: Operator = general(
    "convolution",
    kernels.conv_transpose_forward,
    x=lambda g, w, x_shape, stride, padding, dilation, groups: _conv_of(
        g, w, x_shape[2:], stride, padding, dilation, groups
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: conv_weight(
        x, g, w_shape, stride, padding, dilation, groups
    ),
    bias=lambda g: sum_(g, (0, *range(2, g.ndim)), False),
)
