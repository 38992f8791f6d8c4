"""Timing two libraries against each other on a noisy machine.

Rounds alternate between the libraries inside one process, so that a slow spell of the machine
falls on both, and medians of the rounds are compared. What is reported is a ratio: PyTorch's time
over Rushlight's, so that more than 1 means that Rushlight is faster.

Between rounds there is a pause. A library's threads go on looking for work for a while after its
last product or loop, on cores that the other one needs: without the pause either is measured beside
the other's threads.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["PAUSE", "Result", "Timer", "compare", "timer"]

PAUSE = 0.02  # seconds


@dataclass(frozen=True)
class Result:
    """One line of the table: medians in microseconds for one call."""

    name: str
    rushlight: float
    pytorch: float
    target: float | None = None

    @property
    def ratio(self) -> float:
        """PyTorch's time over Rushlight's."""
        return self.pytorch / self.rushlight

    def line(self) -> str:
        """The line, as the table prints it."""
        target = "" if self.target is None else f"{self.target:7.1f}"
        return f"{self.name:<44}{self.rushlight:12.1f}{self.pytorch:12.1f}{self.ratio:9.2f}{target}"


Timer = Callable[[int], float]  # of repeats: the seconds that they took


def timer(fn: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> Timer:
    """Time a callable in this process."""

    def timed(repeats: int) -> float:
        fn()  # wakes its threads, and fills the caches
        start = clock()
        for _ in range(repeats):
            fn()
        return clock() - start

    return timed


def compare(
    name: str,
    ours: Timer,
    theirs: Timer,
    *,
    per_call: int = 1,
    budget: float = 1.0,
    rounds: int = 15,
    target: float | None = None,
    pause: float = PAUSE,
) -> Result:
    """Time both in `rounds` alternating rounds of about `budget` seconds in all.

    `per_call` is the number of operations one call stands for; times are divided by it.
    """
    for timed in (ours, theirs):
        timed(1)
    repeats = max(1, int(budget / rounds / (ours(1) + theirs(1))))
    samples: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for i in range(rounds):
            order = ((0, ours), (1, theirs)) if i % 2 else ((1, theirs), (0, ours))
            for which, timed in order:
                time.sleep(pause)
                samples[which].append(timed(repeats) / repeats / per_call)
    finally:
        gc.enable()
    return Result(
        name, statistics.median(samples[0]) * 1e6, statistics.median(samples[1]) * 1e6, target
    )
