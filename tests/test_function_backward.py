"""Custom Functions: how ``backward`` is called, what it may return, what it reads, and its steals.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

import importlib
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.both import alike, attempt, story
from tests.functions import defined, doubled, leaf, made, times_two

# -- what it returns ---------------------------------------------------------------------------

RESULTS: dict[str, Callable[[Any], Any]] = {
    "a number": lambda g: 3,
    "a string for a tensor": lambda g: ("a", None),
    "a number for a number": lambda g: (g, 3),
    "only that": lambda g: (None, 3),
    "too many": lambda g: (g, None, 3),
    "too many of None": lambda g: (g, None, None, None),
    "nothing": lambda g: (),
    "None": lambda g: None,
    "a list": lambda g: [g, None],
    "booleans": lambda g: (g.bool(), None),
}


@pytest.mark.parametrize("how", ["grad", "create_graph", "backward"])
@pytest.mark.parametrize("what", RESULTS)
def test_results(what: str, how: str) -> None:
    def tell(lib: Any) -> Any:
        function = made(lib, lambda ctx, a, k: a * 2, lambda ctx, g: RESULTS[what](g))
        x = leaf(lib)
        y = function.apply(x, 2).sum()
        if how == "backward":
            y.backward()
            return x.grad
        return lib.autograd.grad(y, x, create_graph=how == "create_graph")

    alike(tell)()


@story
def test_dtypes_of_results(lib: Any) -> Any:
    def grad(x: Any, forward: Any, backward: Any) -> Any:
        function = made(lib, forward, backward)
        return attempt(lambda: lib.autograd.grad(function.apply(x).sum().abs(), x))

    wide = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
    x = leaf(lib)
    return [
        grad(wide, lambda ctx, a: a.float() * 2, lambda ctx, g: g * 2),
        grad(x, lambda ctx, a: a.double(), lambda ctx, g: g / 3),
        grad(x, lambda ctx, a: a * 1j, lambda ctx, g: g * -1j),
        grad(x, lambda ctx, a: a * 1j, lambda ctx, g: (g * -1j).real),
        grad(x, lambda ctx, a: a * 2, lambda ctx, g: g.half()),
    ]


@story
def test_one_argument_twice(lib: Any) -> Any:
    x = leaf(lib)
    y = made(lib, lambda ctx, a, b: a * b, lambda ctx, g: (g, g * 2)).apply(x, x)
    y.sum().backward()
    (a, _), (b, _) = y.grad_fn.next_functions
    return x.grad, a is b


@story
def test_one_output_twice(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        return y, y

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append((g, h))
        return g + h

    x = leaf(lib)
    y, z = made(lib, forward, backward).apply(x)
    (y.sum() * 3 + z.sum()).backward()
    return y is z, y.output_nr, y._is_view(), seen, x.grad


# -- what it is given --------------------------------------------------------------------------


@pytest.mark.parametrize("materialize", [True, False])
def test_a_graph_without_cotangents(materialize: bool) -> None:
    def tell(lib: Any) -> Any:
        seen: list[Any] = []

        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(materialize)
            return x * 3

        def backward(ctx: Any, g: Any) -> Any:
            seen.append(g)

        function = made(lib, forward, backward)
        x = leaf(lib)
        function.apply(function.apply(x)).sum().backward()
        return seen, x.grad

    alike(tell)()


@story
def test_zeros_for_constants_can_be_refused(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        constant = x * 2
        ctx.mark_non_differentiable(constant)
        ctx._materialize_non_diff_grads = False
        return x * 1, constant, x * 3

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[0]

    made(lib, forward, backward).apply(leaf(lib))[0].sum().backward()
    return seen


@story
def test_boxed_cotangents(lib: Any) -> Any:
    seen: list[Any] = []

    def backward(ctx: Any, gs: Any) -> Any:
        seen.append((type(gs), len(gs)))
        return gs[0]

    function = defined(
        lib, forward=lambda ctx, a: (a * 2, a * 3), backward=backward, boxed_grads_call=True
    )
    x = leaf(lib)
    y, _ = function.apply(x)
    y.sum().backward()
    node = y.grad_fn
    return x.grad, node.apply(lib.ones(2), lib.ones(2)), node.apply_boxed([lib.ones(2)]), seen


@story
def test_boxed_cotangents_may_be_let_go(lib: Any) -> Any:
    seen: list[Any] = []

    def backward(ctx: Any, gs: Any) -> Any:
        ref = weakref.ref(gs[0])
        out = gs[0] * 1
        gs.clear()
        seen.append(ref() is None)
        return out

    function = defined(lib, forward=times_two, backward=backward, boxed_grads_call=True)
    (function.apply(leaf(lib)) * 2).sum().backward()
    return seen


# -- whose memory it is ------------------------------------------------------------------------


@story
def test_a_gradient_that_nobody_else_holds_is_kept(lib: Any) -> Any:
    at: list[int] = []

    def backward(ctx: Any, g: Any) -> Any:
        out = g * 2
        at.append(out.data_ptr())
        return out

    x = leaf(lib)
    made(lib, times_two, backward).apply(x).sum().backward()
    return x.grad.data_ptr() == at[0]


@story
def test_gradients_that_others_hold_are_copied(lib: Any) -> Any:
    kept: list[Any] = []

    def keeping(ctx: Any, g: Any) -> Any:
        kept.append(g * 2)
        return kept[-1]

    def twice(ctx: Any, g: Any) -> Any:
        out = g * 2
        return out, out

    x, y, z = leaf(lib), leaf(lib), leaf(lib)
    made(lib, times_two, keeping).apply(x).sum().backward()
    kept[0].zero_()
    made(lib, lambda ctx, a, b: a * b, twice).apply(y, z).sum().backward()
    y.grad.add_(1)
    return x.grad, y.grad, z.grad


@story
def test_gradients_that_are_parts_or_repeats(lib: Any) -> Any:
    x, y = leaf(lib), leaf(lib)
    made(lib, times_two, lambda ctx, g: lib.ones(4)[:2]).apply(x).sum().backward()
    made(lib, times_two, lambda ctx, g: lib.ones(1).expand(2)).apply(y).sum().backward()
    return x.grad._is_view(), x.grad, y.grad.stride(), y.grad


@story
def test_cotangents_written_in_place(lib: Any) -> Any:
    function = made(lib, times_two, lambda ctx, g: g.mul_(2))
    given = lib.ones(2)
    x, y, z = leaf(lib), leaf(lib), leaf(lib)
    function.apply(x).backward(given)
    middle = y * 1
    ((function.apply(middle) + middle) * 2).sum().backward()
    (z + function.apply(z)).backward(lib.ones(2))
    return given, x.grad, y.grad, z.grad


# -- saved tensors -----------------------------------------------------------------------------


def saving(lib: Any, backward: Callable[..., Any], **body: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x, x * 2)
        return x * 2

    return defined(lib, forward=forward, backward=backward, **body)


@story
def test_a_second_pass_that_reads_nothing(lib: Any) -> Any:
    """The graph counts as freed when saved tensors are read, also where there are none."""
    seen: list[Any] = []

    def reading(ctx: Any, g: Any) -> Any:
        seen.append(attempt(lambda: ctx.saved_tensors))
        return g

    x = leaf(lib)
    y, z = saving(lib, doubled).apply(x), made(lib, times_two, reading).apply(x)
    for out in (y, y, z, z):
        out.sum().backward()
    return x.grad, seen, attempt(lambda: y.grad_fn.saved_tensors)


@story
def test_saved_tensors_that_are_read_once(lib: Any) -> Any:
    seen: list[Any] = []

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(attempt(lambda: ctx.saved_tensors))
        seen.append(attempt(lambda: ctx.saved_tensors))
        return g

    function = saving(lib, backward, clear_saved_tensors_on_access=True)
    y = function.apply(leaf(lib))
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    z = function.apply(leaf(lib))
    seen.append(z.grad_fn.saved_tensors)
    z.sum().backward()
    nothing = made(lib, times_two, backward)
    nothing.clear_saved_tensors_on_access = True
    nothing.apply(leaf(lib)).sum().backward()
    return seen, attempt(lambda: z.grad_fn._raw_saved_tensors)


@story
def test_what_is_known_of_outputs(lib: Any) -> Any:
    function = made(lib, lambda ctx, a: (a * 2, 3, a.long()), lambda ctx, g, h, i: g)
    known = function.apply(leaf(lib))[0].grad_fn._input_metadata
    return [(meta.shape, meta.dtype, meta.device) for meta in known]


@story
def test_saved_tensors_that_die_while_backward_runs(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        middle = x * 2
        seen.append(weakref.ref(middle))
        ctx.save_for_backward(middle)
        return x * 2

    def backward(ctx: Any, g: Any) -> Any:
        (middle,) = ctx.saved_tensors
        seen.append(seen[0]() is middle)
        del middle
        seen.append(seen[0]() is None)
        return g

    function = defined(lib, forward=forward, backward=backward, clear_saved_tensors_on_access=True)
    function.apply(leaf(lib)).sum().backward()
    return seen[1:]


@story
def test_the_old_name_of_saved_tensors(lib: Any) -> Any:
    x = leaf(lib)
    saving(lib, lambda ctx, g: g * ctx.saved_variables[0]).apply(x).sum().backward()
    return x.grad


@pytest.mark.parametrize("how", ["marked", "whole"])
def test_saving_an_output_without_derivative(how: str) -> None:
    def tell(lib: Any) -> Any:
        seen: list[Any] = []

        def forward(ctx: Any, x: Any) -> Any:
            order = x.argsort() if how == "whole" else x * 2
            ctx.mark_non_differentiable(order)
            ctx.save_for_backward(order)
            return x * 1, order

        def backward(ctx: Any, g: Any, _: Any) -> Any:
            seen.append(ctx.saved_tensors)
            return g

        made(lib, forward, backward).apply(leaf(lib))[0].sum().backward()
        return seen

    alike(tell)()


# -- backward within backward, and twice -------------------------------------------------------


@story
def test_functions_within_backward(lib: Any) -> Any:
    inner = defined(lib, "Inner", forward=lambda ctx, x: x * 3, backward=lambda ctx, g: g * 3)
    outer = defined(
        lib, "Outer", forward=lambda ctx, x: x * 3, backward=lambda ctx, g: inner.apply(g)
    )
    x, w = leaf(lib), leaf(lib)
    (g,) = lib.autograd.grad((outer.apply(x) * w).sum(), x, create_graph=True)
    return g, lib.autograd.grad(g.sum(), w)


@story
def test_a_pass_within_backward(lib: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        with lib.enable_grad():
            y = lib.ones(2, requires_grad=True)
            (y * y).sum().backward()
        return g * y.grad

    x = leaf(lib)
    made(lib, times_two, backward).apply(x).sum().backward()
    return x.grad


@story
def test_once_differentiable_has_an_error_for_a_history(lib: Any) -> Any:
    once = importlib.import_module(f"{lib.__name__}.autograd.function").once_differentiable

    @once
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        return g * 2, None, h

    function = made(lib, lambda ctx, a, k, c: (a * 2, c * 2), backward)
    x, c, w = leaf(lib), leaf(lib), leaf(lib)
    y, z = function.apply(x, 3, c)
    gx, gc = lib.autograd.grad((y * w).sum() + z.sum(), (x, c), create_graph=True)
    node = gx.grad_fn
    return (
        *(gx, gc, node.name(), type(node).__name__, gx.output_nr, gc.output_nr),
        [n.name() if n else None for n, _ in node.next_functions],
        attempt(lambda: lib.autograd.grad(gx.sum(), w)),
        attempt(lambda: gx.sum().backward()),
        backward.__name__,
        once(lambda ctx, *gs, k=2: k)(None, k=5),
    )


@story
def test_delayed_errors(lib: Any) -> Any:
    refuse = lib._C._functions.DelayedError("not twice", 1)
    y = refuse(leaf(lib))
    return y, refuse(lib.ones(2)), attempt(lambda: y.sum().backward())
