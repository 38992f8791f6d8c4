"""Stories about the lifetime of graphs: reference counts alone free them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

FREED = "Trying to backward through the graph a second time"


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


@contextmanager
def no_collector() -> Iterator[None]:
    """Reference counts alone have to free what dies inside."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Witness(dict):
    """Can be referred to weakly, and put into a node's metadata."""


def test_graphs_die_by_reference_count(lib: Any) -> None:
    with no_collector():
        x = leaf(lib)
        y = (x * 2).exp()
        witness = Witness()
        y.grad_fn.metadata["witness"] = witness
        ref, value = weakref.ref(witness), weakref.ref(y)
        z = y.sum()
        del witness, y
        assert ref() is not None
        del z
        assert value() is None
        if lib is rushlight:  # PyTorch's Python face of a node dies when it likes
            assert ref() is None


def test_saved_tensors_die_with_the_graph_or_the_pass(lib: Any) -> None:
    with no_collector():
        x, other = leaf(lib), lib.ones(2)
        ref = weakref.ref(other)
        y = x * other
        del other
        assert ref() is not None
        y.sum().backward()
        if lib is rushlight:  # PyTorch saves the value; its Python object may go earlier or later
            assert ref() is None


def test_hooks_die_with_their_tensor(lib: Any) -> None:
    with no_collector():
        x = leaf(lib)
        y = x * 2
        witness = Witness()
        ref = weakref.ref(witness)
        y.register_hook(lambda g, keep=witness: None)
        y.retain_grad()
        x.register_hook(lambda g, keep=witness: None)
        x.register_post_accumulate_grad_hook(lambda t, keep=witness: None)
        del witness
        y.sum().backward()
        assert ref() is not None
        del x, y
        if lib is rushlight:
            assert ref() is None


def test_a_leaf_does_not_keep_its_graphs(lib: Any) -> None:
    with no_collector():
        x = leaf(lib)
        y = x * 2
        ref = weakref.ref(y)
        assert y.grad_fn.next_functions[0][0].variable is x  # the leaf's node was asked for
        del y
        assert ref() is None


def test_memory_after_many_steps(lib: Any) -> None:
    """No objects pile up over training steps with the collector off."""
    with no_collector():
        x = leaf(lib)
        counts = []
        for _ in range(3):
            for _ in range(20):
                y = (x * 2).tanh()
                y.register_hook(lambda g: g * 1)
                lib.autograd.grad((y * y).sum(), x, create_graph=True)[0].sum().backward()
                x.grad = None
            del y
            counts.append(len(gc.get_objects()))
        assert counts[2] - counts[1] < 20
