"""Stories about leaves: the order of their hooks, no gradient at all, attributes, dtypes."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


def nothing(lib: Any) -> Any:
    """A function through which no gradient comes back."""

    class Nothing(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> None:
            return None

    return Nothing.apply


def watch(x: Any, seen: list[Any]) -> Any:
    """Note all hooks in `seen`; return the leaf's node, with which PyTorch lets go of its hooks."""
    end = (x * 1).grad_fn.next_functions[0][0]
    x.register_post_accumulate_grad_hook(lambda t: seen.append(("after", t.grad)))
    end.register_hook(lambda ins, outs: seen.append(("post", ins, outs)))
    end.register_prehook(lambda outs: seen.append(("pre", outs)))
    x.register_hook(lambda g: seen.append(("tensor", g)))
    return end


def test_the_order_of_a_leafs_hooks(lib: Any) -> None:
    x, seen = leaf(lib), []
    end = watch(x, seen)
    y = (x * 2).sum()
    y.backward(retain_graph=True)
    everything = ["tensor", "pre", "after", "post"]
    assert [what[0] for what in seen] == everything
    assert seen[3][1] == ()
    assert seen[3][2][0].tolist() == [2.0, 2.0]
    seen.clear()
    y.backward(inputs=[x], retain_graph=True)
    assert [what[0] for what in seen] == everything
    seen.clear()
    lib.autograd.grad(y, x)
    assert [what[0] for what in seen] == ["tensor"]
    assert end.variable is x


def test_hooks_of_a_leaf_that_nothing_reaches(lib: Any) -> None:
    x, seen = leaf(lib), []
    end = watch(x, seen)
    nothing(lib)(x).sum().backward()
    assert seen == [("tensor", None), ("pre", (None,)), ("after", None), ("post", (), (None,))]
    assert x.grad is None
    seen.clear()
    assert lib.autograd.grad(nothing(lib)(x).sum(), x, allow_unused=True) == (None,)
    assert seen == [("tensor", None)]
    (zeros,) = lib.autograd.grad(nothing(lib)(x).sum(), x, materialize_grads=True)
    assert zeros.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="at index 0 appears to not have been used in the graph"):
        lib.autograd.grad(nothing(lib)(x).sum(), x)
    assert end.variable is x


def test_hooks_within_the_graph_where_nothing_comes(lib: Any) -> None:
    x, seen = leaf(lib), []
    w = x * 3
    w.register_hook(lambda g: seen.append(("tensor", g)))
    w.grad_fn.register_prehook(lambda gs: seen.append(("pre", gs)))
    w.grad_fn.register_hook(lambda ins, outs: seen.append(("post", ins, outs)))
    w.retain_grad()
    nothing(lib)(w).sum().backward()
    assert seen == [("tensor", None), ("pre", (None,)), ("post", (None, None), (None,))]
    assert x.grad is None
    assert w.grad is None


def test_a_leaf_that_stopped_asking(lib: Any) -> None:
    x, seen = leaf(lib), []
    y = (x * 2).sum()
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.requires_grad_(False)
    y.backward(retain_graph=True)
    assert seen == [[2.0, 2.0]]  # its hooks run; it takes nothing
    assert x.grad is None
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require"):
        lib.autograd.grad(y, x, retain_graph=True)
    x.requires_grad_(True)
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_leaf_that_is_none_any_more(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)
    y = (x * 2).sum()
    x.requires_grad_(False)
    x.mul_(w)
    with pytest.raises(RuntimeError, match="leaf variable has been moved into the graph interior"):
        y.backward()


def test_what_hooks_after_accumulation_return(lib: Any) -> None:
    for result, error, message in (
        (lib.ones(2), RuntimeError, "Tensor post accumulate grad hooks should return None."),
        (3, TypeError, "expected Variable, but hook returned 'int'"),
    ):
        x = leaf(lib)
        x.register_post_accumulate_grad_hook(lambda t, result=result: result)
        with pytest.raises(error, match=message):
            (x * 2).sum().backward()
        assert x.grad.tolist() == [2.0, 2.0]


def test_hooks_after_accumulation_may_return_the_leaf(lib: Any) -> None:
    """As in PyTorch's own example of one: ``p.add_`` returns p."""
    x = leaf(lib)
    x.register_post_accumulate_grad_hook(lambda p: p.add_(p.grad, alpha=-1))
    x.register_post_accumulate_grad_hook(lambda p: p.sub_(p.grad))
    x.backward(lib.tensor([1.0, 2.0]))
    assert x.tolist() == [-1.0, -3.0]


def test_all_hooks_after_accumulation_run_before_what_they_return_is_refused(lib: Any) -> None:
    x, seen = leaf(lib), []
    other = lib.ones(2)
    x.register_post_accumulate_grad_hook(lambda p: other)
    x.register_post_accumulate_grad_hook(seen.append)
    with pytest.raises(RuntimeError, match="should return None"):
        (x * 1).sum().backward()
    assert [p is other for p in seen] == [True]
    for wrong, message in ((lib.ones(3), "size of value"), (other.double(), "type of value")):
        x = leaf(lib)
        x.register_post_accumulate_grad_hook(lambda p, wrong=wrong: wrong)
        with pytest.raises(RuntimeError, match=f"has changed the {message}"):
            (x * 1).sum().backward()


@pytest.mark.filterwarnings("ignore:Using backward")
def test_hooks_after_accumulation_see_the_mode_of_the_pass(lib: Any) -> None:
    x, seen = leaf(lib), []
    x.register_post_accumulate_grad_hook(
        lambda t: seen.append((lib.is_grad_enabled(), t.grad.requires_grad))
    )
    (x * x).sum().backward()
    x.grad = None
    (x * x).sum().backward(create_graph=True)
    assert seen == [(False, False), (True, True)]
    x.grad = None


def test_hooks_that_are_registered_by_hooks(lib: Any) -> None:
    x, seen = leaf(lib), []
    y = x * 2

    def hook(g: Any) -> None:
        seen.append("hook")
        x.register_hook(lambda g: seen.append("late leaf"))
        y.register_hook(lambda g: seen.append("late"))

    y.register_hook(hook)
    y.sum().backward(retain_graph=True)
    assert seen == ["hook", "late leaf"]  # the leaf's turn was still to come
    seen.clear()
    y.sum().backward()
    assert seen == ["hook", "late", "late leaf", "late leaf"]


# -- hooks as attributes -----------------------------------------------------------------------


def test_the_dictionaries_of_hooks(lib: Any) -> None:
    x = leaf(lib)
    assert x._backward_hooks is None
    assert x._post_accumulate_grad_hooks is None
    handle = x.register_hook(abs)
    after = x.register_post_accumulate_grad_hook(len)
    assert x._backward_hooks == OrderedDict({handle.id: abs})
    assert x._post_accumulate_grad_hooks == OrderedDict({after.id: len})
    handle.remove()
    after.remove()
    assert x._backward_hooks == x._post_accumulate_grad_hooks == OrderedDict()
    y = x * 2
    assert y._backward_hooks is None
    handle = y.register_hook(abs)
    assert y._backward_hooks == OrderedDict({handle.id: abs})
    assert y.detach()._backward_hooks is None
    y.mul_(2)
    assert y._backward_hooks is None  # they belong to the value before
    assert lib.ones(2)._backward_hooks is None


def test_a_dictionary_of_hooks_may_be_set(lib: Any) -> None:
    x, seen = leaf(lib), []
    x._backward_hooks = OrderedDict({0: lambda g: seen.append(g.tolist())})
    (x * 2).sum().backward()
    x._backward_hooks = None
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0]]
    lib.ones(2)._backward_hooks = None


def test_copies_have_no_hooks(lib: Any) -> None:
    x = leaf(lib)
    x.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(len)
    twin = copy.deepcopy(x)
    assert twin._backward_hooks is None
    assert twin._post_accumulate_grad_hooks is None
    twin.sum().backward()
    assert twin.grad.tolist() == [1.0, 1.0]


# -- another dtype for the gradient ------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Using backward")
def test_gradients_may_have_another_dtype(lib: Any) -> None:
    x = leaf(lib)
    assert x.grad_dtype is lib.float32
    x.grad_dtype = lib.float64
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(g.dtype))
    for expected in (2.0, 4.0):
        (x * 2).sum().backward()
        assert x.grad.dtype is lib.float64
        assert x.grad.tolist() == [expected] * 2
    (g,) = lib.autograd.grad((x * 2).sum(), x)
    assert g.dtype is lib.float64
    assert seen == [lib.float64] * 3
    x.grad = None
    x.sum().backward(create_graph=True)
    assert x.grad.dtype is lib.float64
    assert x.detach().grad_dtype is lib.float32
    assert copy.deepcopy(x.detach()).grad_dtype is lib.float32


def test_gradients_of_any_dtype(lib: Any) -> None:
    x = leaf(lib)
    x.grad_dtype = None
    assert x.grad_dtype is None
    x.grad = lib.ones(2, dtype=lib.float64)
    (x * 2).sum().backward()
    assert x.grad.dtype is lib.float64
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_small_leaf_with_a_wide_gradient(lib: Any) -> None:
    x = lib.ones(2, dtype=lib.float16, requires_grad=True)
    x.grad_dtype = lib.float32
    (x * 2).sum().backward()
    assert x.grad.dtype is lib.float32


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
def test_where_a_grad_dtype_is_refused(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    with pytest.raises(RuntimeError, match="grad_dtype can only be accessed on leaf tensors"):
        y.grad_dtype  # noqa: B018
    with pytest.raises(RuntimeError, match="grad_dtype can only be set on leaf tensors"):
        x.exp().grad_dtype = lib.float32
    with pytest.raises(RuntimeError, match=r"must be a torch\.dtype or None, but got str"):
        x.grad_dtype = "float64"
    x.grad = lib.ones(2)
    with pytest.raises(RuntimeError, match="Cannot set grad_dtype to 'Double' because there is al"):
        x.grad_dtype = lib.float64
    x.grad_dtype = None
    x.grad = None
    x.grad_dtype = lib.float16
    with pytest.raises(RuntimeError, match="with dtype 'float' to a tensor with grad_dtype 'Half'"):
        x.grad = lib.ones(2)
    x.grad = lib.ones(2, dtype=lib.float16)
