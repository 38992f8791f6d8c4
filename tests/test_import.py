"""What ``import rushlight`` costs: no third party but NumPy, no room before it is entered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(program: str, *options: str) -> str:
    """Run a program in a fresh interpreter; return what it prints."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, env=env).stdout.decode()


def test_numpy_is_the_only_third_party() -> None:
    loaded = run(
        """
import sys, numpy
before = set(sys.modules)
import rushlight
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""
    )
    ours = set(loaded.split()) - set(sys.stdlib_module_names) - {"__mp_main__"}
    assert ours == {"rushlight", "numpy"}  # numpy: its small module of types


def test_slow_modules_wait_for_their_use() -> None:
    loaded = set(run("import sys, rushlight; print(*sys.modules)").split())
    slow = {"scipy", "multiprocessing", "socket", "dataclasses", "inspect", "ml_dtypes"}
    rooms = {"rushlight.nn", "rushlight.optim", "rushlight.utils"}
    numpys = set(run("import sys, numpy; print(*sys.modules)").split())
    assert not (loaded - numpys) & (slow | rooms)


def test_rooms_open_by_attribute() -> None:
    program = """
import rushlight as torch
print(torch.nn.Linear.__name__, torch.optim.SGD.__name__, torch.utils.data.Dataset.__name__)
print("nn" in dir(torch), hasattr(torch, "nothing_of_the_kind"))
"""
    assert run(program).split() == ["Linear", "SGD", "Dataset", "True", "False"]


def test_import_is_fast(tmp_path: Path) -> None:
    """30 ms where the machine is fast and idle; there NumPy takes about 70."""
    cache = f"pycache_prefix={tmp_path}"  # the first run compiles
    program = """
import time
start = time.process_time()
import numpy
middle = time.process_time()
import rushlight
print(middle - start, time.process_time() - middle)
"""
    times = [tuple(map(float, run(program, "-X", cache).split())) for _ in range(8)]
    numpys, ours = map(min, zip(*times))
    assert ours < max(0.030, 0.6 * numpys), f"{ours * 1e3:.0f} ms, NumPy {numpys * 1e3:.0f}"
