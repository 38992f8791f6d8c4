"""Linear algebra: what `torch.linalg` has."""

from __future__ import annotations

from rushlight.api.cross import linalg_cross as cross
from rushlight.api.decompositions import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    qr,
    svd,
    svdvals,
)
from rushlight.api.linalg import matrix_power, multi_dot
from rushlight.api.linalg_checks import _LinAlgError as LinAlgError
from rushlight.api.matrix import matmul
from rushlight.api.norms import linalg_norm as norm
from rushlight.api.norms import matrix_norm, vector_norm
from rushlight.api.solving import inv, inv_ex, solve, solve_ex, solve_triangular
from rushlight.api.solving import linalg_det as det
from rushlight.api.solving import linalg_slogdet as slogdet

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cross",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "inv_ex",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "vector_norm",
]
