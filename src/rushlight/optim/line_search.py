"""A line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 3.5, 3.6).

Trial steps come from cubic interpolation (equation 3.59 there), kept inside of bounds and, where
they gather at an end of the bracket, pushed from it, as in Schmidt's minFunc (2005).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Trial", "strong_wolfe"]

SUFFICIENT = 1e-4  # how much of the promised decrease the function must show: c1
CURVATURE = 0.9  # how much of the slope may be left: c2


class Trial(NamedTuple):
    """A step length, with the value, the gradient and the slope along the direction there."""

    t: Any
    value: float
    gradient: Any
    slope: Any


def strong_wolfe(
    at: Callable[[Any], Trial],
    start: Trial,
    t: Any,
    size: Any,
    most: int,
    tolerance_change: float = 1e-9,
) -> tuple[Trial, int]:
    """Return a trial that meets the conditions, or the best seen, and how many were evaluated.

    `at` evaluates a step length, `start` is the trial of length 0, `t` the first length to try, and
    `size` the largest element of the direction: a bracket too small to move it ends the search, as
    do `most` rounds after the first trial.
    """
    bracket, found, rounds = _bracket(at, start, t, most)
    count = rounds + 1
    low = 0 if bracket[0].value <= bracket[-1].value else 1
    stuck = False
    while not found and rounds < most:
        one, other = bracket
        if abs(other.t - one.t) * size < tolerance_change:
            break
        t, stuck = _off_the_ends(_cubic(one, other), one.t, other.t, stuck)
        trial = at(t)
        count += 1
        rounds += 1
        if _too_high(trial, start) or trial.value >= bracket[low].value:
            bracket[1 - low] = trial
            low = 0 if bracket[0].value <= bracket[1].value else 1
            continue
        if _flat(trial, start):
            found = True
        elif trial.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = trial
    return bracket[low], count


def _bracket(
    at: Callable[[Any], Trial], start: Trial, t: Any, most: int
) -> tuple[list[Trial], bool, int]:
    """Lengthen steps until two enclose a good one, or one is good itself.

    Returns those one or two, whether one was found, and the rounds after the first trial.
    """
    before, trial = start, at(t)
    for rounds in range(most):
        if _too_high(trial, start) or (rounds > 1 and trial.value >= before.value):
            return [before, trial], False, rounds
        if _flat(trial, start):
            return [trial], True, rounds
        if trial.slope >= 0:
            return [before, trial], False, rounds
        shortest, longest = trial.t + 0.01 * (trial.t - before.t), trial.t * 10
        t = _cubic(before, trial, (shortest, longest))
        before, trial = trial, at(t)
    return [start, trial], False, most


def _too_high(trial: Trial, start: Trial) -> bool:
    """Whether the function fell by less than a straight line of a small slope does."""
    return bool(trial.value > start.value + SUFFICIENT * trial.t * start.slope)


def _flat(trial: Trial, start: Trial) -> bool:
    """Whether most of the slope is gone."""
    return bool(abs(trial.slope) <= -CURVATURE * start.slope)


def _cubic(a: Trial, b: Trial, bounds: tuple[Any, Any] | None = None) -> Any:
    """Return where the cubic through two values and slopes is least, within bounds.

    Without bounds these are the two lengths themselves; without a minimum it is their middle.
    """
    least, most = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2.0
    near, far = (a, b) if a.t <= b.t else (b, a)
    d2 = np.sqrt(square)
    share = (far.slope + d2 - d1) / (far.slope - near.slope + 2 * d2)
    return min(max(far.t - (far.t - near.t) * share, least), most)


def _off_the_ends(t: Any, one: Any, other: Any, stuck: bool) -> tuple[Any, bool]:
    """Keep a length a tenth of the bracket from its ends, if it came near one twice running."""
    least, most = min(one, other), max(one, other)
    margin = 0.1 * (most - least)
    if min(most - t, t - least) >= margin:
        return t, False
    if stuck or t >= most or t <= least:
        return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
    return t, True
