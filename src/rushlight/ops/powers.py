"""Powers: a tensor to a number, a number to a tensor, a tensor to a tensor.

PyTorch has a node for each (PowBackward0, 2 and 1). Where the base is 0 the textbook formulas give
0 · inf; the exponent's cotangent is 0 there, and the base's is 0 where the exponent is.
"""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from math import inf, nan
from math import log as log_of
from typing import Any

import numpy as np

from rushlight.kernels import elementary
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general, pointwise
from rushlight.ops.elementary import LN2, exp, exp2, log
from rushlight.ops.masking import kept, zeroed
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Dtype, checked_number, no_kernel

__all__ = [
    "frexp",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "pow_",
    "pow_number",
    "pow_of_number",
    "scaled_by_exponent",
]


def _power(a: Any, b: Any) -> Any:
    """NumPy's power, where integers also have negative exponents: 1 / a, truncated to 0."""
    if a.dtype.kind not in "iu" or not np.any(b < 0):
        return np.power(a, b)
    sign = np.where(b & 1, a, 1)
    reciprocal = np.where(np.abs(a) == 1, sign, 0)
    return np.where(b < 0, reciprocal, np.power(a, np.maximum(b, 0)))


def _power_number(x: Any, exponent: Any) -> Any:
    """The common exponents cost a multiplication, not a call of pow for each element."""
    if x.dtype.kind in "iu":
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return np.power(x, exponent)
    if x.dtype.kind == "b":  # then so is the exponent
        return x.copy() if exponent else np.ones_like(x)
    if exponent == 2:
        return np.square(x)
    if exponent == 3:
        return x * x * x
    if exponent == 0.5:
        return np.sqrt(x)
    if exponent == -0.5:
        return 1 / np.sqrt(x)
    if exponent == -1:
        return np.reciprocal(x)
    if exponent == -2:
        return np.reciprocal(x * x)
    return np.power(x, exponent)


def _exponent_fits(operands: Sequence[Any], target: Dtype) -> None:
    exponent = operands[1]
    if isinstance(exponent, int) and target.kind in "iu":
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        checked_number(exponent, target)


def _pow_number_rule(g: Any, x: Any, exponent: Any) -> Any:
    if exponent == 0:
        return zeroed(g)
    if type(x) is np.ndarray:  # a graph has the formula as it stands, whose power saves x
        if exponent == 1:
            return g
        if exponent == 2:
            return g * (x + x)
    return g * (exponent * pow_number(x, exponent - 1))


def _pow_exponent_rule(g: Any, a: Any, b: Any, y: Any) -> Any:
    positive = (b.real if is_complex(b) else b) >= 0
    return kept(g * (y * log(a)), ~((a == 0) & positive))


def _log_of(number: Any) -> Any:
    if isinstance(number, complex):
        return cmath.log(number) if number else -inf
    return log_of(number) if number > 0 else -inf if number == 0 else nan


def _pow_of_number_rule(g: Any, base: Any, b: Any, y: Any) -> Any:
    grown = g * (y * _log_of(base))
    if base == 0:
        return kept(grown, ~((b.real if is_complex(b) else b) >= 0))
    return grown


pow_ = pointwise(
    "pow",
    _power,
    promote="common",
    checks=(no_kernel("bw", "pow"),),
    node="PowBackward1",
    a=lambda g, a, b: kept(g * (b * a ** (b - 1)), b != 0),
    b=lambda g, a, b, y: _pow_exponent_rule(g, a, b, y),
)
pow_number = pointwise(
    "pow",
    _power_number,
    promote="common",
    operands=("x", "exponent"),
    checks=(_exponent_fits, no_kernel("w", "pow")),
    x=lambda g, x, exponent: _pow_number_rule(g, x, exponent),
)
pow_of_number = pointwise(
    "pow",
    lambda base, b: _power(base, b),
    promote="common",
    operands=("base", "b"),
    checks=(no_kernel("bw", "pow"),),
    node="PowBackward2",
    b=lambda g, base, b, y: _pow_of_number_rule(g, base, b, y),
)

# -- log(exp(a) + exp(b)) ----------------------------------------------------------------------


def _logaddexp(a: Any, b: Any) -> Any:
    if a.dtype.kind != "c":
        return elementary.logaddexp(a, b)
    top = np.where(a.real >= b.real, a, b)
    y = np.asarray(np.log(np.exp(a - top) + np.exp(b - top)) + top)
    np.copyto(y, top, where=np.isposinf(top.real) & ~(np.isnan(a) | np.isnan(b)))
    return y


logaddexp = pointwise(
    "logaddexp",
    _logaddexp,
    promote="common",
    checks=(no_kernel("bi", "logaddexp_cpu"),),
    a=lambda g, a, b: g / (1 + exp(b - a)),
    b=lambda g, a, b: g / (1 + exp(a - b)),
)
logaddexp2 = pointwise(
    "logaddexp2",
    elementary.logaddexp2,
    promote="common",
    checks=(no_kernel("bic", "logaddexp2_cpu"),),
    a=lambda g, a, b: g / (1 + exp2(b - a)),
    b=lambda g, a, b: g / (1 + exp2(a - b)),
)

# -- mantissa and exponent ---------------------------------------------------------------------

_EXPONENTS = np.iinfo(np.int32)


def _scaled_by_exponent(a: Any, b: Any) -> Any:
    """a · 2ᵇ with one rounding, whether or not 2ᵇ is a float."""
    n = np.clip(b, _EXPONENTS.min, _EXPONENTS.max).astype(np.int32)
    if a.dtype.kind == "V":
        return np.ldexp(a.astype(np.float32), n).astype(a.dtype)
    return np.ldexp(a, n)


def _frexp(x: Any) -> Any:
    if x.dtype.kind == "V":
        mantissa, exponent = np.frexp(x.astype(np.float32))
        return np.asarray(mantissa).astype(x.dtype), exponent
    return np.frexp(x)


ldexp = pointwise(
    "ldexp",
    lambda a, b: a * np.exp2(b),
    unrounded=True,
    halves=True,
    a=lambda g, b: g * 2.0**b,
    b=lambda g, a, b, y: g * y * LN2,
)
# For floats and integer exponents, which don't take part in promotion.
scaled_by_exponent: Operator = pointwise(
    "ldexp",
    _scaled_by_exponent,
    promote="common",
    operands=("a",),
    selects=True,
    a=lambda g, b: scaled_by_exponent(g, b),
)
frexp = general(
    "frexp",
    _frexp,
    x=lambda g, exponent: scaled_by_exponent(g[0], -exponent),
    jvp=lambda x_t, exponent: (scaled_by_exponent(x_t, -exponent),),
    outputs=("mantissa", "exponent"),
    constant=("exponent",),
)
