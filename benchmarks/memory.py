"""How much memory a step of each workload takes at its peak, each in a process of its own.

``python -m benchmarks memory`` prints, for both libraries, the resident peak after three steps,
and by how much that is above what was resident once the library was imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.limits import child

__all__ = ["run"]

STEPS = """
import importlib, sys
sys.path.insert(0, {root!r})
def resident(field):  # ru_maxrss would begin at the peak of the process that started this one
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(field)) / 1024
from benchmarks.groups import GROUPS
lib = importlib.import_module({library!r})
call = next(make for group in GROUPS for name, make, _ in group.work if name == {name!r})(lib)
base = resident("VmRSS:")
for _ in range(3):
    call()
print(resident("VmHWM:"), base)
"""


def peaks(name: str) -> Iterator[tuple[float, float]]:
    """MiB at the peak, and before the first step, under Rushlight and under PyTorch."""
    root = str(Path(__file__).parent.parent)
    for library in ("rushlight", "torch"):
        said = child(STEPS.format(root=root, library=library, name=name))
        peak, base = map(float, said.split())
        yield peak, base


def run(names: list[str]) -> Iterator[str]:
    """Yield a line for each workload."""
    yield f"{'MiB at the peak (above the start)':<44}{'rushlight':>20}{'pytorch':>20}"
    for name in names:
        cells = [f"{peak:8.0f} ({peak - base:.0f})" for peak, base in peaks(name)]
        yield f"{name:<44}{cells[0]:>20}{cells[1]:>20}"


if __name__ == "__main__":
    print(*run(sys.argv[1:]), sep="\n")
