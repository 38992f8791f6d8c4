"""The QR decomposition, and the products of Householder's reflections that it is made of.

The rules are Walter and Lehmann's ("Algorithmic differentiation of linear algebra functions with
application in optimum experimental design", 2010) for tall matrices; the columns beyond a square
are ``Q R`` themselves, so for wide ones they come in by the product rule. Complex matrices have
real numbers on R's diagonal only by the choice of phases, hence the real part on the diagonal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.lapack import in_columns
from rushlight.ops.adjoints import as_diagonal, diagonal, mH, real
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import tril, triu
from rushlight.ops.shape import cat
from rushlight.ops.solving import solve_triangular

__all__ = ["qr"]


_decompose: Any = np.linalg.qr


def _qr(a: Any, mode: str) -> tuple[Any, Any]:
    *lead, m, n = a.shape
    if 0 in a.shape:
        k = m if mode == "complete" else min(m, n)
        q = np.empty((*lead, m, k), a.dtype)
        q[...] = np.eye(m, k)
        r = np.zeros((*lead, k, n), a.dtype)
    elif mode == "r":
        q, r = a, _decompose(a, "r")
    else:
        q, r = _decompose(a, mode)
    return (np.empty(0, a.dtype) if mode == "r" else in_columns(q)), in_columns(r)


def _square(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """The rule for matrices that aren't wide."""
    inner = None if gr is None else gr @ mH(r)
    if gq is not None:
        turn = mH(q) @ gq
        inner = -turn if inner is None else inner - turn
    inner = triu(inner, 0)
    both = inner + mH(inner)
    # Half of the diagonal's real part was counted twice, and its imaginary part must vanish.
    both = q @ (both - as_diagonal(real(diagonal(both))) / 2)
    return solve_triangular(mH(r), both if gq is None else both + gq, False, False, False)


def _rule(g: Any, q: Any, r: Any, a_shape: tuple[int, ...], mode: str) -> Any:
    gq, gr = g
    m, n = a_shape[-2:]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
            "Please use linalg.qr(A, mode='reduced') if you are going to differentiate through "
            "linalg.qr."
        )
    if mode == "complete" and m > n:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
        )
    if gq is None and gr is None:
        return None
    if m >= n:
        return _square(gq, gr, q, r)
    if gr is None:
        head = _square(gq, None, q, r[..., :, :m])
        return cat(head.ndim - 1, head, q @ (r[..., :, m:] * 0))
    beyond = gr[..., :, m:]
    pulled = q @ (r[..., :, m:] @ mH(beyond))
    head = _square(pulled if gq is None else gq + pulled, gr[..., :, :m], q, r[..., :, :m])
    return cat(head.ndim - 1, head, q @ beyond)


def _jvp(a_t: Any, q: Any, r: Any, a_shape: tuple[int, ...], mode: str) -> Any:
    if mode == "r" or (mode == "complete" and a_shape[-2] > a_shape[-1]):
        _rule((None, None), q, r, a_shape, mode)
    m, n = a_shape[-2:]
    k = min(m, n)
    head, corner = a_t[..., :, :k], r[..., :, :k]
    scaled = solve_triangular(corner, head, True, False, False)  # A' R^-1
    turn = mH(q) @ scaled
    low = tril(turn, -1)
    skew = low - mH(low)
    if is_complex(turn):
        skew = skew + as_diagonal(diagonal(turn).imag * 1j)
    change_q = scaled - q @ turn + q @ skew
    return change_q, triu(mH(q) @ (a_t - change_q @ r), 0)


qr: Operator = general("linalg_qr", _qr, conjugate=False, outputs=("q", "r"), a=_rule, jvp=_jvp)
