"""Elementary functions of one operand: exponentials, logarithms, circular and hyperbolic ones."""

from __future__ import annotations

from math import log as log_of
from math import pi
from typing import Any

import numpy as np

from rushlight.kernels import activation, elementary
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import pointwise
from rushlight.ops.fast import binary
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import no_kernel, refuse

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "rad2deg",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sigmoid_backward",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "tanh_backward",
]

LN2, LN10 = log_of(2), log_of(10)

# -- powers and roots --------------------------------------------------------------------------


def _reciprocal(x: Any) -> Any:
    """One over x; infinite at a complex 0 too, where NumPy has nan."""
    y = np.reciprocal(x)
    if x.dtype.kind == "c":
        y = np.where(x == 0, complex(np.inf, np.nan), y)
    return y


def _rsqrt(x: Any) -> Any:
    y = np.asarray(np.sqrt(x))
    return _reciprocal(y) if y.dtype.kind == "c" else np.reciprocal(y, out=y)


def _square(x: Any) -> Any:
    return np.square(x.astype(np.int64) if x.dtype.kind == "b" else x)


first_power = pointwise(
    "pow", lambda x: x.copy(), promote="common", node="PowBackward0", x=lambda g, x: g
)


def doubled(x: Any) -> Any:
    """Return 2x, the derivative of a square. A graph has ``2 * x**1`` there, which saves x.

    So has PyTorch's, and finds x changed in place when the derivative is differentiated.
    """
    return x + x if type(x) is np.ndarray else 2 * first_power(x)


# PyTorch's square is its pow, and shows as such.
square = pointwise(
    "square",
    _square,
    promote="common",
    checks=(no_kernel("w", "pow"),),
    node="PowBackward0",
    x=lambda g, x: g * doubled(x),
)
sqrt = pointwise("sqrt", np.sqrt, x=lambda g, y: g / (y + y))
rsqrt = pointwise("rsqrt", _rsqrt, x=lambda g, y: -0.5 * g * (y * y * y))
reciprocal = pointwise("reciprocal", _reciprocal, x=lambda g, y: -g * (y * y))

# -- exponentials and logarithms ---------------------------------------------------------------


def _exp2(x: Any) -> Any:
    if x.dtype.kind != "c":
        return np.exp2(x)
    y = np.empty_like(x)  # part by part, so that an infinite one leaves a zero alone
    np.multiply(x.real, LN2, out=y.real)
    np.multiply(x.imag, LN2, out=y.imag)
    return np.exp(y, out=y)


exp = pointwise("exp", np.exp, x=lambda g, y: g * y)
exp2 = pointwise("exp2", _exp2, x=lambda g, y: g * y * LN2)
expm1 = pointwise("expm1", np.expm1, x=lambda g, y: g * (y + 1))
log = pointwise("log", np.log, x=lambda g, x: g / x)
log2 = pointwise("log2", np.log2, x=lambda g, x: g / (x * LN2))
log10 = pointwise("log10", np.log10, x=lambda g, x: g / (x * LN10))
log1p = pointwise("log1p", np.log1p, node="Log1PBackward0", x=lambda g, x: g / (x + 1))

# -- circular functions ------------------------------------------------------------------------


def _sinc_rule(g: Any, x: Any) -> Any:
    """The limit at 0 is 0; its second derivative there comes out as 0 too, as in PyTorch."""
    angle = x * pi
    below = angle * x
    return g * kept((angle * cos(angle) - sin(angle)) / below, below != 0)


def _sinc(x: Any) -> Any:
    return elementary.sinc(np.asarray(x))


def _distance(a: Any, b: Any) -> Any:
    """The squared distance to the origin, and 1 at the origin itself, where 0 is divided by it."""
    squared = a * a + b * b
    return squared + (squared == 0)


def _scaled(name: str, node: str, factor: float) -> Any:
    return pointwise(
        name,
        lambda x: x * factor,
        node=node,
        checks=(refuse("c", f"{name} is not supported for complex tensors."),),
        x=lambda g: g * factor,
    )


sin = pointwise("sin", np.sin, x=lambda g, x: g * cos(x))
cos: Operator = pointwise("cos", np.cos, x=lambda g, x: g * -sin(x))
atan2 = pointwise(
    "atan2",
    np.arctan2,
    checks=(no_kernel("c", "atan2_cpu"),),
    a=lambda g, a, b: g * b / _distance(a, b),
    b=lambda g, a, b: -g * a / _distance(a, b),
)
hypot = pointwise(
    "hypot",
    elementary.hypot,
    promote="common",
    checks=(no_kernel("bic", "hypot_cpu"),),
    a=lambda g, a, y: g * (a / y),
    b=lambda g, b, y: g * (b / y),
)
tan = pointwise("tan", np.tan, x=lambda g, y: g * (1 + y * y))
asin = pointwise("asin", np.arcsin, x=lambda g, x: g * rsqrt(1 - x * x))
acos = pointwise("acos", np.arccos, x=lambda g, x: -g * rsqrt(1 - x * x))
atan = pointwise("atan", np.arctan, x=lambda g, x: g / (x * x + 1))
sinc = pointwise("sinc", _sinc, x=_sinc_rule)
deg2rad = _scaled("deg2rad", "Deg2RadBackward0", pi / 180)
rad2deg = _scaled("rad2deg", "Rad2DegBackward0", 180 / pi)

# -- hyperbolic functions ----------------------------------------------------------------------


def _acosh_rule(g: Any, x: Any) -> Any:
    """The complex root has to be split where its branch cut is."""
    return g * rsqrt(x - 1) * rsqrt(x + 1) if is_complex(x) else g * rsqrt(x * x - 1)


sinh = pointwise("sinh", np.sinh, x=lambda g, x: g * cosh(x))
cosh: Operator = pointwise("cosh", np.cosh, x=lambda g, x: g * sinh(x))
asinh = pointwise("asinh", np.arcsinh, x=lambda g, x: g * rsqrt(x * x + 1))
acosh = pointwise("acosh", np.arccosh, x=_acosh_rule)
atanh = pointwise("atanh", np.arctanh, x=lambda g, x: g / (1 - x * x))


# Their backward passes are operators of their own: one pass over the cotangent instead of three.
tanh = pointwise("tanh", np.tanh, x=lambda g, y: tanh_backward(g, y))
sigmoid = pointwise("sigmoid", activation.sigmoid, x=lambda g, y: sigmoid_backward(g, y))
tanh_backward: Operator = pointwise(
    "tanh_backward",
    activation.tanh_backward,
    promote="common",
    g=lambda gg, result: tanh_backward(gg, result),
    result=lambda gg, g, result: -2 * gg * g * result,
)
sigmoid_backward: Operator = pointwise(
    "sigmoid_backward",
    activation.sigmoid_backward,
    promote="common",
    g=lambda gg, result: sigmoid_backward(gg, result),
    result=lambda gg, g, result: gg * g * (1 - 2 * result),
)
for _backward in (tanh_backward, sigmoid_backward):
    binary(_backward, numbers=False, second="result")  # gradients of gradients run them often
