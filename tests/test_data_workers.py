"""Loading by worker processes: order, seeds, failures, ends; judged by PyTorch where it can be."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import rushlight
from tests.both import assert_same_story, attempt, judge, story

judge.utils.data  # noqa: B018  (PyTorch imports it when it is first asked for)
DataLoader = rushlight.utils.data.DataLoader


def squares(lib: Any, n: int = 10) -> Any:
    class Squares(lib.utils.data.Dataset):
        def __len__(self) -> int:
            return n

        def __getitem__(self, i: int) -> Any:
            return lib.tensor(i * i), str(i)

    return Squares()


def stream(lib: Any, n: int = 10) -> Any:
    class Stream(lib.utils.data.IterableDataset):
        def __iter__(self) -> Any:
            info = lib.utils.data.get_worker_info()
            return iter(range(info.id, n, info.num_workers))

    return Stream()


@pytest.fixture(autouse=True)
def no_process_is_left() -> Any:
    yield
    gc.collect()
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 3},
        {"batch_size": 3, "shuffle": True},
        {"batch_size": 3, "drop_last": True, "prefetch_factor": 1},
        {"batch_size": None, "prefetch_factor": 5},
        {"batch_sampler": [[1, 2], [3], [9, 0]]},
        {"batch_size": 4, "collate_fn": list, "multiprocessing_context": "fork"},
        {"batch_size": 3, "persistent_workers": True, "shuffle": True},
    ],
)
def test_batches_in_order(options: dict[str, Any]) -> None:
    def tale(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(squares(lib), num_workers=2, **options)
        passes = [list(loader), list(loader)]
        return passes, lib.rand(1), len(loader)

    assert_same_story(tale)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("options", [{"batch_size": 2}, {"batch_size": 3, "drop_last": True}])
def test_streams(options: dict[str, Any], persistent: bool) -> None:
    def tale(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(
            stream(lib), num_workers=2, persistent_workers=persistent, **options
        )
        return list(loader), list(loader)

    assert_same_story(tale)


@story
def test_seeds_of_workers(lib: Any) -> Any:
    class Draws(lib.utils.data.Dataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, i: int) -> Any:
            info = lib.utils.data.get_worker_info()
            draws = lib.rand(1).item(), random.random(), np.random.rand()
            return info.id, info.num_workers, info.seed, *draws

    loader = lib.utils.data.DataLoader(Draws(), batch_size=None, num_workers=2)
    return list(loader), list(loader), lib.utils.data.get_worker_info()


@story
def test_init_functions(lib: Any) -> Any:
    def init(number: int) -> None:
        lib.utils.data.get_worker_info().dataset.start = 100 * number

    class Offset(lib.utils.data.Dataset):
        start = -1

        def __len__(self) -> int:
            return 4

        def __getitem__(self, i: int) -> Any:
            return self.start + i

    loader = lib.utils.data.DataLoader(
        Offset(), batch_size=None, num_workers=2, worker_init_fn=init
    )
    return list(loader)


class Awkward(Exception):
    """Can't be made from a message."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(a, b)


# Few, because PyTorch takes five seconds to end a worker after an error.
@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("item", KeyError("key")),
        ("item", StopIteration()),
        ("init", ValueError("bad")),
        ("collate", Awkward(1, 2)),
        ("iter", IndexError(3)),
    ],
)
def test_errors_come_back(where: str, error: Exception) -> None:
    def fail(*_: Any) -> Any:
        raise error

    def tale(lib: Any) -> Any:
        data = squares(lib)
        options = {}
        if where == "item":
            type(data).__getitem__ = fail
        elif where == "init":
            options = {"worker_init_fn": fail}
        elif where == "collate":
            options = {"collate_fn": fail}
        else:
            data = stream(lib)
            type(data).__iter__ = fail
        end = attempt(lambda: list(lib.utils.data.DataLoader(data, num_workers=1, **options)))
        first, last = end.split("\n")[0], end.rstrip().split("\n")[-1]
        return first, "Original Traceback (most recent call last):" in end, last

    assert_same_story(tale)


@story
def test_a_pass_goes_on_after_an_error(lib: Any) -> Any:
    class Holes(lib.utils.data.Dataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, i: int) -> Any:
            if i == 1:
                raise ValueError("hole")
            return i

    loader = lib.utils.data.DataLoader(
        Holes(), batch_size=None, num_workers=2, persistent_workers=True
    )
    it = iter(loader)
    first = [attempt(lambda: next(it)).split(".\n")[0] for _ in range(5)]
    passing = iter(lib.utils.data.DataLoader(Holes(), batch_size=None, num_workers=1))
    second = [attempt(lambda: next(passing)).split(".\n")[0] for _ in range(5)]
    return first, second, attempt(lambda: list(loader)).split(".\n")[0]


class Unreadable:
    """Can be pickled, but not be read again."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (lambda: lambda: 0, r"Can't pickle .* DataLoader worker process 0|Caught .* worker"),
        (
            Unreadable,
            "Caught ValueError in the main process, reading what a DataLoader worker sent",
        ),
    ],
)
def test_items_that_do_not_travel(item: Any, said: str) -> None:
    loader = DataLoader([item(), 1, item(), 3], batch_size=None, num_workers=1, prefetch_factor=1)
    batches = iter(loader)
    for expected in (None, 1, None, 3):
        if expected is None:
            with pytest.raises(Exception, match=said):
                next(batches)
        else:
            assert next(batches) == expected
    assert next(batches, "end") == "end"


def test_indices_that_do_not_travel() -> None:
    with pytest.raises((AttributeError, pickle.PicklingError), match="pickle"):
        next(iter(DataLoader([1, 2], sampler=[lambda: 0], batch_size=None, num_workers=1)))


def test_persistent_workers_are_the_same_processes() -> None:
    def pids(persistent: bool) -> set[int]:
        class Pid(rushlight.utils.data.Dataset[int]):
            def __len__(self) -> int:
                return 4

            def __getitem__(self, i: int) -> int:
                return os.getpid()

        loader = DataLoader(Pid(), batch_size=None, num_workers=2, persistent_workers=persistent)
        return {int(pid) for _ in range(2) for pid in loader}

    assert len(pids(True)) == 2
    assert len(pids(False)) == 4
    assert os.getpid() not in pids(True)


@pytest.mark.parametrize("persistent", [False, True])
def test_a_pass_left_in_the_middle(persistent: bool) -> None:
    loader = DataLoader(
        squares(rushlight, 50), batch_size=2, num_workers=2, persistent_workers=persistent
    )
    for batch in loader:
        assert batch[0].tolist() == [0, 1]
        break
    assert [b[1] for b in loader] == [(str(i), str(i + 1)) for i in range(0, 50, 2)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_copy_in_a_forked_process_ends_no_workers() -> None:
    loader = DataLoader(range(6), num_workers=2, persistent_workers=True)
    assert len(list(loader)) == 6
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            loader._iterator._stop()
            failed = 0
        finally:
            os._exit(failed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(loader)) == 6


def test_two_passes_at_once() -> None:
    loader = DataLoader(squares(rushlight, 6), batch_size=None, num_workers=2)
    pairs = list(zip(loader, loader))
    assert [(a[1], b[1]) for a, b in pairs] == [(str(i), str(i)) for i in range(6)]


def test_out_of_order() -> None:
    class Slow(rushlight.utils.data.Dataset[int]):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, i: int) -> int:
            time.sleep(0.3 if i == 0 else 0.0)
            return i

    loader = DataLoader(Slow(), batch_size=None, num_workers=2, in_order=False)
    seen = list(loader)
    assert sorted(seen) == list(range(6))
    assert seen[0] != 0


def test_a_killed_worker_is_noticed() -> None:
    class Killed(rushlight.utils.data.Dataset[int]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, i: int) -> int:
            if i == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return i

    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+\) exited"):
        list(DataLoader(Killed(), num_workers=1))


def test_timeout() -> None:
    class Sleepy(rushlight.utils.data.Dataset[int]):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, i: int) -> int:
            time.sleep(60)
            return i

    import rushlight.utils.data.iterators as iterators

    patience, iterators._PATIENCE = iterators._PATIENCE, 0.2
    try:
        with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.5 seconds"):
            list(DataLoader(Sleepy(), num_workers=1, timeout=0.5))
    finally:
        iterators._PATIENCE = patience


def test_started_by_spawn() -> None:
    data = rushlight.utils.data.TensorDataset(rushlight.arange(4))
    loader = DataLoader(data, batch_size=2, num_workers=1, multiprocessing_context="spawn")
    assert [b[0].tolist() for b in loader] == [[0, 1], [2, 3]]


def test_passes_are_not_pickled() -> None:
    import pickle

    with pytest.raises(NotImplementedError, match="cannot be pickled"):
        pickle.dumps(iter(DataLoader([1])))


PROGRAM = """
import os, signal, sys, time
import rushlight as torch

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored

class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, i):
        time.sleep(0.01)
        return os.getpid()

for pid in torch.utils.data.DataLoader(Slow(), batch_size=None, num_workers=2):
    print(pid, flush=True)
"""


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_workers_end_with_their_program(how: str) -> None:
    """Ctrl-C reaches the whole group; SIGKILL only the main process, which can't clean up."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    pids = {int(program.stdout.readline()) for _ in range(6)}
    assert len(pids) == 2
    if how == "interrupt":
        os.killpg(program.pid, signal.SIGINT)
        _, errors = program.communicate(timeout=20)
        assert errors.count("KeyboardInterrupt") == 1, errors
    else:
        program.kill()
        program.wait()
    deadline = time.monotonic() + 15
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
    assert not left
