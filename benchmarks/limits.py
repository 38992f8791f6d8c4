"""What must not grow: import time, deep graphs, the memory of a long training run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

__all__ = ["run"]


def child(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return done.stdout.strip()


IMPORT = """
import time, numpy
start = time.perf_counter()
import rushlight
print((time.perf_counter() - start) * 1e3)
"""

DEEP = """
import time
import rushlight as torch
def peak():  # ru_maxrss would begin at the peak of the process that started this one
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) / 1024
def walk(n):
    x = torch.ones(1, requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(n): y = y * 1.0
    y.backward(torch.ones(1))
    assert x.grad.item() == 1.0
    return time.perf_counter() - start
walk(10)
base = peak()
first = walk(250_000); quarter = peak() - base
second = walk(1_000_000); whole = peak() - base
print(f"{second:.1f} s; memory {quarter:.0f} MiB at 250,000 nodes, {whole:.0f} MiB at 1,000,000")
"""

FLAT = """
import gc, os
gc.disable()
import rushlight as torch
from rushlight import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters())
x, y = torch.randn(32, 2), torch.randn(32, 1)
def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
def train(n):
    for _ in range(n):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
train(500)
before = resident()
train(10_000)
print(f"{before:.1f} MiB after 500 steps, {resident():.1f} MiB after 10,500")
"""


def run() -> Iterator[str]:
    """Yield a line for each limit."""
    child(IMPORT)  # compiles, as installing does
    times = [float(child(IMPORT)) for _ in range(9)]
    yield f"import rushlight over numpy: {statistics.median(times):.1f} ms (target 30)"
    yield f"chain of 1,000,000 nodes, forward and back: {child(DEEP)}"
    yield f"training with the collector off: {child(FLAT)}"
