"""Linear algebra: what `torch.linalg` has, as far as it is here."""

from __future__ import annotations

from rushlight.api.cross import linalg_cross as cross
from rushlight.api.linalg import matrix_power, multi_dot
from rushlight.api.matrix import matmul

__all__ = ["cross", "matmul", "matrix_power", "multi_dot"]
