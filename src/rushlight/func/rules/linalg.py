"""Batching of decompositions, solvers and Fourier transforms, which take stacks as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.func.rules.aligning import again, expanded, stacked, together
from rushlight.func.rules.views import along_dims, as_it_is
from rushlight.ops import (
    cholesky,
    cross,
    distances,
    eigen,
    fft,
    lu,
    matrix_exp,
    norms,
    pseudoinverse,
    qr,
    reflections,
    solving,
    svd,
)
from rushlight.ops.operator import Operator

__all__ = ["RULES"]


def _stacks(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For two stacks of matrices or vectors: the dimensions in front of them are aligned."""
    a, b, *options = args
    ndim = max(a._array.ndim, b._array.ndim)
    return level.results(op(stacked(level, a, ndim), stacked(level, b, ndim), *options))


def _solve(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b, left, vector = args
    if not vector:
        return _stacks(op, level, args)
    ndim = max(a._array.ndim, b._array.ndim + 1)
    values = stacked(level, a, ndim), stacked(level, b, ndim - 1)
    return level.results(op(*values, left, vector))


def _qr(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, mode = args
    q, r = op(a._value, mode)
    return (level.lift(q) if mode == "r" else level.batched(q)), level.batched(r)


def _known(level: Any, outs: Sequence[Any]) -> Any:
    """Results some of which are empty, where nobody asked for them: those have no examples."""
    return tuple([level.lift(y) if y._array.shape == (0,) else level.batched(y) for y in outs])


def _parts(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    factors, pivots, *wanted = args
    return _known(level, op(expanded(level, factors), expanded(level, pivots), *wanted))


def _factors(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(factors, pivots, b, ...)``: the dimensions in front of the matrices are aligned."""
    factors, pivots, b, *options = args
    ndim = max(factors._array.ndim, b._array.ndim)
    values = [stacked(level, a, n) for a, n in ((factors, ndim), (pivots, ndim - 1), (b, ndim))]
    return level.results(op(*values, *options))


def _lstsq(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b, rcond, driver, vector = args
    ndim = max(a._array.ndim, b._array.ndim + vector)
    outs = op(stacked(level, a, ndim), stacked(level, b, ndim - vector), rcond, driver, vector)
    return _known(level, outs)


def _dist(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b, p = args
    gap = again(level, a) - again(level, b)
    return norms.norm(gap, p, None, False)


RULES: dict[Operator, Any] = {
    **dict.fromkeys(
        (
            cholesky.cholesky,
            cholesky.cholesky_old,
            cholesky.cholesky_inverse,
            eigen.eig,
            eigen.eigh,
            solving.det,
            solving.inv,
            solving.slogdet,
            svd.svd,
            lu.lu,
            lu.lu_factor,
            lu.ldl,
            lu.permutation,
            matrix_exp.matrix_exp,
            reflections.geqrf,
        ),
        as_it_is,
    ),
    **dict.fromkeys(
        (
            cholesky.cholesky_solve,
            solving.solve_triangular,
            solving.triangular_solve,
            distances.cdist,
            distances.cdist_by_product,
            cross.cross,
        ),
        _stacks,
    ),
    **dict.fromkeys((lu.lu_solve, lu.ldl_solve), _factors),
    **dict.fromkeys(
        (reflections.householder_product, reflections.ormqr, pseudoinverse.pinv), together
    ),
    lu.lu_unpack: _parts,
    pseudoinverse.lstsq: _lstsq,
    norms.dist: _dist,
    solving.solve: _solve,
    qr.qr: _qr,
    **dict.fromkeys((fft.c2c, fft.c2r, fft.r2c), along_dims),
}
