"""Other codes for functions, for as long as somebody wants to stand before their calls.

Nothing on the eager path asks whether a profiler watches, whether `autocast` is on, or whether a
subclass of Tensor overrides functions. Python keeps the code of a function in an attribute,
``__code__``, and what holds the function (a module, a class, the program's own ``from rushlight
import exp``) holds it as before. So whoever wants to see a function's calls gives it another code,
which hands them to the layers before it: functions ``layer(call, args, kwargs)`` that return the
result, by ``call(*args, **kwargs)`` or otherwise. When the last layer goes the function has its own
code again. See docs/design/0007-watching.md for why, and for what else was tried.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["CASTS", "OVERRIDES", "WATCHES", "layers_of", "put", "take"]

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
# Is given what runs the call, and the call's arguments; returns the result.
Layer = Callable[[Callable[..., Any], Args, Kwargs], Any]

# The order of layers, the outermost first, as in PyTorch.
OVERRIDES, CASTS, WATCHES = range(3)

_lock = threading.RLock()
_places: dict[FunctionType, Place] = {}  # of all functions that ever had a layer


def stand_in(*args: Any, _place: Place, **kwargs: Any) -> Any:
    """Run in the place of every function that has layers."""
    return _place.run(args, kwargs)


class Place:
    """What a function is when its code isn't exchanged, kept in `own`, and the layers before it."""

    def __init__(self, function: FunctionType) -> None:
        self.layers: tuple[tuple[int, Layer], ...] = ()  # by rank, outermost first
        self.standing = {**(function.__kwdefaults__ or {}), "_place": self}
        self.stand_in = stand_in.__code__.replace(co_freevars=function.__code__.co_freevars)
        self.own = FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        self.own.__kwdefaults__ = function.__kwdefaults__
        self.own.__qualname__ = function.__qualname__  # which errors name it by
        self.own.__dict__.update(function.__dict__)

    def run(self, args: Args, kwargs: Kwargs) -> Any:
        """Pass a call through the layers."""
        layers = self.layers
        if not layers:  # the last one left while this call was on its way
            return self.own(*args, **kwargs)
        further = self.own if len(layers) == 1 else _Further(self.own, layers[1:])
        return layers[0][1](further, args, kwargs)


class _Further:
    """What a layer calls to go on, where there are others behind it."""

    __slots__ = ("layers", "own")

    def __init__(self, own: Callable[..., Any], layers: tuple[tuple[int, Layer], ...]) -> None:
        self.own = own
        self.layers = layers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.layers:
            return self.own(*args, **kwargs)
        return self.layers[0][1](_Further(self.own, self.layers[1:]), args, kwargs)


def put(function: FunctionType, layer: Layer, rank: int) -> None:
    """Put a layer before a function.

    Python asks that both codes close over equally many variables. In between, and afterwards, a
    call in another thread finds all that either code needs.
    """
    with _lock:
        place = _places.get(function)
        if place is None:
            place = _places[function] = Place(function)
        first = not place.layers
        place.layers = tuple(sorted((*place.layers, (rank, layer)), key=lambda x: x[0]))
        if first:
            function.__kwdefaults__ = place.standing
            function.__code__ = place.stand_in
            function.__wrapped__ = place.own  # type: ignore[attr-defined]  # for its signature


def layers_of(function: FunctionType) -> list[int]:
    """Return the ranks of the layers before a function."""
    place = _places.get(function)
    return [] if place is None else [rank for rank, _ in place.layers]


def take(function: FunctionType, layer: Layer) -> None:
    """Take a layer away again."""
    with _lock:
        place = _places[function]
        place.layers = tuple(x for x in place.layers if x[1] is not layer)
        if not place.layers:
            function.__code__ = place.own.__code__
            function.__kwdefaults__ = place.own.__kwdefaults__
            del function.__wrapped__  # type: ignore[attr-defined]
            function.__dict__.update(place.own.__dict__)
