"""Activations made of straight pieces: ReLU and its kin, the hard and the shrinking ones.

Their second derivative is zero wherever they have one (but for hardswish, which is bent in the
middle). The backward passes, Operators of their own, say so with `zeroed`: as in PyTorch, a
gradient that was made with a graph depends on the input, by a derivative of zeros.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import piecewise as kernels
from rushlight.ops.activation import backward, floats_only
from rushlight.ops.declare import pointwise
from rushlight.ops.masking import kept, zeroed
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import no_kernel, refuse

__all__ = [
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "leaky_relu_in_place",
    "prelu",
    "relu",
    "rrelu",
    "rrelu_in_place",
    "rrelu_mean",
    "rrelu_mean_in_place",
    "softshrink",
    "threshold",
    "threshold_in_place",
]

no_complex = refuse("c", "clamp is not supported for complex types", NotImplementedError)

# -- ReLU and kin --------------------------------------------------------------------------------

relu: Operator = pointwise(
    "relu",
    kernels.relu,
    promote="common",
    selects=True,
    checks=(
        refuse("b", "Boolean inputs not supported for relu"),
        no_complex,
        no_kernel("w", "clamp_min_scalar_cpu"),
    ),
    x=lambda g, y: relu_backward(g, y),
)
relu_backward: Operator = backward(
    "threshold_backward",
    kernels.relu_backward,
    g=lambda h, y: relu_backward(h, y),
    y=lambda h: zeroed(h),
)


def _declare_threshold(name: str, node: str) -> Operator:
    return pointwise(
        name,
        kernels.threshold,
        promote="common",
        selects=True,
        checks=(no_kernel("bcw", "threshold_cpu"),),
        operands=("x",),
        x=lambda g, x, bound, value: threshold_backward(g, x, bound),
        node=node,
    )


threshold = _declare_threshold("threshold", "ThresholdBackward0")
threshold_in_place = _declare_threshold("threshold_", "ThresholdBackward1")
threshold_backward: Operator = backward(
    "threshold_backward",
    kernels.threshold_backward,
    g=lambda h, x, bound: threshold_backward(h, x, bound),
    x=lambda h: zeroed(h),
)


def _leaky_from_result(g: Any, y: Any, slope: float) -> Any:
    """From the result, whose sign must be that of x."""
    if slope < 0:
        raise RuntimeError(
            "In-place leakyReLu backward calculation is triggered with a negative slope which is "
            "not supported. This is caused by calling in-place forward function with a negative "
            "slope, please call out-of-place version instead. File an issue at "
            "https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu "
            "backward calculation with negative slope"
        )
    return leaky_relu_backward(g, y, slope)


def _declare_leaky(name: str, node: str, in_place: bool) -> Operator:
    from_input = lambda g, x, slope: leaky_relu_backward(g, x, slope)
    from_result = lambda g, y, slope: _leaky_from_result(g, y, slope)
    return pointwise(
        name,
        kernels.leaky_relu,
        x=from_result if in_place else from_input,
        node=node,
        **floats_only("leaky_relu_cpu"),
    )


leaky_relu = _declare_leaky("leaky_relu", "LeakyReluBackward0", False)
leaky_relu_in_place = _declare_leaky("leaky_relu_", "LeakyReluBackward1", True)
leaky_relu_backward: Operator = backward(
    "leaky_relu_backward",
    kernels.leaky_relu_backward,
    g=lambda h, x, slope: leaky_relu_backward(h, x, slope),
    x=lambda h: zeroed(h),
)

# Outside of training, RReLU is a leaky ReLU of the mean slope. In training each negative element
# has a slope of its own, which the API draws.
rrelu_mean = _declare_leaky("rrelu", "RreluWithNoiseBackward0", False)
rrelu_mean_in_place = _declare_leaky("rrelu_", "RreluWithNoiseBackward1", True)


def _declare_rrelu(node: str) -> Operator:
    return pointwise(
        "rrelu_with_noise",
        kernels.rrelu,
        operands=("x",),
        x=lambda g, noise: g * noise,
        tied=True,
        node=node,
        **floats_only("rrelu_with_noise_out_cpu"),
    )


rrelu = _declare_rrelu("RreluWithNoiseBackward0")
rrelu_in_place = _declare_rrelu("RreluWithNoiseBackward1")

prelu: Operator = pointwise(
    "prelu_kernel",
    kernels.prelu,
    x=lambda g, x, weight: prelu_backward(g, x, weight),
    weight=lambda g, x: kept(g * x, ~(x >= 0)),
    **floats_only("prelu_cpu"),
)
prelu_backward: Operator = backward(
    "prelu_kernel_backward",
    lambda g, x, weight: kernels.prelu_backward(g, x, weight)[0],
    g=lambda h, x, weight: prelu_backward(h, x, weight),
    x=lambda h: zeroed(h),
    weight=lambda h, g, x: kept(h * g, ~(x >= 0)),
)

# -- hard ones -----------------------------------------------------------------------------------


def _hardtanh(x: Any, low: float, high: float) -> Any:
    if x.dtype.kind in "iu":
        return np.clip(x, low, high)
    if x.dtype.kind == "V":  # a bfloat16 beside Python's float would become a float32
        low, high = x.dtype.type(low), x.dtype.type(high)
    return kernels.hardtanh(x, low, high)


hardtanh: Operator = pointwise(
    "hardtanh",
    _hardtanh,
    promote="common",
    selects=True,
    operands=("x",),
    checks=(refuse("b", "Bool inputs not supported for hardtanh"), no_complex),
    x=lambda g, x, low, high: hardtanh_backward(g, x, low, high),
)
hardtanh_backward: Operator = backward(
    "hardtanh_backward",
    kernels.hardtanh_backward,
    g=lambda h, x, low, high: hardtanh_backward(h, x, low, high),
    x=lambda h: zeroed(h),
)
hardsigmoid: Operator = pointwise(
    "hardsigmoid",
    kernels.hardsigmoid,
    x=lambda g, x: hardsigmoid_backward(g, x),
    **floats_only("hardsigmoid_cpu"),
)
hardsigmoid_backward: Operator = backward(
    "hardsigmoid_backward",
    kernels.hardsigmoid_backward,
    g=lambda h, x: hardsigmoid_backward(h, x),
    x=lambda h: zeroed(h),
)
hardswish: Operator = pointwise(
    "hardswish",
    kernels.hardswish,
    x=lambda g, x: hardswish_backward(g, x),
    **floats_only("hardswish_cpu"),
)
hardswish_backward: Operator = backward(
    "hardswish_backward",
    kernels.hardswish_backward,
    g=lambda h, x: hardswish_backward(h, x),
    x=lambda h, g, x: kept(h * g / 3, (x > -3) & (x < 3)),
)

# -- shrinking ones ------------------------------------------------------------------------------

hardshrink: Operator = pointwise(
    "hardshrink",
    kernels.hardshrink,
    x=lambda g, x, width: shrink_backward(g, x, width),
    **floats_only("hardshrink_cpu"),
)
softshrink: Operator = pointwise(
    "softshrink",
    kernels.softshrink,
    x=lambda g, x, width: shrink_backward(g, x, width),
    **floats_only("softshrink_check"),
)
shrink_backward: Operator = backward(
    "shrink_backward",
    kernels.shrink_backward,
    g=lambda h, x, width: shrink_backward(h, x, width),
    x=lambda h: zeroed(h),
)
