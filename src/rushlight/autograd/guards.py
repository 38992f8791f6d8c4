"""Who stands between the engine and the nodes it calls: anomaly mode, the profiler.

A guard is ``guard(run, node, g, edges, graph)``; it runs the node, or the guard that came before
it, by ``run(node, g, edges, graph)``, and returns the node's cotangents. While there is none the
engine calls nodes itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from rushlight.autograd import engine
from rushlight.autograd.node import Node

__all__ = ["add_guard", "remove_guard"]

Guard = Callable[..., Any]

_lock = threading.Lock()
_guards: list[Guard] = []  # each as often as it was added


def add_guard(guard: Guard) -> None:
    """Let `guard` call the nodes, in all threads, from the next pass on."""
    with _lock:
        _guards.append(guard)
        _arrange()


def remove_guard(guard: Guard) -> None:
    """Take back one `add_guard`."""
    with _lock:
        _guards.remove(guard)
        _arrange()


def _arrange() -> None:
    run: Guard = _run
    for guard in dict.fromkeys(_guards):
        run = partial(guard, run)
    engine.set_guard(run if _guards else None)


def _run(node: Node, g: Any, edges: tuple[Any, ...], graph: bool) -> Any:
    return node.vjp_graph(g, edges) if graph else node.vjp(g, edges)
