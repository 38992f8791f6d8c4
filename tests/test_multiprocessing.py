"""Tensors that cross process boundaries, and groups of processes: stories under both libraries."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from multiprocessing.reduction import ForkingPickler
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = [
    pytest.mark.parametrize("lib", LIBRARIES),
    pytest.mark.skipif(sys.platform == "win32", reason="descriptors are passed on POSIX only"),
    # The processes that pytest forks have threads of NumPy's and PyTorch's, which they don't use.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning"),
]


def mp_of(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.multiprocessing")


def there_and_back(x: Any) -> Any:
    """As it arrives at the other end of a queue."""
    return ForkingPickler.loads(ForkingPickler.dumps(x))


# -- shared memory ---------------------------------------------------------------------------------


def test_share_memory_moves_all_that_look_at_the_memory(lib: Any) -> None:
    x = lib.arange(6.0)
    row, data, detached = x.view(2, 3)[1], x.data, x.detach()
    assert not x.is_shared() and not x.untyped_storage().is_shared()
    assert row.share_memory_() is row
    for t in (x, row, data, detached):
        assert t.is_shared() and t.untyped_storage().is_shared()
    assert row.data_ptr() - x.data_ptr() == 12 and row.storage_offset() == 3
    row[0] = 9
    assert x.tolist() == data.tolist() == detached.tolist() == [0, 1, 2, 9, 4, 5]


def test_share_memory_keeps_history_and_geometry(lib: Any) -> None:
    x = lib.ones(2, 3, requires_grad=True)
    y = (x * 2).t().share_memory_()
    assert y.is_shared() and y.stride() == (1, 3)
    y.sum().backward()
    assert x.grad.tolist() == [[2.0] * 3] * 2
    wide = lib.ones(1).expand(3).share_memory_()
    assert wide.is_shared() and wide.stride() == (0,) and wide.untyped_storage().nbytes() == 4
    assert lib.ones(2, dtype=lib.bool).share_memory_().tolist() == [True, True]


def test_nothing_to_share(lib: Any) -> None:
    x = lib.ones(0)
    assert x.share_memory_() is x
    assert there_and_back(lib.zeros(0, 3)).shape == (0, 3)


def test_share_memory_of_a_module(lib: Any) -> None:
    module = lib.nn.BatchNorm1d(2)
    module(lib.rand(3, 2)).sum().backward()
    before = dict(module.named_parameters())
    assert module.share_memory() is module
    assert all(p is before[name] for name, p in module.named_parameters())
    assert all(p.is_shared() and p.grad.is_shared() for p in module.parameters())
    assert all(b.is_shared() for b in module.buffers())


def test_a_child_writes_what_the_parent_sees(lib: Any) -> None:
    context = mp_of(lib).get_context("fork")
    x, own = lib.zeros(2).share_memory_(), lib.zeros(2)

    def write() -> None:
        x.fill_(3)
        own.fill_(3)

    child = context.Process(target=write)
    child.start()
    child.join()
    assert x.tolist() == [3.0, 3.0] and own.tolist() == [0.0, 0.0]


# In a process of its own: PyTorch doesn't fork once its engine has started threads.
TRAINED_IN_CHILDREN = """
model = torch.nn.Linear(2, 1)
model.share_memory()
before = model.weight.detach().clone()

def train():
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()

context = torch.multiprocessing.get_context("fork")
for _ in range(2):
    child = context.Process(target=train)
    child.start()
    child.join()
assert torch.allclose(model.weight, before - 0.2)
assert model.weight.grad is None
print("trained")
"""


def test_a_shared_model_trains_in_children(lib: Any) -> None:
    program = (
        f"import {lib.__name__} as torch, {lib.__name__}.multiprocessing\n{TRAINED_IN_CHILDREN}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "trained\n", done.stderr


# -- crossing --------------------------------------------------------------------------------------


def test_both_ends_look_at_one_memory(lib: Any) -> None:
    mp_of(lib)
    x = lib.arange(6.0)
    a, row = there_and_back((x, x.view(2, 3)[1]))
    assert x.is_shared()
    row[0] = 9
    assert a.tolist() == x.tolist() == [0, 1, 2, 9, 4, 5]
    assert row.storage_offset() == 3 and not row._is_view()
    assert a.untyped_storage().data_ptr() == row.untyped_storage().data_ptr() == x.data_ptr()


def test_a_queue_and_a_pipe_carry_memory(lib: Any) -> None:
    context = mp_of(lib).get_context("fork")
    queue, answers = context.Queue(), context.SimpleQueue()
    here, there = context.Pipe()
    done = context.Event()

    def work() -> None:
        x = queue.get()
        x += 1
        answers.put(x * 2)
        there.send([x.t(), x.dtype])
        done.wait(60)

    child = context.Process(target=work)
    child.start()
    x = lib.zeros(2, 3)
    queue.put(x)
    assert answers.get().tolist() == [[2.0] * 3] * 2
    t, dtype = here.recv()
    assert dtype is lib.float32 and t.stride() == (1, 3)
    assert x.tolist() == [[1.0] * 3] * 2
    t[0, 0] = 7
    assert x[0, 0].item() == 7  # the same memory, after two crossings
    done.set()
    child.join()


def test_leaves_and_parameters_cross_as_what_they_are(lib: Any) -> None:
    mp_of(lib)
    x = lib.ones(2, requires_grad=True)
    x.grad = lib.ones(2)
    y = there_and_back(x)
    assert y.requires_grad and y.is_leaf and y.grad is None
    p = lib.nn.Parameter(lib.ones(2), requires_grad=False)
    p.tag = 1
    q = there_and_back(p)
    assert type(q) is lib.nn.Parameter and not q.requires_grad and not hasattr(q, "tag")
    model = there_and_back(lib.nn.Linear(2, 1))
    assert model.weight.is_shared() and model.weight.requires_grad
    storage = there_and_back(x.untyped_storage())
    assert storage.nbytes() == 8 and storage.is_shared()


def test_a_graph_does_not_cross(lib: Any) -> None:
    mp_of(lib)
    y = lib.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError) as error:
        ForkingPickler.dumps(y)
    assert str(error.value) == (
        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does "
        "not support crossing process boundaries.  If you just want to transfer the data, call "
        "detach() on the tensor before serializing (e.g., putting it on the queue)."
    )
    assert not y.is_shared()
    assert there_and_back(y.detach()).tolist() == [2.0, 2.0]


def test_hooks_stay_behind_with_a_warning(lib: Any) -> None:
    mp_of(lib)
    hooks = importlib.import_module(f"{lib.__name__}.utils.hooks")
    x = lib.ones(2, requires_grad=True)

    @hooks.unserializable_hook
    def silent(g: Any) -> None: ...

    x.register_hook(silent)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there_and_back(x)
        pickle.dumps(x)
    x.register_hook(lambda g: g * 2)
    for send in (ForkingPickler.dumps, pickle.dumps, hooks.warn_if_has_hooks):
        with pytest.warns(UserWarning, match=r"^backward hook <function .* will not be serialized"):
            send(x)
    with pytest.warns(UserWarning):
        y = there_and_back(x)
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


def test_strategies(lib: Any) -> None:
    mp = mp_of(lib)
    assert mp.get_sharing_strategy() == "file_descriptor"
    assert "file_descriptor" in mp.get_all_sharing_strategies()
    mp.set_sharing_strategy("file_descriptor")
    with pytest.raises(AssertionError, match="invalid sharing strategy 'carrier pigeon'"):
        mp.set_sharing_strategy("carrier pigeon")


def test_all_of_multiprocessing_is_there(lib: Any) -> None:
    mp = mp_of(lib)
    for name in multiprocessing.__all__:
        if name != "reducer":
            assert getattr(mp, name) is not None
    assert mp.get_context("spawn").get_start_method() == "spawn"
    assert lib.multiprocessing is mp


# -- groups of processes ---------------------------------------------------------------------------


def add_number(i: int, x: Any) -> None:
    x[i] += i + 1


def fail(i: int, how: str) -> None:
    if i == 1:
        if how == "raise":
            raise ValueError("boom")
        if how == "exit":
            sys.exit(3)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def test_spawn(lib: Any) -> None:
    x = lib.zeros(2)
    x.share_memory_()
    assert mp_of(lib).spawn(add_number, (x,), nprocs=2) is None
    assert x.tolist() == [1.0, 2.0]


def test_start_processes_with_fork(lib: Any) -> None:
    x = lib.zeros(3).share_memory_()
    mp = mp_of(lib)
    group = mp.start_processes(add_number, (x,), nprocs=3, join=False, start_method="fork")
    assert isinstance(group, mp.ProcessContext) and len(group.pids()) == 3
    while not group.join(timeout=60):
        pass
    assert group.join() is True
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_failing_process_ends_the_others(lib: Any) -> None:
    mp = mp_of(lib)
    start = time.monotonic()
    with pytest.raises(mp.ProcessRaisedException) as raised:
        mp.start_processes(fail, ("raise",), nprocs=2, start_method="fork")
    error = raised.value
    assert error.error_index == 1 and error.error_pid > 0
    assert str(error).startswith("\n\n-- Process 1 terminated with the following error:\nTraceback")
    assert str(error).endswith("ValueError: boom\n")
    with pytest.raises(mp.ProcessExitedException) as exited:
        mp.start_processes(fail, ("exit",), nprocs=2, start_method="fork")
    assert str(exited.value) == "process 1 terminated with exit code 3"
    assert exited.value.exit_code == 3 and exited.value.signal_name is None
    with pytest.raises(mp.ProcessExitedException) as killed:
        mp.start_processes(fail, ("kill",), nprocs=2, start_method="fork")
    assert str(killed.value) == "process 1 terminated with signal SIGKILL"
    assert killed.value.signal_name == "SIGKILL" and killed.value.exit_code == -signal.SIGKILL
    assert time.monotonic() - start < 50


def test_errors_of_processes_can_be_pickled(lib: Any) -> None:
    mp = mp_of(lib)
    error = pickle.loads(pickle.dumps(mp.ProcessExitedException("m", 1, 2, 3, "S")))
    assert (error.msg, error.error_index, error.error_pid, error.exit_code) == ("m", 1, 2, 3)
    error = pickle.loads(pickle.dumps(mp.ProcessRaisedException("m", 1, 2)))
    assert (str(error), error.error_index, error.error_pid) == ("m", 1, 2)


def test_spawn_takes_no_other_method(lib: Any) -> None:
    with pytest.warns(FutureWarning, match="only supports start_method=spawn"):
        mp_of(lib).spawn(add_number, nprocs=0, start_method="fork")


# -- only ours -------------------------------------------------------------------------------------


def test_descriptors_end_with_their_tensors(lib: Any) -> None:
    if lib is not rushlight or not os.path.isdir("/proc/self/fd"):
        pytest.skip("counts descriptors as Linux lists them")
    mp_of(lib)
    there_and_back(lib.ones(4))  # starts the thread that hands descriptors out
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        x = lib.ones(4).share_memory_()
        there_and_back(x)
    del x
    deadline = time.monotonic() + 10  # that thread closes its ends when it comes to it
    while len(os.listdir("/proc/self/fd")) > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= before


def test_loaders_workers_send_tensors_through_shared_memory(lib: Any) -> None:
    mp_of(lib)
    loader = lib.utils.data.DataLoader(range(8), batch_size=2, num_workers=2)
    batches = list(loader)
    assert [b.tolist() for b in batches] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert all(b.is_shared() for b in batches)
