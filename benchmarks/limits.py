"""What must not grow: import time, deep graphs, the memory of a long training run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

__all__ = ["run"]


def child(code: str, *arguments: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return done.stdout.strip()


IMPORT = """
import time, numpy
start = time.perf_counter()
import rushlight
print((time.perf_counter() - start) * 1e3)
"""

FIRST = """
import rushlight as torch, time
start = time.perf_counter()
x = torch.ones(3, requires_grad=True)
(x * x).sum().backward()
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


CHECKPOINTED = """
import sys
import rushlight as torch
from rushlight.utils.checkpoint import checkpoint
def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) / 1024
torch.manual_seed(0)
layers = [torch.nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True) for _ in range(12)]
x = torch.randn(8, 128, 128)
base = peak()
for layer in layers:
    x = checkpoint(layer, x, use_reentrant=False) if sys.argv[1:] else layer(x)
x.sum().backward()
print(round(peak() - base))
"""


def run() -> Iterator[str]:
    """Yield a line for each limit."""
    child(IMPORT)  # compiles, as installing does
    times = [float(child(IMPORT)) for _ in range(9)]
    yield f"import rushlight over numpy: {statistics.median(times):.1f} ms (target 30)"
    times = [float(child(FIRST)) for _ in range(9)]
    yield f"the first backward of a process: {statistics.median(times):.1f} ms (target 5)"
    plain, less = child(CHECKPOINTED), child(CHECKPOINTED, "checkpoint")
    yield f"12 layers of a transformer: {plain} MiB, with each of them checkpointed {less} MiB"
    yield f"chain of 1,000,000 nodes, forward and back: {child(DEEP)}"
    yield f"training with the collector off: {child(FLAT)}"
