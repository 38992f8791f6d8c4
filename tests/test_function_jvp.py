"""Custom Functions in forward mode: every way to write ``jvp``, right and wrong.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

import gc
import importlib
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from tests.both import alike, attempt, story
from tests.functions import defined, leaf, times_two
from tests.libraries import LIBRARIES


def forward_mode(lib: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's forward mode opens with deprecations of its own
        module = importlib.import_module(f"{lib.__name__}.autograd.forward_ad")
        with module.dual_level():
            module.make_dual(lib.ones(1), lib.ones(1))
        return module


def pair(lib: Any) -> Any:
    return lib.tensor([2.0, 3.0])


def push(
    lib: Any,
    forward: Callable[..., Any],
    jvp: Callable[..., Any],
    *more: Any,
    after: Callable[..., Any] | None = None,
    x: Any = None,
    **body: Any,
) -> list[Any]:
    """Apply a Function to a dual tensor and `more`; return its outputs taken apart."""
    fwad = forward_mode(lib)
    function = defined(lib, forward=forward, jvp=jvp, **body)
    with fwad.dual_level():
        dual = fwad.make_dual(pair(lib) if x is None else x, lib.tensor([1.0, 10.0]))
        outs = function.apply(dual, *more)
        found = outs if isinstance(outs, tuple) else (outs,)
        apart = [fwad.unpack_dual(o) if isinstance(o, lib.Tensor) else o for o in found]
        if after is not None:
            apart.append(after(fwad, dual, found))
        return apart


# -- what jvp returns --------------------------------------------------------------------------


def one(ctx: Any, x: Any) -> Any:
    return x * 2


def two(ctx: Any, x: Any) -> Any:
    return x * 1, x * 2


def with_number(ctx: Any, x: Any) -> Any:
    return x * 1, 3


def with_whole(ctx: Any, x: Any) -> Any:
    return x * 1, x.long()


def with_constant(ctx: Any, x: Any) -> Any:
    y = x * 2
    ctx.mark_non_differentiable(y)
    return x * 1, y


RETURNS: dict[str, tuple[Any, Any]] = {
    "the tangent": (one, lambda ctx, t: t * 2),
    "a number": (one, lambda ctx, t: 3),
    "a list": (one, lambda ctx, t: [t]),
    "two for one": (one, lambda ctx, t: (t, t)),
    "two for one, of None": (one, lambda ctx, t: (t, None)),
    "one for two": (two, lambda ctx, t: (t,)),
    "a number for one of two": (two, lambda ctx, t: (t, 3)),
    "None for a number": (with_number, lambda ctx, t: (t, None)),
    "a tensor for a number": (with_number, lambda ctx, t: (t, t)),
    "None for whole numbers": (with_whole, lambda ctx, t: (t, None)),
    "a tensor for whole numbers": (with_whole, lambda ctx, t: (t, t)),
    "None for a constant": (with_constant, lambda ctx, t: (t, None)),
    "a tensor for a constant": (with_constant, lambda ctx, t: (t, t)),
    "another shape": (one, lambda ctx, t: t.sum()),
    "double": (one, lambda ctx, t: t.double()),
    "complex": (one, lambda ctx, t: t * 1j),
}


@pytest.mark.parametrize("what", RETURNS)
def test_what_jvp_returns(what: str) -> None:
    alike(lambda lib: push(lib, *RETURNS[what]))()


@pytest.mark.parametrize("lib", LIBRARIES)
def test_whole_numbers_are_no_tangents(lib: Any) -> None:
    with pytest.raises(RuntimeError, match="Expected both tensor and its forward grad to be float"):
        push(lib, one, lambda ctx, t: t.long())


@pytest.mark.parametrize("lib", LIBRARIES)
def test_one_output_has_one_tangent(lib: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        return y, y

    with pytest.raises(RuntimeError, match="Only inplace operations can re-set the forward grad"):
        push(lib, forward, lambda ctx, t: (t, t * 2))


# -- what jvp is given -------------------------------------------------------------------------


@pytest.mark.parametrize("materialize", [True, False])
def test_what_jvp_is_given(materialize: bool) -> None:
    def tell(lib: Any) -> Any:
        seen: list[Any] = []

        def forward(ctx: Any, x: Any, y: Any, k: Any, nothing: Any, whole: Any) -> Any:
            if not materialize:
                ctx.set_materialize_grads(False)
            seen.append((lib.is_grad_enabled(), fwad.unpack_dual(x).tangent))
            return x * 1

        def jvp(ctx: Any, *ts: Any) -> Any:
            seen.append((lib.is_grad_enabled(), ts))
            return ts[0]

        fwad = forward_mode(lib)
        whole = lib.ones(2, dtype=lib.int64)
        return push(lib, forward, jvp, pair(lib), 3, None, whole), seen

    alike(tell)()


@story
def test_ctx_is_shared(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_forward(x, y)
        ctx.save_for_backward(y)
        ctx.note = 3
        seen.append((ctx.saved_tensors, len(ctx.saved_for_forward)))
        return x * y

    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        seen.append((ctx.saved_tensors, ctx.note, len(ctx.saved_for_forward)))
        return t

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(ctx.saved_tensors)
        return g, g

    w = leaf(lib)

    def after(fwad: Any, dual: Any, outs: Any) -> Any:
        return lib.autograd.grad(outs[0].sum(), w), outs[0].grad_fn.saved_for_forward

    return push(lib, forward, jvp, w, backward=backward, after=after), seen


@story
def test_what_is_saved_for_backward_is_not_there_yet(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(w)
        return x * w

    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        seen.append(ctx.saved_tensors)
        return t

    return push(lib, forward, jvp, leaf(lib), backward=lambda ctx, g: (g, g)), seen


@story
def test_saved_inputs_are_the_dual_tensors(lib: Any) -> Any:
    seen: list[Any] = []
    fwad = forward_mode(lib)

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_forward(x)
        return x * 2

    def jvp(ctx: Any, t: Any) -> Any:
        seen.extend(ctx.saved_tensors)
        return t

    def after(fwad: Any, dual: Any, outs: Any) -> Any:
        return seen[0] is dual, fwad.unpack_dual(seen[0])

    return push(lib, forward, jvp, after=after), fwad is not None


@story
def test_setup_context(lib: Any) -> Any:
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_forward(*inputs, output)

    return push(
        lib,
        lambda x: x**2,
        lambda ctx, t: t * ctx.saved_tensors[0] * 2,
        setup_context=setup_context,
    )


@alike
def test_an_error_in_jvp(lib: Any) -> Any:
    def jvp(ctx: Any, t: Any) -> Any:
        raise ValueError("mine")

    return push(lib, times_two, jvp)


@story
def test_where_tangents_are_off(lib: Any) -> Any:
    fwad = forward_mode(lib)
    function = defined(lib, forward=times_two, jvp=lambda ctx, t: t * 2)
    with fwad.dual_level():
        dual = fwad.make_dual(pair(lib), lib.ones(2))
        with lib.inference_mode():
            first = function.apply(dual)
        with fwad._set_fwd_grad_enabled(False):
            second = function.apply(dual)
        with lib.no_grad():
            third = function.apply(dual)
        return [fwad.unpack_dual(t) for t in (first, second, third, dual)]


# -- in place and views ------------------------------------------------------------------------


def doubling(ctx: Any, x: Any) -> Any:
    x.mul_(2)
    ctx.mark_dirty(x)
    return x


def written_copy(ctx: Any, t: Any) -> Any:
    t.mul_(2)
    return t * 1


DIRTY: dict[str, Callable[..., Any]] = {
    "in place": lambda ctx, t: t.mul_(2),
    "another": lambda ctx, t: t * 2,
    "another, written": lambda ctx, t: (t * 2).add_(1),
    "as it is": lambda ctx, t: t,
    "None": lambda ctx, t: None,
    "a copy of what was written": written_copy,
}


@pytest.mark.parametrize("what", DIRTY)
def test_tangents_of_dirty_inputs(what: str) -> None:
    def tell(lib: Any) -> Any:
        def after(fwad: Any, dual: Any, outs: Any) -> Any:
            return outs[0] is dual, fwad.unpack_dual(dual)

        return push(lib, doubling, DIRTY[what], after=after)

    alike(tell)()


@story
def test_dirty_inputs_of_other_kinds(lib: Any) -> Any:
    def by_the_first(ctx: Any, x: Any, y: Any) -> Any:
        y.mul_(x)
        ctx.mark_dirty(y)
        return y

    y = pair(lib)

    def after(fwad: Any, dual: Any, outs: Any) -> Any:
        return outs[0] is y, fwad.unpack_dual(y)

    plain = push(lib, by_the_first, lambda ctx, t, u: t * 1, y, after=after)
    set_up = push(
        lib,
        lambda x: x.mul_(2),
        lambda ctx, t: t.mul_(2),
        setup_context=lambda ctx, i, o: ctx.mark_dirty(o),
    )
    return plain, set_up


@story
def test_a_dirty_view(lib: Any) -> Any:
    fwad = forward_mode(lib)
    function = defined(lib, forward=doubling, jvp=lambda ctx, t: t.mul_(2))
    with fwad.dual_level():
        dual = fwad.make_dual(pair(lib), lib.ones(2))
        view = dual[:1]
        out = function.apply(view)
        return out is view, fwad.unpack_dual(dual), fwad.unpack_dual(out)


def other(ctx: Any, t: Any) -> Any:
    return (t * 3)[:1]


VIEWS: dict[str, tuple[Any, Any]] = {
    "itself, as it is": (lambda ctx, x: x, lambda ctx, t: t),
    "itself, a view": (lambda ctx, x: x, lambda ctx, t: t.view_as(t)),
    "itself, a copy": (lambda ctx, x: x, lambda ctx, t: t * 1),
    "itself twice": (lambda ctx, x: (x, x), lambda ctx, t: (t.view_as(t), t.view_as(t))),
    "a part": (lambda ctx, x: x[:1], lambda ctx, t: t[:1]),
    "a part, a copy": (lambda ctx, x: x[:1], lambda ctx, t: t[:1] * 1),
    "a part, of another": (lambda ctx, x: x[:1], other),
}


@pytest.mark.parametrize("what", VIEWS)
def test_tangents_of_views(what: str) -> None:
    def tell(lib: Any) -> Any:
        def after(fwad: Any, dual: Any, outs: Any) -> Any:
            written = attempt(lambda: outs[0].mul_(2))
            return written, fwad.unpack_dual(dual).tangent, fwad.unpack_dual(outs[0]).tangent

        return push(lib, *VIEWS[what], after=after)

    alike(tell)()


@pytest.mark.parametrize("what", VIEWS)
def test_tangents_of_views_of_views(what: str) -> None:
    def tell(lib: Any) -> Any:
        fwad = forward_mode(lib)
        function = defined(lib, forward=VIEWS[what][0], jvp=VIEWS[what][1])
        with fwad.dual_level():
            dual = fwad.make_dual(lib.ones(2, 2), lib.ones(2, 2))
            return function.apply(dual[0])

    alike(tell)()


@story
def test_a_write_to_the_input_reaches_views(lib: Any) -> Any:
    def after(fwad: Any, dual: Any, outs: Any) -> Any:
        dual.mul_(2)
        return fwad.unpack_dual(dual), fwad.unpack_dual(outs[0])

    return push(lib, *VIEWS["a part"], after=after)


@story
def test_a_view_of_an_input_without_tangent(lib: Any) -> Any:
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        return x * 1, y[:1]

    jvps: list[Any] = [lambda ctx, t, u: (t, t[:1]), lambda ctx, t, u: (t, u[:1])]
    return [push(lib, forward, jvp, pair(lib)) for jvp in jvps]


# -- beside reverse mode -----------------------------------------------------------------------


def cubing(lib: Any, *, output: bool = False) -> Any:
    """A Function with all of its derivatives, from the input that it saved or from the output."""

    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp() if output else x**3
        ctx.save_for_backward(y if output else x)
        ctx.save_for_forward(y if output else x)
        return y

    def times_slope(ctx: Any, g: Any) -> Any:
        (saved,) = ctx.saved_tensors
        return g * saved if output else g * 3 * saved**2

    return defined(lib, forward=forward, backward=times_slope, jvp=times_slope)


@pytest.mark.parametrize("output", [False, True])
def test_forward_over_reverse(output: bool) -> None:
    def tell(lib: Any) -> Any:
        fwad = forward_mode(lib)
        x = leaf(lib)
        with fwad.dual_level():
            y = cubing(lib, output=output).apply(fwad.make_dual(x, lib.ones(2)))
            (g,) = lib.autograd.grad(y.sum(), x)
            tangent = fwad.unpack_dual(g).tangent
            return g.shape, [round(v, 3) for v in tangent.tolist()]

    alike(tell)()


@story
def test_reverse_over_forward(lib: Any) -> Any:
    fwad = forward_mode(lib)
    x = leaf(lib)
    with fwad.dual_level():
        tangent = fwad.unpack_dual(cubing(lib).apply(fwad.make_dual(x, lib.ones(2)))).tangent
    return lib.autograd.grad(tangent.sum(), x)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_gradcheck_of_all_modes(lib: Any) -> None:
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_backward(x, y)
        ctx.save_for_forward(x, y)
        return x * y, x.exp()

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y + h * x.exp(), g * x

    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        x, y = ctx.saved_tensors
        return t * y + u * x, t * x.exp()

    function = defined(lib, forward=forward, backward=backward, jvp=jvp)
    lib.manual_seed(0)
    given = [lib.rand(3, dtype=lib.float64).requires_grad_() for _ in range(2)]
    assert lib.autograd.gradcheck(function.apply, given, check_forward_ad=True)
    assert lib.autograd.gradgradcheck(function.apply, given, check_fwd_over_rev=True)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_a_node_with_a_saved_output_dies_with_its_level(lib: Any) -> None:
    fwad = forward_mode(lib)
    gc.disable()
    try:
        with fwad.dual_level():
            y = cubing(lib, output=True).apply(fwad.make_dual(leaf(lib), lib.ones(2)))
            node = weakref.ref(y.grad_fn)
            del y
        assert node() is None
    finally:
        gc.enable()


def test_none_is_a_tangent_of_zero() -> None:
    """As PyTorch's documentation says; PyTorch 2.13 fails on an internal check."""
    (apart,) = push(rushlight, one, lambda ctx, t: None)
    assert apart.tangent is None
