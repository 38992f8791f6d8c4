"""LU decompositions ``A = P L U``, and what is solved with them.

With ``PA`` for the permuted matrix, the rule for square ones is
``L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H``; columns or rows beyond a square are products with
L or with U^-1 and come in by the product rule (de Hoog, Anderssen and Lukas, "Differentiation of
matrix functionals using triangular factorization", 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import lapack
from rushlight.ops.adjoints import mH
from rushlight.ops.convert import zeroed
from rushlight.ops.declare import constant, general, underivable
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import tril, triu
from rushlight.ops.shape import cat
from rushlight.ops.solving import solve_triangular

__all__ = ["ldl", "ldl_solve", "lu", "lu_factor", "lu_solve", "lu_unpack", "permutation"]


def _numpy_dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, np.ndarray) else x.dtype.numpy


permutation: Operator = constant("permutation", lapack.permutation)


def _parts(lu: Any, k: int) -> tuple[Any, Any]:
    """The two triangles that `lu_factor` keeps in one matrix."""
    low = lu[..., :, :k]
    dtype = _numpy_dtype(lu)
    ones = np.eye(lu.shape[-2], k, dtype=dtype.char.lower() if dtype.kind == "c" else dtype)
    return tril(low, -1) + ones, triu(lu[..., :k, :], 0)


def _rule(gl: Any, gu: Any, p: Any, low: Any, up: Any) -> Any:
    """The cotangent of A from those of L and U, either of which may be None."""
    m, n = low.shape[-2], up.shape[-1]
    k = min(m, n)
    low1, up1 = low[..., :k, :], up[..., :, :k]
    lh, uh = mH(low1), mH(up1)
    below: Any = None if gl is None else lh @ gl[..., :k, :]
    above: Any = None if gu is None else gu[..., :, :k] @ uh
    if n > k and gu is not None:
        pull = gu[..., :, k:] @ mH(up[..., :, k:])
        below = -pull if below is None else below - pull
    if m > k and gl is not None:
        pull = mH(low[..., k:, :]) @ gl[..., k:, :]
        above = -pull if above is None else above - pull
    inner = None if below is None else tril(below, -1)
    if above is not None:
        inner = triu(above, 0) if inner is None else inner + triu(above, 0)
    part = solve_triangular(lh, inner, True, True, True)
    part = solve_triangular(uh, part, False, False, False)
    if n > k:
        beyond = zeroed(up[..., :, k:]) if gu is None else gu[..., :, k:]
        beyond = solve_triangular(lh, beyond, True, True, True)
        part = cat(part.ndim - 1, part, beyond)
    if m > k:
        beyond = zeroed(low[..., k:, :]) if gl is None else gl[..., k:, :]
        beyond = solve_triangular(uh, beyond, False, False, False)
        part = cat(part.ndim - 2, part, beyond)
    return p @ part


def _lu(a: Any) -> tuple[Any, Any, Any]:
    factors, pivots, _ = lapack.lu(a)
    return (lapack.permutation(pivots, a.shape[-2], a.dtype), *_parts(factors, min(a.shape[-2:])))


def _lu_rule(g: Any, p: Any, low: Any, up: Any) -> Any:
    _, gl, gu = g
    return None if gl is None and gu is None else _rule(gl, gu, p, low, up)


lu: Operator = general(
    "linalg_lu", _lu, conjugate=False, outputs=("p", "low", "up"), constant=("p",), a=_lu_rule
)


def _factor_rule(g: Any, factors: Any, pivots: Any, a_shape: tuple[int, ...]) -> Any:
    if g[0] is None:
        return None
    m, n = a_shape[-2:]
    k = min(m, n)
    p = permutation(pivots, m, _numpy_dtype(factors))
    low, up = _parts(factors, k)
    return _rule(g[0][..., :, :k], g[0][..., :k, :], p, low, up)


lu_factor: Operator = general(
    "linalg_lu_factor_ex",
    lapack.lu,
    conjugate=False,
    outputs=("factors", "pivots", "info"),
    constant=("pivots", "info"),
    a=_factor_rule,
)


# -- unpacking and solving -----------------------------------------------------------------------


def _unpack(factors: Any, pivots: Any, data: bool, swaps: bool) -> tuple[Any, Any, Any]:
    m, n = factors.shape[-2:]
    none = np.empty(0, factors.dtype)
    p = lapack.permutation(pivots[..., : min(m, n)], m, factors.dtype) if swaps else none
    low, up = _parts(factors, min(m, n)) if data else (none, none)
    return p, low, up


def _unpack_rule(g: Any, factors_shape: tuple[int, ...], data: bool) -> Any:
    _, gl, gu = g
    if not data or (gl is None and gu is None):
        return None
    m, n = factors_shape[-2:]
    k = min(m, n)
    below = None if gl is None else tril(gl, -1)
    above = None if gu is None else triu(gu, 0)
    if not k:  # one of them is as empty as what was unpacked
        return gl if m else gu
    if below is not None and n > k:
        rest = zeroed(tril(gl[..., :, :1] @ gl[..., :1, :], 0))[..., :, :1]
        below = cat(below.ndim - 1, below, *[rest] * (n - k))
    if above is not None and m > k:
        rest = zeroed(gu[..., :1, :])
        above = cat(above.ndim - 2, above, *[rest] * (m - k))
    return above if below is None else below if above is None else below + above


lu_unpack: Operator = general(
    "lu_unpack",
    _unpack,
    conjugate=False,
    outputs=("p", "low", "up"),
    constant=("p",),
    factors=_unpack_rule,
)


def _solve(factors: Any, pivots: Any, b: Any, left: bool, adjoint: bool) -> Any:
    if left:
        return lapack.lu_solve(factors, pivots, b, 2 if adjoint else 0)
    x = lapack.lu_solve(factors, pivots, b.conj().mT, 0 if adjoint else 2)  # (X A)^H = A^H X^H
    return x.conj().mT


def _solve_factors(g: Any, factors: Any, pivots: Any, x: Any, left: bool, adjoint: bool) -> Any:
    gb = lu_solve(factors, pivots, g, left, not adjoint)
    if left:
        ga = -x @ mH(gb) if adjoint else -gb @ mH(x)
    else:
        ga = -mH(gb) @ x if adjoint else -mH(x) @ gb
    n = factors.shape[-1]
    turned = permutation(pivots, n, _numpy_dtype(factors)).mT @ ga
    low, up = _parts(factors, n)
    return tril(turned @ mH(up), -1) + triu(mH(low) @ turned, 0)


lu_solve: Operator = general(
    "linalg_lu_solve",
    _solve,
    conjugate=False,
    outputs=("x",),
    inputs=("factors", "b"),
    factors=_solve_factors,
    b=lambda g, factors, pivots, left, adjoint: lu_solve(factors, pivots, g, left, not adjoint),
)


# -- symmetric matrices: PyTorch has no derivatives here ---------------------------------------


ldl: Operator = general(
    "linalg_ldl_factor_ex",
    lapack.ldl,
    outputs=("factors", "pivots", "info"),
    constant=("pivots", "info"),
    node="NotImplemented",
    a=underivable("linalg_ldl_factor_ex"),
)
ldl_solve: Operator = general(
    "linalg_ldl_solve",
    lapack.ldl_solve,
    node="NotImplemented",
    factors=underivable("linalg_ldl_solve"),
    b=underivable("linalg_ldl_solve"),
)
