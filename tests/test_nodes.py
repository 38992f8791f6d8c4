"""Stories about nodes as objects: what they are, what they say of themselves, calling them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, *shape: int) -> Any:
    return lib.ones(*(shape or (2,)), requires_grad=True)


def identity(lib: Any) -> Any:
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    return Same


# -- Node, the virtual base class --------------------------------------------------------------


def test_all_nodes_are_instances_of_node(lib: Any) -> None:
    node = lib.autograd.graph.Node
    x = leaf(lib, 2, 2)
    y = x * 2
    base = x * 1
    base[0].mul_(2)
    copied = lib.zeros(2, 2)
    copied.copy_(x)
    made = identity(lib).apply(x)
    nodes = [y.grad_fn, y.grad_fn.next_functions[0][0], base.grad_fn, base[0].grad_fn]
    nodes += [copied.grad_fn, made.grad_fn]
    assert all(isinstance(n, node) for n in nodes)
    assert all(issubclass(type(n), node) for n in nodes)
    assert not any(isinstance(other, node) for other in (x, None, 3, len))
    assert not issubclass(int, node)
    assert not issubclass(identity(lib), node)
    assert issubclass(lib.autograd.function.BackwardCFunction, node)


def test_node_itself_is_abstract(lib: Any) -> None:
    node = lib.autograd.graph.Node
    with pytest.raises(TypeError, match="Can't instantiate abstract class Node"):
        node()
    assert sorted(node.__abstractmethods__) == [
        "_input_metadata",
        "_register_hook_dict",
        "_sequence_nr",
        "metadata",
        "name",
        "next_functions",
        "register_hook",
        "register_prehook",
    ]

    class Mine(node):
        pass

    assert not isinstance((leaf(lib) * 2).grad_fn, Mine)


# -- what nodes say ----------------------------------------------------------------------------


def test_names_classes_and_modules(lib: Any) -> None:
    x = leaf(lib, 2, 2)
    base = x * 2
    view = base.view(4)
    base[0].mul_(3)
    copied = lib.zeros(2, 2)
    copied.copy_(x)
    made = identity(lib).apply(x)
    accumulate = base.detach().requires_grad_().exp().grad_fn.next_functions[0][0]
    found = [
        (n.name(), type(n).__name__, type(n).__qualname__, type(n).__module__, repr(n)[:7])
        for n in (base.grad_fn, view.grad_fn, copied.grad_fn, accumulate)
    ]
    assert found == [
        ("torch::autograd::CopySlices", "CopySlices", "CopySlices", "builtins", "<CopySl"),
        ("AsStridedBackward0", "AsStridedBackward0", "AsStridedBackward0", "builtins", "<AsStri"),
        ("torch::autograd::CopyBackwards", "CopyBackwards", "CopyBackwards", "builtins", "<CopyBa"),
        (
            "torch::autograd::AccumulateGrad",
            "AccumulateGrad",
            "AccumulateGrad",
            "builtins",
            "<Accumu",
        ),
    ]
    kind = type(made.grad_fn)
    assert (made.grad_fn.name(), kind.__name__, kind.__qualname__) == ("SameBackward",) * 3
    assert kind.__module__ == f"{lib.__name__}.autograd.function" or lib.__name__ == "rushlight"


UNDERIVED = {
    "bernoulli": lambda lib, x: lib.bernoulli(x, 0.5),
    "bincount": lambda lib, x: lib.bincount(lib.tensor([0, 1]), x[0]),
    "binomial": lambda lib, x: lib.binomial(x, x),
    "detach_copy": lambda lib, x: lib.detach_copy(x),
    "floor_divide": lambda lib, x: lib.floor_divide(x, 2),
    "heaviside": lambda lib, x: lib.heaviside(x, x),
    "histogram": lambda lib, x: lib.histogram(x).hist,
    "linalg_ldl_factor_ex": lambda lib, x: lib.linalg.ldl_factor(x).LD,
    "linalg_ldl_solve": lambda lib, x: lib.linalg.ldl_solve(*lib.linalg.ldl_factor(x.detach()), x),
    "remainder": lambda lib, x: lib.remainder(2, x + 1),
}


@pytest.mark.parametrize("what", UNDERIVED)
def test_nodes_without_a_derivative_have_one_name(lib: Any, what: str) -> None:
    y = UNDERIVED[what](lib, lib.eye(2).requires_grad_())
    assert type(y.grad_fn).__name__ == "NotImplemented"
    assert y.grad_fn.name() == "torch::autograd::NotImplemented"
    with pytest.raises(RuntimeError, match=f"^derivative for aten::{what} is not implemented$"):
        y.sum().backward()


def test_factors_of_reflections_have_a_node_and_no_derivative(lib: Any) -> None:
    y = lib.geqrf(lib.eye(2).requires_grad_()).a
    assert y.grad_fn.name() == "GeqrfBackward0"
    with pytest.raises(NotImplementedError, match="the derivative for 'geqrf' is not implemented"):
        y.sum().backward()


def test_circular_padding_writes_slices(lib: Any) -> None:
    y = lib.nn.functional.pad(leaf(lib, 1, 1, 3), (1, 1), "circular")
    assert (type(y.grad_fn).__name__, y.grad_fn.name()) == (
        "CopySlices",
        "torch::autograd::CopySlices",
    )


def test_a_node_is_one_object(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    node = y.grad_fn
    assert node is y.grad_fn
    assert node == y.grad_fn
    assert hash(node) == hash(y.grad_fn)
    z = y.exp()
    assert z.grad_fn.next_functions[0][0] is node
    assert node.requires_grad
    end = node.next_functions[0][0]
    assert end.variable is x
    assert end.next_functions == ()
    assert end.requires_grad
    assert (x + 1).grad_fn.next_functions[0][0] is end
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(node)


def test_what_a_node_expects(lib: Any) -> None:
    x = leaf(lib, 2, 3)
    y = (x * 2).double()
    (meta,) = y.grad_fn._input_metadata
    assert list(meta.shape) == [2, 3]
    assert meta.dtype is lib.float64
    assert str(meta.device) == "cpu"
    assert not meta.is_nested_tensor
    assert not meta.is_cpp_nested_tensor
    a, b = x.split(1)
    assert a.grad_fn is b.grad_fn
    assert [list(m.shape) for m in a.grad_fn._input_metadata] == [[1, 3], [1, 3]]
    (meta,) = (x * 2).grad_fn.next_functions[0][0]._input_metadata
    assert list(meta.shape) == [2, 3]
    (meta,) = identity(lib).apply(x).grad_fn._input_metadata
    assert list(meta.shape) == [2, 3]


def test_sequence_numbers_grow(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    z = x * 3
    assert y.grad_fn._sequence_nr() < z.grad_fn._sequence_nr()
    assert y.grad_fn.next_functions[0][0]._sequence_nr() == 2**64 - 1


# -- calling a node ----------------------------------------------------------------------------


def test_a_node_is_a_function_of_cotangents(lib: Any) -> None:
    x = leaf(lib)
    fn = (x * 2).grad_fn
    g, none = fn(lib.ones(2))
    assert g.tolist() == [2.0, 2.0]
    assert none is None
    assert fn(None) == (None, None)
    assert x.exp().grad_fn(lib.ones(2)).tolist() == x.exp().tolist()
    a, _ = (leaf(lib, 4) * 1).split(2)
    assert a.grad_fn(lib.ones(2), None).tolist() == [1.0, 1.0, 0.0, 0.0]
    with pytest.raises(TypeError, match="expected 1 arguments, got 0 instead"):
        fn()
    with pytest.raises(TypeError, match="expected 1 arguments, got 2 instead"):
        fn(lib.ones(2), lib.ones(2))
    with pytest.raises(TypeError, match="argument 0 is not a Variable"):
        fn(3)


def test_calling_a_node_records_and_runs_no_hooks(lib: Any) -> None:
    x = leaf(lib)
    y = x * x
    seen: list[Any] = []
    y.register_hook(seen.append)
    y.grad_fn.register_hook(lambda i, o: seen.append(i))
    g, _ = y.grad_fn(lib.ones(2))
    assert seen == []
    assert g.requires_grad
    with lib.no_grad():
        g, _ = y.grad_fn(lib.ones(2))
    assert not g.requires_grad


def test_calling_the_node_of_a_leaf_accumulates(lib: Any) -> None:
    x = leaf(lib)
    end = (x * 2).grad_fn.next_functions[0][0]
    with lib.no_grad():
        assert end(lib.ones(2)) == ()
        end(lib.ones(2) * 2)
    assert x.grad.tolist() == [3.0, 3.0]


# -- two nodes of torch._C._functions ----------------------------------------------------------


def test_a_gradient_that_is_undefined(lib: Any) -> None:
    undefined = lib._C._functions.UndefinedGrad
    x = leaf(lib)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(seen.append)
    z = undefined()(y)
    assert z.tolist() == [2.0, 2.0]
    assert z.grad_fn.name() == "torch::autograd::UndefinedGradBackward"
    assert z.grad_fn.next_functions == ((y.grad_fn, 0),)
    assert z.data_ptr() != y.data_ptr()
    (z.sum() + x.sum()).backward()
    assert seen == [None]
    assert x.grad.tolist() == [1.0, 1.0]
    assert not undefined()(lib.ones(2)).requires_grad
    with pytest.raises(TypeError, match="argument 0 is not a Variable"):
        undefined()(3)
    with pytest.raises(TypeError, match="expected 1 arguments, got 2 instead"):
        undefined()(x, x)
    with pytest.raises(RuntimeError, match="Requires zero arguments, got 1"):
        undefined(3)


def test_an_error_that_waits(lib: Any) -> None:
    delayed = lib._C._functions.DelayedError
    x = leaf(lib)
    z = delayed("not through here", 1)(x)
    assert z.grad_fn.name() == "torch::autograd::Error"
    assert z.data_ptr() == x.data_ptr()
    assert not z._is_view()
    with pytest.raises(RuntimeError, match="not through here"):
        z.sum().backward()
    _, second = delayed("two", 2)(x, x * 2)
    assert second.output_nr == 1
    assert not delayed("none", 1)(lib.ones(2)).requires_grad
    with pytest.raises(TypeError, match="expected 2 arguments, got 1 instead"):
        delayed("two", 2)(x)
    with pytest.raises(RuntimeError, match="Requires two arguments, got 1"):
        delayed("alone")
    with pytest.raises(RuntimeError, match="argument 'msg' must be a string"):
        delayed(3, 1)
