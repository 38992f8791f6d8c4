"""``torch.distributed``, which isn't there yet: programs ask before they use it.

>>> import rushlight as torch
>>> torch.distributed.is_available()
False
"""

from __future__ import annotations

__all__ = ["is_available", "is_initialized"]


def is_available() -> bool:
    """Return whether the package is there: not yet."""
    return False


def is_initialized() -> bool:
    """Return whether processes work together: never."""
    return False
