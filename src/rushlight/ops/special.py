"""The error function, the normal distribution, logarithms that know their limits; of SciPy."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from rushlight.kernels import special
from rushlight.ops.declare import pointwise
from rushlight.ops.elementary import exp, log
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import NUMBERS, no_kernel

__all__ = [
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "log_ndtr",
    "logit",
    "logit_backward",
    "ndtr",
    "ndtri",
    "xlog1py",
    "xlog1py_number",
    "xlog1py_of_number",
    "xlogy",
    "xlogy_number",
    "xlogy_of_number",
]

_SLOPE = 2 / sqrt(pi)
_ROOT = sqrt(2 * pi)


def _real(name: str) -> Any:
    return (no_kernel("c", name),)


erf = pointwise(
    "erf",
    special.erf,
    checks=_real("erf_vml_cpu"),
    x=lambda g, x: g * (_SLOPE * exp(-(x * x))),
)
erfc = pointwise(
    "erfc",
    special.erfc,
    checks=_real("erfc_vml_cpu"),
    x=lambda g, x: g * (-_SLOPE * exp(-(x * x))),
)
erfinv = pointwise(
    "erfinv",
    special.erfinv,
    checks=_real("erfinv_vml_cpu"),
    x=lambda g, y: g * (exp(y * y) / _SLOPE),
)
erfcx: Operator = pointwise(
    "special_erfcx",
    special.erfcx,
    checks=(no_kernel("ch", "erfcx_cpu"),),
    x=lambda g, x, y: g * (2 * x * y - _SLOPE),
)

# -- the normal distribution, and entropy --------------------------------------------------------

# PyTorch composes it of erf, and the last step shows.
ndtr = pointwise(
    "special_ndtr",
    special.ndtr,
    halves=True,
    checks=_real("erf_vml_cpu"),
    node="MulBackward1",
    x=lambda g, x: g * (exp(x * x * -0.5) / _ROOT),
)
log_ndtr = pointwise(
    "special_log_ndtr",
    special.log_ndtr,
    checks=(no_kernel("ch", "log_ndtr_cpu"),),
    x=lambda g, x: g / erfcx(x * -sqrt(0.5)) * sqrt(2 / pi),
)
ndtri = pointwise(
    "special_ndtri",
    special.ndtri,
    checks=(no_kernel("ch", "ndtri_cpu"),),
    x=lambda g, y: g * (_ROOT * exp(y * y * 0.5)),
)
entr = pointwise(
    "special_entr",
    special.entr,
    halves=True,
    checks=_real("entr_cpu"),
    x=lambda g, x: g * (-1 - log(x)),
)

# -- log-odds ----------------------------------------------------------------------------------


def _logit_slope(x: Any, eps: float | None) -> Any:
    slope = (2 * x - 1) / ((x * (1 - x)) ** 2)
    return slope if eps is None or eps < 0 else kept(slope, (x >= eps) & (x <= 1 - eps))


logit = pointwise(
    "logit",
    lambda x, eps=None: special.logit(np.asarray(x), eps),
    operands=("x",),
    halves=True,
    checks=_real("logit_cpu"),
    x=lambda g, x, eps: logit_backward(g, x, eps),
)
logit_backward: Operator = pointwise(
    "logit_backward",
    lambda g, x, eps: special.logit_backward(np.asarray(g), x, eps),
    promote="common",
    operands=("g", "x"),
    g=lambda gg, x, eps: logit_backward(gg, x, eps),
    x=lambda gg, g, x, eps: gg * g * _logit_slope(x, eps),
)

# -- x·log(y) ----------------------------------------------------------------------------------


def _xlogy(a: Any, b: Any) -> Any:
    return special.xlogy(np.asarray(a), np.asarray(b))


def _logarithm(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of a; 0 where a is 0 and the logarithm is none, as if it were bounded."""
    logarithm = xlogy_number(g, b) if isinstance(b, NUMBERS) else xlogy(g, b)
    return kept(logarithm, (a != 0) | (b != b) | (b > 0))


_checks = _real("xlogy_cpu")

xlogy = pointwise(
    "xlogy",
    _xlogy,
    halves=True,
    checks=_checks,
    a=lambda g, a, b: _logarithm(g, a, b),
    b=lambda g, a, b: g * a / b,
)
xlogy_of_number = pointwise(
    "xlogy",
    _xlogy,
    halves=True,
    operands=("a", "b"),
    checks=_checks,
    node="XlogyBackward1",
    b=lambda g, a, b: g * a / b,
)
xlogy_number = pointwise(
    "xlogy",
    _xlogy,
    halves=True,
    operands=("a", "b"),
    checks=_checks,
    node="XlogyBackward2",
    a=lambda g, a, b: _logarithm(g, a, b),
)

# -- x·log(1 + y) ------------------------------------------------------------------------------


def _xlog1py(a: Any, b: Any) -> Any:
    return special.xlog1py(np.asarray(a), np.asarray(b))


def _logarithm1p(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of a, as in `_logarithm`."""
    logarithm = xlog1py_number(g, b) if isinstance(b, NUMBERS) else xlog1py(g, b)
    return kept(logarithm, (a != 0) | (b != b) | (b > -1))


_checks1p = _real("xlog1py_cpu")

xlog1py = pointwise(
    "special_xlog1py",
    _xlog1py,
    halves=True,
    checks=_checks1p,
    node="SpecialXlog1PyBackward0",
    a=lambda g, a, b: _logarithm1p(g, a, b),
    b=lambda g, a, b: g * a / (b + 1),
)
xlog1py_of_number = pointwise(
    "special_xlog1py",
    _xlog1py,
    halves=True,
    operands=("a", "b"),
    checks=_checks1p,
    node="SpecialXlog1PyBackward1",
    b=lambda g, a, b: g * a / (b + 1),
)
xlog1py_number = pointwise(
    "special_xlog1py",
    _xlog1py,
    halves=True,
    operands=("a", "b"),
    checks=_checks1p,
    node="SpecialXlog1PyBackward2",
    a=lambda g, a, b: _logarithm1p(g, a, b),
)
