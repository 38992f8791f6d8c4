"""Who wants to see every call of an operator: the profiler, selective checkpoints, debug logs.

Nothing on the eager path knows of them. While somebody watches, each public function has another
*code*: Python keeps the code of a function in an attribute, ``__code__``, and what holds the
function (a module, a class, a list of activations, the program's own ``from rushlight import
exp``) holds it as before. The stand-in hands the call to the watchers, the innermost of which runs
the function's own code. When nobody watches, the functions have their own code again.
See docs/design/0007-watching.md for why, and for what else was tried.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["Call", "unwatch_calls", "watch_calls"]

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
# Is given the operator's name, what runs the call, and the arguments; returns the result.
Watcher = Callable[[str, "Call", Args, Kwargs], Any]

_lock = threading.Lock()
_watchers: dict[Watcher, int] = {}  # each with how often it was asked for
_exchanged: dict[FunctionType, tuple[Any, Any]] = {}  # their own codes and keyword defaults


def stand_in(*args: Any, _watched: Watched, **kwargs: Any) -> Any:
    """Run in the place of every operator that is watched."""
    return _watched.run(args, kwargs)


class Watched:
    """One operator while somebody watches."""

    __slots__ = ("call", "name")

    def __init__(self, function: FunctionType, name: Any) -> None:
        self.name = name
        own = FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        own.__kwdefaults__ = function.__kwdefaults__
        self.call: Callable[..., Any] = own

    def run(self, args: Args, kwargs: Kwargs) -> Any:
        """Pass a call through the watchers."""
        watchers = tuple(_watchers)
        if not watchers:  # the last one left while this call was on its way
            return self.call(*args, **kwargs)
        name = self.name if type(self.name) is str else self.name(args)
        call = Call(self.call, name, watchers[1:])
        return watchers[0](name, call, args, kwargs)


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
                _exchange(function, name)
        _watchers[watcher] = _watchers.get(watcher, 0) + 1


def unwatch_calls(watcher: Watcher) -> None:
    """Take back one `watch_calls` with this watcher."""
    with _lock:
        _watchers[watcher] -= 1
        if not _watchers[watcher]:
            del _watchers[watcher]
        if not _watchers:
            for function, (code, defaults) in _exchanged.items():
                function.__code__ = code
                function.__kwdefaults__ = defaults
            _exchanged.clear()


def _exchange(function: FunctionType, name: Any) -> None:
    """Give a function the stand-in's code, and through a keyword's default, what it stands for.

    Python asks that both codes close over equally many variables. In between, and afterwards, a
    call in another thread finds all that either code needs.
    """
    code, defaults = function.__code__, function.__kwdefaults__
    _exchanged[function] = code, defaults
    watched = Watched(function, name)
    function.__kwdefaults__ = {**(defaults or {}), "_watched": watched}
    function.__code__ = stand_in.__code__.replace(co_freevars=code.co_freevars)
