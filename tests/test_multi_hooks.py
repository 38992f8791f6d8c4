"""Stories about hooks that wait for several gradients, about handles, and what hooks return."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, n: int = 2) -> Any:
    return lib.ones(n, requires_grad=True)


def plain(gs: Any) -> list[Any]:
    return [None if g is None else g.tolist() for g in gs]


# -- all of several, the first of several ------------------------------------------------------


def test_each_pass_is_counted_by_itself(lib: Any) -> None:
    x, seen = leaf(lib), []
    y = x * 2
    z = y.sum()
    multi = lib.autograd.graph.register_multi_grad_hook
    multi((x, y), lambda gs: seen.append(("all", plain(gs))))
    multi((x, y), lambda g: seen.append(("any", g.tolist())), mode="any")
    z.backward(retain_graph=True)
    z.backward(inputs=[x], retain_graph=True)
    assert seen == [("any", [1.0, 1.0]), ("all", [[2.0, 2.0], [1.0, 1.0]])] * 2
    seen.clear()
    z.backward(inputs=[y], retain_graph=True)
    lib.autograd.grad(z, y, retain_graph=True)
    assert seen == [("all", [None, [1.0, 1.0]]), ("any", [1.0, 1.0])] * 2
    seen.clear()
    (x * 3).sum().backward()
    assert seen == [("all", [[3.0, 3.0], None]), ("any", [3.0, 3.0])]


def test_leaves_that_grad_reports_cannot_be_waited_for(lib: Any) -> None:
    x, w = leaf(lib), leaf(lib)
    lib.autograd.graph.register_multi_grad_hook((x, w), lambda gs: None)
    with pytest.raises(RuntimeError, match="A leaf node was passed to _will_engine_execute_node"):
        lib.autograd.grad((x * w).sum(), [x, w])
    (x * w).sum().backward()


def test_a_tensor_twice_and_outputs_of_one_node(lib: Any) -> None:
    x, seen = leaf(lib, 4), []
    multi = lib.autograd.graph.register_multi_grad_hook
    multi((x, x), lambda gs: seen.append(plain(gs)))
    (x * 2).sum().backward()
    assert seen == [[[2.0] * 4] * 2]
    seen.clear()
    a, b = (x.detach().requires_grad_() * 2).split(2)
    multi((a, b), lambda gs: seen.append(plain(gs)))
    a.sum().backward(retain_graph=True)
    (a + b).sum().backward()
    assert seen == [[[1.0, 1.0], None], [[1.0, 1.0], [1.0, 1.0]]]


def test_the_only_root_is_not_waited_for(lib: Any) -> None:
    """PyTorch doesn't count it among the nodes of the pass, so the others alone decide."""
    x, seen = leaf(lib), []
    y = x * 2
    lib.autograd.graph.register_multi_grad_hook((y,), lambda gs: seen.append(plain(gs)))
    y.backward(lib.ones(2), retain_graph=True)
    assert seen == []
    y.sum().backward()
    assert seen == [[[1.0, 1.0]]]


def test_tensors_that_require_no_grad(lib: Any) -> None:
    x, constant, seen = leaf(lib), lib.ones(2), []
    multi = lib.autograd.graph.register_multi_grad_hook
    with pytest.raises(AssertionError, match="Expected gradient function to be set"):
        multi((x, constant), seen.append)
    assert x._backward_hooks is None  # nothing was registered half
    multi((x, constant), lambda g: seen.append(g.tolist()), mode="any")
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0]]


def test_hooks_of_several_that_raise(lib: Any) -> None:
    x, w, calls = leaf(lib), leaf(lib), []

    def fails(gs: Any) -> None:
        calls.append(plain(gs))
        raise ValueError("stop")

    handle = lib.autograd.graph.register_multi_grad_hook((x, w), fails)
    for _ in range(2):  # a pass that failed leaves nothing to the next one
        with pytest.raises(ValueError, match="stop"):
            (x * w).sum().backward()
    assert calls == [[[1.0, 1.0], [1.0, 1.0]]] * 2
    handle.remove()
    (x * w).sum().backward()
    assert len(calls) == 2

    def breaks(g: Any) -> None:
        raise KeyError("between")

    x.register_hook(lambda g: None)
    lib.autograd.graph.register_multi_grad_hook((x, w), lambda gs: calls.append(plain(gs)))
    other = w.register_hook(breaks)
    with pytest.raises(KeyError, match="between"):
        (x * w).sum().backward()
    other.remove()
    (x * w).sum().backward()
    assert calls[-1] == [[1.0, 1.0], [1.0, 1.0]]


def test_one_handle_for_several(lib: Any) -> None:
    x, w, seen = leaf(lib), leaf(lib), []
    multi = lib.autograd.graph.register_multi_grad_hook
    with multi((x, w), lambda gs: seen.append(1)) as handle:
        (x * w).sum().backward()
    (x * w).sum().backward()
    assert seen == [1]
    assert type(handle).__mro__[1].__name__ == "RemovableHandle"


# -- handles -----------------------------------------------------------------------------------


def test_handles(lib: Any) -> None:
    x = leaf(lib)
    first, second = x.register_hook(abs), x.register_hook(abs)
    assert second.id == first.id + 1
    assert first.hooks_dict_ref() is x._backward_hooks
    assert first.extra_dict_ref == ()
    made = lib.utils.hooks.RemovableHandle(OrderedDict())
    assert made.id > second.id
    assert type(first) is lib.utils.hooks.RemovableHandle
    for handle in (
        (x * 2).grad_fn.register_hook(abs),
        (x * 2).grad_fn.register_prehook(abs),
        x.register_post_accumulate_grad_hook(abs),
    ):
        assert type(handle) is lib.utils.hooks.RemovableHandle


def test_handles_of_two_dictionaries(lib: Any) -> None:
    hooks, extra = OrderedDict(), OrderedDict()
    handle = lib.utils.hooks.RemovableHandle(hooks, extra_dict=extra)
    hooks[handle.id] = extra[handle.id] = "here"
    copy = pickle.loads(pickle.dumps(handle))
    assert copy.id == handle.id
    copy.remove()
    assert hooks
    assert extra
    handle.remove()
    assert not hooks
    assert not extra


# -- what hooks of nodes return ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        ((1,), RuntimeError, r"returned an incorrect number of values \(got 1, but expected 0\)"),
        ([], TypeError, "expected tuple, but hook returned 'list'"),
        (3, TypeError, "expected tuple, but hook returned 'int'"),
    ],
)
def test_post_hooks_of_a_leafs_node(lib: Any, result: Any, error: Any, message: str) -> None:
    x = leaf(lib)
    end = (x * 1).grad_fn.next_functions[0][0]
    end.register_hook(lambda ins, outs: ())
    (x * 1).sum().backward()
    end.register_hook(lambda ins, outs: result)
    with pytest.raises(error, match=message):
        (x * 1).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]  # it had been added


def test_the_engine_as_a_function(lib: Any) -> None:
    x = leaf(lib)
    y = (x * 2).sum()
    one = lib.ones(())
    run = lib.autograd.graph._engine_run_backward
    options = {"allow_unreachable": True, "accumulate_grad": False}
    assert run((y,), (one,), True, False, (x,), **options)[0].tolist() == [2.0, 2.0]
    assert x.grad is None
    engine = lib.autograd.Variable._execution_engine
    engine.run_backward((y,), (one,), False, False, (), True, True)
    assert x.grad.tolist() == [2.0, 2.0]
    assert engine.is_checkpoint_valid()


def test_numbers_of_nodes_to_come(lib: Any) -> None:
    ahead = lib.autograd._get_sequence_nr()
    y = leaf(lib) * 2
    assert y.grad_fn._sequence_nr() == ahead
    assert lib.autograd._get_sequence_nr() == ahead + 1
