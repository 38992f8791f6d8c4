"""Utilities: data loading."""

from __future__ import annotations

from rushlight.utils import data

__all__ = ["data"]
