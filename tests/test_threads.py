"""Kernels' own threads, beside those of OpenBLAS."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import rushlight
from rushlight.kernels.beside import beside
from rushlight.kernels.threads import for_each

SPINNING = """
import time
import numpy as np
import rushlight
from rushlight.kernels.threads import for_each

rushlight.set_num_threads(2)
for_each(np.sin, [np.ones(10)] * 4)
a = np.ones((300, 300), np.float32)
a.dot(a)
before = time.process_time()
time.sleep(0.08)
print(time.process_time() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="said of OpenBLAS on Linux")
def test_openblas_lets_go_of_the_cores_after_a_product() -> None:
    """Its threads would spin for 0.1 s, on a core that ours could have."""
    env = {name: value for name, value in os.environ.items() if "_NUM_THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", SPINNING], capture_output=True, text=True, env=env, check=True
    )
    assert float(done.stdout) < 0.03


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = rushlight.get_num_threads()
    rushlight.set_num_threads(2)
    yield
    rushlight.set_num_threads(before)


def test_work_goes_on_beside(two_threads: None) -> None:
    """Another thread begins while the caller goes on, and all is done when the `with` is left."""
    names, begun = [], threading.Event()

    def first() -> None:
        names.append(threading.current_thread().name)
        begun.set()

    with beside(1) as begin:
        begin(first)
        assert begun.wait(10)
        rest = [begin(lambda i=i: names.append(i)) for i in range(20)]  # type: ignore[misc]
        rest[7].finish()
        assert 7 in names
    assert names[0] == "rushlight-kernels" and sorted(names[1:]) == list(range(20))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_job_that_fails(threads: int) -> None:
    """Its end raises, as leaving does; and the helpers are there for the next."""
    before = rushlight.get_num_threads()
    rushlight.set_num_threads(threads)
    done = []
    with pytest.raises(ZeroDivisionError), beside(1) as begin:
        begin(lambda: done.append(0))
        begin(lambda: 1 / 0)
        begin(lambda: done.append(1))
    assert done == [0, 1]
    with pytest.raises(ZeroDivisionError), beside(1) as begin:
        job = begin(lambda: 1 / 0)
        job.finish()
    with pytest.raises(KeyError), beside(1) as begin:
        raise KeyError
    for_each(done.append, [2, 3])
    assert sorted(done) == [0, 1, 2, 3]
    rushlight.set_num_threads(before)


def test_inside_each_other_and_in_their_callers_error_state(two_threads: None) -> None:
    def divide() -> None:
        np.float64(1) / np.float64(0)

    def inner() -> None:
        with beside(1) as begin:
            begin(divide).finish()

    with pytest.raises(FloatingPointError), np.errstate(divide="raise"), beside(1) as begin:
        begin(inner)
    with np.errstate(divide="ignore"), beside(1) as begin:
        begin(inner)


def test_jobs_hold_nothing_afterwards(two_threads: None) -> None:
    """Arrays that work has used are let go of without the garbage collector."""

    class Marked(np.ndarray[Any, Any]):
        pass

    a = np.zeros(3).view(Marked)
    gone = weakref.ref(a)
    gc.disable()
    try:
        with beside(1) as begin:
            begin(lambda a=a: a.sum())  # type: ignore[misc]
        del a, begin
        assert gone() is None
    finally:
        gc.enable()
