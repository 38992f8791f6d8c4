"""Stories about backward passes in several threads: on shared leaves, shared graphs, their own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

import rushlight
from rushlight.autograd import threads
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

FREED = "Trying to backward through the graph a second time"


def together(count: int, body: Any) -> list[Any]:
    """Run ``body(i)`` in `count` threads that start at the same moment; return what they raised."""
    barrier = threading.Barrier(count)
    errors: list[Any] = [None] * count

    def guarded(i: int) -> None:
        barrier.wait()
        try:
            body(i)
        except BaseException as error:
            errors[i] = error

    workers = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return errors


@pytest.fixture
def restless() -> Iterator[None]:
    """Python changes threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("size", [3, 200_000])
def test_no_accumulation_is_lost(lib: Any, size: int) -> None:
    """NumPy lets other threads run while it adds large arrays: a leaf takes one at a time."""
    x, one = lib.zeros(size, requires_grad=True), lib.ones(size)
    rounds = 50

    def body(i: int) -> None:
        for _ in range(rounds):
            x.backward(one)

    assert together(4, body) == [None] * 4
    assert x.grad.unique().tolist() == [4.0 * rounds]


@pytest.mark.usefixtures("restless")
def test_the_first_gradient_of_a_leaf_is_not_lost(lib: Any) -> None:
    leaves = [lib.zeros(2000, requires_grad=True) for _ in range(100)]
    one = lib.ones(2000)
    assert together(2, lambda i: [x.backward(one) for x in leaves] and None) == [None] * 2
    assert [x.grad.unique().tolist() for x in leaves] == [[2.0]] * 100


def test_hooks_of_a_shared_leaf_run_in_every_thread(lib: Any) -> None:
    x = lib.zeros(3, requires_grad=True)
    seen: list[int] = []
    x.register_hook(lambda g: seen.append(threading.get_ident()))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(threading.get_ident()))

    def body(i: int) -> None:
        for _ in range(20):
            (x * 1).sum().backward()

    assert together(3, body) == [None] * 3
    assert x.grad.tolist() == [60.0] * 3
    assert len(seen) == 120
    assert len(set(seen)) == 3  # each pass in the thread that asked for it


def test_one_graph_is_freed_once(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    z = x.exp().exp().sum()
    errors = together(4, lambda i: z.backward(retain_graph=True))
    assert errors == [None] * 4
    z.backward()
    errors = together(2, lambda i: z.backward())
    assert all(isinstance(e, RuntimeError) and FREED in str(e) for e in errors)


def test_passes_through_a_part_that_is_shared(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    shared = x * 2
    parts = [(shared * (i + 1)).sum() for i in range(4)]
    assert together(4, lambda i: parts[i].backward(retain_graph=True)) == [None] * 4
    assert x.grad.tolist() == [20.0, 20.0]


def test_a_graph_made_in_one_thread_is_walked_in_another(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    made: list[Any] = []
    worker = threading.Thread(target=lambda: made.append((x * 3).sum()))
    worker.start()
    worker.join()
    made[0].backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_thread_started_by_a_hook_runs_its_own_pass(lib: Any) -> None:
    x, w = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)

    def hook(g: Any) -> None:
        worker = threading.Thread(target=lambda: (w * x.detach() * 2).sum().backward())
        worker.start()
        worker.join()

    y = x * 1
    y.register_hook(hook)
    y.sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]
    assert x.grad.tolist() == [1.0, 1.0]


def test_deep_passes_in_several_threads(lib: Any) -> None:
    class Nested(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, left: int) -> Any:
            ctx.left = left
            return x.detach() * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if not ctx.left:
                return g * 2, None
            with lib.enable_grad():
                x = g.detach().requires_grad_()
                Nested.apply(x, ctx.left - 1).sum().backward()
            return x.grad * 1, None

    x = lib.ones(2, requires_grad=True)
    assert together(3, lambda i: Nested.apply(x, 100).sum().backward()) == [None] * 3
    assert x.grad.tolist() == [6.0, 6.0]


def test_multithreading_is_a_setting_of_the_thread(lib: Any) -> None:
    enabled, set_enabled = (
        lib.autograd.is_multithreading_enabled,
        lib.autograd.set_multithreading_enabled,
    )
    assert enabled()
    with set_enabled(False):
        assert not enabled()
        x = lib.ones(2, requires_grad=True)
        (x * 2).sum().backward()
        assert x.grad.tolist() == [2.0, 2.0]
    assert enabled()
    seen: list[bool] = []
    set_enabled(False)
    try:
        together(1, lambda i: seen.append(enabled()))
        assert not lib._C._is_multithreading_enabled()
    finally:
        set_enabled(True)
    assert seen == [True]

    @set_enabled(False)
    def inside() -> bool:
        return bool(enabled())

    set_enabled(True)  # making the decorator switched it off: PyTorch's way
    assert (enabled(), inside(), enabled()) == (True, False, True)
    with pytest.raises(TypeError, match="must be bool, not int"):
        set_enabled(3)


def test_where_no_thread_can_be_started_a_deep_pass_goes_on_in_place(
    lib: Any, monkeypatch: Any
) -> None:
    if lib is not rushlight:
        pytest.skip("Rushlight's own threads")

    def refuse(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads.threading.Thread, "start", refuse)
    leaves = [lib.ones(1, requires_grad=True) for _ in range(40)]
    for x, following in pairwise(leaves):
        x.register_hook(lambda g, w=following: lib.autograd.backward(w, g * 2))
    leaves[0].backward(lib.ones(1))
    assert leaves[-1].grad.item() == 2.0**39
