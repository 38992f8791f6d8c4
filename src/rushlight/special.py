"""Special functions, all that `torch.special` has.

What PyTorch keeps under `torch` too (erf, lgamma, ...) is made once more here where its errors name
the function otherwise: ``special_erf(): argument 'input' ...``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.api import elementary, rounding, special
from rushlight.api.bessel import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0e,
    i1,
    i1e,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from rushlight.api.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from rushlight.api.reduce import logsumexp
from rushlight.api.softmax import log_softmax, softmax
from rushlight.api.special import multivariate
from rushlight.api.special_functions import (
    entr,
    erfcx,
    log_ndtr,
    ndtr,
    ndtri,
    xlog1py,
    zeta,
)
from rushlight.ops import bessel, gammas
from rushlight.ops import elementary as elementary_ops
from rushlight.ops import special as ops
from rushlight.ops.fast import binary, unary
from rushlight.ops.outputs import require_tensor
from rushlight.ops.overloads import overloads
from rushlight.tensor import Tensor

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]


def _one(name: str, op: Any, original: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function of one tensor under its name here."""
    return unary(op, original.__doc__ or "", called=f"special_{name}")


erf = _one("erf", ops.erf, special.erf)
erfc = _one("erfc", ops.erfc, special.erfc)
erfinv = _one("erfinv", ops.erfinv, special.erfinv)
exp2 = _one("exp2", elementary_ops.exp2, elementary.exp2)
expit = _one("expit", elementary_ops.sigmoid, elementary.sigmoid)
expm1 = _one("expm1", elementary_ops.expm1, elementary.expm1)
log1p = _one("log1p", elementary_ops.log1p, elementary.log1p)
sinc = _one("sinc", elementary_ops.sinc, elementary.sinc)
digamma = _one("digamma", gammas.digamma, special.digamma)
psi = _one("psi", gammas.digamma, special.digamma)
gammaln = _one("gammaln", gammas.lgamma, special.lgamma)
i0 = _one("i0", bessel.i0, special.i0)

gammainc = binary(
    gammas.igamma, special.igamma.__doc__ or "", numbers=False, called="special_gammainc"
)
gammaincc = binary(
    gammas.igammac, special.igammac.__doc__ or "", numbers=False, called="special_gammaincc"
)
xlogy = overloads(
    "special_xlogy",
    special.xlogy.__doc__ or "",
    ops.xlogy,
    ops.xlogy_of_number,
    ops.xlogy_number,
    into_name="xlogy",
)


def multigammaln(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """Return the logarithm of the multivariate gamma function of dimension `p`.

    RuntimeError for `p` below 1 and for bool.

    >>> import rushlight as torch
    >>> torch.special.multigammaln(torch.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    return multivariate("special_multigammaln", input, p, out)


def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the `n`-th derivative of `digamma` at each element; RuntimeError for negative `n`.

    >>> import rushlight as torch
    >>> torch.special.polygamma(1, torch.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    return special.polygamma(n, require_tensor(input, "special_polygamma", "input", 2), out=out)


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return the log-odds ``log(x / (1 - x))``, with x first clamped to [eps, 1 - eps].

    >>> import rushlight as torch
    >>> torch.special.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return special.logit(require_tensor(input, "special_logit", "input", 1), eps, out=out)


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """Round each element to the nearest integer, or to `decimals` digits; halves go to even.

    >>> import rushlight as torch
    >>> torch.special.round(torch.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    require_tensor(input, "special_round", "input", 1)
    return rounding.round(input, decimals=decimals, out=out)
