"""What a recomputation finds as the forward found it: random numbers, and `autocast`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from typing import Any

from rushlight.random import default_generator

__all__ = ["Surroundings"]


class Surroundings:
    """The state of this thread as it is now; of random numbers only if they are `preserved`."""

    def __init__(self, preserved: bool) -> None:
        self.rng_mark = default_generator.stream.mark() if preserved else None
        self.autocast: dict[str, Any] = {"enabled": False}
        state = _autocast_state()
        if state is not None:
            self.autocast = {
                "enabled": state.is_autocast_enabled("cpu"),
                "dtype": state.get_autocast_dtype("cpu"),
                "cache_enabled": state.is_autocast_cache_enabled(),
            }

    @contextlib.contextmanager
    def again(self) -> Generator[None, None, None]:
        """Go back there for a block."""
        stream = default_generator.stream
        here = None
        if self.rng_mark is not None:
            here = stream.mark()
            stream.return_to(self.rng_mark)
        try:
            with self._casting():
                yield
        finally:
            if here is not None:
                stream.return_to(here)

    def _casting(self) -> contextlib.AbstractContextManager[Any]:
        if _autocast_state() is None:
            return contextlib.nullcontext()
        from rushlight.amp import autocast

        return autocast("cpu", **self.autocast)


def _autocast_state() -> Any:
    """The module that holds what `autocast` is set to, if the program has opened it."""
    return sys.modules.get("rushlight.amp.state")
