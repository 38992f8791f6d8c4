"""Neural networks, as `torch.nn` lays them out."""

from __future__ import annotations

from rushlight.nn import functional

__all__ = ["functional"]
