"""Arithmetic: add, sub, mul, div, neg, powers of two operands."""

from __future__ import annotations

import numpy as np

from rushlight.ops.declare import pointwise

__all__ = ["add", "div", "mul", "neg", "sub"]

add = pointwise("add", np.add, promote="common", a=lambda g: g, b=lambda g: g)
sub = pointwise("sub", np.subtract, promote="common", a=lambda g: g, b=lambda g: -g)
mul = pointwise("mul", np.multiply, promote="common", a=lambda g, b: g * b, b=lambda g, a: g * a)
div = pointwise(
    "div", np.divide, a=lambda g, b: g / b, b=lambda g, a, b: -g * ((a / b) / b)
)
neg = pointwise("neg", np.negative, promote="common", x=lambda g: -g)
