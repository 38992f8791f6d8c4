"""Convolution: three maps, each the derivative of the other two, so every order is closed."""

from __future__ import annotations

from typing import Any

from rushlight.kernels import conv as kernels
from rushlight.kernels import conv_tbc as tbc_kernels
from rushlight.ops.declare import general, multilinear
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["conv", "conv_input", "conv_tbc", "conv_transpose", "conv_weight"]

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


# -- time first ------------------------------------------------------------------------------------


def _conv_tbc(x: Any, w: Any, bias: Any, pad: int) -> Any:
    y = tbc_kernels.conv_tbc(x, w, pad)
    y += bias
    return y


conv_tbc: Operator = general(
    "conv_tbc",
    _conv_tbc,
    x=lambda g, w, pad, x_shape: tbc_input(g, w, x_shape[0], pad),
    w=lambda g, x, pad, w_shape: tbc_weight(g, x, w_shape[0], pad),
    bias=lambda g: sum_(g, (0, 1), False),
)
tbc_product: Operator = multilinear(
    "conv_tbc",
    tbc_kernels.conv_tbc,
    x=lambda g, w, pad, x_shape: tbc_input(g, w, x_shape[0], pad),
    w=lambda g, x, pad, w_shape: tbc_weight(g, x, w_shape[0], pad),
)
tbc_input: Operator = multilinear(
    "conv_tbc_backward",
    tbc_kernels.conv_tbc_input,
    g=lambda h, w, pad: tbc_product(h, w, pad),
    w=lambda h, g, pad, w_shape: tbc_weight(g, h, w_shape[0], pad),
)
tbc_weight: Operator = multilinear(
    "conv_tbc_backward",
    tbc_kernels.conv_tbc_weight,
    g=lambda h, x, pad: tbc_product(x, h, pad),
    x=lambda h, g, pad, x_shape: tbc_input(g, h, x_shape[0], pad),
)
