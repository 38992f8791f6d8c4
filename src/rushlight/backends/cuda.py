"""CUDA's switches, which change nothing here."""

from __future__ import annotations

__all__ = ["is_built", "matmul"]


class _Products:
    """How CUDA would multiply matrices."""

    def __init__(self) -> None:
        self.allow_tf32 = False
        self.allow_fp16_reduced_precision_reduction = True
        self.allow_bf16_reduced_precision_reduction = True


matmul = _Products()


def is_built() -> bool:
    """Return whether the package was built with CUDA: no."""
    return False
