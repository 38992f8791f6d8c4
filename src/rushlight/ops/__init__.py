"""Declarations of operators, a family a file; and ``torch.ops.aten``: PyTorch's names of them."""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any


def __getattr__(name: str) -> _Any:
    if name == "aten":  # few programs name operators by it
        return _import_module("rushlight._ops").aten
    raise AttributeError(f"module 'rushlight.ops' has no attribute {name!r}")
