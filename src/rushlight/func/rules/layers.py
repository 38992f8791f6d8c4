"""Batching of layers and losses."""

from __future__ import annotations

from typing import Any

__all__ = ["RULES"]

RULES: dict[Any, Any] = {}
