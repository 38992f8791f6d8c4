"""Signal processing: what `torch.signal` has, which is windows."""

from __future__ import annotations

from rushlight.signal import windows

__all__ = ["windows"]
