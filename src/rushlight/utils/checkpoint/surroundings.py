"""What a recomputation finds as the forward found it: random numbers, and `autocast`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from typing import Any

from rushlight import random

__all__ = ["Surroundings"]


class Surroundings:
    """The state of this thread as it is now; of random numbers only if they are `preserved`."""

    def __init__(self, preserved: bool) -> None:
        self.rng_state = random.get_rng_state() if preserved else None
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
        with contextlib.ExitStack() as stack:
            if self.rng_state is not None:
                stack.enter_context(random.fork_rng())
                random.set_rng_state(self.rng_state)
            if _autocast_state() is not None:
                from rushlight.amp import autocast

                stack.enter_context(autocast("cpu", **self.autocast))
            yield


def _autocast_state() -> Any:
    """The module that holds what `autocast` is set to, if the program has opened it."""
    return sys.modules.get("rushlight.amp.state")
