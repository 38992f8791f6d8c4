"""A library in a process of its own, which times the workloads that it is asked for.

What one library does to a process reaches the other: its threads, its warm caches, the memory that
the allocator holds on to. ``python -m benchmarks --apart`` measures as users run them, each alone.
"""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

__all__ = ["Child"]


class Child:
    """A process that has imported one library; it ends with its input."""

    def __init__(self, library: str, threads: int) -> None:
        env = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.apart", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    def timer(self, name: str) -> Callable[[int], float]:
        """What takes a number of repeats of a workload, and returns the seconds that they took."""
        return partial(self._time, name)

    def _time(self, name: str, repeats: int) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(name, repeats, sep="\t", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def serve(library: str) -> None:
    """Time what the lines of the standard input name: a workload and a number of repeats."""
    from benchmarks.groups import GROUPS

    lib = importlib.import_module(library)
    makers = {name: make for group in GROUPS for name, make, _ in group.work}
    name, call = "", lambda: None
    gc.disable()
    for line in sys.stdin:
        wanted, repeats = line.rstrip("\n").split("\t")
        if wanted != name:
            name, call = wanted, makers[wanted](lib)
            gc.collect()
        call()
        start = time.perf_counter()
        for _ in range(int(repeats)):
            call()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
