"""Utilities: data loading, exchange of tensors."""

from __future__ import annotations

from rushlight.utils import data, hooks
from rushlight.utils.swap import swap_tensors

__all__ = ["data", "hooks", "swap_tensors"]
