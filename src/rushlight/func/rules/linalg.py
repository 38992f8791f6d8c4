"""Batching of decompositions, solvers and Fourier transforms, which take stacks as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.func.rules.aligning import stacked
from rushlight.func.rules.views import along_dims, as_it_is
from rushlight.ops import cholesky, eigen, fft, qr, solving, svd
from rushlight.ops.operator import Operator

__all__ = ["RULES"]


def _stacks(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For two stacks of matrices: the dimensions in front of the matrices are aligned."""
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
        ),
        as_it_is,
    ),
    **dict.fromkeys(
        (cholesky.cholesky_solve, solving.solve_triangular, solving.triangular_solve), _stacks
    ),
    solving.solve: _solve,
    qr.qr: _qr,
    **dict.fromkeys((fft.c2c, fft.c2r, fft.r2c), along_dims),
}
