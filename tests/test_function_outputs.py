"""Custom Functions: outputs of many kinds, inputs written in place, forward mode.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.both import alike
from tests.functions import doubled, leaf, made, times_two
from tests.libraries import LIBRARIES

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
