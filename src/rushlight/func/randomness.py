"""Random functions under `vmap`: an error, the same numbers for all examples, or others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight import random
from rushlight.func.batched import BatchLevel
from rushlight.func.levels import below, running_levels
from rushlight.func.trees import flatten, unflatten
from rushlight.ops.shape import stack
from rushlight.tensor import Tensor

__all__ = ["install"]

ERROR = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
    "'different' randomness flags on vmap or perform the randomness operation out of vmap"
)


def install() -> None:
    """Tell `rushlight.random`, which knows no transforms, that vmap is in use."""
    random.transform = _Transform()


class _Transform:
    """What random functions ask once vmap has been used."""

    def check(self) -> None:
        """Raise where numbers are drawn past `run`, which alone knows how to draw for examples."""
        level = _level()
        if level is None or level.randomness == "same":
            return
        if level.randomness == "error":
            raise RuntimeError(ERROR)
        raise RuntimeError(
            "vmap: this random function can't draw different numbers for each example. Please use "
            "randomness='same', or draw the numbers outside of vmap."
        )

    def run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a random function, for each example of the innermost vmap where they differ."""
        level = _level()
        if level is None:
            return function(*args, **kwargs)
        if level.randomness == "error":
            raise RuntimeError(ERROR)
        leaves, spec = flatten((args, kwargs))
        in_place = function.__name__.endswith("_")
        mapped = any(level.is_mapped(leaf) for leaf in leaves)
        if in_place and level.randomness == "different" and not level.is_mapped(leaves[0]):
            raise RuntimeError(
                "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This "
                "will appear like same randomness. If this is necessary for your usage, please "
                "file an issue with functorch."
            )
        if level.randomness == "same" and not mapped:
            with below(level):
                given, named = unflatten([level.value(leaf) for leaf in leaves], spec)
                return self.run(function, given, named)
        generator = kwargs.get("generator") or random.default_generator
        start = generator.get_state()
        rows = []
        for i in range(level.size):
            if level.randomness == "same":
                generator.set_state(start)
            with below(level):
                given, named = unflatten([level.example(leaf, i) for leaf in leaves], spec)
                rows.append(self.run(function, given, named))
        if in_place:
            return leaves[0]
        return level.results(stack(0, *rows)) if isinstance(rows[0], Tensor) else rows


def _level() -> BatchLevel | None:
    """The innermost vmap that runs."""
    for level in reversed(running_levels()):
        if isinstance(level, BatchLevel):
            return level
    return None
