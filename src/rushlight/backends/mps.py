"""Whether Apple's Metal is there: no."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Return whether the package computes with Metal: no."""
    return False


def is_built() -> bool:
    """Return whether the package was built with Metal: no."""
    return False
