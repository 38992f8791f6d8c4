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
from tests.libraries import LIBRARIES


def made(lib: Any, forward: Callable[..., Any], backward: Callable[..., Any] | None = None) -> Any:
    """A Function of two plain functions."""
    body: dict[str, Any] = {"forward": staticmethod(forward)}
    if backward is not None:
        body["backward"] = staticmethod(backward)
    return type("Made", (lib.autograd.Function,), body)


def leaf(lib: Any, values: Any = (2.0, 3.0)) -> Any:
    return lib.tensor(list(values), requires_grad=True)


def times_two(ctx: Any, x: Any) -> Any:
    return x * 2


def doubled(ctx: Any, g: Any) -> Any:
    return g * 2


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


# -- outputs -----------------------------------------------------------------------------------


@alike
def test_several_outputs(lib: Any) -> Any:
    x = leaf(lib)
    function = made(lib, lambda ctx, t: (t * 1, t * 2), lambda ctx, a, b: a + b * 2)
    y, z = function.apply(x)
    (y.sum() + z.sum()).backward()
    return x.grad, y.grad_fn is z.grad_fn, y.output_nr, z.output_nr


@pytest.mark.parametrize("materialize", [True, False])
def test_outputs_without_a_cotangent(materialize: bool) -> None:
    def story(lib: Any) -> Any:
        seen: list[Any] = []

        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(materialize)
            return x * 1, x.double(), x.long(), 3

        def backward(ctx: Any, *gs: Any) -> Any:
            seen.append(gs)
            return gs[0]

        x = leaf(lib)
        made(lib, forward, backward).apply(x)[0].sum().backward()
        return seen, x.grad

    alike(story)()


@alike
def test_outputs_of_many_kinds(lib: Any) -> Any:
    x = leaf(lib)
    function = made(lib, lambda ctx, t: (t * 1, 3, None, "a", t.long()), lambda ctx, *gs: gs[0])
    outs = function.apply(x)
    outs[0].sum().backward()
    return outs, outs[4].requires_grad, x.grad


@alike
def test_a_list_is_no_tuple(lib: Any) -> Any:
    return made(lib, lambda ctx, t: [t * 1], doubled).apply(leaf(lib))


@alike
def test_outputs_without_derivative(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        constant = x * 2
        ctx.mark_non_differentiable(constant)
        return x * 1, constant

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append(h)
        return g

    x = leaf(lib)
    y, constant = made(lib, forward, backward).apply(x)
    y.sum().backward()
    return seen, constant.requires_grad, constant.grad_fn, x.grad


@alike
def test_an_input_without_derivative(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_non_differentiable(x)
        return x

    x = leaf(lib)
    y = made(lib, forward, doubled).apply(x)
    return y.requires_grad, y is x, y.data_ptr() == x.data_ptr()


@pytest.mark.parametrize("kind", ["leaf", "made", "constant"])
def test_an_input_returned_as_it_is(kind: str) -> None:
    def story(lib: Any) -> Any:
        x = leaf(lib)
        given = {"leaf": x, "made": x * 1, "constant": x.detach()}[kind]
        y = made(lib, lambda ctx, t: t, lambda ctx, g: g * 3).apply(given)
        found = None
        if y.requires_grad:
            found = lib.autograd.grad(y.sum(), x)
        return y is given, y._is_view(), y.data_ptr() == given.data_ptr(), y.grad_fn, found

    alike(story)()


VIEWS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda t: t,
    "a view": lambda t: t.view(1, 2),
    "two": lambda t: (t[:1], t[1:]),
}


@pytest.mark.parametrize("what", VIEWS)
@pytest.mark.parametrize("write", ["the output", "the input", None])
def test_views_of_an_input(what: str, write: str | None) -> None:
    def story(lib: Any) -> Any:
        x = leaf(lib)
        given = x * 1

        def backward(ctx: Any, *gs: Any) -> Any:
            return lib.cat([g.reshape(-1) for g in gs]) * 3

        out = made(lib, lambda ctx, t: VIEWS[what](t), backward).apply(given)
        first = out[0] if what == "two" else out
        if write == "the output":
            first.mul_(2)
        if write == "the input":
            given.mul_(2)
        return first.grad_fn.name(), lib.autograd.grad(first.sum(), x)

    alike(story)()


# -- in place ----------------------------------------------------------------------------------


def doubling_in_place(ctx: Any, t: Any) -> Any:
    t.mul_(2)
    ctx.mark_dirty(t)
    return t


@alike
def test_a_dirty_input(lib: Any) -> Any:
    x = leaf(lib)
    a = x * 1
    y = made(lib, doubling_in_place, doubled).apply(a)
    y.sum().backward()
    return y is a, a.grad_fn, a._version, x.grad


@alike
def test_a_dirty_view(lib: Any) -> Any:
    x = leaf(lib)
    a = x * 1
    view = a[:1]
    y = made(lib, doubling_in_place, doubled).apply(view)
    a.sum().backward()
    return y is view, a.grad_fn, x.grad, a.detach()


@alike
def test_a_dirty_constant_beside_a_weight(lib: Any) -> Any:
    def forward(ctx: Any, t: Any, w: Any) -> Any:
        t.mul_(w)
        ctx.mark_dirty(t)
        return t

    t, w = lib.ones(2), leaf(lib)
    y = made(lib, forward, lambda ctx, g: (None, g)).apply(t, w)
    t.sum().backward()
    return y is t, t.requires_grad, t.grad_fn, w.grad


@alike
def test_a_dirty_constant(lib: Any) -> Any:
    t = lib.ones(2)
    y = made(lib, doubling_in_place, doubled).apply(t)
    return y is t, y.requires_grad


@alike
def test_a_dirty_leaf(lib: Any) -> Any:
    return made(lib, doubling_in_place, doubled).apply(leaf(lib))


@alike
def test_a_dirty_input_that_is_not_returned(lib: Any) -> Any:
    def forward(ctx: Any, t: Any) -> Any:
        ctx.mark_dirty(t)
        return t * 1

    return made(lib, forward, doubled).apply(leaf(lib) * 1)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_dirty_tensor_that_is_no_input(lib: Any) -> None:
    def forward(ctx: Any, t: Any) -> Any:
        out = t * 1
        ctx.mark_dirty(out)
        return out

    with pytest.warns(UserWarning, match=r"mark_dirty\(\) received a tensor that was not an input"):
        made(lib, forward, doubled).apply(leaf(lib))


# -- once differentiable -----------------------------------------------------------------------


@alike
def test_once_differentiable(lib: Any) -> Any:
    once = lib.autograd.function.once_differentiable
    function = made(lib, times_two, once(lambda ctx, g: g * 2))
    x, w = leaf(lib), leaf(lib)
    (g,) = lib.autograd.grad(function.apply(x).sum(), x, create_graph=True)
    seen = [g.requires_grad, lib.autograd.grad(function.apply(x).sum(), x)]
    (g,) = lib.autograd.grad((function.apply(x) * w).sum(), x, create_graph=True)
    seen.append(g.requires_grad)
    try:
        g.sum().backward()
    except RuntimeError as error:
        seen.append(str(error))
    return seen


# -- forward mode ------------------------------------------------------------------------------


def pushed(lib: Any, forward: Any, jvp: Any | None, *more: Any) -> Any:
    """What a Function with that jvp makes of a dual tensor."""
    from importlib import import_module

    forward_ad = import_module(lib.__name__ + ".autograd.forward_ad")
    body = {"forward": staticmethod(forward)}
    if jvp is not None:
        body["jvp"] = staticmethod(jvp)
    function = type("Pushed", (lib.autograd.Function,), body)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(lib.tensor([2.0, 3.0]), lib.tensor([1.0, 10.0]))
        outs = function.apply(dual, *more)
        if isinstance(outs, tuple):
            return [forward_ad.unpack_dual(out) for out in outs]
        return forward_ad.unpack_dual(outs)


@alike
def test_jvp(lib: Any) -> Any:
    def forward(ctx: Any, x: Any, k: float) -> Any:
        ctx.k = k
        ctx.save_for_forward(x)
        ctx.save_for_backward(x)
        return x * x * k

    def jvp(ctx: Any, t: Any, _: Any) -> Any:
        (x,) = ctx.saved_tensors
        return t * 2 * x * ctx.k

    return pushed(lib, forward, jvp, 2.0)


@alike
def test_jvp_of_several(lib: Any) -> Any:
    seen: list[Any] = []

    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        seen.append(u)  # zeros for a tensor without tangent
        return t, t * 3

    return pushed(lib, lambda ctx, x, y: (x + y, x * 3), jvp, lib.ones(2)), seen


@alike
def test_no_jvp(lib: Any) -> Any:
    return pushed(lib, times_two, None)


@alike
def test_jvp_of_the_wrong_number(lib: Any) -> Any:
    return pushed(lib, lambda ctx, x: (x * 1, x * 2), lambda ctx, t: t)


@alike
def test_jvp_of_the_wrong_shape(lib: Any) -> Any:
    return pushed(lib, times_two, lambda ctx, t: lib.ones(3))
