"""The error function, the gamma function and their kin: kernels are SciPy's, found when needed."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from rushlight.kernels import special
from rushlight.ops.declare import pointwise
from rushlight.ops.elementary import exp
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import NUMBERS, no_kernel

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "lgamma",
    "logit",
    "logit_backward",
    "polygamma",
    "xlogy",
    "xlogy_number",
    "xlogy_of_number",
]

_SLOPE = 2 / sqrt(pi)


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
lgamma = pointwise(
    "lgamma", special.lgamma, checks=_real("lgamma_vml_cpu"), x=lambda g, x: g * digamma(x)
)
digamma: Operator = pointwise(
    "digamma", special.digamma, checks=_real("digamma"), x=lambda g, x: g * polygamma(1, x)
)
polygamma: Operator = pointwise(
    "polygamma",
    lambda n, x: special.polygamma(n, np.asarray(x)),
    operands=("x",),
    checks=_real("polygamma"),
    x=lambda g, n, x: g * polygamma(n + 1, x),
)


# -- log-odds ----------------------------------------------------------------------------------


def _logit_slope(x: Any, eps: float | None) -> Any:
    slope = (2 * x - 1) / ((x * (1 - x)) ** 2)
    return slope if eps is None else kept(slope, (x >= eps) & (x <= 1 - eps))


logit = pointwise(
    "logit",
    lambda x, eps=None: special.logit(np.asarray(x), eps),
    operands=("x",),
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
    checks=_checks,
    a=lambda g, a, b: _logarithm(g, a, b),
    b=lambda g, a, b: g * a / b,
)
xlogy_of_number = pointwise(
    "xlogy",
    _xlogy,
    operands=("a", "b"),
    checks=_checks,
    node="XlogyBackward1",
    b=lambda g, a, b: g * a / b,
)
xlogy_number = pointwise(
    "xlogy",
    _xlogy,
    operands=("a", "b"),
    checks=_checks,
    node="XlogyBackward2",
    a=lambda g, a, b: _logarithm(g, a, b),
)
