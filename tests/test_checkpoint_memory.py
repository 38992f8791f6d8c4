"""What a checkpoint is for: memory, and what dies with a graph."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from tests.test_checkpoint import BOTH, room


def peak(train: Callable[[], Any]) -> int:
    """The most bytes that Python and NumPy held at a time."""
    gc.collect()
    tracemalloc.start()
    train()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.parametrize("reentrant", BOTH)
def test_a_deep_network_needs_less_memory(reentrant: bool) -> None:
    """64 layers hold 64 activations of 400 kB; eight segments of eight hold 8 and 8."""
    torch = rushlight
    x = torch.ones(1000, 100, requires_grad=True)
    layers = [lambda x: torch.tanh(x) * 1.01 for _ in range(64)]

    def plain() -> None:
        y = x
        for layer in layers:
            y = layer(y)
        y.sum().backward()

    def checkpointed() -> None:
        room(torch).checkpoint_sequential(layers, 8, x, use_reentrant=reentrant).sum().backward()

    one = x.nbytes
    plain()
    expected, x.grad = x.grad, None
    whole = peak(plain)
    x.grad = None
    less = peak(checkpointed)
    assert torch.equal(x.grad, expected)
    assert whole > 64 * one
    assert less < 22 * one


def test_a_pass_lets_go_of_cotangents_of_nodes_with_several_outputs() -> None:
    """Normalisation has its statistics as further outputs; 16 cotangents of 400 kB come and go."""
    x = rushlight.ones(1000, 100, requires_grad=True)
    y = x
    for _ in range(16):
        y = rushlight.nn.functional.layer_norm(y, (100,))
    total = y.sum()
    del y
    held: list[int] = []
    tracemalloc.start()
    x.register_hook(lambda g: held.append(tracemalloc.get_traced_memory()[0]))
    total.backward()
    tracemalloc.stop()
    assert held[0] < 5 * x.nbytes


def test_a_region_dies_with_its_graph() -> None:
    torch = rushlight
    gc.disable()
    try:
        seen: list[weakref.ref[Any]] = []

        def inside(x: Any) -> Any:
            y = x.sin()
            seen.append(weakref.ref(y))
            return y.exp()

        x = torch.ones(3, requires_grad=True)
        z = x * 2
        seen.append(weakref.ref(z))
        out = room(torch).checkpoint(inside, z, use_reentrant=False)
        del z
        assert [ref() is None for ref in seen] == [False, True]  # the argument is kept, and no more
        out.sum().backward(retain_graph=True)
        del out
        assert all(ref() is None for ref in seen)
    finally:
        gc.enable()
