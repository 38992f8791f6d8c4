"""``torch._dynamo``, as far as programs use it without compiling: see `rushlight.compiler`.

>>> import rushlight as torch
>>> torch._dynamo.disable(abs)(-1)
1
"""

from __future__ import annotations

from typing import Any

from rushlight.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    reset,
)

__all__ = ["allow_in_graph", "assume_constant_result", "disable"]
__all__ += ["forbid_in_graph", "graph_break", "is_compiling", "list_backends", "mark_dynamic"]
__all__ += ["mark_static", "maybe_mark_dynamic", "reset"]


def forbid_in_graph(fn: Any) -> Any:
    """Return the function, or functions, as given."""
    return fn


def graph_break(msg: str = "") -> None:
    """End the graph that is being traced, of which there is none."""


def mark_dynamic(t: Any, index: Any, **_: Any) -> None:
    """Say that a size changes from call to call. Sizes may always change here."""


def maybe_mark_dynamic(t: Any, index: Any) -> None:
    """Say that a size changes from call to call. Sizes may always change here."""


def mark_static(t: Any, index: Any = None) -> None:
    """Say that a size stays. Sizes may always change here."""
