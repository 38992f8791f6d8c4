"""Solvers and factorisations of stacks of matrices.

NumPy's routines take whole stacks and keep float32; what it hasn't got comes from SciPy's LAPACK,
one matrix after the other (a loop over matrices, not over elements). NumPy raises where one matrix
of a stack fails, and says neither which nor where: then LAPACK is asked again, matrix by matrix,
and its ``info`` is what these functions return, 0 for success.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "inverse",
    "lu",
    "lu_solve",
    "solve",
    "solve_triangular",
]

Array = NDArray[Any]
Shape = tuple[int, ...]


def routine(name: str, dtype: np.dtype[Any]) -> Any:
    """SciPy's wrapper of a LAPACK routine for this dtype."""
    from scipy.linalg import lapack

    return getattr(lapack, "sdcz"["fdFD".index(dtype.char)] + name)


def no_info(lead: Shape) -> Array:
    """An ``info`` of success for each matrix of a stack."""
    return np.zeros(lead, np.int32)


def lead_of(*xs: Array) -> Shape:
    """The leading dimensions that stacks of matrices broadcast to."""
    return np.broadcast_shapes(*[x.shape[:-2] for x in xs])


def stacked_to(lead: Shape, x: Array) -> Array:
    """A stack of matrices, broadcast to leading dimensions."""
    return x if x.shape[:-2] == lead else np.broadcast_to(x, (*lead, *x.shape[-2:]))


# -- LU ------------------------------------------------------------------------------------------


def lu(a: Array) -> tuple[Array, Array, Array]:
    """Factor matrices into a permutation, a lower and an upper triangle.

    Returns both triangles in one matrix, the rows that were swapped (counted from 1, as LAPACK
    does), and the first zero on the diagonal of the upper one.
    """
    *lead, m, n = a.shape
    factors = np.empty(a.shape, a.dtype)
    pivots = np.empty((*lead, min(m, n)), np.int32)
    info = no_info(tuple(lead))
    if factors.size:
        getrf = routine("getrf", a.dtype)
        for i in np.ndindex(*lead):
            factors[i], swaps, info[i] = getrf(a[i])
            np.add(swaps, 1, out=pivots[i])
    return factors, pivots, info


def lu_solve(factors: Array, pivots: Array, b: Array, trans: int = 0) -> Array:
    """Solve ``A X = B``, or for `trans` 1 and 2 with A transposed and conjugated too, from `lu`."""
    lead = np.broadcast_shapes(lead_of(factors, b), pivots.shape[:-1])
    x = np.empty((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        factors, b = stacked_to(lead, factors), stacked_to(lead, b)
        swaps = np.broadcast_to(pivots - 1, (*lead, pivots.shape[-1]))
        getrs = routine("getrs", b.dtype)
        for i in np.ndindex(*lead):
            x[i], _ = getrs(factors[i], swaps[i], b[i], trans)
    return x


# -- general matrices ------------------------------------------------------------------------------


def solve(a: Array, b: Array) -> tuple[Array, Array]:
    """Solve ``A X = B`` for stacks of matrices, and say which A are singular."""
    try:
        return np.linalg.solve(a, b), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        factors, pivots, info = lu(a)
        return lu_solve(factors, pivots, b), info


def inverse(a: Array) -> tuple[Array, Array]:
    """The inverses of matrices, and which of them are singular."""
    try:
        return np.linalg.inv(a), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        factors, pivots, info = lu(a)
        return lu_solve(factors, pivots, np.eye(a.shape[-1], dtype=a.dtype)), info


def solve_triangular(
    a: Array, b: Array, upper: bool, left: bool = True, unitriangular: bool = False, trans: int = 0
) -> Array:
    """Solve ``A X = B``, or ``X A = B``, with one triangle of A; zeros on its diagonal give inf.

    `trans` is that of `lu_solve`.
    """
    from scipy.linalg import blas

    lead = lead_of(a, b)
    x = np.empty((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        a, b = stacked_to(lead, a), stacked_to(lead, b)
        trsm = getattr(blas, "sdcz"["fdFD".index(b.dtype.char)] + "trsm")
        for i in np.ndindex(*lead):
            x[i] = trsm(1, a[i], b[i], not left, not upper, trans, unitriangular)
    return x


# -- positive definite matrices ----------------------------------------------------------------


def cholesky(a: Array, upper: bool) -> tuple[Array, Array]:
    """Factor Hermitian matrices, of which one triangle is read, and say where they aren't positive.

    Where one isn't, the factor is what was finished of it.
    """
    try:
        return np.linalg.cholesky(a, upper=upper), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        potrf = routine("potrf", a.dtype)
        factors, info = np.empty(a.shape, a.dtype), no_info(a.shape[:-2])
        for i in np.ndindex(*a.shape[:-2]):
            factors[i], info[i] = potrf(a[i], lower=not upper, clean=True)
        return factors, info


def cholesky_solve(b: Array, factor: Array, upper: bool) -> Array:
    """Solve ``A X = B`` from the Cholesky factor of A."""
    lead = lead_of(factor, b)
    x = np.empty((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        factor, b = stacked_to(lead, factor), stacked_to(lead, b)
        potrs = routine("potrs", b.dtype)
        for i in np.ndindex(*lead):
            x[i], _ = potrs(factor[i], b[i], lower=not upper)
    return x


def cholesky_inverse(factor: Array, upper: bool) -> tuple[Array, Array]:
    """Invert A, given its Cholesky factor; the second result says where that is singular."""
    out, info = np.empty(factor.shape, factor.dtype), no_info(factor.shape[:-2])
    if out.size:
        potri = routine("potri", factor.dtype)
        for i in np.ndindex(*factor.shape[:-2]):
            half, info[i] = potri(factor[i], lower=not upper)
            half = np.triu(half) if upper else np.tril(half)
            out[i] = half + half.conj().T
            diagonal = np.arange(half.shape[0])
            out[i][diagonal, diagonal] = half.diagonal()
    return out, info
