"""Who wants to see every call of an operator: the profiler, selective checkpoints, debug logs.

Nothing on the eager path knows of them. While somebody watches, each public function has another
*code* (`rushlight.api.exchange`) that hands the call to the watchers, the innermost of which runs
the function's own. When nobody watches, the functions have their own code again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

from rushlight.api.exchange import WATCHES, Layer, put, take

__all__ = ["Call", "unwatch_calls", "watch_calls"]

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
# Is given the operator's name, what runs the call, and the arguments; returns the result.
Watcher = Callable[[str, "Call", Args, Kwargs], Any]

_lock = threading.Lock()
_watchers: dict[Watcher, int] = {}  # each with how often it was asked for
_watched: dict[FunctionType, Layer] = {}


def _layer(name: Any) -> Layer:
    """What passes the calls of one operator through the watchers."""

    def watched(call: Callable[..., Any], args: Args, kwargs: Kwargs) -> Any:
        watchers = tuple(_watchers)
        return Call(call, name if type(name) is str else name(args), watchers)(*args, **kwargs)

    return watched


class Call:
    """What a watcher calls to let the operator run: the next watcher, or the operator itself."""

    __slots__ = ("function", "name", "watchers")

    def __init__(
        self, function: Callable[..., Any], name: str, watchers: tuple[Watcher, ...]
    ) -> None:
        self.function = function
        self.name = name
        self.watchers = watchers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.watchers:
            return self.function(*args, **kwargs)
        further = Call(self.function, self.name, self.watchers[1:])
        return self.watchers[0](self.name, further, args, kwargs)


def watch_calls(watcher: Watcher) -> None:
    """Let `watcher` see every call of an operator from now on, in whatever thread."""
    from rushlight.api.aten import operators

    with _lock:
        if not _watchers:
            for function, name in operators().items():
                _watched[function] = _layer(name)
                put(function, _watched[function], WATCHES)
        _watchers[watcher] = _watchers.get(watcher, 0) + 1


def unwatch_calls(watcher: Watcher) -> None:
    """Take back one `watch_calls` with this watcher."""
    with _lock:
        _watchers[watcher] -= 1
        if not _watchers[watcher]:
            del _watchers[watcher]
        if not _watchers:
            for function, layer in _watched.items():
                take(function, layer)
            _watched.clear()
