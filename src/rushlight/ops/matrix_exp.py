"""The exponential of square matrices.

Its derivative is a corner of a larger exponential (Van Loan, "Computing integrals involving the
matrix exponential", 1978): ``exp [[A, E], [0, A]]`` has the change of ``exp A`` in the direction E
at its upper right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.adjoints import mH
from rushlight.ops.convert import zeroed
from rushlight.ops.declare import general
from rushlight.ops.operator import Operator
from rushlight.ops.shape import cat

__all__ = ["matrix_exp"]


def _exp(a: Any) -> Any:
    from scipy.linalg import expm

    if a.dtype.char not in "fdFD":
        return _exp(a.astype(np.float32)).astype(a.dtype)
    return expm(a).astype(a.dtype, copy=False) if a.size else a.copy()


def _corner(a: Any, change: Any) -> Any:
    n = a.shape[-1]
    dim = a.ndim - 1
    upper, lower = cat(dim, a, change), cat(dim, zeroed(a), a)
    return matrix_exp(cat(dim - 1, upper, lower))[..., :n, n:]


matrix_exp: Operator = general(
    "linalg_matrix_exp",
    _exp,
    conjugate=False,
    a=lambda g, a: _corner(mH(a), g),
    jvp=lambda a_t, a: _corner(a, a_t),
)
