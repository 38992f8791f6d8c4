"""Special functions: what `torch.special` has, as far as it is here."""

from __future__ import annotations

from rushlight.api.elementary import exp2, expm1, log1p, sigmoid, sinc
from rushlight.api.reduce import logsumexp
from rushlight.api.rounding import round
from rushlight.api.softmax import log_softmax, softmax
from rushlight.api.special import (
    digamma,
    erf,
    erfc,
    erfinv,
    lgamma,
    logit,
    polygamma,
    xlogy,
)

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlogy",
]

expit = sigmoid
gammaln = lgamma
psi = digamma
