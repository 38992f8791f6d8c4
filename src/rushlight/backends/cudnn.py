"""cuDNN's switches, which change nothing here.

>>> import rushlight as torch
>>> torch.backends.cudnn.benchmark = True
>>> torch.backends.cudnn.is_available()
False
"""

from __future__ import annotations

__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Return whether cuDNN is there: no."""
    return False


def version() -> int | None:
    """Return cuDNN's version: None."""
    return None
