"""Elementary functions of one operand."""

from __future__ import annotations

import numpy as np

from rushlight.ops.declare import pointwise

__all__ = ["cos", "exp", "log", "sin", "sqrt", "tanh"]

exp = pointwise("exp", np.exp, x=lambda g, y: g * y)
log = pointwise("log", np.log, x=lambda g, x: g / x)
sin = pointwise("sin", np.sin, x=lambda g, x: g * cos(x))
cos = pointwise("cos", np.cos, x=lambda g, x: g * -sin(x))
tanh = pointwise("tanh", np.tanh, x=lambda g, y: g * (1 - y * y))
sqrt = pointwise("sqrt", np.sqrt, x=lambda g, y: g / (2 * y))
