"""What ``ctx`` is and has: the node, its attributes, and what users set on them that is wrong.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

import copy
import gc
import importlib
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.both import alike, attempt, story
from tests.functions import defined, doubled, leaf, made, times_two
from tests.libraries import LIBRARIES


def module(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.autograd.function")


# -- what ctx is -------------------------------------------------------------------------------


@story
def test_ctx_inside_of_forward(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, k: Any) -> Any:
        seen.append((ctx.name(), ctx.needs_input_grad, ctx.requires_grad, ctx.metadata))
        seen.append([(node.name(), i) for node, i in ctx.next_functions])
        seen.append((ctx.to_save, ctx.saved_for_forward, ctx.dirty_tensors, ctx.non_differentiable))
        ctx.save_for_backward(x)
        seen.append((len(ctx.to_save), ctx.saved_tensors, ctx._materialize_non_diff_grads))
        seen.append((attempt(lambda: ctx.materialize_grads), ctx._raw_saved_tensors))
        return x * k

    function = made(lib, forward, lambda ctx, g: (g, None))
    node = function.apply(leaf(lib), 2).grad_fn
    seen.append((node.to_save, node.saved_tensors, node.non_differentiable, node.dirty_tensors))
    seen.append((len(node._raw_saved_tensors), len(node._input_metadata)))
    seen.append((node._forward_cls is function, type(node) is function._backward_cls))
    return seen


@story
def test_needs_input_grad_where_nothing_is_recorded(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        seen.append((ctx.needs_input_grad, ctx.requires_grad, ctx.next_functions))
        return x * 1

    function = made(lib, forward)
    function.apply(lib.ones(2))
    with lib.no_grad():
        function.apply(leaf(lib))
    with lib.inference_mode():
        function.apply(leaf(lib))
    return seen


@story
def test_needs_input_grad_does_not_depend_on_what_is_asked_for(lib: Any) -> Any:
    seen: list[Any] = []

    def backward(ctx: Any, g: Any) -> Any:
        seen.append(ctx.needs_input_grad)
        return g, g

    function = made(lib, lambda ctx, a, b: a * b, backward)
    a, b = leaf(lib), leaf(lib)
    function.apply(a, b).sum().backward(inputs=[a])
    lib.autograd.grad(function.apply(a, b).sum(), b)
    return seen


@story
def test_needs_input_grad_is_an_attribute_like_others(lib: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.needs_input_grad = (False,)
        seen.append(ctx.needs_input_grad)
        return x * 2

    x = leaf(lib)
    y = made(lib, forward, doubled).apply(x)
    y.sum().backward()
    return seen, y.requires_grad, x.grad


@story
def test_the_number_is_given_before_forward(lib: Any) -> Any:
    seen: list[bool] = []

    def forward(ctx: Any, x: Any) -> Any:
        with lib.enable_grad():
            y = x * 2
        seen.append(y.grad_fn._sequence_nr() > ctx._sequence_nr())
        return y.detach()

    y = made(lib, forward, doubled).apply(leaf(lib))
    seen.append((y * 2).grad_fn._sequence_nr() > y.grad_fn._sequence_nr())
    return seen


@pytest.mark.parametrize("lib", LIBRARIES)
def test_classes(lib: Any) -> None:
    f = module(lib)
    function = made(lib, times_two, doubled)
    node = function.apply(leaf(lib)).grad_fn
    assert isinstance(node, f.BackwardCFunction)
    assert isinstance(node, f.FunctionCtx)
    assert isinstance(node, lib.autograd.graph.Node)
    assert type(node).__module__ == "torch.autograd.function"
    assert type(f.Function) is f.FunctionMeta
    assert issubclass(f.Function, f.FunctionCtx)
    assert issubclass(f.Function, f._SingleLevelFunction)
    assert lib.autograd.Function is f.Function
    assert f._ContextMethodMixin is f.FunctionCtx
    assert f.Function.vjp is f.Function.backward
    flags = ("generate_vmap_rule", "clear_saved_tensors_on_access", "boxed_grads_call")
    assert not any(getattr(f.Function, flag) for flag in flags)
    assert not f._is_setup_context_defined(f.Function.setup_context)
    public = "BackwardCFunction Function FunctionCtx FunctionMeta InplaceFunction NestedIOFunction"
    assert sorted(f.__all__) == [*public.split(), "once_differentiable"]


@pytest.mark.parametrize("lib", LIBRARIES)
def test_old_kinds_of_functions(lib: Any) -> None:
    f = module(lib)
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        assert f.InplaceFunction(True).inplace
    with pytest.raises((NotImplementedError, AttributeError)):
        f.NestedIOFunction.apply(leaf(lib))
    with pytest.warns(DeprecationWarning):
        instance = made(lib, times_two, doubled)(1, k=2)
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward met"):
        instance(leaf(lib))
    assert instance.apply(leaf(lib)).tolist() == [4.0, 6.0]


@story
def test_methods_of_other_kinds(lib: Any) -> Any:
    class Plain(lib.autograd.Function):
        def forward(self: Any, x: Any) -> Any:
            return x * 2

        def backward(self: Any, g: Any) -> Any:
            return g * 2

    class OfClass(lib.autograd.Function):
        @classmethod
        def forward(cls, ctx: Any, x: Any) -> Any:
            return x * 3

        @classmethod
        def backward(cls, ctx: Any, g: Any) -> Any:
            return g * 3

    x = leaf(lib)
    return [lib.autograd.grad(f.apply(x).sum(), x) for f in (Plain, OfClass)]


@story
def test_inheritance(lib: Any) -> Any:
    first = defined(lib, "First", forward=times_two, backward=doubled)
    second = type("Second", (first,), {"backward": staticmethod(lambda ctx, g: g * 5)})
    third = type("Third", (first,), {})
    x = leaf(lib)
    outs = [f.apply(x) for f in (first, second, third)]
    return [(y.grad_fn.name(), lib.autograd.grad(y.sum(), x)) for y in outs]


@story
def test_backward_may_be_written_later(lib: Any) -> Any:
    function = defined(lib, forward=times_two)
    x = leaf(lib)
    y = function.apply(x)
    function.backward = staticmethod(lambda ctx, g: g * 7)
    y.sum().backward()
    return x.grad


@story
def test_copies_and_pickles(lib: Any) -> Any:
    node = made(lib, times_two, doubled).apply(leaf(lib)).grad_fn
    base = lib.autograd.Function
    return (
        pickle.loads(pickle.dumps(base)) is copy.deepcopy(base) is base,
        attempt(lambda: pickle.dumps(node)),
        attempt(lambda: copy.deepcopy(node)),
    )


@story
def test_apply_of_the_node_checks_nothing(lib: Any) -> Any:
    node = made(lib, times_two, lambda ctx, g: (g, 3, "a")).apply(leaf(lib)).grad_fn
    return node.apply(lib.ones(3)), attempt(lambda: node(lib.ones(2)))


@story
def test_hooks_of_the_node_see_all_gradients(lib: Any) -> Any:
    """Those of inputs that need none, too."""
    seen: list[Any] = []
    function = made(lib, lambda ctx, a, k, b: a * b, lambda ctx, g: (g * 2, None, g))
    y = function.apply(leaf(lib), 3, lib.ones(2))
    y.grad_fn.register_prehook(lambda outs: seen.append(outs))
    y.grad_fn.register_hook(lambda ins, outs: seen.append((ins, outs)))
    y.sum().backward()
    return seen


# -- what users set ----------------------------------------------------------------------------

WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "dirty list": lambda ctx, x: setattr(ctx, "dirty_tensors", [x]),
    "dirty number": lambda ctx, x: ctx.mark_dirty(3),
    "dirty list of them": lambda ctx, x: ctx.mark_dirty([x]),
    "saved list": lambda ctx, x: setattr(ctx, "to_save", [x]),
    "saved number": lambda ctx, x: ctx.save_for_backward(x, 3.0),
    "saved for forward": lambda ctx, x: ctx.save_for_forward(x, 3),
    "constant string": lambda ctx, x: setattr(ctx, "non_differentiable", "a"),
    "constant number": lambda ctx, x: ctx.mark_non_differentiable(3),
    "constant list": lambda ctx, x: ctx.mark_non_differentiable([x]),
    "materialize number": lambda ctx, x: ctx.set_materialize_grads(1),
    "saved_tensors": lambda ctx, x: setattr(ctx, "saved_tensors", (x,)),
    "nothing": lambda ctx, x: (ctx.mark_non_differentiable(), ctx.save_for_backward()),
    "shared": lambda ctx, x: ctx.mark_shared_storage((x, x)),
}


@pytest.mark.parametrize("records", [True, False])
@pytest.mark.parametrize("what", WRONG)
def test_what_is_set_wrong(what: str, records: bool) -> None:
    def tell(lib: Any) -> Any:
        def forward(ctx: Any, x: Any) -> Any:
            WRONG[what](ctx, x)
            return x * 2

        return made(lib, forward, doubled).apply(leaf(lib) if records else lib.ones(2))

    alike(tell)()


# -- arguments ---------------------------------------------------------------------------------

CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "by position": lambda f, x: f(x, 3, 4),
    "by name": lambda f, x: f(x, k=3),
    "names in another order": lambda f, x: f(m=1, k=3, x=x),
    "a gap": lambda f, x: f(x, m=3),
    "the first missing": lambda f, x: f(k=3),
    "nothing": lambda f, x: f(),
    "twice": lambda f, x: f(x, x=x),
    "unknown": lambda f, x: f(x, q=3),
    "ctx": lambda f, x: f(x, ctx=3),
    "too many": lambda f, x: f(x, 3, 4, 5),
}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("sets_up", [True, False])
def test_arguments_by_name(what: str, sets_up: bool) -> None:
    def tell(lib: Any) -> Any:
        seen: list[Any] = []

        def combined(ctx: Any, x: Any, k: Any = 2, m: Any = 3) -> Any:
            seen.append((k, m, len(ctx.needs_input_grad)))
            return x * k

        def forward(x: Any, k: Any = 2, m: Any = 3) -> Any:
            return x * k

        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            seen.append((inputs[1:], ctx.needs_input_grad, output.grad_fn, lib.is_grad_enabled()))

        body = {"forward": forward, "setup_context": setup_context}
        function = defined(lib, **(body if sets_up else {"forward": combined}))
        out = CALLS[what](function.apply, leaf(lib))
        return out, seen

    alike(tell)()


@story
def test_arguments_that_are_only_names(lib: Any) -> Any:
    bodies: list[Callable[..., Any]] = [
        lambda ctx, x, *, k=2: x * k,
        lambda ctx, x, **named: x * 2,
        lambda ctx, *xs: xs[0] * 2,
        lambda x, *, k=2: x * k,
    ]
    setups: list[dict[str, Any]] = [{}, {}, {}, {"setup_context": lambda ctx, i, o: None}]
    functions = [defined(lib, forward=f, **more) for f, more in zip(bodies, setups)]
    return [
        (attempt(lambda f=f: f.apply(leaf(lib), k=3)), attempt(lambda f=f: f.apply(leaf(lib))))
        for f in functions
    ]


@story
def test_calls_of_the_base_class_and_without_tensors(lib: Any) -> Any:
    return (
        attempt(lambda: lib.autograd.Function.apply(leaf(lib))),
        attempt(lambda: lib.autograd.Function.apply()),
        made(lib, lambda ctx: lib.ones(2)).apply(),
        made(lib, lambda ctx, n: lib.ones(n)).apply(3),
    )


# -- life --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lib", LIBRARIES)
def test_what_lives_as_long_as_the_node(lib: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * 2

    gc.disable()
    try:
        x = leaf(lib) * 1
        given = weakref.ref(x)
        y = made(lib, forward, doubled).apply(x)
        node = weakref.ref(y.grad_fn)
        assert y.grad_fn is y.grad_fn
        del x
        assert given() is not None
        y.sum().backward()  # frees what was saved
        assert given() is None
        del y
        assert node() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("lib", LIBRARIES)
def test_an_output_on_ctx_is_a_cycle(lib: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.out = x * 2
        return ctx.out

    gc.disable()
    try:
        y = made(lib, forward, doubled).apply(leaf(lib))
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is not None
        gc.collect()
        assert node() is None
    finally:
        gc.enable()
