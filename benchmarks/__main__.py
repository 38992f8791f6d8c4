"""``python -m benchmarks``: print the table of docs/benchmarks.md.

python -m benchmarks                        everything, about ten minutes
python -m benchmarks small limits           some parts
python -m benchmarks million --threads 1    every operator at a million elements, on one thread
python -m benchmarks million --only pool    those whose names contain a word
python -m benchmarks small --apart          each library in a process of its own
python -m benchmarks --budget 0.3           quicker and noisier
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterable

import numpy as np

import rushlight
from benchmarks import limits, memory, million, operators
from benchmarks.apart import Child
from benchmarks.groups import GROUPS
from benchmarks.pairs import Result

PARTS = (*(group.name for group in GROUPS), "operators", "million", "limits", "memory")


def show(results: Iterable[Result]) -> list[Result]:
    """Print lines as they come, and return them."""
    head = f"{'':<44}{'rushlight us':>12}{'pytorch us':>12}{'ratio':>9}{'target':>8}"
    print(head, "-" * len(head), sep="\n")
    shown = []
    for result in results:
        print(result.line(), flush=True)
        shown.append(result)
    print()
    return shown


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--budget", type=float, default=0.6, help="seconds a line (0.6)")
    parser.add_argument("--threads", type=int, help="for both libraries; all cores by default")
    parser.add_argument("--apart", action="store_true", help="small, medium, large: two processes")
    parser.add_argument("--only", default="", help="lines of the part million that contain this")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    parts = args.parts or PARTS
    try:
        import torch
    except ImportError:
        parser.error("PyTorch is needed: pip install 'rushlight[bench]'")
    if args.threads:
        torch.set_num_threads(args.threads)
        rushlight.set_num_threads(args.threads)
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, PyTorch {torch.__version__}, "
        f"{torch.get_num_threads()} threads. Ratio = PyTorch time / Rushlight time.\n"
    )
    libraries = ("rushlight", "torch") if args.apart else ()
    children = [Child(library, torch.get_num_threads()) for library in libraries]
    for group in GROUPS:
        if group.name in parts:
            show(group.run(rushlight, torch, args.budget * 3, children))
    for child in children:
        child.close()
    if "operators" in parts:
        show(operators.run(rushlight, torch, args.budget))
    if "million" in parts:
        lines = show(million.run(rushlight, torch, args.budget / 5, args.only))
        slower = million.slower(lines)
        print(f"{len(slower)} of {len(lines)} lines take more than three times as long.")
        show(slower)
    if "limits" in parts:
        for line in limits.run():
            print(line, flush=True)
    if "memory" in parts:
        for line in memory.run([name for group in GROUPS for name, _, _ in group.work]):
            print(line, flush=True)


if __name__ == "__main__":
    main()
