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


_LATER = ("_contextlib", "_mode_utils", "_python_dispatch", "_pytree", "checkpoint", "dlpack")


def __getattr__(name: str) -> _Any:
    if name in _LATER:  # few programs use them
        return _import_module(f"rushlight.utils.{name}")
    raise AttributeError(f"module 'rushlight.utils' has no attribute {name!r}")
