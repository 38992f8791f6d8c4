"""Where `torch.nn.parameter` has them: Parameter and Buffer."""

from __future__ import annotations

from rushlight.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
