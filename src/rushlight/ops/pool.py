"""Pooling: the largest or the mean of windows.

The largest element is kept as the tap of its window where it was found, a byte; what users see
as indices is worked out when they ask. Adaptive windows differ in size and keep the indices.
Operators of different numbers of dimensions differ in the name that PyTorch's graph shows.
"""

from __future__ import annotations

from rushlight.kernels import avgpool, fractional, maxpool
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.operator import Operator

__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "fractional_max_pool"]
__all__ += ["max_pool", "max_pool_indices", "unpool"]


def _max_pool(name: str, node: str) -> Operator:
    return general(
        name,
        maxpool.max_pool_forward,
        x=lambda g, taps, windows: max_pool_backward(g[0], taps, windows),
        jvp=lambda x_t, taps, windows: (max_pool_gather(x_t, taps, windows), None),
        outputs=("y", "taps"),
        constant=("taps",),
        tied=True,
        node=node,
    )


max_pool: dict[int, Operator] = {
    1: _max_pool("max_pool1d", "SqueezeBackward1"),
    2: _max_pool("max_pool2d", "MaxPool2DWithIndicesBackward0"),
    3: _max_pool("max_pool3d", "MaxPool3DWithIndicesBackward0"),
}
max_pool_backward: Operator = linear(
    "max_pool_backward",
    maxpool.max_pool_backward,
    g=lambda h, taps, windows: max_pool_gather(h, taps, windows),
)
max_pool_gather: Operator = linear(
    "max_pool_gather",
    maxpool.max_pool_gather,
    h=lambda g, taps, windows: max_pool_backward(g, taps, windows),
)
max_pool_indices: Operator = constant("max_pool_indices", maxpool.max_pool_indices)


def _avg_pool(name: str, node: str) -> Operator:
    return linear(
        name,
        avgpool.avg_pool_forward,
        x=lambda g, windows, count_include_pad, divisor: avg_pool_backward(
            g, windows, count_include_pad, divisor
        ),
        tied=True,
        node=node,
    )


avg_pool: dict[int, Operator] = {
    1: _avg_pool("avg_pool1d", "SqueezeBackward1"),
    2: _avg_pool("avg_pool2d", "AvgPool2DBackward0"),
    3: _avg_pool("avg_pool3d", "AvgPool3DBackward0"),
}
avg_pool_backward: Operator = linear(
    "avg_pool_backward",
    avgpool.avg_pool_backward,
    g=lambda h, windows, count_include_pad, divisor: avg_pool[2](
        h, windows, count_include_pad, divisor
    ),
)


# -- windows of an adaptive size -----------------------------------------------------------------


def _adaptive_max_pool(name: str, node: str) -> Operator:
    return general(
        name,
        maxpool.adaptive_max_pool_forward,
        x=lambda g, indices, x_shape, output_size: scatter_planes(
            g[0], indices, x_shape, len(output_size)
        ),
        jvp=lambda x_t, indices, output_size: (
            gather_planes(x_t, indices, len(output_size)),
            None,
        ),
        outputs=("y", "indices"),
        constant=("indices",),
        tied=True,
        node=node,
    )


adaptive_max_pool: dict[int, Operator] = {
    1: _adaptive_max_pool("adaptive_max_pool1d", "SqueezeBackward1"),
    2: _adaptive_max_pool("adaptive_max_pool2d", "AdaptiveMaxPool2DBackward0"),
    3: _adaptive_max_pool("adaptive_max_pool3d", "AdaptiveMaxPool3DBackward0"),
}
scatter_planes: Operator = linear(
    "scatter_planes",
    maxpool.scatter_planes,
    g=lambda h, indices, dims: gather_planes(h, indices, dims),
)
gather_planes: Operator = linear(
    "gather_planes",
    maxpool.gather_planes,
    h=lambda g, indices, h_shape, dims: scatter_planes(g, indices, h_shape, dims),
)


def _adaptive_avg_pool(name: str, node: str) -> Operator:
    return linear(
        name,
        avgpool.adaptive_avg_pool_forward,
        x=lambda g, x_shape, output_size: adaptive_avg_pool_backward(g, x_shape, len(output_size)),
        tied=node != "MeanBackward1",
        node=node,
    )


# A single window is a mean, and PyTorch's graph says so.
adaptive_avg_pool: dict[str, Operator] = {
    node: _adaptive_avg_pool("adaptive_avg_pool", node)
    for node in (
        "SqueezeBackward1",
        "AdaptiveAvgPool2DBackward0",
        "AdaptiveAvgPool3DBackward0",
        "MeanBackward1",
    )
}
adaptive_avg_pool_backward: Operator = linear(
    "adaptive_avg_pool_backward",
    avgpool.adaptive_avg_pool_backward,
    g=lambda h, g_shape, dims: adaptive_avg_pool["AdaptiveAvgPool2DBackward0"](
        h, g_shape[-dims:] if dims else ()
    ),
)


# -- windows at random places ---------------------------------------------------------------------

fractional_max_pool: dict[int, Operator] = {
    n: general(
        f"fractional_max_pool{n}d",
        fractional.fractional_max_pool,
        x=lambda g, indices, x_shape, output_size: scatter_planes(
            g[0], indices, x_shape, len(output_size)
        ),
        jvp=lambda x_t, indices, output_size: (
            gather_planes(x_t, indices, len(output_size)),
            None,
        ),
        outputs=("y", "indices"),
        constant=("indices",),
        tied=True,
        node=f"FractionalMaxPool{n}DBackward0",
    )
    for n in (2, 3)
}


# -- back to where the maxima were ---------------------------------------------------------------


def _unpool(name: str, node: str) -> Operator:
    return linear(
        name,
        maxpool.unpool_forward,
        x=lambda g, indices, dims: gather_planes(g, indices, dims),
        node=node,
    )


unpool: dict[int, Operator] = {
    1: _unpool("max_unpool1d", "SqueezeBackward1"),
    2: _unpool("max_unpool2d", "MaxUnpool2DBackward0"),
    3: _unpool("max_unpool3d", "MaxUnpool3DBackward0"),
}
