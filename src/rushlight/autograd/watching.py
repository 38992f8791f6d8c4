"""Who wants to see every node as it is recorded: anomaly mode, hooks of saved tensors.

Nothing on the eager path knows of them. Whatever records a node finishes it by numbering it, so
while somebody watches, `Node.seq` is a descriptor that hands the numbered node on; when nobody
does it is gone again, and ``seq`` an ordinary attribute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rushlight.autograd.node import Node

__all__ = ["unwatch", "watch"]

Watcher = Callable[[Node], None]

_lock = threading.Lock()
_watchers: dict[Watcher, int] = {}  # each with how often it was asked for, over all threads


class _Numbered:
    """Stands in for the attribute ``seq`` of all nodes while somebody watches."""

    def __get__(self, node: Any, kind: Any = None) -> Any:
        return self if node is None else node.__dict__["seq"]

    def __set__(self, node: Any, seq: int) -> None:
        node.__dict__["seq"] = seq
        for watcher in tuple(_watchers):
            watcher(node)


def watch(watcher: Watcher) -> None:
    """Call ``watcher(node)`` for every node recorded from now on, in whatever thread.

    The node has all it needs but its outputs, which don't point to it yet.
    """
    with _lock:
        _watchers[watcher] = _watchers.get(watcher, 0) + 1
        Node.seq = _Numbered()  # type: ignore[assignment]


def unwatch(watcher: Watcher) -> None:
    """Take back one `watch` with this watcher."""
    with _lock:
        _watchers[watcher] -= 1
        if not _watchers[watcher]:
            del _watchers[watcher]
        if not _watchers:
            del Node.seq
