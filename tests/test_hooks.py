"""Stories about hooks, told to both libraries: of tensors, of nodes, of leaves, of several."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


# -- hooks of tensors --------------------------------------------------------------------------


def test_hooks_of_a_leaf_run_in_order_and_replace(lib: Any) -> None:
    x = leaf(lib)
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(("first", g.tolist())) or g * 2)
    handle = x.register_hook(lambda g: seen.append(("second", g.tolist())) or g + 1)
    x.register_hook(lambda g: seen.append(("third", g.tolist())))
    (x * 3).sum().backward()
    assert seen == [("first", [3.0, 3.0]), ("second", [6.0, 6.0]), ("third", [7.0, 7.0])]
    assert x.grad.tolist() == [7.0, 7.0]
    handle.remove()
    handle.remove()
    assert lib.autograd.grad((x * 3).sum(), x)[0].tolist() == [6.0, 6.0]  # grad sees them too


def test_a_handle_is_a_context_manager(lib: Any) -> None:
    x = leaf(lib)
    with x.register_hook(lambda g: g * 2) as handle:
        (x * 1).sum().backward()
    (x * 1).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert type(handle).__name__ == "RemovableHandle"


def test_a_hook_may_remove_itself(lib: Any) -> None:
    x = leaf(lib)
    handles: list[Any] = []

    def once(g: Any) -> Any:
        handles[0].remove()
        return g * 2

    handles.append(x.register_hook(once))
    x.register_hook(lambda g: g + 1)
    for expected in (3.0, 5.0):
        (x * 1).sum().backward()
        assert x.grad.tolist() == [expected] * 2


def test_retain_grad_comes_after_the_tensors_hooks(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    y.sum().backward()
    assert y.grad.tolist() == [6.0, 6.0]
    assert x.grad.tolist() == [12.0, 12.0]


def test_hooks_belong_to_the_value_and_retain_grad_to_the_tensor(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y.retain_grad()
    y.mul_(5)
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    y.sum().backward()
    assert seen == [("after", [1.0, 1.0]), ("before", [5.0, 5.0])]
    assert y.retains_grad
    assert y.grad.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [10.0, 10.0]


def test_retained_gradients_add_up(lib: Any) -> None:
    y = leaf(lib) * 2
    y.retain_grad()
    z = (y * 3).sum()
    z.backward(retain_graph=True)
    z.backward()
    assert y.grad.tolist() == [6.0, 6.0]


def test_hooks_of_one_output_of_several(lib: Any) -> None:
    x = leaf(lib, 4)
    a, b = (x * 1).split(2)
    seen: list[Any] = []
    a.register_hook(lambda g: seen.append(g))  # called though no cotangent comes: with None
    a.retain_grad()
    b.register_hook(lambda g: g * 3)
    b.sum().backward()
    assert seen == [None]
    assert a.grad is None
    assert x.grad.tolist() == [0.0, 0.0, 3.0, 3.0]


def test_what_hooks_see_of_the_grad_mode(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    seen: list[Any] = []
    for t in (x, y):
        t.register_hook(lambda g: seen.append((lib.is_grad_enabled(), g.requires_grad)))
    (y * y).sum().backward()
    lib.autograd.grad((y * y).sum(), y, create_graph=True)
    assert seen == [(False, False), (False, False), (True, True)]
    assert lib.is_grad_enabled()


def test_backward_inside_a_hook(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)

    def hook(g: Any) -> None:
        with lib.enable_grad():
            (w * g * 2).sum().backward()
        assert not lib.is_grad_enabled()

    y = x * 2
    y.register_hook(hook)
    y.sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]
    assert x.grad.tolist() == [2.0, 2.0]


def test_captured_cotangents_and_hooks(lib: Any) -> None:
    """A node that only is captured reports after its hooks; one that runs too, before them."""
    x = leaf(lib)
    y = x * 2
    z = (y * 3).sum()
    seen: list[str] = []
    y.register_hook(lambda g: seen.append("tensor") or g * 10)
    y.grad_fn.register_prehook(lambda gs: seen.append("pre") or (gs[0] * 7,))
    gx, gy = lib.autograd.grad(z, [x, y], retain_graph=True)
    assert (gx.tolist(), gy.tolist()) == ([420.0, 420.0], [3.0, 3.0])
    assert lib.autograd.grad(z, y)[0].tolist() == [30.0, 30.0]
    assert seen == ["tensor", "pre", "tensor"]


def test_inputs_that_are_no_leaves_run_their_node(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    seen: list[Any] = []
    y.grad_fn.register_hook(lambda ins, outs: seen.append((ins, outs[0].tolist())))
    (y * 3).sum().backward(inputs=[y])
    assert seen == [((None, None), [3.0, 3.0])]
    assert y.grad.tolist() == [3.0, 3.0]
    assert y.retains_grad
    assert x.grad is None


def named_hook(g: Any) -> Any:
    return g[:1]


class Callable:
    def __call__(self, g: Any) -> Any:
        return g[:1]


@pytest.mark.parametrize(
    ("hook", "error", "message"),
    [
        (lambda g: 1, TypeError, "expected Variable, but hook returned 'int'"),
        (lambda g: g[:1], RuntimeError, "hook '<lambda>' has changed the size of value"),
        (named_hook, RuntimeError, "hook 'named_hook' has changed the size of value"),
        (Callable(), RuntimeError, "hook '<unknown>' has changed the size of value"),
        (
            lambda g: g.double(),
            RuntimeError,
            r"hook '<lambda>' has changed the type of value \(was torch.FloatTensor got "
            r"torch.DoubleTensor\)",
        ),
        (lambda g: g / 0 if g is None else [][0], IndexError, "list index out of range"),
    ],
)
@pytest.mark.parametrize("on_leaf", [True, False])
def test_hooks_that_go_wrong(lib: Any, hook: Any, error: Any, message: str, on_leaf: bool) -> None:
    x = leaf(lib)
    y = x * 1
    (x if on_leaf else y).register_hook(hook)
    with pytest.raises(error, match=message):
        y.sum().backward()
    assert x.grad is None
    assert lib.is_grad_enabled()


def test_a_none_cannot_be_replaced(lib: Any) -> None:
    a, b = (leaf(lib, 4) * 1).split(2)
    a.register_hook(lambda g: lib.ones(2))
    with pytest.raises(RuntimeError, match="can't replace a None gradient with a non-None value"):
        b.sum().backward()


def test_where_hooks_are_refused(lib: Any) -> None:
    constant, made = lib.ones(2), leaf(lib) * 2
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't"):
        constant.register_hook(lambda g: g)
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't"):
        constant.register_post_accumulate_grad_hook(lambda t: None)
    with pytest.raises(RuntimeError, match="hooks cannot be registered on non-leaf tensors"):
        made.register_post_accumulate_grad_hook(lambda t: None)
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=F"):
        constant.retain_grad()


# -- after accumulation ------------------------------------------------------------------------


def test_post_accumulate_grad_hooks(lib: Any) -> None:
    x = leaf(lib)
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append("tensor"))
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.tolist())))
    (x * 3).sum().backward()
    lib.autograd.grad((x * 3).sum(), x)  # accumulates nothing
    handle.remove()
    (x * 3).sum().backward()
    assert seen == ["tensor", (True, [3.0, 3.0]), "tensor", "tensor"]


def test_an_optimizer_step_within_backward(lib: Any) -> None:
    x = leaf(lib)

    def step(t: Any) -> None:
        with lib.no_grad():
            t.sub_(t.grad)
        t.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 3).sum().backward()
    assert x.grad is None
    assert x.tolist() == [-2.0, -2.0]


# -- hooks of nodes ----------------------------------------------------------------------------


def test_hooks_of_a_node_see_and_replace(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    seen: list[Any] = []
    y.grad_fn.register_prehook(lambda outs: (outs[0] + 1,))
    y.grad_fn.register_hook(lambda ins, outs: seen.append((ins[0].tolist(), ins[1])))
    y.grad_fn.register_hook(lambda ins, outs: (ins[0] * 10, ins[1]))
    y.sum().backward()
    assert seen == [([4.0, 4.0], None)]
    assert x.grad.tolist() == [40.0, 40.0]


def test_a_hook_of_a_node_may_stop_the_flow(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    y.grad_fn.register_hook(lambda ins, outs: (None, None))
    y.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (3, TypeError, "expected tuple, but hook returned 'int'"),
        ((3,), TypeError, "expected Variable, but hook returned 'int'"),
        (
            (None, None),
            RuntimeError,
            r"hook '<lambda>' has returned an incorrect number of values \(got 2, but expected 1\)",
        ),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_hooks_of_nodes_that_go_wrong(
    lib: Any, result: Any, error: Any, message: str, before: bool
) -> None:
    y = leaf(lib).exp()
    if before:
        y.grad_fn.register_prehook(lambda outs: result)
    else:
        y.grad_fn.register_hook(lambda ins, outs: result)
    with pytest.raises(error, match=message):
        y.sum().backward()


def test_the_node_of_a_leaf(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    node = y.grad_fn.next_functions[0][0]
    seen: list[Any] = []
    node.register_prehook(lambda outs: seen.append("pre") or (outs[0] * 5,))
    node.register_hook(lambda ins, outs: seen.append(("post", ins, outs[0].tolist())))
    y.sum().backward()
    assert seen == ["pre", ("post", (), [10.0, 10.0])]
    assert x.grad.tolist() == [10.0, 10.0]
    assert node.variable is x
    assert node is (x * 3).grad_fn.next_functions[0][0]
    assert node.name() == "torch::autograd::AccumulateGrad"
    assert repr(node).startswith("<AccumulateGrad object at 0x")


# -- what a node says --------------------------------------------------------------------------


def test_walking_a_graph_by_hand(lib: Any) -> None:
    x = leaf(lib, 4)
    a, b = (x * 2).split(2)
    out = (a.exp() + b).sum()
    names, node = [], out.grad_fn
    while node.next_functions:
        names.append(node.name())
        node = node.next_functions[0][0]
    expected = ["SumBackward0", "AddBackward0", "ExpBackward0", "SplitBackward0", "MulBackward0"]
    assert names == expected
    assert a.grad_fn is b.grad_fn
    assert (a.output_nr, b.output_nr) == (0, 1)
    assert (b * 2).grad_fn.next_functions == ((a.grad_fn, 1), (None, 0))
    assert type(out.grad_fn).__name__ == "SumBackward0"
    assert isinstance(out.grad_fn, lib.autograd.graph.Node)
    assert isinstance(node, lib.autograd.graph.Node)
    assert not isinstance(x, lib.autograd.graph.Node)


def test_metadata_stays_with_the_node(lib: Any) -> None:
    y = leaf(lib) * 2
    y.grad_fn.metadata["name"] = "double"
    assert y.grad_fn.metadata == {"name": "double"}


# -- hooks of several tensors, edges -----------------------------------------------------------


def test_a_hook_that_waits_for_all(lib: Any) -> None:
    a, b, c = leaf(lib, 1), leaf(lib, 1), leaf(lib, 1)
    seen: list[Any] = []
    handle = lib.autograd.graph.register_multi_grad_hook(
        (a, b, c), lambda gs: seen.append([None if g is None else g.item() for g in gs])
    )
    (a * 2 + b * 3).backward()
    (a * 2 + b * 3 + c).backward()
    handle.remove()
    (a * 2).backward()
    assert seen == [[2.0, 3.0, None], [2.0, 3.0, 1.0]]


def test_a_hook_for_the_first_of_several(lib: Any) -> None:
    a, b = leaf(lib, 1), leaf(lib, 1)
    seen: list[float] = []
    lib.autograd.graph.register_multi_grad_hook((a, b), lambda g: seen.append(g.item()), mode="any")
    (b * 3).backward()
    (a * 2).backward()
    assert seen == [3.0, 2.0]
    with pytest.raises(ValueError, match=r"Expects mode to be one of \('all', 'any'\) but got x"):
        lib.autograd.graph.register_multi_grad_hook((a,), print, mode="x")


def test_edges_in_place_of_tensors(lib: Any) -> None:
    x = leaf(lib)
    y = x * 2
    edge, end = (lib.autograd.graph.get_gradient_edge(t) for t in (y, x))
    assert (edge.node, edge.output_nr) == (y.grad_fn, 0)
    assert end.node is y.grad_fn.next_functions[0][0]
    z = (y * y).sum()
    found = lib.autograd.grad(z, [edge, end], retain_graph=True)
    assert [g.tolist() for g in found] == [[4.0, 4.0], [8.0, 8.0]]
    lib.autograd.backward(edge, lib.ones(2), inputs=[end])
    assert x.grad.tolist() == [2.0, 2.0]


def test_edges_that_are_refused(lib: Any) -> None:
    get = lib.autograd.graph.get_gradient_edge
    x = leaf(lib)
    with pytest.raises(RuntimeError, match="not possible to get the gradient edge for a Tensor"):
        get(lib.ones(2))
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        lib.autograd.grad(get(x * 2), x)
    with pytest.raises(RuntimeError, match=r"Mismatch in shape: grad_output\[0\] has a shape of"):
        lib.autograd.grad(get(x * 2), x, lib.ones(3))
    with pytest.raises(RuntimeError, match="materialize_grads cannot be used when the given input"):
        lib.autograd.grad((x * 2).sum(), [x, get(leaf(lib))], materialize_grads=True)


def test_versions_counted_by_hand(lib: Any) -> None:
    x = lib.ones(2)
    lib.autograd.graph.increment_version(x)
    lib.autograd.graph.increment_version([x, x])
    assert x._version == 3


def test_handles_survive_pickling(lib: Any) -> None:
    x = leaf(lib)
    handle = x.register_hook(named_hook)
    copy = pickle.loads(pickle.dumps(handle))
    copy.remove()  # the copy's own dictionary: nothing happens to x
    with pytest.raises(RuntimeError, match="has changed the size"):
        (x * 1).sum().backward()
