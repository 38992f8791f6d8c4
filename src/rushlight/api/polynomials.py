"""Orthogonal polynomials of degree `n` at `x`, either of which may be a number.

Degrees are truncated to integers; a polynomial of negative degree is 0. Integers give the default
float, float16 and bfloat16 are refused. PyTorch has no derivatives of them: results don't require
grad, whatever `x` does.
"""

from __future__ import annotations

from collections.abc import Callable

from rushlight.ops import polynomials as ops
from rushlight.ops.operator import Operator
from rushlight.ops.overloads import overloads
from rushlight.tensor import Tensor

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


def _polynomial(op: Operator, doc: str) -> Callable[..., Tensor]:
    """Make ``f(x, n, *, out=None)``."""
    return overloads(op.name, doc, op.general, op.general, op.general, polynomial=True)


chebyshev_polynomial_t = _polynomial(
    ops.chebyshev_polynomial_t,
    """Return Chebyshev's polynomials of the first kind, cos(n·θ) at cos(θ).

    >>> import rushlight as torch
    >>> torch.special.chebyshev_polynomial_t(torch.tensor([0.25, 2.0]), 3)
    tensor([-0.6875, 26.0000])
    """,
)
chebyshev_polynomial_u = _polynomial(
    ops.chebyshev_polynomial_u,
    """Return Chebyshev's polynomials of the second kind, sin((n + 1)·θ) / sin(θ) at cos(θ).

    >>> import rushlight as torch
    >>> torch.special.chebyshev_polynomial_u(torch.tensor([0.25, 2.0]), 3)
    tensor([-0.8750, 56.0000])
    """,
)
chebyshev_polynomial_v = _polynomial(
    ops.chebyshev_polynomial_v,
    """Return Chebyshev's polynomials of the third kind, cos((n + ½)·θ) / cos(θ/2) at cos(θ).

    >>> import rushlight as torch
    >>> torch.special.chebyshev_polynomial_v(torch.tensor([0.25, 2.0]), 3)
    tensor([-0.1250, 41.0000])
    """,
)
chebyshev_polynomial_w = _polynomial(
    ops.chebyshev_polynomial_w,
    """Return Chebyshev's polynomials of the fourth kind, sin((n + ½)·θ) / sin(θ/2) at cos(θ).

    >>> import rushlight as torch
    >>> torch.special.chebyshev_polynomial_w(torch.tensor([0.25, 2.0]), 3)
    tensor([-1.6250, 71.0000])
    """,
)
shifted_chebyshev_polynomial_t = _polynomial(
    ops.shifted_chebyshev_polynomial_t,
    """Return Chebyshev's polynomials of the first kind at 2x - 1.

    >>> import rushlight as torch
    >>> torch.special.shifted_chebyshev_polynomial_t(torch.tensor([0.25, 2.0]), 3)
    tensor([ 1., 99.])
    """,
)
shifted_chebyshev_polynomial_u = _polynomial(
    ops.shifted_chebyshev_polynomial_u,
    """Return Chebyshev's polynomials of the second kind at 2x - 1.

    >>> import rushlight as torch
    >>> torch.special.shifted_chebyshev_polynomial_u(torch.tensor([0.25, 2.0]), 3)
    tensor([  1., 204.])
    """,
)
shifted_chebyshev_polynomial_v = _polynomial(
    ops.shifted_chebyshev_polynomial_v,
    """Return Chebyshev's polynomials of the third kind at 2x - 1.

    >>> import rushlight as torch
    >>> torch.special.shifted_chebyshev_polynomial_v(torch.tensor([0.25, 2.0]), 3)
    tensor([  1., 169.])
    """,
)
shifted_chebyshev_polynomial_w = _polynomial(
    ops.shifted_chebyshev_polynomial_w,
    """Return Chebyshev's polynomials of the fourth kind at 2x - 1.

    >>> import rushlight as torch
    >>> torch.special.shifted_chebyshev_polynomial_w(torch.tensor([0.25, 2.0]), 3)
    tensor([  1., 239.])
    """,
)
hermite_polynomial_h = _polynomial(
    ops.hermite_polynomial_h,
    """Return Hermite's polynomials, the physicists'; nan for n above 512 (float32: 128).

    >>> import rushlight as torch
    >>> torch.special.hermite_polynomial_h(torch.tensor([0.25, 2.0]), 3)
    tensor([-2.8750, 40.0000])
    """,
)
hermite_polynomial_he = _polynomial(
    ops.hermite_polynomial_he,
    """Return Hermite's polynomials, the statisticians'; nan for n above 512 (float32: 128).

    >>> import rushlight as torch
    >>> torch.special.hermite_polynomial_he(torch.tensor([0.25, 2.0]), 3)
    tensor([-0.7344,  2.0000])
    """,
)
laguerre_polynomial_l = _polynomial(
    ops.laguerre_polynomial_l,
    """Return Laguerre's polynomials.

    >>> import rushlight as torch
    >>> torch.special.laguerre_polynomial_l(torch.tensor([0.25, 2.0]), 3)
    tensor([ 0.3411, -0.3333])
    """,
)
legendre_polynomial_p = _polynomial(
    ops.legendre_polynomial_p,
    """Return Legendre's polynomials.

    >>> import rushlight as torch
    >>> torch.special.legendre_polynomial_p(torch.tensor([0.25, 2.0]), 3)
    tensor([-0.3359, 17.0000])
    """,
)
