"""Stories about where a pass starts, where it doesn't go, and nodes that get nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)

FREED = "Trying to backward through the graph a second time"


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


def nothing(lib: Any) -> Any:
    class Nothing(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> None:
            return None

    return Nothing.apply


# -- roots -------------------------------------------------------------------------------------


def test_a_root_that_is_a_leaf_takes_nothing_in_grad(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)
    assert lib.autograd.grad(x, w, lib.ones(2), allow_unused=True) == (None,)
    assert lib.autograd.grad([x, w * 2], w, [lib.ones(2)] * 2)[0].tolist() == [2.0, 2.0]
    x.backward(lib.ones(2), inputs=[w])
    lib.autograd.backward([x, w * 2], [lib.ones(2)] * 2, inputs=[w])
    assert x.grad is None
    assert w.grad.tolist() == [2.0, 2.0]


def test_hooks_of_a_root_that_leads_nowhere(lib: Any) -> None:
    """They run where the root is alone."""
    x, w = leaf(lib), leaf(lib)
    y, seen = x * 2, []
    for t in (x, y):
        t.register_hook(lambda g: seen.append(g.tolist()))
    y.grad_fn.register_hook(lambda ins, outs: seen.append("node"))
    for root in (x, y):
        lib.autograd.grad(root, w, lib.ones(2), allow_unused=True, retain_graph=True)
        assert seen == [[1.0, 1.0]]
        seen.clear()
        lib.autograd.grad([root, w], w, [lib.ones(2)] * 2, retain_graph=True)
        assert seen == []


def test_a_cotangent_that_comes_through_is_the_callers(lib: Any) -> None:
    x, cotangent = leaf(lib), lib.ones(2)
    y = x * 2
    assert lib.autograd.grad(y, [y, x], cotangent)[0] is cotangent
    assert lib.autograd.grad(x, x, cotangent)[0] is cotangent
    assert lib.autograd.grad(x + 1, x, cotangent)[0] is cotangent
    x.backward(cotangent)
    assert x.grad is not cotangent
    assert x.grad.data_ptr() != cotangent.data_ptr()


def test_roots_that_are_the_same(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    found = lib.autograd.grad([y, y, x], [x, x, y], [lib.ones(2)] * 3, retain_graph=True)
    assert [g.tolist() for g in found] == [[5.0, 5.0], [5.0, 5.0], [2.0, 2.0]]
    y.backward(lib.ones(2), inputs=[x, x])
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_output_of_a_node_is_wanted_and_another_is_not(lib: Any) -> None:
    x, seen = leaf(lib, 4), []
    a, b = (x * 1).split(2)
    b.register_hook(lambda g: seen.append(g.tolist()))
    (g,) = lib.autograd.grad((a * 2 + b * 3).sum(), a, retain_graph=True)
    assert g.tolist() == [2.0, 2.0]
    assert seen == [[3.0, 3.0]]


def test_what_post_hooks_see_of_inputs_that_nobody_asked_for(lib: Any) -> None:
    x, w, seen = leaf(lib), leaf(lib), []
    y = x * w
    y.grad_fn.register_hook(lambda ins, outs: seen.append([g is not None for g in ins]))
    y.backward(lib.ones(2), inputs=[x], retain_graph=True)
    y.backward(lib.ones(2), inputs=[y], retain_graph=True)
    z = x.view(2)
    z.grad_fn.register_hook(lambda ins, outs: seen.append([g is not None for g in ins]))
    z.backward(lib.ones(2), inputs=[z], retain_graph=True)
    assert seen == [[True, False], [False, False], [False]]


# -- nothing comes -----------------------------------------------------------------------------


def test_a_node_whose_outputs_all_get_nothing(lib: Any) -> None:
    x, seen = leaf(lib, 4), []
    a, b = (x * 1).split(2)
    a.register_hook(lambda g: seen.append(g))
    a.grad_fn.register_prehook(lambda gs: seen.append(gs))
    a.grad_fn.register_hook(lambda ins, outs: seen.append((ins, outs)))
    (nothing(lib)(a) + nothing(lib)(b)).sum().backward(retain_graph=True)
    assert seen == [None, (None, None), ((None,), (None, None))]
    assert x.grad is None
    (nothing(lib)(a) + b).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0, 1.0]


def test_a_freed_node_is_freed_for_nothing_too(lib: Any) -> None:
    x = leaf(lib)
    y = x.exp()
    y.sum().backward()
    with pytest.raises(RuntimeError, match=FREED):
        nothing(lib)(y).sum().backward()
    (x + 1).sum().backward()


def test_values_changed_since_are_noticed_for_nothing_too(lib: Any) -> None:
    x = leaf(lib)
    for make in (lambda: x.exp(), lambda: x.tanh()):
        y = make()
        z = nothing(lib)(y).sum()
        with lib.no_grad():
            y.mul_(2)
        with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
            z.backward()
    constant = lib.ones(2)
    z = nothing(lib)(x * constant).sum()
    constant.add_(1)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
        z.backward()


def test_gradients_of_tensors_that_are_no_leaves_can_be_assigned(lib: Any) -> None:
    y = leaf(lib) * 2
    y.grad = lib.ones(2)
    assert y.grad.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="with dtype 'double' to a tensor with grad_dtype 'Flo"):
        y.grad = lib.ones(2, dtype=lib.float64)
