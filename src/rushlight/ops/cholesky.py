"""The Cholesky factorisation, and what is solved with it.

The rule of the factor is Murray's ("Differentiation of the Cholesky decomposition", 2016, section
3): with F taking the lower triangle and half of the diagonal, ``L^-H F(L^H g) L^-1``, made
Hermitian, for a Hermitian matrix is what is factored.
"""

from __future__ import annotations

from typing import Any

from rushlight.kernels import lapack
from rushlight.ops.adjoints import as_diagonal, diagonal, mH, symmetric
from rushlight.ops.declare import general
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import tril
from rushlight.ops.solving import solve_triangular

__all__ = ["cholesky", "cholesky_inverse", "cholesky_old", "cholesky_solve"]


def _lower(x: Any) -> Any:
    """The lower triangle, and half of the (real) diagonal."""
    return tril(x, 0) - as_diagonal(diagonal(x)) / 2


def _rule(g: Any, factor: Any, upper: bool) -> Any:
    if g is None:
        return None
    low, g = (mH(factor), mH(g)) if upper else (factor, g)
    inner = symmetric(_lower(mH(low) @ g))
    left = solve_triangular(mH(low), inner, True, True, False)
    return solve_triangular(low, left, False, False, False)


def _jvp(a_t: Any, factor: Any, upper: bool) -> Any:
    low = mH(factor) if upper else factor
    inner = solve_triangular(low, symmetric(a_t), False, True, False)
    inner = solve_triangular(mH(low), inner, True, False, False)
    change = low @ _lower(inner)
    return mH(change) if upper else change


cholesky: Operator = general(
    "linalg_cholesky_ex",
    lapack.cholesky,
    conjugate=False,
    outputs=("factor", "info"),
    constant=("info",),
    a=lambda g, factor, upper: _rule(g[0], factor, upper),
    jvp=_jvp,
)
cholesky_old: Operator = general(
    "cholesky",
    lapack.cholesky,
    conjugate=False,
    outputs=("factor", "info"),
    constant=("info",),
    a=lambda g, factor, upper: _rule(g[0], factor, upper),
    jvp=_jvp,
)


# -- what is solved with the factor ----------------------------------------------------------------

# The factor is differentiated as a full matrix, as in PyTorch, though one triangle of it is read.


def _solve_factor(g: Any, factor: Any, x: Any, upper: bool) -> Any:
    """From ``A = L L^H``: gA is ``-gB X^H``, and gL is ``(gA + gA^H) L``."""
    both = -cholesky_solve(g, factor, upper) @ mH(x)
    both = both + mH(both)
    return factor @ both if upper else both @ factor


def _square_jvp(factor: Any, factor_t: Any, upper: bool) -> Any:
    change = mH(factor) @ factor_t if upper else factor_t @ mH(factor)
    return change + mH(change)


cholesky_solve: Operator = general(
    "cholesky_solve",
    lapack.cholesky_solve,
    conjugate=False,
    outputs=("x",),
    b=lambda g, factor, upper: cholesky_solve(g, factor, upper),
    factor=_solve_factor,
    jvp=lambda b_t, factor_t, factor, x, upper: cholesky_solve(
        b_t - _square_jvp(factor, factor_t, upper) @ x, factor, upper
    ),
)


def _inverse_factor(g: Any, factor: Any, y: Any, upper: bool) -> Any:
    """From gA of the inverse, ``-Y g Y``."""
    both = -y @ (g + mH(g)) @ y
    return factor @ both if upper else both @ factor


cholesky_inverse: Operator = general(
    "cholesky_inverse",
    lapack.cholesky_inverse,
    conjugate=False,
    factor=_inverse_factor,
    jvp=lambda factor_t, factor, y, upper: -y @ _square_jvp(factor, factor_t, upper) @ y,
)
