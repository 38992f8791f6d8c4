"""Inverses, determinants, and solutions of linear systems.

Matrix formulas after Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), section 2.2, with adjoints for transposes in the complex case
(Boeddeker, Hanebrink, Drude, Heymann, Haeb-Umbach, "On the computation of complex-valued gradients
with application to statistically optimum beamforming", 2017). Nothing is conjugated before it
gets here; the formulas say it themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import lapack
from rushlight.ops.adjoints import (
    column,
    eye_like,
    known,
    like,
    mH,
    real,
    row,
    trace,
)
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general
from rushlight.ops.masking import where
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import tril, triu
from rushlight.ops.scan import products_of_others
from rushlight.ops.svd import svd

__all__ = [
    "det",
    "inv",
    "slogdet",
    "solve",
    "solve_triangular",
    "triangular_solve",
]


# -- A X = B -------------------------------------------------------------------------------------


def _solve(a: Any, b: Any, left: bool, vector: bool) -> tuple[Any, Any]:
    if vector:
        x, info = lapack.solve(a, b[..., None])
        return x[..., 0], info
    if left:
        return lapack.solve(a, b)
    x, info = lapack.solve(a.mT, b.mT)
    return x.mT, info


def _solve_b(g: Any, a: Any, left: bool, vector: bool) -> Any:
    return None if g[0] is None else solve(mH(a), g[0], left, vector)[0]


def _solve_a(g: Any, a: Any, x: Any, left: bool, vector: bool) -> Any:
    gb = _solve_b(g, a, left, vector)
    if gb is None:
        return None
    if vector:
        return -column(gb) @ row(x.conj())
    return -gb @ mH(x) if left else -mH(x) @ gb


def _solve_jvp(a_t: Any, b_t: Any, a: Any, x: Any, left: bool, vector: bool) -> Any:
    if vector:
        change = b_t - (a_t @ column(x)).squeeze(-1)
    else:
        change = b_t - (a_t @ x if left else x @ a_t)
    return solve(a, change, left, vector)[0]


solve: Operator = general(
    "linalg_solve_ex",
    _solve,
    conjugate=False,
    outputs=("x", "info"),
    constant=("info",),
    a=_solve_a,
    b=_solve_b,
    jvp=_solve_jvp,
)


# -- triangular A --------------------------------------------------------------------------------


def _triangle(x: Any, upper: bool, unitriangular: bool) -> Any:
    """What of a matrix is read."""
    return triu(x, int(unitriangular)) if upper else tril(x, -int(unitriangular))


def _triangular_b(g: Any, a: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    return solve_triangular(mH(a), g, not upper, left, unitriangular)


def _triangular_a(g: Any, a: Any, x: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    gb = _triangular_b(g, a, upper, left, unitriangular)
    return _triangle(-gb @ mH(x) if left else -mH(x) @ gb, upper, unitriangular)


def _triangular_jvp(
    a_t: Any, b_t: Any, a: Any, x: Any, upper: bool, left: bool, unitriangular: bool
) -> Any:
    turn = _triangle(a_t, upper, unitriangular)
    return solve_triangular(a, b_t - (turn @ x if left else x @ turn), upper, left, unitriangular)


solve_triangular: Operator = general(
    "linalg_solve_triangular",
    lambda a, b, upper, left, unitriangular: lapack.solve_triangular(
        a, b, upper, left, unitriangular
    ),
    conjugate=False,
    outputs=("x",),
    a=_triangular_a,
    b=_triangular_b,
    jvp=_triangular_jvp,
)


def _old_solve(b: Any, a: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
    x = lapack.solve_triangular(a, b, upper, True, unitriangular, int(transpose))
    return x, lapack.in_columns(np.array(lapack.stacked_to(x.shape[:-2], a)))


def _old_b(g: Any, a: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
    if transpose:
        return solve_triangular(a.conj(), g[0], upper, True, unitriangular)
    return solve_triangular(mH(a), g[0], not upper, True, unitriangular)


def _old_rules(
    g: Any, b: Any, a: Any, x: Any, upper: bool, transpose: bool, unitriangular: bool, needs: Any
) -> Any:
    gb = ga = None
    if g[0] is not None:
        gb = _old_b(g, a, upper, transpose, unitriangular)
        if needs[1]:
            ga = -(x.conj() @ gb.mT) if transpose else -gb @ mH(x)
            ga = _triangle(ga, upper, unitriangular)
    if needs[1] and g[1] is not None:
        ga = g[1] if ga is None else ga + g[1]
    return gb if needs[0] else None, ga


triangular_solve: Operator = general(
    "triangular_solve",
    _old_solve,
    conjugate=False,
    outputs=("x", "clone"),
    inputs=("b", "a"),
    together=_old_rules,
)


# -- inverses and determinants -------------------------------------------------------------------

inv: Operator = general(
    "linalg_inv_ex",
    lambda a: lapack.inverse(a),
    conjugate=False,
    outputs=("y", "info"),
    constant=("info",),
    a=lambda g, y: None if g[0] is None else -mH(y) @ g[0] @ mH(y),
    jvp=lambda a_t, y: -y @ a_t @ y,
)


def _det_rule(g: Any, a: Any, y: Any) -> Any:
    """Jacobi's formula ``det(A) A^-H``, which is the matrix of cofactors, conjugated.

    Singular matrices have cofactors too: with ``A = U S V^H`` they are those of the diagonal S,
    turned back (Higham, "What is the adjugate of a matrix?", 2020).
    """
    singular = known(y)
    singular = None if singular is None else np.equal(singular, 0)
    if singular is None or not np.any(singular):
        return solve(mH(a), as_diagonal_of(g * y.conj(), a), True, False)[0]
    singular = singular[..., None, None]
    some = eye_like(a) + np.zeros(a.shape, eye_like(a).dtype)
    regular = where(singular, like(some, a), a)
    straight = solve(mH(regular), as_diagonal_of(g * y.conj(), a), True, False)[0]
    spread_out = like(some * np.arange(1, a.shape[-1] + 1), a)  # distinct singular values
    u, s, vh = svd(where(singular, a, spread_out), False, True)
    turn = (det(u) * det(vh)).conj() * g
    scale = column(turn) * products_of_others(s, s.ndim - 1)
    return where(singular, (u * row(scale)) @ vh, straight)


def as_diagonal_of(scale: Any, a: Any) -> Any:
    """The identity times numbers, in the size of the matrices `a`."""
    return scale.reshape((*scale.shape, 1, 1)) * like(eye_like(a), a)


det: Operator = general(
    "linalg_det",
    lambda a: np.asarray(np.linalg.det(a)),
    conjugate=False,
    a=_det_rule,
)


def _slogdet_rule(g: Any, a: Any, sign: Any) -> Any:
    gsign, glog = g
    scale = glog
    if is_complex(a) and gsign is not None:
        around = (sign.conj() * gsign).imag * 1j
        scale = around if glog is None else glog + around
    if scale is None:
        return None
    return solve(mH(a), as_diagonal_of(scale, a), True, False)[0]


def _slogdet_jvp(a_t: Any, a: Any, sign: Any) -> Any:
    turn = trace(solve(a, a_t, True, False)[0])
    return (turn.imag * 1j * sign if is_complex(a) else None), real(turn)


slogdet: Operator = general(
    "linalg_slogdet",
    lambda a: tuple(map(np.asarray, np.linalg.slogdet(a))),
    conjugate=False,
    outputs=("sign", "log"),
    a=_slogdet_rule,
    jvp=_slogdet_jvp,
)
