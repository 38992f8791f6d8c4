"""The module in which PyTorch's `Tensor` is written, for code that imports it from there."""

from __future__ import annotations

from rushlight.tensor import Tensor

__all__ = ["Tensor"]
