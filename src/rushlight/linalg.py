"""Linear algebra: what `torch.linalg` has, as far as it is here."""

from __future__ import annotations

from rushlight.api.cross import linalg_cross as cross
from rushlight.api.linalg import matrix_power, multi_dot
from rushlight.api.matrix import matmul
from rushlight.api.norms import linalg_norm as norm
from rushlight.api.norms import matrix_norm, vector_norm

__all__ = ["cross", "matmul", "matrix_norm", "matrix_power", "multi_dot", "norm", "vector_norm"]
