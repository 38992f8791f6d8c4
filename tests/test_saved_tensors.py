"""Stories about hooks of saved tensors, told to both libraries."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, *values: float) -> Any:
    return lib.tensor(values or (2.0, 3.0), requires_grad=True)


def hooks(lib: Any, pack: Any, unpack: Any) -> Any:
    return lib.autograd.graph.saved_tensors_hooks(pack, unpack)


def same(t: Any) -> Any:
    return t


class Log:
    """A pair of hooks that copies, and counts its calls."""

    def __init__(self) -> None:
        self.packed: list[Any] = []
        self.unpacked = 0

    def pack(self, t: Any) -> Any:
        name = None if t.grad_fn is None else t.grad_fn.name()
        self.packed.append((t.tolist(), t.requires_grad, name))
        return t.detach().clone()

    def unpack(self, t: Any) -> Any:
        self.unpacked += 1
        return t


# -- what is packed ----------------------------------------------------------------------------


def test_an_output_is_packed_with_its_history(lib: Any) -> None:
    x = leaf(lib, 0.0)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        y = x.exp()
    assert log.packed == [([1.0], True, "ExpBackward0")]
    y.backward()
    assert log.unpacked == 1
    assert x.grad.tolist() == [1.0]


def test_inputs_are_packed_as_they_are(lib: Any) -> None:
    x = leaf(lib)
    seen: list[Any] = []

    def pack(t: Any) -> Any:
        seen.append((t is x, t.is_leaf, lib.is_grad_enabled()))
        return t.detach()

    with hooks(lib, pack, same):
        x.sin()
        x * lib.ones(2)
        x + 1
        x * 2
    assert seen == [(True, True, False), (False, True, False)]


def test_what_needs_no_gradient_packs_nothing(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        x.detach() * x.detach()
        with lib.no_grad():
            x * x
        x.view(2, 1).sum()
    assert not log.packed


def test_an_operation_on_a_view_packs_the_view(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        y = x[1:].sin() * x[:1].sin()
    assert ([3.0], True, "SliceBackward0") in log.packed
    assert len(log.packed) == 4
    y.sum().backward()
    assert log.unpacked == 4


def test_indices_of_an_extreme_have_no_history(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        y = x.max(0).values
    assert log.packed == [(1, False, None)]
    y.backward()
    assert x.grad.tolist() == [0.0, 1.0]


def test_in_place_operations_pack_what_the_derivative_needs(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        y = x * 1
        y.exp_()
        y.mul_(x)
    y.sum().backward()
    expected = leaf(lib)
    (expected.exp() * expected).sum().backward()
    assert x.grad.tolist() == expected.grad.tolist()


@pytest.mark.parametrize("pack", [same, lambda t: t.detach(), lambda t: [t.detach()]])
def test_in_place_operations_keep_old_values_from_their_own_write(lib: Any, pack: Any) -> None:
    x = leaf(lib)
    with hooks(lib, pack, lambda t: t[0] if isinstance(t, list) else t):
        y = x * 1
        y.sin_()
        y[:1].mul_(x[1:])
    y.sum().backward()
    expected = leaf(lib)
    z = expected.sin()
    (z[:1] * expected[1:] + z[1:]).sum().backward()
    assert x.grad.tolist() == pytest.approx(expected.grad.tolist())


# -- which hooks are used ----------------------------------------------------------------------


def test_the_innermost_pair_is_used(lib: Any) -> None:
    x = leaf(lib)
    outer, inner = Log(), Log()
    with hooks(lib, outer.pack, outer.unpack):
        a = x.sin()
        with hooks(lib, inner.pack, inner.unpack):
            b = a.sin()
        c = b.sin()
    d = c.sin()
    d.sum().backward()
    assert (len(outer.packed), outer.unpacked) == (2, 2)
    assert (len(inner.packed), inner.unpacked) == (1, 1)


def test_hooks_act_in_their_own_thread(lib: Any) -> None:
    x = leaf(lib)
    log = Log()

    def work() -> None:
        x.sin()
        with hooks(lib, log.pack, log.unpack):
            x.cos()

    with hooks(lib, log.pack, log.unpack):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(log.packed) == 1
        x.sin()
    assert len(log.packed) == 2


def test_hooks_outlive_their_context_with_the_graph_and_no_longer(lib: Any) -> None:
    class Thing:
        pass

    def make() -> Any:
        kept: list[Any] = []

        def pack(t: Any) -> Any:
            thing = Thing()
            kept.append(weakref.ref(thing))
            return thing, t.detach()

        x = leaf(lib)
        with hooks(lib, pack, lambda pair: pair[1]):
            y = x.exp() * x.sin()
        return y.sum(), kept

    gc.collect()
    gc.disable()
    try:
        y, kept = make()
        assert len(kept) == 4
        assert all(ref() is not None for ref in kept)
        y.backward(retain_graph=True)
        assert all(ref() is not None for ref in kept)
        y.backward()
        assert all(ref() is None for ref in kept)
        y, kept = make()
        del y
        assert all(ref() is None for ref in kept)
    finally:
        gc.enable()


# -- unpacking ---------------------------------------------------------------------------------


def test_unpacked_at_each_access(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    with hooks(lib, log.pack, log.unpack):
        y = x.sin().sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    assert log.unpacked == 2
    lib.autograd.grad(y, x)
    assert log.unpacked == 3
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()
    assert log.unpacked == 3


def test_what_unpack_returns_is_used(lib: Any) -> None:
    x = leaf(lib)
    with hooks(lib, same, lambda t: t * 10):
        y = x * x.detach()
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 30.0]


def test_unpack_runs_in_the_grad_mode_of_the_pass(lib: Any) -> None:
    x = leaf(lib)
    seen: list[bool] = []

    def unpack(t: Any) -> Any:
        seen.append(lib.is_grad_enabled())
        return t

    with hooks(lib, same, unpack):
        y = x.sin().sum()
    lib.autograd.grad(y, x, retain_graph=True)
    lib.autograd.grad(y, x, create_graph=True)
    assert seen == [False, True]


def test_double_backward_through_leaves_and_outputs(lib: Any) -> None:
    x = leaf(lib)
    with hooks(lib, lambda t: t.tolist(), lib.tensor):
        y = (x.exp() * x).sum()
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        (h,) = lib.autograd.grad(g.sum(), x, create_graph=True)
    (k,) = lib.autograd.grad(h.sum(), x)
    for found, factor in ((g, 1), (h, 2), (k, 3)):
        expected = x.exp() * (x + factor)
        assert found.tolist() == pytest.approx(expected.tolist())


def test_changes_in_place_are_the_hooks_own_affair(lib: Any) -> None:
    x = leaf(lib)
    a = x * 1
    with hooks(lib, lambda t: t.detach().clone(), same):
        y = a.sin()
    a.zero_()
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([-0.4161468, -0.9899925])


# -- custom Functions --------------------------------------------------------------------------


def product(lib: Any, seen: list[Any]) -> Any:
    class Product(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            out = x * y
            ctx.save_for_backward(x, None, out, y)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, none, out, y = ctx.saved_tensors
            assert none is None
            seen.append((x.is_leaf, x.requires_grad, out.grad_fn is not None))
            return g * y, g * x

    return Product


def test_save_for_backward_is_packed_and_unpacked_at_each_access(lib: Any) -> None:
    x = leaf(lib)
    log = Log()
    seen: list[Any] = []
    with hooks(lib, log.pack, log.unpack):
        y = product(lib, seen).apply(x, x * 1)
    assert [name for _, _, name in log.packed] == [None, "ProductBackward", "MulBackward0"]
    y.sum().backward(retain_graph=True)
    assert log.unpacked == 3
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    assert log.unpacked == 6
    assert seen == [(True, True, True)] * 2
    g.sum().backward()
    assert x.grad.tolist() == [6.0, 8.0]
