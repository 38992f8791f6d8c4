"""Custom Functions that write their inputs, or return them, or views of them.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.both import alike, attempt, story
from tests.functions import defined, doubled, leaf, made

# -- dirty inputs ------------------------------------------------------------------------------


def write(
    lib: Any,
    x: Any,
    returns: Callable[[Any], Any] = lambda a: a,
    *,
    writes: bool = True,
    marks: bool = True,
    constant: Callable[[Any], Any] | None = None,
    backward: Callable[..., Any] = lambda ctx, g, *more: g * 2,
) -> Any:
    """Apply a Function that doubles its input in place."""

    def forward(ctx: Any, a: Any) -> Any:
        if writes:
            a.mul_(2)
        if marks:
            ctx.mark_dirty(a)
        out = returns(a)
        if constant is not None:
            ctx.mark_non_differentiable(constant(out))
        return out

    return made(lib, forward, backward).apply(x)


def without_recording(lib: Any, x: Any) -> Any:
    with lib.no_grad():
        return x[:1]


GIVEN: dict[str, Callable[[Any], Any]] = {
    "made": lambda lib: leaf(lib) * 1,
    "leaf": leaf,
    "view of a leaf": lambda lib: leaf(lib)[:1],
    "constant": lambda lib: lib.ones(2),
    "view of a constant": lambda lib: lib.ones(2)[:1],
    "view": lambda lib: (leaf(lib) * 1)[:1],
    "one of several views": lambda lib: (leaf(lib) * 1).split(1)[0],
    "view made under no_grad": lambda lib: without_recording(lib, leaf(lib) * 1),
    "whole numbers": lambda lib: lib.ones(2, dtype=lib.int64),
    "expanded": lambda lib: (leaf(lib) * 1)[:1].expand(3),
}

RETURNS: dict[str, Callable[[Any], Any]] = {
    "it": lambda a: a,
    "it twice": lambda a: (a, a),
    "two": lambda a: (a, a * 2),
    "another": lambda a: a * 2,
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("returns", RETURNS)
def test_dirty(given: str, returns: str) -> None:
    def tell(lib: Any) -> Any:
        x = GIVEN[given](lib)
        out = write(lib, x, RETURNS[returns], writes=given != "expanded")
        first = out[0] if isinstance(out, tuple) else out
        return first is x, first.output_nr, first._version, out, x.grad_fn

    alike(tell)()


@pytest.mark.parametrize("given", ["made", "leaf", "view", "constant", "whole numbers"])
def test_dirty_without_recording(given: str) -> None:
    def tell(lib: Any) -> Any:
        x = GIVEN[given](lib)
        with lib.no_grad():
            out = write(lib, x)
        return out is x, x.requires_grad, x.is_leaf, x._version, out.requires_grad, out._is_view()

    alike(tell)()


@pytest.mark.parametrize("given", ["made", "constant", "view"])
def test_dirty_without_derivative(given: str) -> None:
    def tell(lib: Any) -> Any:
        x = GIVEN[given](lib)
        out = write(lib, x, constant=lambda out: out)
        return out is x, x.requires_grad, x._version, out.requires_grad, out._is_view(), out

    alike(tell)()


@story
def test_a_mark_counts_as_a_write(lib: Any) -> Any:
    x, y, z = leaf(lib) * 1, lib.ones(2), lib.ones(2)
    write(lib, x, writes=False)
    write(lib, y, writes=False)
    failed = attempt(lambda: write(lib, z, lambda a: a * 1, writes=False))
    return x._version, y._version, z._version, failed


@story
def test_gradients_through_dirty_inputs(lib: Any) -> Any:
    x = leaf(lib)
    a = x * 1
    first, second = write(lib, a, RETURNS["two"], backward=lambda ctx, g, h: g * 2 + h * 4)
    (first.sum() + second.sum()).backward()
    base = x * 1
    view = base.view(2, 1)
    write(lib, view)
    through_the_base = lib.autograd.grad(base.sum(), x)
    base = x * 1
    view = base.view(2, 1)
    write(lib, base)
    return x.grad, through_the_base, lib.autograd.grad(view.sum(), x), view.grad_fn.name()


@story
def test_several_dirty_inputs(lib: Any) -> Any:
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        a.mul_(2)
        b.mul_(3)
        ctx.mark_dirty(a, b)
        return b, a

    x = leaf(lib)
    a, b = x * 1, x * 2
    y, z = made(lib, forward, lambda ctx, g, h: (h * 2, g * 3)).apply(a, b)
    (y.sum() + z.sum()).backward()
    return y is b, z is a, x.grad, a.output_nr, b.output_nr


@story
def test_one_tensor_for_two_arguments(lib: Any) -> Any:
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        a.mul_(2)
        ctx.mark_dirty(a)
        return a

    x = leaf(lib) * 1
    y = made(lib, forward, lambda ctx, g: (g, g)).apply(x, x)
    return y is x, x


@story
def test_whole_numbers_beside_a_weight(lib: Any) -> Any:
    def forward(ctx: Any, a: Any, w: Any) -> Any:
        a.add_(1)
        ctx.mark_dirty(a)
        return a, w * 2

    x = lib.ones(2, dtype=lib.int64)
    a, b = made(lib, forward, lambda ctx, g, h: (None, h * 2)).apply(x, leaf(lib))
    return a is x, a.requires_grad, a._version, b


@story
def test_a_constant_that_becomes_a_result_loses_its_grad(lib: Any) -> Any:
    def forward(ctx: Any, a: Any, w: Any) -> Any:
        a.mul_(w)
        ctx.mark_dirty(a)
        return a

    x = lib.ones(2)
    x.grad = lib.ones(2)
    made(lib, forward, lambda ctx, g: (g, g)).apply(x, leaf(lib))
    x.retain_grad()
    return x.grad, x.is_leaf


@story
def test_hooks_and_retained_gradients_of_a_dirty_input(lib: Any) -> Any:
    seen: list[Any] = []
    w = leaf(lib)
    x = w * 1
    x.register_hook(lambda g: seen.append(g))
    x.retain_grad()
    write(lib, x).sum().backward()
    return seen, w.grad, x.grad


@story
def test_the_gradient_of_a_dirty_view_of_a_leaf_is_gone_too(lib: Any) -> Any:
    w = leaf(lib)
    x = w[:1]
    x.retain_grad()
    x.sum().backward()
    error = attempt(lambda: write(lib, x))
    return error, x.grad, w.grad, x.retains_grad


@pytest.mark.parametrize("first", [True, False])
def test_saving_a_dirty_input(first: bool) -> None:
    def tell(lib: Any) -> Any:
        def forward(ctx: Any, a: Any) -> Any:
            if first:
                ctx.save_for_backward(a)
            a.exp_()
            ctx.mark_dirty(a)
            ctx.save_for_backward(a)
            return a

        w = leaf(lib, (0.5, 1.0))
        y = made(lib, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(w * 1)
        (g,) = lib.autograd.grad(y.sum(), w, create_graph=True)
        return g.detach(), lib.autograd.grad(g.sum(), w)

    alike(tell)()


@story
def test_what_was_computed_before_the_write(lib: Any) -> Any:
    x = leaf(lib) * 1
    y = x.exp() * x
    write(lib, x)
    return attempt(lambda: y.sum().backward())


@story
def test_tensors_that_are_no_inputs(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        ctx.mark_dirty(y)
        return x * 3

    function = made(lib, forward, doubled)
    return attempt(lambda: function.apply(leaf(lib))), attempt(lambda: function.apply(lib.ones(2)))


@story
def test_dirty_inference_tensors(lib: Any) -> Any:
    with lib.inference_mode():
        x = lib.ones(2)
    return attempt(lambda: write(lib, x, writes=False)), attempt(lambda: write(lib, x))


# -- views -------------------------------------------------------------------------------------

VIEWS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda a: a,
    "itself twice": lambda a: (a, a),
    "a part": lambda a: a[:1],
    "a part and more": lambda a: (a[:1], a * 2),
    "two parts": lambda a: (a[:1], a[1:]),
}


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("given", ["made", "leaf", "constant", "view", "whole numbers"])
@pytest.mark.parametrize("what", VIEWS)
def test_inputs_and_views_returned(what: str, given: str, constant: bool) -> None:
    def tell(lib: Any) -> Any:
        x = GIVEN[given](lib)
        outs = write(
            lib,
            x,
            VIEWS[what],
            writes=False,
            marks=False,
            constant=(lambda out: out[0] if isinstance(out, tuple) else out) if constant else None,
        )
        out = outs[0] if isinstance(outs, tuple) else outs
        return (
            *(out is x, out._is_view(), out._base is x, out.requires_grad, out.grad_fn, outs),
            *(attempt(lambda: out.mul_(2)), attempt(lambda: x.mul_(2))),
            attempt(lambda: out.detach().mul_(2)),
        )

    alike(tell)()


@pytest.mark.parametrize("given", ["made", "constant", "view"])
@pytest.mark.parametrize("what", ["itself", "a part"])
def test_views_returned_under_no_grad(what: str, given: str) -> None:
    def tell(lib: Any) -> Any:
        x = GIVEN[given](lib)
        with lib.no_grad():
            out = write(lib, x, VIEWS[what], writes=False, marks=False)
        return out is x, out.requires_grad, attempt(lambda: out.mul_(leaf(lib)[:1]))

    alike(tell)()


@story
def test_what_is_not_declared_is_not_seen(lib: Any) -> Any:
    x, w = leaf(lib) * 1, leaf(lib)
    y, z = write(lib, x, marks=False), write(lib, w, marks=False)
    return y is x, y._is_view(), x._version, y, z is w, z._is_view(), w._version, z


# -- outputs that exist before -----------------------------------------------------------------


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("given", ["made", "leaf", "constant", "view", "view of a leaf"])
def test_an_output_from_outside(given: str, records: bool, constant: bool) -> None:
    def tell(lib: Any) -> Any:
        other = GIVEN[given](lib)

        def forward(ctx: Any, a: Any) -> Any:
            if constant:
                ctx.mark_non_differentiable(other)
            return other

        y = made(lib, forward, doubled).apply(leaf(lib) if records else lib.ones(2))
        return y is other, y.requires_grad, y.grad_fn, y.is_leaf

    alike(tell)()


@pytest.mark.parametrize("how", ["recorded", "under no_grad", "constant"])
@pytest.mark.parametrize("view", [False, True])
def test_an_output_with_a_graph_of_its_own(how: str, view: bool) -> None:
    def tell(lib: Any) -> Any:
        def forward(ctx: Any, a: Any) -> Any:
            with lib.enable_grad():
                y = a[:1] if view else a * 3
            if how == "constant":
                ctx.mark_non_differentiable(y)
            return y

        x = leaf(lib)
        function = made(lib, forward, lambda ctx, g: g.expand(2) * 2)
        with lib.set_grad_enabled(how != "under no_grad"):
            y = function.apply(x * 1)
        found = lib.autograd.grad(y.sum(), x) if y.grad_fn is not None else None
        return y.requires_grad, y.grad_fn, found, y._is_view()

    alike(tell)()


# -- setup_context -----------------------------------------------------------------------------

SETUPS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "saves the input": lambda ctx, i, o: ctx.save_for_backward(i[0]),
    "saves the output": lambda ctx, i, o: ctx.save_for_backward(o),
    "of no derivative": lambda ctx, i, o: (
        ctx.save_for_backward(i[0]),
        ctx.mark_non_differentiable(o),
    ),
    "dirty": lambda ctx, i, o: (ctx.save_for_backward(o), ctx.mark_dirty(o)),
    "saves a number": lambda ctx, i, o: ctx.save_for_backward(3),
    "returns something": lambda ctx, i, o: 5,
}


@pytest.mark.parametrize("given", ["made", "constant"])
@pytest.mark.parametrize("what", SETUPS)
def test_an_input_returned_and_saved(what: str, given: str) -> None:
    def tell(lib: Any) -> Any:
        function = defined(lib, forward=lambda a: a, setup_context=SETUPS[what], backward=doubled)
        x = GIVEN[given](lib)
        y = function.apply(x)
        return y is x, y

    alike(tell)()
