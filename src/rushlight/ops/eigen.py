"""Eigenvalues and eigenvectors of Hermitian and of general matrices.

The rules are Giles's ("Collected matrix derivative results", 2008, section 3.1), for complex
matrices Boeddeker et al.'s (2017, section 4.4). An eigenvector is only given up to its length and
its phase. Both are fixed here as LAPACK fixes them, to length 1 and an arbitrary phase, so the
derivative of the length is taken out, and a function that depends on the phase raises.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from rushlight.kernels.lapack import in_columns
from rushlight.ops.adjoints import (
    as_diagonal,
    column,
    diagonal,
    known,
    mH,
    off_diagonal,
    real,
    row,
    skew,
    symmetric,
)
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general
from rushlight.ops.operator import Operator
from rushlight.ops.solving import solve
from rushlight.ops.svd import gaps

__all__ = ["eig", "eigh"]


def _check_phases(name: str, turn: Any) -> None:
    values = known(turn)
    if values is not None and not np.allclose(np.diagonal(values, 0, -2, -1).imag, 0, 1e-2, 1e-2):
        raise RuntimeError(
            f"{name}_backward: The eigenvectors in the complex case are specified up to "
            "multiplication by e^{i phi}. The specified loss function depends on this quantity, "
            "so it is ill-defined."
        )


# -- Hermitian matrices --------------------------------------------------------------------------


def _eigh(a: Any, lower: bool, full: bool) -> tuple[Any, Any]:
    uplo: Literal["L", "U"] = "L" if lower else "U"
    if not full:
        return np.linalg.eigvalsh(a, uplo), np.empty(0, a.dtype)
    values, found = np.linalg.eigh(a, uplo)
    return values, in_columns(found)


def _eigh_rule(g: Any, values: Any, vectors: Any) -> Any:
    g_values, g_vectors = g
    v, vh = vectors, mH(vectors)
    if g_vectors is None:
        return None if g_values is None else (v * row(g_values)) @ vh
    turn = vh @ g_vectors
    if is_complex(v):
        _check_phases("linalg_eigh", turn)
    middle = skew(off_diagonal(turn)) / gaps(values)
    if g_values is not None:
        middle = middle + as_diagonal(g_values)
    return v @ middle @ vh


def _eigh_jvp(a_t: Any, values: Any, vectors: Any) -> Any:
    turn = mH(vectors) @ symmetric(a_t) @ vectors
    return real(diagonal(turn)), vectors @ (off_diagonal(turn) / gaps(values))


eigh: Operator = general(
    "linalg_eigh",
    _eigh,
    conjugate=False,
    outputs=("values", "vectors"),
    a=_eigh_rule,
    jvp=_eigh_jvp,
)


# -- general matrices ----------------------------------------------------------------------------


def _eig(a: Any, full: bool) -> tuple[Any, Any]:
    kind = np.result_type(a.dtype, np.complex64)
    if not full:
        return np.linalg.eigvals(a).astype(kind, copy=False), np.empty(0, kind)
    values, found = np.linalg.eig(a)
    return values.astype(kind, copy=False), found.astype(kind, copy=False)


def _eig_rule(g: Any, values: Any, vectors: Any) -> Any:
    g_values, g_vectors = g
    v, vh = vectors, mH(vectors)
    if g_vectors is None:
        if g_values is None:
            return None
        return solve(vh, column(g_values) * vh, True, False)[0]
    turn = vh @ g_vectors
    _check_phases("linalg_eig", turn)
    # What only changes a vector's length is taken out: it is 1 whatever the matrix is.
    turn = turn - (vh @ v) * row(diagonal(turn).real)
    middle = off_diagonal(turn) / gaps(values).conj()
    if g_values is not None:
        middle = middle + as_diagonal(g_values)
    return solve(vh, middle @ vh, True, False)[0]


def _eig_jvp(a_t: Any, values: Any, vectors: Any) -> Any:
    from rushlight.ops.fitting import cast_to

    v = vectors
    if not is_complex(a_t):
        a_t = cast_to(a_t, values.dtype.numpy)
    turn = solve(v, a_t @ v, True, False)[0]
    change = v @ (off_diagonal(turn) / gaps(values))
    along = (v.conj() * change).sum(-2).real
    return diagonal(turn), change - v * row(along)


eig: Operator = general(
    "linalg_eig",
    _eig,
    conjugate=False,
    outputs=("values", "vectors"),
    a=_eig_rule,
    jvp=_eig_jvp,
)
