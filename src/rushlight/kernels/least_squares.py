"""Least squares and pseudoinverses: what ranks are judged by is the singular values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.lapack import lead_of, routine, stacked_to

__all__ = ["lstsq", "pinv"]

Array = NDArray[Any]


def pinv(a: Array, atol: Any, rtol: Any, hermitian: bool) -> Array:
    """Moore and Penrose's inverse, in which singular values up to ``max(atol, rtol s0)`` are 0."""
    *lead, m, n = a.shape
    if not m or not n:
        return np.zeros((*lead, n, m), a.dtype)
    if hermitian:
        values, u = np.linalg.eigh(a)
        s, vh = np.abs(values), u.conj().mT
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        values = s
    bound = np.maximum(np.asarray(atol), np.asarray(rtol) * s.max(-1))
    kept = s > bound[..., None]
    inverse = np.divide(1, values, out=np.zeros_like(values), where=kept)
    result: Array = np.matmul(
        vh.conj().mT * inverse[..., None, :].astype(values.dtype), u.conj().mT
    )
    return result


def lstsq(a: Array, b: Array, rcond: float, driver: str) -> tuple[Array, Array, Array]:
    """Solve ``min |A X - B|`` matrix by matrix; return X, ranks and singular values.

    The driver gels takes full rank for granted and tells of neither; gelsy knows no singular
    values. They are empty then.
    """
    from scipy import linalg

    lead = lead_of(a, b)
    m, n = a.shape[-2:]
    # LAPACK's right-hand sides, in column order, of which the solution is the first rows.
    x = np.zeros((*lead, b.shape[-1], max(m, n)), b.dtype).mT[..., :n, :]
    a_shape: tuple[int, ...] = a.shape[:-2]
    ranks = np.zeros(a_shape, np.int64)
    values = np.empty((*a_shape, min(m, n)), a.real.dtype)
    if a.size and b.size:
        a, b = stacked_to(lead, a), stacked_to(lead, b)
        for i in np.ndindex(*lead):
            if driver == "gels":
                tall = np.zeros((max(m, n), b.shape[-1]), b.dtype)
                tall[:m] = b[i]
                x[i] = routine("gels", a.dtype)(a[i], tall)[1][:n]
                continue
            found, _, rank, s = linalg.lstsq(a[i], b[i], rcond, lapack_driver=driver)
            x[i] = found
            place = tuple(0 if count == 1 else j for j, count in zip(i, a_shape))
            ranks[place] = rank
            if s is not None:
                values[place] = s
    none = np.empty(0, a.real.dtype)
    return (
        x,
        np.empty(0, np.int64) if driver == "gels" else ranks,
        values if driver in ("gelsd", "gelss") else none,
    )
