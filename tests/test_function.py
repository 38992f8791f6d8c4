"""Custom Functions: what PyTorch says to each way of writing one, right and wrong.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.both import alike
from tests.functions import doubled, leaf, made, times_two
from tests.libraries import LIBRARIES

# -- the plain way -----------------------------------------------------------------------------


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_function_and_its_derivatives(lib: Any) -> None:
    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = leaf(lib)
    y = Cube.apply(x)
    assert y.grad_fn.name() == type(y.grad_fn).__name__ == "CubeBackward"
    assert y.grad_fn.next_functions[0][0].variable is x
    (first,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    assert first.tolist() == [12.0, 27.0]
    (second,) = lib.autograd.grad(first.sum(), x)
    assert second.tolist() == [12.0, 18.0]
    assert lib.autograd.gradgradcheck(Cube.apply, x.detach().double().requires_grad_())


@pytest.mark.parametrize("lib", LIBRARIES)
def test_setup_context(lib: Any) -> None:
    class Scale(lib.autograd.Function):
        @staticmethod
        def forward(x: Any, factor: float = 3.0) -> Any:
            return x * factor, factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            _, ctx.factor = inputs
            ctx.save_for_backward(output[0])

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            assert ctx.saved_tensors[0].tolist() == [6.0, 9.0]
            return g * ctx.factor, None

    x = leaf(lib)
    y, factor = Scale.apply(x)
    assert factor == 3.0
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert Scale.apply(x, factor=2.0)[0].tolist() == [4.0, 6.0]


@pytest.mark.parametrize("lib", LIBRARIES)
def test_no_cycle_through_saved_outputs(lib: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        out = x.exp()
        ctx.save_for_backward(x, out)
        ctx.mark_non_differentiable(x)
        return out

    gc.disable()
    try:
        y = made(lib, forward, lambda ctx, g: g * ctx.saved_tensors[1]).apply(leaf(lib))
        ref = weakref.ref(y)
        del y
        assert ref() is None
    finally:
        gc.enable()


@alike
def test_what_is_passed_to_forward(lib: Any) -> Any:
    seen: list[Any] = []
    x = leaf(lib)

    def forward(ctx: Any, t: Any, constant: Any, number: Any) -> Any:
        seen.append((t is x, t.requires_grad, lib.is_grad_enabled(), ctx.needs_input_grad))
        return t * number

    def backward(ctx: Any, g: Any) -> Any:
        seen.append((lib.is_grad_enabled(), g.requires_grad, ctx.needs_input_grad))
        return g, None, None

    function = made(lib, forward, backward)
    function.apply(x, lib.ones(2), 3).sum().backward()
    lib.autograd.grad(function.apply(x, lib.ones(2), 3).sum(), x, create_graph=True)
    with lib.no_grad():
        y = function.apply(x, lib.ones(2), 3)
    return seen, y.requires_grad, lib.is_grad_enabled()


@alike
def test_attributes_live_on_the_node(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.note = "mine"
        return x * 2

    y = made(lib, forward, doubled).apply(leaf(lib))
    y.grad_fn.more = 1
    return y.grad_fn.note, y.grad_fn.more, isinstance(y.grad_fn, lib.autograd.graph.Node)


@alike
def test_tensors_within_a_tuple_are_not_seen(lib: Any) -> Any:
    function = made(lib, lambda ctx, xs: xs[0] * 2, doubled)
    return function.apply((leaf(lib),)).requires_grad


@alike
def test_an_error_in_forward(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        raise ValueError("mine")

    try:
        made(lib, forward, doubled).apply(leaf(lib))
    except ValueError as error:
        return str(error), lib.is_grad_enabled()


@alike
def test_a_graph_inside_forward(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        with lib.enable_grad():
            y = x.detach().requires_grad_()
            (y * y).sum().backward()
        ctx.save_for_backward(y.grad)
        return (x * x).sum()

    x = leaf(lib)
    made(lib, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x).backward()
    return x.grad


# -- what is missing, what is too much ---------------------------------------------------------


@alike
def test_no_forward(lib: Any) -> Any:
    return type("Empty", (lib.autograd.Function,), {}).apply(leaf(lib))


@alike
def test_no_backward(lib: Any) -> Any:
    made(lib, times_two).apply(leaf(lib)).sum().backward()


@alike
def test_vjp_is_another_name_of_backward(lib: Any) -> Any:
    body = {"forward": staticmethod(times_two), "vjp": staticmethod(doubled)}
    x = leaf(lib)
    type("Made", (lib.autograd.Function,), body).apply(x).sum().backward()
    return x.grad


@alike
def test_backward_and_vjp(lib: Any) -> Any:
    body = {name: staticmethod(doubled) for name in ("backward", "vjp")}
    body["forward"] = staticmethod(times_two)
    type("Made", (lib.autograd.Function,), body).apply(leaf(lib)).sum().backward()


@alike
def test_keyword_arguments(lib: Any) -> Any:
    return made(lib, times_two, doubled).apply(x=leaf(lib))


@pytest.mark.parametrize("lib", LIBRARIES)
def test_instances_are_deprecated(lib: Any) -> None:
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        made(lib, times_two, doubled)()


RESULTS: dict[str, Callable[[Any, Any], Any]] = {
    "too many": lambda lib, g: (g, g, g),
    "too many, of None": lambda lib, g: (g, None, None),
    "too few": lambda lib, g: g,
    "a number": lambda lib, g: (3, None),
    "a list": lambda lib, g: [g, None],
    "for what is no tensor": lambda lib, g: (g, g),
    "None": lambda lib, g: (None, None),
    "of another shape": lambda lib, g: (lib.ones(3), None),
    "of a larger shape": lambda lib, g: (lib.ones(5, 2), None),
    "of no dimension": lambda lib, g: (lib.ones(()), None),
    "of one element": lambda lib, g: (lib.ones(1), None),
    "double": lambda lib, g: (g.double() / 3, None),
    "whole": lambda lib, g: (g.long(), None),
    "complex": lambda lib, g: (g * 1j, None),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("what", RESULTS)
def test_what_backward_returns(what: str, create_graph: bool) -> None:
    def story(lib: Any) -> Any:
        function = made(lib, lambda ctx, x, k: x * k, lambda ctx, g: RESULTS[what](lib, g))
        x = leaf(lib)
        y = function.apply(x, 2.0).sum()
        return lib.autograd.grad(y, x, create_graph=create_graph, allow_unused=True)

    alike(story)()


# -- saved tensors -----------------------------------------------------------------------------


def saving(lib: Any, *, output: bool = False, read: bool = True) -> Any:
    """A Function that saves its input, or its output, and reads it again."""

    def forward(ctx: Any, x: Any) -> Any:
        out = x.exp()
        ctx.save_for_backward(out if output else x)
        return out

    def backward(ctx: Any, g: Any) -> Any:
        if not read:
            return g
        (saved,) = ctx.saved_tensors
        return g * (saved if output else saved.exp())

    return made(lib, forward, backward)


@alike
def test_several_saved(lib: Any) -> Any:
    seen: list[Any] = []
    x = leaf(lib)

    def forward(ctx: Any, t: Any) -> Any:
        ctx.save_for_backward(lib.zeros(1))
        ctx.save_for_backward(t, None, t * 2)  # the last call counts
        return t * 1

    def backward(ctx: Any, g: Any) -> Any:
        seen.append((ctx.saved_tensors, ctx.saved_tensors[0] is x))
        return g

    made(lib, forward, backward).apply(x).sum().backward()
    return seen


@pytest.mark.parametrize("wrong", [3, [1], "a"])
def test_only_tensors_are_saved(wrong: Any) -> None:
    def story(lib: Any) -> Any:
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, wrong)
            return x * 1

        return made(lib, forward, doubled).apply(leaf(lib))

    alike(story)()


@alike
def test_saved_tensors_are_freed(lib: Any) -> Any:
    y = saving(lib).apply(leaf(lib)).sum()
    y.backward()
    y.backward()


@alike
def test_saved_tensors_read_after_the_pass(lib: Any) -> Any:
    y = saving(lib).apply(leaf(lib))
    before = y.grad_fn.saved_tensors
    y.sum().backward(retain_graph=True)
    again = y.grad_fn.saved_tensors
    y.sum().backward()
    return before, again, y.grad_fn.saved_tensors


@alike
def test_a_function_that_saves_nothing_runs_twice(lib: Any) -> Any:
    x = leaf(lib)
    y = made(lib, times_two, doubled).apply(x).sum()
    y.backward()
    y.backward()
    return x.grad


@alike
def test_a_saved_input_that_changed(lib: Any) -> Any:
    x = leaf(lib) * 1
    y = saving(lib).apply(x)
    x.add_(1)
    y.sum().backward()


@alike
def test_a_saved_output_that_changed(lib: Any) -> Any:
    y = saving(lib, output=True).apply(leaf(lib))
    y.add_(1)
    y.sum().backward()


@alike
def test_a_changed_output_of_a_name_that_begins_with_backward(lib: Any) -> Any:
    y = type("BackwardDouble", (made(lib, times_two, doubled),), {}).apply(leaf(lib))
    z = y * y
    y.detach().zero_()
    z.sum().backward()


@alike
def test_a_saved_tensor_that_changed_and_is_not_read(lib: Any) -> Any:
    x = leaf(lib)
    y = saving(lib, output=True, read=False).apply(x)
    y.add_(1)
    y.sum().backward()
    return x.grad


@alike
def test_second_derivatives_through_a_saved_output(lib: Any) -> Any:
    x = leaf(lib, (0.5, 1.0))
    y = saving(lib, output=True).apply(x)
    (first,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    return first.detach(), lib.autograd.grad(first.sum(), x)
