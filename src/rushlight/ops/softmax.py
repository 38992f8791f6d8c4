"""Softmax and log-softmax along one dimension, each with a fused backward."""

from __future__ import annotations

from typing import Any

from rushlight.kernels import softmax as kernels
from rushlight.ops.declare import general
from rushlight.ops.elementary import exp
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["log_softmax", "softmax"]


def total(x: Any, axis: int) -> Any:
    """The sum along the classes, kept as a dimension of size 1."""
    return sum_(x, (axis % x.ndim,), True) if x.ndim else x


softmax: Operator = general(
    "softmax",
    kernels.softmax,
    x=lambda g, y, axis: softmax_backward(g, y, axis),
    jvp=lambda t, y, axis: softmax_backward(t, y, axis),  # its Jacobian is symmetric
)
softmax_backward: Operator = general(
    "softmax_backward_data",
    kernels.softmax_backward,
    g=lambda h, y, axis: softmax_backward(h, y, axis),
    y=lambda h, g, y, axis: h * (g - total(g * y, axis)) - g * total(h * y, axis),
)
log_softmax: Operator = general(
    "log_softmax",
    kernels.log_softmax,
    x=lambda g, y, axis: log_softmax_backward(g, y, axis),
    jvp=lambda t, y, axis: t - total(exp(y) * t, axis),
)
log_softmax_backward: Operator = general(
    "log_softmax_backward_data",
    kernels.log_softmax_backward,
    g=lambda h, y, axis: h - total(exp(y) * h, axis),
    y=lambda h, g, y, axis: -h * exp(y) * total(g, axis),
)
