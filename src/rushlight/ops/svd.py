"""The singular value decomposition ``x = u diag(s) vh``, in its thin form.

The rule is the general one (Giles, "An extended collection of matrix derivative results", 2008,
section 3.6; for complex matrices the phase of each pair of singular vectors is free, and a function
that does not depend on it has the extra term on the diagonal). It needs distinct singular values
only where a cotangent of the vectors comes in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general

__all__ = ["svd"]


def _svd(x: Any) -> tuple[Any, Any, Any]:
    if 0 in x.shape[-2:]:
        *lead, m, n = x.shape
        s = np.zeros((*lead, 0), x.real.dtype)
        return np.zeros((*lead, m, 0), x.dtype), s, np.zeros((*lead, 0, n), x.dtype)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return u, s, vh


def _adjoint(x: Any) -> Any:
    return x.conj().mT if is_complex(x) else x.mT


def _rule(g: Any, u: Any, s: Any, vh: Any, x_shape: tuple[int, ...]) -> Any:
    gu, gs, gvh = g
    row = s[..., None, :]
    result = None if gs is None else (u * gs[..., None, :]) @ vh
    if gu is None and gvh is None:
        return result
    column, uh, v = s[..., :, None], _adjoint(u), _adjoint(vh)
    k = s.shape[-1]
    # Off the diagonal the vectors turn by 1 / (s_j^2 - s_i^2); on it they cannot turn at all.
    dtype = s.dtype if isinstance(s, np.ndarray) else s.dtype.numpy
    apart = row * row - column * column + np.diag(np.full(k, np.inf, dtype))
    middle: Any = 0
    if gu is not None:
        turn = uh @ gu
        turn = turn - _adjoint(turn)
        middle = middle + (turn / apart) * row
        if is_complex(turn):
            middle = middle + turn * np.eye(k, dtype=dtype) / (2 * row)
    if gvh is not None:
        turn = vh @ _adjoint(gvh)
        turn = turn - _adjoint(turn)
        middle = middle + column * (turn / apart)
    part = u @ middle @ vh
    if gu is not None and x_shape[-2] > k:
        outside = gu / row
        part = part + (outside - u @ (uh @ outside)) @ vh
    if gvh is not None and x_shape[-1] > k:
        outside = gvh / column
        part = part + u @ (outside - (outside @ v) @ vh)
    return part if result is None else result + part


svd = general("linalg_svd", _svd, conjugate=False, outputs=("u", "s", "vh"), x=_rule)
