"""Every operator on large float32 operands: forward, and forward with backward.

Tiny operands measure what a call costs (operators.py); these, of about a million elements, measure
what the arithmetic costs. `benchmarks/million_cases.py` says which calls are made.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.million_cases import Case, cases
from benchmarks.pairs import PAUSE, Result, compare, timer

__all__ = ["run", "slower"]

# PyTorch's time over Rushlight's below which a line needs a reason in docs/benchmarks.md.
FLOOR = 1 / 3

# Few rounds, since there are hundreds of lines; a median of five is good to a tenth.
ROUNDS = 5


def results(output: Any) -> list[Any]:
    """The tensors among what an operator returned."""
    return list(output) if isinstance(output, (tuple, list)) else [output]


def forward(lib: Any, case: Case, operands: list[Any]) -> Callable[[], object]:
    """The call alone, not recorded."""

    def call() -> object:
        with lib.no_grad():
            return case.fn(lib, *operands)

    return call


def both(lib: Any, case: Case, operands: list[Any]) -> Callable[[], object] | None:
    """The call and the backward pass from cotangents of ones; None where there is none."""
    leaves = [x for x in operands if getattr(x, "requires_grad", False)]
    outputs = results(case.fn(lib, *operands))
    ways = [i for i, y in enumerate(outputs) if y.requires_grad]
    if not ways:
        return None
    seeds = [lib.ones_like(outputs[i]) for i in ways]

    def call() -> object:
        ys = results(case.fn(lib, *operands))
        return lib.autograd.grad([ys[i] for i in ways], leaves, seeds, allow_unused=True)

    return call


def run(ours: Any, theirs: Any, budget: float, only: str = "") -> Iterator[Result]:
    """Yield a line for each operator and direction, whose name contains `only`."""
    warnings.simplefilter("ignore")
    one = theirs.get_num_threads() == ours.get_num_threads() == 1
    clock = time.process_time if one else time.perf_counter
    for case in cases():
        if only and only not in case.name:
            continue
        operands = {lib: case.operands(lib) for lib in (ours, theirs)}
        for label, make in (("fwd", forward), ("fwd+bwd", both)):
            a, b = (make(lib, case, operands[lib]) for lib in (ours, theirs))
            if a is not None and b is not None:
                timers = timer(a, clock), timer(b, clock)
                name, pause = f"{case.name} {label}", 0.0 if one else PAUSE
                yield compare(name, *timers, budget=budget, rounds=ROUNDS, pause=pause)


def slower(lines: list[Result]) -> list[Result]:
    """The lines below the floor, the slowest first."""
    return sorted((line for line in lines if line.ratio < FLOOR), key=lambda line: line.ratio)
