"""Stories about the graph, told to both libraries: backward, grad, hooks, Function, freeing."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import rushlight
from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def test_the_first_program(lib: Any) -> None:
    x = lib.tensor([2.0, 3.0], requires_grad=True)
    y = x + 2
    assert repr(y.grad_fn).startswith("<AddBackward0 object at 0x")
    z = (y * y * 3).mean()
    z.backward(retain_graph=True)
    assert repr(x.grad) == "tensor([12., 15.])"
    z.backward()
    assert repr(x.grad) == "tensor([24., 30.])"
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        z.backward()


def test_a_graph_dies_with_its_last_reference(lib: Any) -> None:
    gc.disable()
    try:
        x = lib.ones(3, requires_grad=True)
        y = (x * 2).exp().sum()
        node = weakref.ref(y.grad_fn) if lib is rushlight else None
        leaf = weakref.ref(x)
        del x, y
        assert leaf() is None
        assert node is None or node() is None
    finally:
        gc.enable()


def test_grad_of_grad_and_unused_inputs(lib: Any) -> None:
    x = lib.tensor(3.0, requires_grad=True)
    unused = lib.tensor(1.0, requires_grad=True)
    (first,) = lib.autograd.grad(x * x * x, x, create_graph=True)
    (second,) = lib.autograd.grad(first, x)
    assert (first.item(), second.item()) == (27.0, 18.0)
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        lib.autograd.grad(x * 2, unused)
    assert lib.autograd.grad(x * 2, unused, allow_unused=True) == (None,)
    (zero,) = lib.autograd.grad(x * 2, unused, materialize_grads=True)
    assert zero.item() == 0.0


def test_backward_into_inputs_only(lib: Any) -> None:
    x = lib.tensor(2.0, requires_grad=True)
    w = lib.tensor(5.0, requires_grad=True)
    h = x * w
    (h * h).backward(inputs=[w, h])
    assert x.grad is None
    assert w.grad.item() == 40.0
    assert h.grad.item() == 20.0


def test_hooks_see_and_replace(lib: Any) -> None:
    seen: list[str] = []
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    h = x * 3
    h.retain_grad()
    x.register_hook(lambda g: seen.append("leaf") or g * 2)
    handle = h.register_hook(lambda g: seen.append("removed"))
    handle.remove()
    h.register_hook(lambda g: seen.append("middle") or g + 1)
    h.grad_fn.register_hook(lambda gi, go: seen.append("node"))
    h.grad_fn.register_prehook(lambda go: seen.append("pre"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(f"after {t.grad.tolist()}"))
    h.sum().backward()
    assert seen == ["middle", "pre", "node", "leaf", "after [12.0, 12.0]"]
    assert h.grad.tolist() == [2.0, 2.0]
    assert h.retains_grad


def test_one_tensor_in_many_places(lib: Any) -> None:
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = x * x + x
    z = y * y + y * x
    z.backward(lib.ones(2))
    assert x.grad.tolist() == [1 * 2 * 2 * 3 + 3 * 1 + 2, 2 * 6 * 5 + 5 * 2 + 6]


def test_leaf_gradients_never_share_memory(lib: Any) -> None:
    a = lib.ones(3, requires_grad=True)
    b = lib.ones(3, requires_grad=True)
    cotangent = lib.ones(3)
    (a + b).backward(cotangent)
    a.grad.mul_(5)
    assert b.grad.tolist() == [1.0] * 3
    assert cotangent.tolist() == [1.0] * 3


def test_function(lib: Any) -> None:
    class Scale(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float) -> Any:
            ctx.factor = factor
            ctx.save_for_backward(x)
            return x * factor, x * x

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * ctx.factor + h * 2 * x, None

    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y, z = Scale.apply(x, 3.0)
    assert type(y.grad_fn).__name__ == "ScaleBackward"
    assert y.grad_fn.name() == "ScaleBackward"
    (g,) = lib.autograd.grad(y.sum() + z.sum(), x, create_graph=True)
    assert g.tolist() == [5.0, 7.0]
    (gg,) = lib.autograd.grad(g.sum(), x)
    assert gg.tolist() == [2.0, 2.0]


def test_function_mistakes(lib: Any) -> None:
    class TooFew(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x + y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    x = lib.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        TooFew.apply(x, x).sum().backward()


def test_stale_saved_tensor(lib: Any) -> None:
    x = lib.ones(3, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(
        RuntimeError,
        match=r"modified by an inplace operation: \[torch.FloatTensor \[3\]\], which is output 0 "
        r"of Exp, is at version 1; expected version 0 instead",
    ):
        y.sum().backward()


def test_errors_of_backward(lib: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad"):
        lib.ones(2).sum().backward()
    with pytest.raises(RuntimeError, match=r"Mismatch in shape: grad_output\[0\] has a shape of"):
        (x * 2).backward(lib.ones(3))
