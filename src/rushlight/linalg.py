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
from rushlight.api.factors import (
    ldl_factor,
    ldl_factor_ex,
    ldl_solve,
    lu_factor,
    lu_factor_ex,
)
from rushlight.api.factors import linalg_lu as lu
from rushlight.api.factors import linalg_lu_solve as lu_solve
from rushlight.api.least_squares import cond, lstsq, matrix_rank, pinv
from rushlight.api.linalg import linalg_matrix_exp as matrix_exp
from rushlight.api.linalg import linalg_matrix_power as matrix_power
from rushlight.api.linalg import multi_dot
from rushlight.api.linalg_checks import _LinAlgError as LinAlgError
from rushlight.api.matrix import matmul
from rushlight.api.norms import linalg_norm as norm
from rushlight.api.norms import matrix_norm, vector_norm
from rushlight.api.reflections import householder_product
from rushlight.api.solving import inv, inv_ex, solve, solve_ex, solve_triangular
from rushlight.api.solving import linalg_det as det
from rushlight.api.solving import linalg_slogdet as slogdet
from rushlight.api.tensor_systems import diagonal, tensorinv, tensorsolve, vecdot
from rushlight.api.tensor_systems import linalg_vander as vander

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
