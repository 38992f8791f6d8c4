"""Stories about a backward pass inside a backward pass: nested deeply, in hooks and Functions."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

DEEP = 2_000


def nested(lib: Any, depth: int, seen: Any = None) -> Any:
    """Return a function that runs `depth` backward passes, each inside the one before."""

    class Nested(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, left: int) -> Any:
            ctx.left = left
            return x.detach() * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if seen is not None:
                seen(ctx.left)
            if ctx.left:
                with lib.enable_grad():
                    x = g.detach().requires_grad_()
                    Nested.apply(x, ctx.left - 1).sum().backward()
                return x.grad * 1, None
            return g * 2, None

    return lambda x: Nested.apply(x, depth)


def test_two_thousand_passes_inside_each_other(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    limit = sys.getrecursionlimit()
    nested(lib, DEEP)(x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert sys.getrecursionlimit() == limit


def test_an_error_comes_up_through_all_of_them(lib: Any) -> None:
    def fail(left: int) -> None:
        if left == 0:
            raise ValueError("at the bottom")

    x = lib.ones(2, requires_grad=True)
    y = nested(lib, 100, fail)(x)
    with pytest.raises(ValueError, match="at the bottom"):
        y.sum().backward()
    assert x.grad is None
    assert lib.is_grad_enabled()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_nothing_is_kept_when_it_is_over(lib: Any) -> None:
    gc.disable()
    try:
        for fails in (False, True):

            def look(left: int, fails: bool = fails) -> None:
                if fails and left == 0:
                    raise ValueError("at the bottom")

            x = lib.ones(2, requires_grad=True)
            y = nested(lib, 60, look)(x)
            ref = weakref.ref(y)
            try:
                y.sum().backward()
            except ValueError:
                assert fails
            del y
            assert ref() is None
    finally:
        gc.enable()


def test_modes_go_down_with_the_passes(lib: Any) -> None:
    seen: list[Any] = []
    x = lib.ones(2, requires_grad=True)
    y = nested(lib, 40, lambda left: seen.append(lib.is_grad_enabled()))(x)
    y.sum().backward()
    assert seen == [False] * 41
    assert lib.is_grad_enabled()

    packed: list[int] = []
    x = lib.ones(2, requires_grad=True)

    def save(left: int) -> None:
        if left == 0:
            with lib.enable_grad():
                (x * x).sum()  # both of its inputs are saved

    y = nested(lib, 40, save)(x)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: packed.append(1) or t, lambda t: t):
        y.sum().backward()
    assert len(packed) == 2  # the hooks that were set outside were there at the bottom


def test_a_chain_of_hooks_that_run_passes(lib: Any) -> None:
    """Each pass reaches a tensor whose hook runs the next one."""
    leaves = [lib.ones(1, requires_grad=True) for _ in range(200)]
    order: list[int] = []

    def hook_of(i: int) -> Any:
        def hook(g: Any) -> None:
            order.append(i)
            if i + 1 < len(leaves):
                with lib.enable_grad():
                    out = leaves[i + 1] * 2
                out.backward()

        return hook

    for i, x in enumerate(leaves):
        x.register_hook(hook_of(i))
    (leaves[0] * 2).backward()
    assert order == list(range(200))
    assert [x.grad.item() for x in leaves] == [2.0] * 200


def test_a_pass_through_the_graph_that_is_walked(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    y = x * 3
    z = (y * y).sum()
    inner: list[Any] = []

    def hook(g: Any) -> None:
        if not inner:
            inner.append(None)
            inner[0] = lib.autograd.grad(z, x, retain_graph=True)[0].tolist()

    y.register_hook(hook)
    z.backward(retain_graph=True)
    assert inner == [[18.0, 18.0]]
    assert x.grad.tolist() == [18.0, 18.0]


def test_passes_side_by_side_inside_one(lib: Any) -> None:
    """Many nested passes that are not inside each other need no depth."""
    w = lib.ones(2, requires_grad=True)
    x = lib.ones(2, requires_grad=True)
    y = x * 1

    def hook(g: Any) -> None:
        for _ in range(300):
            with lib.enable_grad():
                (w * 2).sum().backward()

    y.register_hook(hook)
    y.sum().backward()
    assert w.grad.tolist() == [600.0, 600.0]


def test_callbacks_run_at_the_end_of_their_own_pass(lib: Any) -> None:
    queue = lib.autograd.Variable._execution_engine.queue_callback
    seen: list[str] = []
    x, w = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    inner = w * 3
    inner.register_hook(lambda g: queue(lambda: seen.append("end of inner")))

    def hook(g: Any) -> None:
        queue(lambda: seen.append("end of outer"))
        with lib.enable_grad():
            total = inner.sum()
        total.backward()
        seen.append("after inner")

    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    assert seen == ["end of inner", "after inner", "end of outer"]


def test_callbacks_see_the_finished_pass_and_may_queue_more(lib: Any) -> None:
    queue = lib.autograd.Variable._execution_engine.queue_callback
    seen: list[Any] = []
    x = lib.ones(2, requires_grad=True)
    y = x * 2

    def hook(g: Any) -> None:
        queue(lambda: seen.append((x.grad.tolist(), lib.is_grad_enabled())))
        queue(lambda: queue(lambda: seen.append("later")))

    handle = y.register_hook(hook)
    y.sum().backward()
    assert seen == [([2.0, 2.0], False), "later"]
    with pytest.raises(RuntimeError, match="Final callbacks can only be installed during backw"):
        queue(lambda: None)
    handle.remove()


def test_callbacks_and_errors(lib: Any) -> None:
    queue = lib.autograd.Variable._execution_engine.queue_callback
    seen: list[str] = []
    x = lib.ones(2, requires_grad=True)

    def fails(g: Any) -> None:
        queue(lambda: seen.append("never"))
        raise KeyError("hook")

    y = x * 2
    y.register_hook(fails)
    with pytest.raises(KeyError, match="hook"):
        y.sum().backward()
    assert seen == []
    y = x * 2
    y.register_hook(lambda g: queue(lambda: [][1]))
    with pytest.raises(IndexError):
        y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]  # the pass itself was over


def test_state_that_belongs_to_the_thread_goes_down_too(lib: Any) -> None:
    """Also where the pass goes on in another thread."""
    seen: list[Any] = []

    def look(left: int) -> None:
        if left == 0:
            a = lib.ones(2, 2)
            seen.append((a @ a).dtype)
            seen.append(lib.is_autocast_enabled("cpu"))

    x = lib.ones(2, requires_grad=True)
    y = nested(lib, 40, look)(x)
    with lib.autocast("cpu", dtype=lib.bfloat16):
        y.sum().backward()
    assert seen == [lib.bfloat16, True]
