"""Pooling: the largest or the mean of windows. Maxima keep their flat index in the input plane."""

from __future__ import annotations

from rushlight.kernels import avgpool, maxpool
from rushlight.ops.declare import general, linear
from rushlight.ops.operator import Operator

__all__ = ["adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "max_pool"]


def _max_pool(name: str, node: str) -> Operator:
    return general(
        name,
        maxpool.max_pool_forward,
        x=lambda g, indices, x_shape: max_pool_backward(g[0], indices, x_shape),
        jvp=lambda t, indices: max_pool_gather(t, indices),
        outputs=("y", "indices"),
        constant=("indices",),
        node=node,
    )


# The same operator under the name that PyTorch's graph shows for each number of dimensions.
max_pool: dict[int, Operator] = {
    1: _max_pool("max_pool1d", "SqueezeBackward1"),
    2: _max_pool("max_pool2d", "MaxPool2DWithIndicesBackward0"),
    3: _max_pool("max_pool3d", "MaxPool3DWithIndicesBackward0"),
}
max_pool_backward: Operator = linear(
    "max_pool_backward",
    maxpool.max_pool_backward,
    g=lambda h, indices: max_pool_gather(h, indices),
)
max_pool_gather: Operator = linear(
    "max_pool_gather",
    maxpool.max_pool_gather,
    g=lambda h, indices, g_shape: max_pool_backward(h, indices, g_shape),
)


def _adaptive_max_pool(name: str, node: str) -> Operator:
    return general(
        name,
        maxpool.adaptive_max_pool_forward,
        x=lambda g, indices, x_shape: max_pool_backward(g[0], indices, x_shape),
        jvp=lambda t, indices: max_pool_gather(t, indices),
        outputs=("y", "indices"),
        constant=("indices",),
        node=node,
    )


adaptive_max_pool: dict[int, Operator] = {
    1: _adaptive_max_pool("adaptive_max_pool1d", "SqueezeBackward1"),
    2: _adaptive_max_pool("adaptive_max_pool2d", "AdaptiveMaxPool2DBackward0"),
    3: _adaptive_max_pool("adaptive_max_pool3d", "AdaptiveMaxPool3DBackward0"),
}


def _avg_pool(name: str, node: str) -> Operator:
    return linear(
        name,
        avgpool.avg_pool_forward,
        x=lambda g, x_shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor: (
            avg_pool_backward(
                g, x_shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor
            )
        ),
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
    g=lambda h, kernel, stride, padding, ceil_mode, count_include_pad, divisor: avg_pool[2](
        h, kernel, stride, padding, ceil_mode, count_include_pad, divisor
    ),
)


def _adaptive_avg_pool(name: str, node: str) -> Operator:
    return linear(
        name,
        avgpool.adaptive_avg_pool_forward,
        x=lambda g, x_shape: adaptive_avg_pool_backward(g, x_shape),
        node=node,
    )


adaptive_avg_pool: dict[int, Operator] = {
    1: _adaptive_avg_pool("adaptive_avg_pool1d", "SqueezeBackward1"),
    2: _adaptive_avg_pool("adaptive_avg_pool2d", "AdaptiveAvgPool2DBackward0"),
    3: _adaptive_avg_pool("adaptive_avg_pool3d", "AdaptiveAvgPool3DBackward0"),
}
adaptive_avg_pool_backward: Operator = linear(
    "adaptive_avg_pool_backward",
    avgpool.adaptive_avg_pool_backward,
    g=lambda h, g_shape: adaptive_avg_pool[2](h, g_shape[2:]),
)
