"""Pseudoinverses and least squares.

The rule is Golub and Pereyra's ("The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate", 1973, theorem 4.3), which holds while the rank stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import least_squares as kernels
from rushlight.ops.adjoints import column, mH, row
from rushlight.ops.declare import general
from rushlight.ops.operator import Operator

__all__ = ["lstsq", "pinv"]


def _pinv_rule(g: Any, a: Any, y: Any) -> Any:
    yh, gh = mH(y), mH(g)
    m, n = a.shape[-2:]
    if m <= n:
        inner = gh @ y
        tail = inner @ yh
        return -mH(y @ inner) + tail - (a @ y) @ tail + (yh @ y) @ (gh - inner @ a)
    inner = y @ gh
    tail = yh @ inner
    return -mH(inner @ y) + ((gh - a @ inner) @ y) @ yh + tail - (tail @ y) @ a


pinv: Operator = general(
    "linalg_pinv",
    kernels.pinv,
    conjugate=False,
    a=lambda g, a, y: _pinv_rule(g, a, y),
)


# -- least squares -------------------------------------------------------------------------------


def _lstsq(a: Any, b: Any, rcond: float, driver: str, vector: bool) -> tuple[Any, Any, Any, Any]:
    rhs = b[..., None] if vector else b
    x, rank, values = kernels.lstsq(a, rhs, rcond, driver)
    m, n = a.shape[-2:]
    residuals = np.empty(0, a.real.dtype)
    if m > n and driver != "gelsy" and (driver == "gels" or np.all(rank == n)):
        gap = np.matmul(a, x) - rhs
        residuals = (gap.real**2 + gap.imag**2 if gap.dtype.kind == "c" else gap * gap).sum(-2)
    return (x[..., 0] if vector else x), residuals, rank, values


def _lstsq_rule(
    g: Any, a: Any, b: Any, x: Any, residuals: Any, rcond: float, vector: bool, needs: Any
) -> Any:
    gx, gr = g[0], g[1]
    rhs, found = (column(b), column(x)) if vector else (b, x)
    ga = gb = None
    if gx is not None:
        gx = column(gx) if vector else gx
        inverse = pinv(a, 0.0, rcond, False)
        ga = _pinv_rule(gx @ mH(rhs), a, inverse) if needs[0] else None
        gb = mH(inverse) @ gx if needs[1] else None
    if gr is not None and 0 not in tuple(residuals.shape):
        # The squares of A X - B, in which X minimises them: its own change doesn't count.
        gap = (a @ found - rhs) * (2 * row(gr))
        pull = gap @ mH(found)
        ga = (pull if ga is None else ga + pull) if needs[0] else None
        gb = (-gap if gb is None else gb - gap) if needs[1] else None
    return ga, gb if gb is None or not vector else gb.reshape(b.shape)


lstsq: Operator = general(
    "linalg_lstsq",
    _lstsq,
    conjugate=False,
    outputs=("x", "residuals", "rank", "values"),
    constant=("rank", "values"),
    inputs=("a", "b"),
    together=_lstsq_rule,
)
