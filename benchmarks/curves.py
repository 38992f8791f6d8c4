"""What is measured, as pictures: ``python -m benchmarks.curves docs/_static``.

``growth.svg``: what an operation costs, forward and back, in a chain of more and more of them; and
what a use costs of one tensor that is used more and more often. Both should be flat.
``ratios.svg``: the workloads of the groups, won and lost. Each picture says on which machine, with
which versions, and when.
"""

from __future__ import annotations

import datetime
import gc
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch

import rushlight
from benchmarks.groups import GROUPS

matplotlib.use("Agg")

from matplotlib import pyplot as plt

__all__ = ["draw", "growth", "ratios"]

LENGTHS = [10**n for n in range(1, 7)]
WIDTHS = [10**n for n in range(1, 6)]


def chain(lib: Any, n: int) -> None:
    """A graph as deep as it has nodes."""
    x = lib.ones(4, requires_grad=True)
    y = x
    for _ in range(n):
        y = y * 1.0
    y.backward(lib.ones(4))


def fan(lib: Any, n: int) -> None:
    """A graph in which every node but two has the same input."""
    x = lib.ones(4, requires_grad=True)
    lib.stack([x * 1.0 for _ in range(n)]).backward(lib.ones(n, 4))


def cost(work: Callable[[Any, int], None], lib: Any, n: int) -> float:
    """Microseconds for each of `n` operations: the best of several runs, the collector off."""
    best = float("inf")
    for _ in range(max(1, min(50, 300_000 // n))):
        gc.collect() if n > 1000 else None
        start = time.perf_counter()
        work(lib, n)
        best = min(best, time.perf_counter() - start)
    return best / n * 1e6


def machine() -> str:
    """The processor, the versions and the day."""
    with open("/proc/cpuinfo") as f:
        model = next(
            (line.split(":")[1].strip() for line in f if line.startswith("model name")), ""
        )
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return f"{model}, {versions}, PyTorch {torch.__version__}, {datetime.date.today()}"


def save(figure: Any, path: Path) -> None:
    """Write a picture, with the machine and the day under it."""
    figure.text(0.5, 0.01, machine(), ha="center", fontsize=7)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, metadata={"Date": None})


def growth(path: Path) -> None:
    """Draw how cost grows, and print its figures."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    gc.disable()
    for axes, work, sizes, title in (
        (left, chain, LENGTHS, "a chain of n operations"),
        (right, fan, WIDTHS, "one tensor used n times"),
    ):
        for lib in (rushlight, torch):
            costs = [cost(work, lib, n) for n in sizes]
            print(f"{title}, {lib.__name__}:", *(f"{c:.1f}" for c in costs))
            axes.loglog(sizes, costs, marker="o", label=lib.__name__)
        axes.set(title=title, xlabel="n")
        axes.grid(alpha=0.3)
    gc.enable()
    left.set_ylabel("µs an operation, forward and back")
    left.set_ylim(1, 100)
    left.legend()
    save(figure, path)


def ratios(path: Path) -> None:
    """Draw each workload's ratio, and print the lines."""
    results = [r for group in GROUPS for r in group.run(rushlight, torch, budget=2.0)]
    for result in results:
        print(result.line())
    figure, axes = plt.subplots(figsize=(9, 6))
    colors = ["tab:green" if r.ratio >= 1 else "tab:red" for r in results]
    axes.barh([r.name for r in results], [r.ratio for r in results], color=colors)
    axes.plot([r.target for r in results], range(len(results)), "k|", markersize=10, label="target")
    for i, result in enumerate(results):
        axes.text(result.ratio, i, f" {result.ratio:.2f}", va="center", fontsize=8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.set(title="PyTorch's time over Rushlight's: more than 1 is a win")
    axes.legend(loc="lower right")
    save(figure, path)


def draw(folder: Path) -> None:
    """Write both pictures."""
    matplotlib.rcParams["svg.fonttype"] = "none"
    growth(folder / "growth.svg")
    ratios(folder / "ratios.svg")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
