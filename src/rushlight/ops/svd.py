"""The singular value decomposition ``x = u diag(s) vh``.

The rule is the general one (Townsend, "Differentiating the singular value decomposition", 2016;
Giles, "An extended collection of matrix derivative results", 2008, section 3.6). It needs distinct
singular values only where a cotangent of the vectors comes in. For complex matrices the phase of
each pair of singular vectors is free: functions that depend on it have no derivative, and raise.
Columns beyond the singular values, of full matrices, count as constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.lapack import in_columns
from rushlight.ops.adjoints import (
    as_diagonal,
    column,
    diagonal,
    eye_like,
    known,
    mH,
    off_diagonal,
    row,
)
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general

__all__ = ["gaps", "svd"]


def _svd(x: Any, full_matrices: bool, vectors: bool) -> tuple[Any, Any, Any]:
    *lead, m, n = x.shape
    if 0 in (m, n):
        k = (m, n) if full_matrices else (0, 0)
        u, vh = np.zeros((*lead, m, k[0]), x.dtype), np.zeros((*lead, k[1], n), x.dtype)
        if full_matrices:
            u[...], vh[...] = np.eye(m), np.eye(n)
        s = np.zeros((*lead, 0), x.real.dtype)
    elif vectors:
        u, s, vh = np.linalg.svd(x, full_matrices)
        return in_columns(u), s, in_columns(vh)
    else:
        s = np.linalg.svd(x, compute_uv=False)
    if vectors:
        return u, s, vh
    return np.empty(0, x.dtype), s, np.empty(0, x.dtype)


def gaps(s: Any) -> Any:
    """The differences ``s_j - s_i``, and 1 on the diagonal, where what is divided must be 0."""
    return row(s) - column(s) + eye_like(s)


def _check_phases(left: Any, right: Any) -> None:
    """Refuse cotangents that depend on the phases of the vectors, as PyTorch does."""
    turns = [np.diagonal(t, 0, -2, -1).imag for t in map(known, (left, right)) if t is not None]
    if turns and not np.allclose(sum(turns), 0, 1e-2, 1e-2):
        raise RuntimeError(
            "svd_backward: The singular vectors in the complex case are specified up to "
            "multiplication by e^{i phi}. The specified loss function depends on this phase "
            "term, making it ill-defined."
        )


def _rule(g: Any, u: Any, s: Any, vh: Any, x_shape: tuple[int, ...], full_matrices: bool) -> Any:
    gu, gs, gvh = g
    k = s.shape[-1]
    if full_matrices:
        u, vh = u[..., :, :k], vh[..., :k, :]
        gu = None if gu is None else gu[..., :, :k]
        gvh = None if gvh is None else gvh[..., :k, :]
    result = None if gs is None else (u * row(gs)) @ vh
    if gu is None and gvh is None:
        return result
    across, down, uh, v = row(s), column(s), mH(u), mH(vh)
    left = None if gu is None else uh @ gu
    right = None if gvh is None else vh @ mH(gvh)
    # Off the diagonal the vectors turn by 1 / (s_j^2 - s_i^2); on it they cannot turn at all.
    apart = (across - down) * (across + down) + eye_like(s)
    middle: Any = 0
    if left is not None:
        turn = off_diagonal(left - mH(left)) / apart
        middle = middle + turn * across
    if right is not None:
        turn = off_diagonal(right - mH(right)) / apart
        middle = middle + down * turn
    if is_complex(u):
        _check_phases(left, right)
        if left is not None:
            imaginary = diagonal(left).imag * 1j
            middle = middle + as_diagonal(imaginary / s)
    part = u @ middle @ vh
    if gu is not None and x_shape[-2] > k:
        outside = gu / across
        part = part + (outside - u @ (uh @ outside)) @ vh
    if gvh is not None and x_shape[-1] > k:
        outside = gvh / down
        part = part + u @ (outside - (outside @ v) @ vh)
    return part if result is None else result + part


svd = general("linalg_svd", _svd, conjugate=False, outputs=("u", "s", "vh"), x=_rule)
