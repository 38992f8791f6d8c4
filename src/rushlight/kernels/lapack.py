"""Solvers and factorisations of stacks of matrices.

NumPy's routines take whole stacks and keep float32; what it hasn't got comes from SciPy's LAPACK,
one matrix after the other (a loop over matrices, not over elements). NumPy raises where one matrix
of a stack fails, and says neither which nor where: then LAPACK is asked again, matrix by matrix,
and its ``info`` is what these functions return, 0 for success.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "empty_columns",
    "geqrf",
    "in_columns",
    "inverse",
    "ldl",
    "ldl_solve",
    "lu",
    "lu_solve",
    "permutation",
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


def empty_columns(shape: Shape, dtype: np.dtype[Any]) -> Array:
    """An array for matrices in column order: LAPACK writes them so, and PyTorch leaves them so."""
    *lead, m, n = shape
    return np.empty((*lead, n, m), dtype).mT


def in_columns(x: Array) -> Array:
    """Matrices, copied into column order."""
    return np.ascontiguousarray(x.mT).mT


# -- LU ------------------------------------------------------------------------------------------


def lu(a: Array) -> tuple[Array, Array, Array]:
    """Factor matrices into a permutation, a lower and an upper triangle.

    Returns both triangles in one matrix, the rows that were swapped (counted from 1, as LAPACK
    does), and the first zero on the diagonal of the upper one.
    """
    *lead, m, n = a.shape
    factors = empty_columns(a.shape, a.dtype)
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
    x = empty_columns((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        factors, b = stacked_to(lead, factors), stacked_to(lead, b)
        swaps = np.broadcast_to(pivots - 1, (*lead, pivots.shape[-1]))
        getrs = routine("getrs", b.dtype)
        for i in np.ndindex(*lead):
            x[i], _ = getrs(factors[i], swaps[i], b[i], trans)
    return x


# -- general matrices ------------------------------------------------------------------------------


# From this size on SciPy's routines are quicker than NumPy's: 1.4 ms, not 7.4, for float32 of 256.
_LARGE = 48


def solve(a: Array, b: Array) -> tuple[Array, Array]:
    """Solve ``A X = B`` for stacks of matrices, and say which A are singular."""
    if a.shape[-1] >= _LARGE and (x := _solve_large(a, b)) is not None:
        return x, no_info(a.shape[:-2])
    try:
        return in_columns(np.linalg.solve(a, b)), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        factors, pivots, info = lu(a)
        return lu_solve(factors, pivots, b), info


def _solve_large(a: Array, b: Array) -> Array | None:
    """The same one by one; None where one is singular."""
    lead = lead_of(a, b)
    x = empty_columns((*lead, *b.shape[-2:]), b.dtype)
    a, b = stacked_to(lead, a), stacked_to(lead, b)
    gesv = routine("gesv", b.dtype)
    for i in np.ndindex(*lead):
        _, _, x[i], info = gesv(a[i], b[i])
        if info:
            return None
    return x


def inverse(a: Array) -> tuple[Array, Array]:
    """The inverses of matrices, and which of them are singular."""
    identity = np.eye(a.shape[-1], dtype=a.dtype)
    if a.shape[-1] >= _LARGE and (x := _solve_large(a, identity)) is not None:
        return x, no_info(a.shape[:-2])
    try:
        return in_columns(np.linalg.inv(a)), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        factors, pivots, info = lu(a)
        return lu_solve(factors, pivots, identity), info


def solve_triangular(
    a: Array, b: Array, upper: bool, left: bool = True, unitriangular: bool = False, trans: int = 0
) -> Array:
    """Solve ``A X = B``, or ``X A = B``, with one triangle of A; zeros on its diagonal give inf.

    `trans` is that of `lu_solve`.
    """
    from scipy.linalg import blas

    lead = lead_of(a, b)
    x = empty_columns((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        a, b = stacked_to(lead, a), stacked_to(lead, b)
        if math.prod(lead) >= _MANY * a.shape[-1] and not unitriangular:
            diagonal = np.diagonal(a, axis1=-2, axis2=-1)
            if diagonal.all():
                if trans:
                    a, upper = (a.conj() if trans == 2 else a).mT, not upper
                if left:
                    return in_columns(_substituted(a, b, upper))
                return in_columns(_substituted(a.mT, b.mT, not upper).mT)
        trsm = getattr(blas, "sdcz"["fdFD".index(b.dtype.char)] + "trsm")
        if trans < 2 and a.strides[-1] == a.itemsize:  # BLAS takes columns, others are copied
            a, upper, trans = a.mT, not upper, 1 - trans
        for i in np.ndindex(*lead):
            x[i] = trsm(1, a[i], b[i], not left, not upper, trans, unitriangular)
    return x


# Of so many times more matrices than they have rows, all are solved a row at a time: a call of BLAS
# costs 2 µs, whatever the size. (1,000 of 16 rows, 4 right-hand sides: 0.6 ms, not 2.)
_MANY = 8


def _substituted(a: Array, b: Array, upper: bool) -> Array:
    """Solve ``A X = B`` with one triangle of A, with the matrices of the stack side by side."""
    lead, n = b.shape[:-2], a.shape[-1]
    a, x = (np.ascontiguousarray(np.moveaxis(m.reshape(-1, *m.shape[-2:]), 0, -1)) for m in (a, b))
    x = x.copy() if np.shares_memory(x, b) else x
    for i in reversed(range(n)) if upper else range(n):
        x[i] /= a[i, i]
        rest = slice(0, i) if upper else slice(i + 1, n)
        x[rest] -= a[rest, i, None] * x[i]
    return np.ascontiguousarray(np.moveaxis(x, -1, 0)).reshape(*lead, *x.shape[:2])


# -- positive definite matrices ----------------------------------------------------------------


def cholesky(a: Array, upper: bool) -> tuple[Array, Array]:
    """Factor Hermitian matrices, of which one triangle is read, and say where they aren't positive.

    Where one isn't, the factor is what was finished of it.
    """
    try:
        return in_columns(np.linalg.cholesky(a, upper=upper)), no_info(a.shape[:-2])
    except np.linalg.LinAlgError:
        potrf = routine("potrf", a.dtype)
        factors, info = empty_columns(a.shape, a.dtype), no_info(a.shape[:-2])
        for i in np.ndindex(*a.shape[:-2]):
            factors[i], info[i] = potrf(a[i], lower=not upper, clean=True)
        return factors, info


def cholesky_solve(b: Array, factor: Array, upper: bool) -> Array:
    """Solve ``A X = B`` from the Cholesky factor of A."""
    lead = lead_of(factor, b)
    x = empty_columns((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        factor, b = stacked_to(lead, factor), stacked_to(lead, b)
        potrs = routine("potrs", b.dtype)
        for i in np.ndindex(*lead):
            x[i], _ = potrs(factor[i], b[i], lower=not upper)
    return x


def cholesky_inverse(factor: Array, upper: bool) -> Array:
    """Invert A, given its Cholesky factor, which has no zeros on its diagonal."""
    out = empty_columns(factor.shape, factor.dtype)
    if out.size:
        potri = routine("potri", factor.dtype)
        for i in np.ndindex(*factor.shape[:-2]):
            half, _ = potri(factor[i], lower=not upper)
            half = np.triu(half) if upper else np.tril(half)
            out[i] = half + (half - np.diag(half.diagonal())).conj().T
    return out


# -- permutations, symmetric and orthogonal factors ----------------------------------------------


def permutation(pivots: Array, m: int, dtype: np.dtype[Any]) -> Array:
    """The matrices P of ``A = P L U`` that undo the swaps of rows that `lu` tells of."""
    lead = pivots.shape[:-1]
    order = np.empty((*lead, m), np.intp)
    order[...] = np.arange(m)
    for i in np.ndindex(*lead):
        rows = order[i]
        for j, other in enumerate(pivots[i][:m].tolist()):
            rows[j], rows[other - 1] = rows[other - 1], rows[j]
    out = np.zeros((*lead, m, m), dtype)
    np.put_along_axis(out, order[..., None, :], np.ones((), dtype), axis=-2)
    return out


def ldl(a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """Bunch and Kaufman's factors of symmetric (Hermitian) matrices, of the lower triangle."""
    factors, info = empty_columns(a.shape, a.dtype), no_info(a.shape[:-2])
    pivots = np.empty(a.shape[:-1], np.int32)
    if factors.size:
        trf = routine("hetrf" if hermitian and a.dtype.kind == "c" else "sytrf", a.dtype)
        for i in np.ndindex(*a.shape[:-2]):
            # LAPACK leaves the other triangle alone
            factors[i], pivots[i], info[i] = trf(np.tril(a[i]), lower=1)
    return factors, pivots, info


def ldl_solve(factors: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """Solve ``A X = B`` from what `ldl` returns."""
    lead = np.broadcast_shapes(lead_of(factors, b), pivots.shape[:-1])
    x = empty_columns((*lead, *b.shape[-2:]), b.dtype)
    if x.size:
        factors, b = stacked_to(lead, factors), stacked_to(lead, b)
        pivots = np.broadcast_to(pivots, (*lead, pivots.shape[-1])).astype(np.int32)
        trs = routine("hetrs" if hermitian and b.dtype.kind == "c" else "sytrs", b.dtype)
        for i in np.ndindex(*lead):
            x[i], _ = trs(factors[i], pivots[i], b[i], lower=1)
    return x


def geqrf(a: Array) -> tuple[Array, Array]:
    """QR as LAPACK stores it: R, below it the reflections, and their scales."""
    *lead, m, n = a.shape
    factors, tau = empty_columns(a.shape, a.dtype), np.empty((*lead, min(m, n)), a.dtype)
    if factors.size:
        qrf = routine("geqrf", a.dtype)
        for i in np.ndindex(*lead):
            factors[i], tau[i], _, _ = qrf(a[i])
    return factors, tau
