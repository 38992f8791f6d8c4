"""Who wants to see every call of an operator: the profiler, selective checkpoints, debug logs.

Nothing on the eager path knows of them. While somebody watches, each public function has another
*code* (`rushlight.api.exchange`) that hands the call to the watchers, the innermost of which runs
the function's own. When nobody watches, the functions have their own code again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from rushlight.api.aten import operators
from rushlight.api.exchange import WATCHES, Layer, put, take

__all__ = ["OPERATORS", "Call", "Watch"]

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
# A function's name, or what tells it from the arguments of a call.
Name = str | Callable[[Args], str]
# Is given the function's name, what runs the call, and the arguments; returns the result.
Watcher = Callable[[str, "Call", Args, Kwargs], Any]


class Watch:
    """A set of functions that can be watched. It is asked for when somebody first does."""

    def __init__(self, functions: Callable[[], Mapping[FunctionType, Name]]) -> None:
        self.functions = functions
        self.lock = threading.Lock()
        self.watchers: dict[Watcher, int] = {}  # each with how often it was added
        self.layers: dict[FunctionType, Layer] = {}

    def add(self, watcher: Watcher) -> None:
        """Let `watcher` see every call from now on, in whatever thread."""
        with self.lock:
            if not self.watchers:
                for function, name in self.functions().items():
                    self.layers[function] = self._layer(name)
                    put(function, self.layers[function], WATCHES)
            self.watchers[watcher] = self.watchers.get(watcher, 0) + 1

    def remove(self, watcher: Watcher) -> None:
        """Take back one `add`."""
        with self.lock:
            self.watchers[watcher] -= 1
            if not self.watchers[watcher]:
                del self.watchers[watcher]
            if not self.watchers:
                for function, layer in self.layers.items():
                    take(function, layer)
                self.layers.clear()

    def _layer(self, name: Name) -> Layer:
        """What passes the calls of one function through the watchers."""

        def watched(call: Callable[..., Any], args: Args, kwargs: Kwargs) -> Any:
            watchers = tuple(self.watchers)
            called = name if isinstance(name, str) else name(args)
            return Call(call, called, watchers)(*args, **kwargs)

        return watched


class Call:
    """What a watcher calls to let the function run: the next watcher, or the function itself."""

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


OPERATORS = Watch(operators)
