"""Custom Functions under `torch.func`: every composition, and what a Function has to say for it.

Most stories return what they saw, which has to be the same under both libraries (tests/both.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rushlight
from tests.both import alike, story
from tests.functions import defined, leaf
from tests.test_function_jvp import forward_mode

# -- the Functions ---------------------------------------------------------------------------------


def cubing(lib: Any, **more: Any) -> Any:
    """A Function with all of its derivatives."""

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    def times_slope(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2

    return defined(
        lib,
        "Cube",
        forward=lambda x: x**3,
        setup_context=setup_context,
        backward=times_slope,
        jvp=times_slope,
        **more,
    )


def generated(lib: Any) -> Any:
    return cubing(lib, generate_vmap_rule=True)


def written(lib: Any, seen: list[Any] | None = None) -> Any:
    """With a ``vmap`` of its own, which notes what it is given in `seen`."""

    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        if seen is not None:
            seen.append((type(info).__name__, info, in_dims, x.shape))
        return function.apply(x), in_dims[0]

    function = cubing(lib, vmap=vmap)
    return function


def dishonest(lib: Any) -> Any:
    """Derivatives that are no derivatives tell whose rule was used."""
    return defined(
        lib,
        "Dishonest",
        forward=lambda x: x.round(),
        setup_context=lambda ctx, inputs, output: None,
        backward=lambda ctx, g: g * 7,
        jvp=lambda ctx, t: t * 5,
        generate_vmap_rule=True,
    )


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "generated": generated,
    "written": written,
    "dishonest": dishonest,
}

# -- compositions ----------------------------------------------------------------------------------


def row(lib: Any) -> Any:
    return lib.tensor([1.0, 2.0, 3.0])


def one(lib: Any) -> Any:
    return lib.tensor(2.0)


COMPOSITIONS: dict[str, Callable[[Any, Any], Any]] = {
    "vmap": lambda lib, f: lib.func.vmap(f)(row(lib)),
    "grad": lambda lib, f: lib.func.grad(f)(one(lib)),
    "grad grad": lambda lib, f: lib.func.grad(lib.func.grad(f))(one(lib)),
    "vmap grad": lambda lib, f: lib.func.vmap(lib.func.grad(f))(row(lib)),
    "grad vmap": lambda lib, f: lib.func.grad(lambda x: lib.func.vmap(f)(x).sum())(row(lib)),
    "jvp": lambda lib, f: lib.func.jvp(f, (row(lib),), (row(lib),)),
    "jvp vmap": lambda lib, f: lib.func.jvp(lib.func.vmap(f), (row(lib),), (row(lib),)),
    "vmap jvp": lambda lib, f: lib.func.vmap(lambda x, t: lib.func.jvp(f, (x,), (t,)))(
        row(lib), row(lib)
    ),
    "jvp grad": lambda lib, f: lib.func.jvp(lib.func.grad(f), (one(lib),), (one(lib),)),
    "grad jvp": lambda lib, f: lib.func.grad(lambda x: lib.func.jvp(f, (x,), (one(lib),))[1])(
        one(lib)
    ),
    "vmap vmap": lambda lib, f: lib.func.vmap(lib.func.vmap(f))(lib.arange(6.0).reshape(2, 3)),
    "vmap vmap grad": lambda lib, f: lib.func.vmap(lib.func.vmap(lib.func.grad(f)))(
        lib.arange(6.0).reshape(2, 3)
    ),
    "grad vmap grad": lambda lib, f: lib.func.grad(
        lambda x: lib.func.vmap(lib.func.grad(f))(x).sum()
    )(row(lib)),
    "jacrev": lambda lib, f: lib.func.jacrev(f)(row(lib)),
    "jacfwd": lambda lib, f: lib.func.jacfwd(f)(row(lib)),
    "hessian": lambda lib, f: lib.func.hessian(lambda x: f(x).sum())(row(lib)),
    "vmap hessian": lambda lib, f: lib.func.vmap(lib.func.hessian(lambda x: f(x).sum()))(
        lib.arange(4.0).reshape(2, 2)
    ),
    "nested": lambda lib, f: lib.func.grad(
        lambda x: x * lib.func.grad(lambda y: f(x * y))(lib.tensor(1.0))
    )(one(lib)),
    "other dimensions": lambda lib, f: lib.func.vmap(f, in_dims=1, out_dims=1)(
        lib.arange(6.0).reshape(2, 3)
    ),
    "closed over": lambda lib, f: lib.func.vmap(lambda x: x + f(row(lib)))(row(lib)[:, None]),
    "by name": lambda lib, f: lib.func.vmap(lambda x: f(x=x))(row(lib)),
}


@pytest.mark.parametrize("what", COMPOSITIONS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_compositions(function: str, what: str) -> None:
    def tell(lib: Any) -> Any:
        forward_mode(lib)
        return COMPOSITIONS[what](lib, FUNCTIONS[function](lib).apply)

    alike(tell)()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_backward_through_vmap(function: str) -> None:
    def tell(lib: Any) -> Any:
        f = FUNCTIONS[function](lib).apply
        x = leaf(lib)
        (first,) = lib.autograd.grad(lib.func.vmap(f)(x).sum(), x, create_graph=True)
        second = lib.autograd.grad(first.sum(), x) if first.requires_grad else None
        rows = lib.autograd.grad(f(x), x, lib.eye(2), is_grads_batched=True)
        return first.detach(), second, rows

    alike(tell)()


# -- several arguments and outputs -----------------------------------------------------------------


def mixing(lib: Any) -> Any:
    """Of two tensors and a number, with two outputs."""

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])
        ctx.k = inputs[2]

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y * ctx.k + h, g * x * ctx.k + h, None

    def jvp(ctx: Any, t: Any, u: Any, _: Any) -> Any:
        x, y = ctx.saved_tensors
        return (t * y + x * u) * ctx.k, t + u

    return defined(
        lib,
        "Mix",
        forward=lambda x, y, k: (x * y * k, x + y),
        setup_context=setup_context,
        backward=backward,
        jvp=jvp,
        generate_vmap_rule=True,
    )


@story
def test_inputs_that_examples_share(lib: Any) -> Any:
    """Their gradients are summed over the examples."""
    apply = mixing(lib).apply
    x = lib.arange(6.0).reshape(2, 3).requires_grad_()
    y = lib.arange(3.0).requires_grad_()
    p, q = lib.func.vmap(lambda a, b: apply(a, b, 2.0), in_dims=(0, None))(x, y)
    (p.sum() * 2 + q.sum()).backward()
    w = lib.arange(3.0).requires_grad_()
    lib.func.vmap(lambda a: apply(a, w, 2.0)[0])(x.detach()).sum().backward()
    each = lib.func.vmap(
        lib.func.grad(lambda a, b: apply(a, b, 2.0)[0].sum(), argnums=(0, 1)), in_dims=(0, None)
    )(x.detach(), y.detach())
    return p.detach(), q.detach(), x.grad, y.grad, w.grad, each


@story
def test_tangents_of_some_inputs(lib: Any) -> Any:
    forward_mode(lib)
    apply = mixing(lib).apply
    x, y = lib.arange(3.0), lib.ones(3)
    return (
        lib.func.jvp(lambda a: apply(a, y, 2.0), (x,), (x,)),
        lib.func.jvp(lambda a, b: apply(a, b, 2.0), (x, y), (x, y)),
    )


@story
def test_gradients_that_are_wider_than_their_inputs(lib: Any) -> Any:
    function = defined(
        lib,
        forward=lambda x, y: x * y,
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
        backward=lambda ctx, g: (g * ctx.saved_tensors[1], g * ctx.saved_tensors[0]),
        generate_vmap_rule=True,
    )
    x, y = lib.arange(6.0).reshape(2, 3), lib.ones(2, 1)
    both = lib.func.grad(lambda a, b: lib.func.vmap(function.apply)(a, b).sum(), argnums=(0, 1))(
        x, y
    )
    return both, lib.func.vmap(lib.func.grad(lambda a, b: function.apply(a, b).sum(), 1))(x, y)


@story
def test_outputs_of_other_shapes_and_kinds(lib: Any) -> Any:
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.shape = inputs[0].shape

    total = defined(
        lib,
        forward=lambda x: (x.sum(), 3),
        setup_context=setup_context,
        backward=lambda ctx, g, _: g.expand(ctx.shape),
        generate_vmap_rule=True,
    )
    first = lambda x: total.apply(x)[0]
    x = lib.arange(6.0).reshape(2, 3)
    return (
        lib.func.vmap(first)(x),
        lib.func.vmap(lib.func.grad(first))(x),
        lib.func.grad(lambda x: lib.func.vmap(first)(x).sum())(x),
    )


@story
def test_a_saved_output(lib: Any) -> Any:
    function = defined(
        lib,
        forward=lambda x: x * x * x,
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs, output),
        backward=lambda ctx, g: g * 3 * ctx.saved_tensors[1] / ctx.saved_tensors[0],
        generate_vmap_rule=True,
    )
    f, vmap, grad = function.apply, lib.func.vmap, lib.func.grad
    x = lib.tensor([1.0, 2.0])
    inner = grad(lambda x: vmap(f)(x).sum())
    return vmap(grad(f))(x), vmap(grad(grad(f)))(x), inner(x), grad(lambda y: inner(y).sum())(x)


@story
def test_marks_and_missing_gradients(lib: Any) -> Any:
    seen: list[Any] = []

    def constant_second(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_non_differentiable(output[1])
        seen.append(ctx.needs_input_grad)

    def unmaterialized(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.set_materialize_grads(False)

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        seen.append(h is None)
        return g * 2

    functions = [
        defined(
            lib,
            forward=lambda x: (x * 2, x * 3),
            setup_context=setup_context,
            backward=backward,
            generate_vmap_rule=True,
        )
        for setup_context in (constant_second, unmaterialized)
    ]
    return [
        lib.func.vmap(lib.func.grad(lambda x, f=f: f.apply(x)[0]))(row(lib)) for f in functions
    ], seen


@story
def test_None_for_a_gradient(lib: Any) -> Any:
    function = defined(
        lib,
        forward=lambda x, y: x * y,
        setup_context=lambda ctx, inputs, output: None,
        backward=lambda ctx, g: (g, None),
        generate_vmap_rule=True,
    )
    x = row(lib)
    return lib.func.vmap(lib.func.grad(function.apply, argnums=(0, 1)))(x, x)


def test_forward_mode_twice() -> None:
    """PyTorch 2.13 takes the tangent that ``jvp`` makes for a constant, and gives zeros."""
    f, x = generated(rushlight).apply, row(rushlight)
    jacfwd = rushlight.func.jacfwd
    second = jacfwd(jacfwd(f))(x).sum(-1).sum(-1)
    assert second.tolist() == [6.0, 12.0, 18.0]


@pytest.mark.parametrize("what", ["vmap grad", "grad vmap", "hessian", "jvp grad"])
def test_under_anomaly_detection(what: str) -> None:
    def tell(lib: Any) -> Any:
        forward_mode(lib)
        with lib.autograd.set_detect_anomaly(True):
            return COMPOSITIONS[what](lib, generated(lib).apply)

    alike(tell)()
