"""Stories about what a running pass answers: its number, its node, what it will run and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.libraries import LIBRARIES

pytestmark = pytest.mark.parametrize("lib", LIBRARIES)


def leaf(lib: Any, *shape: int) -> Any:
    return lib.ones(*(shape or (2,)), requires_grad=True)


# -- its number --------------------------------------------------------------------------------


def test_passes_are_numbered(lib: Any) -> None:
    number = lib._C._current_graph_task_id
    x = leaf(lib)
    y = x * 2
    seen: list[int] = []
    for t in (x, y):
        t.register_hook(lambda g: seen.append(number()))
    assert number() == -1
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert number() == -1
    first, again, second, and_again = seen
    assert first == again
    assert second == and_again
    assert 0 <= first < second


def test_a_nested_pass_has_its_own_number(lib: Any) -> None:
    number = lib._C._current_graph_task_id
    x, w = leaf(lib), leaf(lib)
    seen: list[int] = []
    w.register_hook(lambda g: seen.append(number()))

    def hook(g: Any) -> None:
        seen.append(number())
        with lib.enable_grad():
            (w * 2).sum().backward()
        seen.append(number())

    x.register_hook(hook)
    (x * 2).sum().backward()
    assert seen[0] == seen[2] != seen[1]


# -- its node ----------------------------------------------------------------------------------


def test_the_node_that_is_run(lib: Any) -> None:
    current = lib._C._current_autograd_node
    seen: list[Any] = []

    def note(what: str) -> None:
        seen.append((what, current().name()))

    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            assert current() is None
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            assert current() is ctx
            note("backward")
            return g

    x = leaf(lib)
    y = x * 2
    z = Same.apply(y)
    end = y.grad_fn.next_functions[0][0]
    y.register_hook(lambda g: note("tensor"))
    y.grad_fn.register_prehook(lambda o: note("pre"))
    y.grad_fn.register_hook(lambda i, o: note("post"))
    x.register_hook(lambda g: note("leaf"))
    end.register_prehook(lambda o: note("leaf pre"))
    end.register_hook(lambda i, o: note("leaf post"))
    x.register_post_accumulate_grad_hook(lambda t: note("after"))
    assert current() is None
    z.sum().backward(retain_graph=True)
    mul, add = "MulBackward0", "torch::autograd::AccumulateGrad"
    within = [("backward", "SameBackward"), ("tensor", mul), ("pre", mul), ("post", mul)]
    whole = [*within, ("leaf", add), ("leaf pre", add), ("after", add), ("leaf post", add)]
    assert seen == whole
    seen.clear()
    lib.autograd.grad(z.sum(), x, retain_graph=True)
    assert seen == whole[:5]
    seen.clear()
    lib.autograd.grad(z.sum(), y, retain_graph=True)
    assert seen == whole[:2]
    assert current() is None


def test_the_node_of_the_innermost_pass(lib: Any) -> None:
    current = lib._C._current_autograd_node
    seen: list[str] = []
    x, w = leaf(lib), leaf(lib)
    inner = w.sin().sum()
    y = x.exp()

    def hook(g: Any) -> None:
        seen.append(current().name())
        inner.backward()
        seen.append(current().name())

    y.register_hook(hook)
    inner.register_hook(lambda g: seen.append(current().name()))
    y.sum().backward()
    assert seen == ["ExpBackward0", "SumBackward0", "ExpBackward0"]


# -- what it will run --------------------------------------------------------------------------


def test_whether_a_node_will_run(lib: Any) -> None:
    will = lib._C._will_engine_execute_node
    x, w, other = leaf(lib), leaf(lib), leaf(lib)
    y, k, unrelated = x * 2, w * 3, other * 4
    z = y.sum() + k.sum()
    ends = [t.grad_fn.next_functions[0][0] for t in (y, k)]
    nodes = [y.grad_fn, k.grad_fn, *ends, unrelated.grad_fn]
    seen: list[Any] = []
    z.grad_fn.register_hook(lambda i, o: seen.append([will(n) for n in nodes]))
    z.backward(retain_graph=True)
    z.backward(inputs=[x], retain_graph=True)
    z.backward(inputs=[y], retain_graph=True)
    lib.autograd.grad(z, y, retain_graph=True)
    assert seen == [
        [True, True, True, True, False],
        [True, False, True, False, False],
        [True, False, False, False, False],
        [True, False, False, False, False],
    ]
    with pytest.raises(RuntimeError, match="A leaf node was passed to _will_engine_execute_node"):
        lib.autograd.grad(z, x, retain_graph=True)


def test_questions_that_are_refused(lib: Any) -> None:
    will = lib._C._will_engine_execute_node
    y = leaf(lib) * 2
    with pytest.raises(RuntimeError, match="should only be called during the backward pass"):
        will(y.grad_fn)
    for other, name in ((None, "NoneType"), (3, "int"), (y, "Tensor")):
        with pytest.raises(RuntimeError, match=f"expects an grad_fn, but got {name}"):
            will(other)
    with pytest.raises(RuntimeError, match="should only be called during the backward pass"):
        lib._C._current_graph_task_execution_order()


def test_the_order_that_is_ahead(lib: Any) -> None:
    order = lib._C._current_graph_task_execution_order
    x, w = leaf(lib), leaf(lib)
    y = x * 2
    total = (y.exp() + y.sin() * w).sum()
    seen: list[list[str]] = []
    total.register_hook(lambda g: seen.append([n.name() for n in order()]))
    add = "torch::autograd::AccumulateGrad"
    with lib.autograd.set_multithreading_enabled(False):
        total.backward(retain_graph=True)
        total.backward(inputs=[x], retain_graph=True)
        lib.autograd.grad(total, [y], retain_graph=True)
    start = ["SumBackward0", "AddBackward0", "MulBackward0"]
    rest = ["SinBackward0", "ExpBackward0", "MulBackward0"]
    assert seen == [[*start, add, *rest, add], [*start, *rest, add], [*start, *rest]]
    with pytest.raises(RuntimeError, match="to be executed with multithreading disabled"):
        total.backward()


def test_numbers_may_be_changed(lib: Any) -> None:
    x = leaf(lib)
    parts = [x * (i + 1) for i in range(3)]
    total = (parts[0] + parts[1] + parts[2]).sum()
    order: list[int] = []
    for i, part in enumerate(parts):
        part.grad_fn.register_hook(lambda ins, outs, i=i: order.append(i))
    total.backward(retain_graph=True)
    before = parts[0].grad_fn._sequence_nr()
    parts[0].grad_fn._set_sequence_nr(parts[2].grad_fn._sequence_nr() + 100)
    assert parts[0].grad_fn._sequence_nr() == parts[2].grad_fn._sequence_nr() + 100 > before
    total.backward(retain_graph=True)
    assert order == [2, 1, 0, 0, 2, 1]
    # A producer with a larger number than its consumer still waits for it, in every kind of pass.
    y = x * 2
    z = (y * y).sum()
    y.grad_fn._set_sequence_nr(z.grad_fn._sequence_nr() + 100)
    assert lib.autograd.grad(z, x, retain_graph=True)[0].tolist() == [8.0, 8.0]
    x.grad = None
    z.backward()
    assert x.grad.tolist() == [8.0, 8.0]


def test_whether_anything_requires_grad(lib: Any) -> None:
    ask = lib._C._any_requires_grad
    x, constant = leaf(lib), lib.ones(2)
    assert ask(constant, x)
    assert ask([constant, x])
    assert not ask(constant)
    assert not ask()
    assert not ask(3, None)
