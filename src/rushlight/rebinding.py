"""Other functions in the place of public ones, for as long as a mode lasts.

Modes that act on whole families of functions (autocast) must not cost anything while they are off,
so no function asks about them. Instead the mode exchanges the functions themselves, wherever a
module or `Tensor` holds one under some name, and puts the originals back when it ends.

What a program bound elsewhere (a local variable, a default argument, a class attribute) before the
mode began stays the original: see docs/deviations.md.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from rushlight.tensor import Tensor

__all__ = ["Rebinding"]


class Rebinding:
    """An exchange of functions that can be switched on and off, from any thread, nested."""

    def __init__(self, stand_ins: Callable[[], dict[Any, Any]]) -> None:
        """`stand_ins` makes the functions to use instead, by the originals; asked at first use."""
        self._make = stand_ins
        self._stand_ins: dict[int, tuple[Any, Any]] | None = None
        self._lock = threading.RLock()
        self._users = 0
        # (holder, name, original) by the first two, as far as found; and what was searched.
        self._places: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        self._searched: dict[int, Any] = {}
        self._modules = 0

    def begin(self) -> None:
        """Put the stand-ins in place, unless they are."""
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            if self._stand_ins is None:
                # By identity, the originals kept alive: not all that modules hold can be hashed.
                self._stand_ins = {id(old): (old, new) for old, new in self._make().items()}
            self._search()
            for holder, name, old in self._places.values():
                if vars(holder).get(name) is old:
                    setattr(holder, name, self._stand_ins[id(old)][1])

    def _search(self) -> None:
        """Find the places where originals are, in all that wasn't searched before.

        The package itself, which finds its names when they are used, and the program are searched
        every time.
        """
        holders: list[Any] = [sys.modules.get("rushlight"), sys.modules.get("__main__")]
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            for holder in (*sys.modules.values(), Tensor):
                if id(holder) not in self._searched:
                    self._searched[id(holder)] = holder
                    holders.append(holder)
        found = self._stand_ins or {}
        for holder in holders:
            for name, value in list(getattr(holder, "__dict__", {}).items()):
                if id(value) in found:
                    self._places.setdefault((id(holder), name), (holder, name, value))

    def end(self) -> None:
        """Put the originals back, if nobody else is using the stand-ins."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            found = self._stand_ins or {}
            for holder, name, old in self._places.values():
                if vars(holder).get(name) is found[id(old)][1]:  # else somebody replaced it since
                    setattr(holder, name, old)
