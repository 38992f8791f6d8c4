"""Stories about very deep graphs: built in Python, walked, and freed at once, without recursion."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

DEEP = 150_000
FAIRLY_DEEP = 20_000


@pytest.fixture(autouse=True)
def without_the_collector() -> Iterator[None]:
    """Reference counts alone have to free what dies."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Witness:
    """Can be referred to weakly, and put into a node's metadata."""


def dies(lib: Any, start: Any, build: Callable[[Any], Any], walk: bool) -> None:
    """Build upon a first node, walk or not: the first node dies with the last tensor."""
    y = start * 1
    witness = Witness()
    y.grad_fn.metadata["witness"] = witness
    ref = weakref.ref(witness)
    first = y.grad_fn if lib is not rushlight else None  # PyTorch's Python face of it holds that
    y = build(y)
    del witness
    if walk:
        y.sum().backward()
        assert start.grad.shape == start.shape
    assert ref() is not None
    limit = sys.getrecursionlimit()
    del y, first
    assert ref() is None
    assert sys.getrecursionlimit() == limit


def chain(step: Callable[[Any], Any], length: int) -> Callable[[Any], Any]:
    def build(y: Any) -> Any:
        for _ in range(length):
            y = step(y)
        return y

    return build


@pytest.mark.parametrize("walk", [True, False])
def test_a_graph_of_150_000_steps(lib: Any, walk: bool) -> None:
    dies(lib, lib.ones(1, requires_grad=True), chain(lambda y: y * 1.0, DEEP), walk)


def functions(lib: Any) -> tuple[Any, Any, Any]:
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.note = x.shape
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    class Two(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * 1, y * 1

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g, h

    class View(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.view_as(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    return Same.apply, Two.apply, View.apply


def steps(lib: Any) -> dict[str, Callable[[Any], Any]]:
    same, two, view = functions(lib)

    def hooked(y: Any) -> Any:
        z = y * 1.0
        z.register_hook(lambda g, before=y: None)  # the graph again, through Python's own objects
        return z

    def linked(y: Any) -> Any:
        z = y * 1.0
        z.grad_fn.metadata["before"] = y.grad_fn
        return z

    def parted(y: Any) -> Any:
        a, b = y.split(1)
        return lib.cat([b, a])

    def several(y: Any) -> Any:
        a, b = two(y, y)
        return (a + b) / 2

    return {
        "saves its output": lambda y: y.tanh(),
        "views": lambda y: y.view(2),
        "slices": lambda y: y[:],
        "writes": lambda y: y.mul_(1.0),
        "functions": same,
        "functions that view": view,
        "functions with several outputs": several,
        "splits": parted,
        "hooks that hold the tensor before": hooked,
        "metadata that holds the node before": linked,
    }


@pytest.mark.parametrize("name", steps(rushlight))
@pytest.mark.parametrize("walk", [True, False])
def test_chains_of_other_steps(lib: Any, name: str, walk: bool) -> None:
    x = lib.ones(2, requires_grad=True)
    dies(lib, x, chain(steps(lib)[name], FAIRLY_DEEP), walk)


def test_writes_to_parts(lib: Any) -> None:
    def build(y: Any) -> Any:
        for _ in range(3000):
            y[:1].mul_(1.0)
        return y

    for walk in (True, False):
        dies(lib, lib.ones(2, requires_grad=True), build, walk)


def test_the_graph_of_a_deep_gradient(lib: Any) -> None:
    x = lib.full((1,), 0.5, requires_grad=True)
    y = chain(lambda y: y.tanh(), FAIRLY_DEEP)(x * 1)
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    witness = Witness()
    g.grad_fn.metadata["witness"] = witness
    ref = weakref.ref(witness)
    del witness, y
    (h,) = lib.autograd.grad(g.sum(), x, retain_graph=True)
    assert h.shape == (1,)
    del g
    assert ref() is None


def test_only_a_part_of_a_deep_graph_is_walked(lib: Any) -> None:
    x, w = lib.ones(1, requires_grad=True), lib.ones(1, requires_grad=True)
    y = x * 1
    for i in range(FAIRLY_DEEP):
        y = y * w if i == 10 else y * 1.0
    assert lib.autograd.grad(y, [w, x], retain_graph=True)[0].item() == 1.0
    y.backward(inputs=[w])
    assert (w.grad.item(), x.grad) == (1.0, None)


def test_wide_and_deep(lib: Any) -> None:
    """Each step reads all of the last hundred."""
    x = lib.ones(1, requires_grad=True)
    last = [x * 1 for _ in range(100)]
    for _ in range(200):
        last = [*last[1:], lib.stack(last).mean(0)]
    last[-1].backward()
    assert abs(x.grad.item() - 1.0) < 1e-3


def test_a_chain_of_functions_that_run_passes(lib: Any) -> None:
    """Each step runs a pass of its own on the way back; they are not inside each other."""

    class Again(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x = ctx.saved_tensors[0].detach().requires_grad_()
            with lib.enable_grad():
                (x * 1).backward(g)
            return x.grad

    x = lib.ones(1, requires_grad=True)
    dies(lib, x, chain(Again.apply, 5000), True)
    assert x.grad.item() == 1.0
