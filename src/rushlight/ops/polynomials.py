"""Orthogonal polynomials p(x, n). PyTorch has no derivatives of them: nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rushlight.kernels import polynomials as kernels
from rushlight.ops.declare import constant
from rushlight.ops.promotion import Promoting, no_kernel

__all__ = [
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
]


def _polynomial(name: str, kernel: Callable[..., Any]) -> Promoting:
    return constant(
        f"special_{name}",
        lambda x, n: kernel(np.asarray(x), np.asarray(n)),
        promote="float",
        checks=(no_kernel("ch", f"{name}_cpu"),),
    )


def _chebyshev(kind: str) -> Promoting:
    return _polynomial(f"chebyshev_polynomial_{kind}", partial(kernels.chebyshev, kind))


def _shifted_chebyshev(kind: str) -> Promoting:
    return _polynomial(
        f"shifted_chebyshev_polynomial_{kind}", partial(kernels.shifted_chebyshev, kind)
    )


chebyshev_polynomial_t = _chebyshev("t")
chebyshev_polynomial_u = _chebyshev("u")
chebyshev_polynomial_v = _chebyshev("v")
chebyshev_polynomial_w = _chebyshev("w")
shifted_chebyshev_polynomial_t = _shifted_chebyshev("t")
shifted_chebyshev_polynomial_u = _shifted_chebyshev("u")
shifted_chebyshev_polynomial_v = _shifted_chebyshev("v")
shifted_chebyshev_polynomial_w = _shifted_chebyshev("w")
hermite_polynomial_h = _polynomial("hermite_polynomial_h", kernels.hermite_h)
hermite_polynomial_he = _polynomial("hermite_polynomial_he", kernels.hermite_he)
laguerre_polynomial_l = _polynomial("laguerre_polynomial_l", kernels.laguerre)
legendre_polynomial_p = _polynomial("legendre_polynomial_p", kernels.legendre)
