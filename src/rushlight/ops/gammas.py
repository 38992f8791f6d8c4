"""The gamma function's logarithm, its derivatives, incomplete gamma functions, Hurwitz's zeta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.kernels import special
from rushlight.ops.declare import missing, pointwise
from rushlight.ops.elementary import exp, log
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Dtype, no_kernel

__all__ = [
    "digamma",
    "igamma",
    "igammac",
    "lgamma",
    "mvlgamma",
    "polygamma",
    "zeta",
    "zeta_number",
    "zeta_of_number",
]

lgamma = pointwise(
    "lgamma",
    special.lgamma,
    checks=(no_kernel("c", "lgamma_vml_cpu"),),
    x=lambda g, x: g * digamma(x),
)
digamma: Operator = pointwise(
    "digamma",
    special.digamma,
    checks=(no_kernel("c", "digamma"),),
    x=lambda g, x: g * polygamma(1, x),
)
polygamma: Operator = pointwise(
    "polygamma",
    lambda n, x: special.polygamma(n, np.asarray(x)),
    operands=("x",),
    checks=(no_kernel("c", "polygamma"),),
    x=lambda g, n, x: g * polygamma(n + 1, x),
)


# -- the multivariate logarithm ----------------------------------------------------------------


def _no_booleans(operands: Sequence[Any], target: Dtype) -> None:
    if operands[0].dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor.")


def _digammas(x: Any, p: int) -> Any:
    """Σ ψ(x - j/2) over j < p, the derivative of log Γₚ."""
    total = digamma(x)
    for j in range(1, p):
        total = total + digamma(x - j / 2)
    return total


mvlgamma = pointwise(
    "mvlgamma",
    lambda x, p: special.multigammaln(np.asarray(x), p),
    operands=("x",),
    checks=(_no_booleans, no_kernel("c", "arange_cpu")),
    x=lambda g, x, p: g * _digammas(x, p),
)

# -- incomplete gamma functions ----------------------------------------------------------------


def _density(a: Any, x: Any) -> Any:
    """The gamma distribution's density, xᵃ⁻¹ · exp(-x) / Γ(a)."""
    return exp((a - 1) * log(x) - x - lgamma(a))


igamma = pointwise(
    "igamma",
    lambda a, x: special.gammainc(np.asarray(a), np.asarray(x)),
    promote="common",
    checks=(no_kernel("bic", "igamma_cpu"),),
    a=missing("igamma: input"),
    x=lambda g, a, x: g * _density(a, x),
)
igammac = pointwise(
    "igammac",
    lambda a, x: special.gammaincc(np.asarray(a), np.asarray(x)),
    promote="common",
    checks=(no_kernel("bic", "igammac_cpu"),),
    a=missing("igammac: input"),
    x=lambda g, a, x: -g * _density(a, x),
)

# -- Hurwitz's zeta ----------------------------------------------------------------------------


def _zeta(s: Any, q: Any) -> Any:
    return special.zeta(np.asarray(s), np.asarray(q))


_checks = (no_kernel("ch", "zeta_cpu"),)

zeta: Operator = pointwise(
    "special_zeta",
    _zeta,
    checks=_checks,
    s=missing("zeta"),
    q=lambda g, s, q: g * -s * zeta(s + 1, q),
)
zeta_of_number: Operator = pointwise(
    "special_zeta",
    _zeta,
    operands=("s", "q"),
    checks=_checks,
    node="SpecialZetaBackward1",
    q=lambda g, s, q: g * -s * zeta_of_number(s + 1, q),
)
zeta_number = pointwise(
    "special_zeta",
    _zeta,
    operands=("s", "q"),
    checks=_checks,
    node="SpecialZetaBackward2",
    s=missing("zeta"),
)
