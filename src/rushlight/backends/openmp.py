"""Whether OpenMP is there: no."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Return whether the package computes with OpenMP: no."""
    return False
