"""Utilities: data loading, checkpointing, hooks, exchange of tensors."""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from rushlight.utils import data, hooks
from rushlight.utils.swap import swap_tensors

if _TYPE_CHECKING:
    from rushlight.utils import checkpoint

__all__ = ["checkpoint", "data", "hooks", "swap_tensors"]


def __getattr__(name: str) -> _Any:
    if name == "checkpoint":  # few programs do
        return _import_module("rushlight.utils.checkpoint")
    raise AttributeError(f"module 'rushlight.utils' has no attribute {name!r}")
