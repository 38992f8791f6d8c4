"""Checkpoints, told to both libraries: gradients, order of events, errors, what is recomputed."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

from tests.both import story

BOTH = [True, False]


def room(lib: Any) -> Any:
    return importlib.import_module(f"{lib.__name__}.utils.checkpoint")


def leaf(lib: Any, n: int = 3) -> Any:
    return lib.arange(1.0, n + 1).requires_grad_()


def said(act: Callable[[], Any]) -> str:
    """What an action returns or raises, without the advice at the end of checkpoint errors."""
    try:
        return repr(act())
    except Exception as error:
        return f"{type(error).__name__}: {str(error).partition('Tip:')[0].rstrip()}"


# -- arguments ---------------------------------------------------------------------------------


@story
def test_arguments_are_looked_at(lib: Any) -> Any:
    checkpoint, x, plain = room(lib).checkpoint, leaf(lib), lib.ones(2)
    return [
        said(lambda: checkpoint(lib.sin, x)),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=True, foo=1, bar=2)),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=True, debug=True)),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=True, context_fn=lambda: 1)),
        said(lambda: checkpoint(lib.sin, plain, use_reentrant=True)),
        said(lambda: checkpoint(lib.sin, plain, use_reentrant=False)),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=False, determinism_check="foo")),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=False, foo=1)),
        said(lambda: checkpoint(lib.sin, x, use_reentrant=False, debug=True, context_fn=lambda: 1)),
        said(lambda: room(lib).check_backward_validity([plain, 3])),
        said(lambda: room(lib).check_backward_validity([x, 3])),
        said(lambda: room(lib).detach_variable([x])),
        said(lambda: room(lib).detach_variable((x * 2, 1, plain))),
    ]


@story
def test_devices_have_no_states_here(lib: Any) -> Any:
    c = room(lib)
    before = c.DefaultDeviceType.get_device_type()
    c.DefaultDeviceType.set_device_type("meta")
    named = c.DefaultDeviceType.get_device_type()
    c.DefaultDeviceType.set_device_type(before)
    return [
        named,
        c.get_device_states(lib.ones(2), 3),
        c.set_device_states([], []),
        c.set_device_states([0], [lib.get_rng_state()], device_type="meta"),
        [type(manager).__name__ for manager in c.noop_context_fn()],
    ]


# -- gradients ---------------------------------------------------------------------------------


@story
def test_gradients_reach_arguments_and_what_is_closed_over(lib: Any) -> Any:
    told = []
    for reentrant in BOTH:
        x, w = leaf(lib), leaf(lib)
        y = room(lib).checkpoint(
            lambda a, b, w=w: ((a * w).sin() * b).exp(), x, 2.0, use_reentrant=reentrant
        )
        y.sum().backward()
        told.append((y.grad_fn.name(), x.grad, w.grad))
    return told


@story
def test_ways_to_walk_the_graph(lib: Any) -> Any:
    def grad(reentrant: bool) -> Any:
        x = leaf(lib)
        y = room(lib).checkpoint(lambda a: a.sin().exp(), x, use_reentrant=reentrant)
        return lib.autograd.grad(y.sum(), x)

    def some(reentrant: bool) -> Any:
        x = leaf(lib)
        y = room(lib).checkpoint(lambda a: a.sin().exp(), x, use_reentrant=reentrant)
        y.sum().backward(inputs=[x])
        return x.grad

    def twice(reentrant: bool) -> Any:
        x = leaf(lib)
        y = room(lib).checkpoint(lambda a: a.sin().exp(), x, use_reentrant=reentrant).sum()
        y.backward(retain_graph=True)
        y.backward()
        return x.grad, said(y.backward)

    def second() -> Any:
        x = leaf(lib)
        y = room(lib).checkpoint(lambda a: a.sin().exp(), x, use_reentrant=False)
        (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        g.sum().backward()
        return x.grad

    ways = (grad, some, twice)
    return [said(lambda w=w, r=r: w(r)) for w in ways for r in BOTH], said(second)


@story
def test_a_reentrant_one_inside_of_a_pass_for_some_inputs_is_refused(lib: Any) -> Any:
    """At whatever depth: the inner pass is a whole one, and still would run too much."""

    class Inner(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            with lib.enable_grad():
                again = x.detach().requires_grad_()
                room(lib).checkpoint(lib.sin, again, use_reentrant=True).sum().backward()
            return again.grad

    x = leaf(lib)
    whole = said(lambda: Inner.apply(x).sum().backward())
    return whole, x.grad, said(lambda: lib.autograd.grad(Inner.apply(x).sum(), x))


@story
def test_several_outputs(lib: Any) -> Any:
    told = []
    for reentrant in BOTH:
        x = leaf(lib)
        a, b, c, d = room(lib).checkpoint(
            lambda a: (a.sin(), a.detach(), a.exp() * 2, "text"), x, use_reentrant=reentrant
        )
        (a * c).sum().backward()
        told.append((x.grad, a.requires_grad, d, b * 1.0 if not reentrant else None))
    return told


@story
def test_an_output_without_history(lib: Any) -> Any:
    def tell(reentrant: bool) -> Any:
        x = leaf(lib)
        y = room(lib).checkpoint(lambda a: a.detach().sin(), x, use_reentrant=reentrant)
        y.sum().backward()
        return x.grad

    return [said(lambda r=r: tell(r)) for r in BOTH]


@story
def test_keyword_arguments_and_tensors_in_containers(lib: Any) -> Any:
    x, w = leaf(lib), leaf(lib)
    y = room(lib).checkpoint(
        lambda a, *, s, held: (a * s).sin() * held["w"], x, s=3, held={"w": w}, use_reentrant=False
    )
    y.sum().backward()
    return x.grad, w.grad


@story
def test_an_argument_changed_in_place(lib: Any) -> Any:
    z = leaf(lib) * 1
    y = room(lib).checkpoint(lambda a: a.sin().exp(), z, use_reentrant=False)
    with lib.no_grad():
        z.add_(1)
    return said(lambda: y.sum().backward())


@story
def test_nothing_happens_without_grad(lib: Any) -> Any:
    entered: list[int] = []

    @contextlib.contextmanager
    def note() -> Any:
        entered.append(1)
        yield

    with lib.no_grad():
        y = room(lib).checkpoint(
            lib.sin, leaf(lib), use_reentrant=False, context_fn=lambda: (note(), note())
        )
    return y, entered


# -- when what runs ----------------------------------------------------------------------------


@story
def test_nested(lib: Any) -> Any:
    def tell(outer: bool, inner: bool) -> Any:
        x, ran = leaf(lib), []

        def inside(x: Any) -> Any:
            ran.append("inside")
            return x.sin().exp().cos()

        def outside(x: Any) -> Any:
            ran.append("outside")
            return room(lib).checkpoint(inside, x.tanh(), use_reentrant=inner).tanh()

        room(lib).checkpoint(outside, x, use_reentrant=outer).sum().backward()
        return ran, x.grad

    return [tell(outer, inner) for outer in BOTH for inner in BOTH]


@story
def test_three_deep_and_two_in_a_row(lib: Any) -> Any:
    ran: list[str] = []

    def block(name: str, *inside: Any) -> Any:
        def run(x: Any) -> Any:
            ran.append(name)
            for step in inside:
                x = room(lib).checkpoint(step, x, use_reentrant=False)
            return (x * 1.5).sin().exp()

        return run

    x = leaf(lib)
    y = block("a", block("b", block("c"), block("d")), block("e"))(x)
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    g.sum().backward()
    return ran, x.grad


@story
def test_early_stop(lib: Any) -> Any:
    def tell(early_stop: bool, set_to: bool | None) -> Any:
        x, ran = leaf(lib), []

        def steps(x: Any) -> Any:
            ran.append(1)
            x = x.sin()
            ran.append(2)
            x = x.exp()
            ran.append(3)
            x = x * 2
            ran.append(4)
            return x

        with contextlib.ExitStack() as stack:
            if set_to is not None:
                stack.enter_context(room(lib).set_checkpoint_early_stop(set_to))
            y = room(lib).checkpoint(steps, x, use_reentrant=False, early_stop=early_stop)
        y.sum().backward()
        return ran

    return [tell(early, to) for early in BOTH for to in (None, True, False)]


@story
def test_contexts_of_forward_and_recomputation(lib: Any) -> Any:
    log: list[str] = []

    @contextlib.contextmanager
    def tell(name: str) -> Any:
        log.append("into " + name)
        yield
        log.append("out of " + name)

    x = leaf(lib)
    y = room(lib).checkpoint(
        lambda x: x.sin().exp(), x, use_reentrant=False, context_fn=lambda: (tell("f"), tell("r"))
    )
    log.append("backward")
    y.sum().backward()

    def fail(x: Any) -> Any:
        raise ValueError("in forward")

    for swallow in (contextlib.suppress(ValueError), contextlib.nullcontext()):
        contexts = (swallow, contextlib.nullcontext())
        log.append(
            said(
                lambda c=contexts: room(lib).checkpoint(
                    fail, leaf(lib), use_reentrant=False, context_fn=lambda: c
                )
            )
        )
    return log


@story
def test_random_numbers_are_the_same_again(lib: Any) -> Any:
    told = []
    for reentrant in BOTH:
        for keep in BOTH:
            lib.manual_seed(0)
            x = lib.ones(20, requires_grad=True)
            y = room(lib).checkpoint(
                lambda a: lib.nn.functional.dropout(a, 0.5).exp(),
                x,
                use_reentrant=reentrant,
                preserve_rng_state=keep,
            )
            between = lib.rand(2)
            y.sum().backward()
            told.append((x.grad, between, lib.rand(2)))
    return told


@story
def test_autocast_is_as_it_was(lib: Any) -> Any:
    told = []
    for reentrant in BOTH:
        layer, seen = lib.nn.Linear(4, 4), []

        def runs(x: Any, layer: Any = layer, seen: Any = seen) -> Any:
            y = layer(x)
            seen.append((y.dtype, lib.is_autocast_enabled("cpu"), lib.get_autocast_dtype("cpu")))
            return y.sin().sum()

        x = lib.ones(2, 4, requires_grad=True)
        for options in ({}, {"cache_enabled": False}, {"enabled": False}):
            with lib.autocast("cpu", **options):
                y = room(lib).checkpoint(runs, x, use_reentrant=reentrant)
            y.backward()
            y = room(lib).checkpoint(runs, x, use_reentrant=reentrant)
            with lib.autocast("cpu", **options):
                y.backward()
        told.append(seen)
    return told


@story
def test_state_that_a_module_keeps_is_updated_twice(lib: Any) -> Any:
    told = []
    for reentrant in BOTH:
        norm = lib.nn.BatchNorm1d(3)
        x = lib.arange(12.0).reshape(4, 3).requires_grad_()
        room(lib).checkpoint(norm, x, use_reentrant=reentrant).sum().backward()
        told.append((norm.num_batches_tracked, norm.running_mean))
    return told


@story
def test_a_backward_pass_inside_of_the_function(lib: Any) -> Any:
    def gradient_too(x: Any) -> Any:
        a = x.sin().exp()
        (g,) = lib.autograd.grad(a.sum(), x, create_graph=True)
        return (g * a).cos()

    told = []
    for stop in BOTH:
        x = leaf(lib)
        with room(lib).set_checkpoint_early_stop(stop):
            y = room(lib).checkpoint(gradient_too, x, use_reentrant=False)
        y.sum().backward()
        told.append(x.grad)
    return told


@story
def test_each_pass_recomputes_and_a_group_of_passes_once(lib: Any) -> Any:
    x, ran = leaf(lib), []

    def steps(x: Any) -> Any:
        ran.append(1)
        a = x.sin().exp()
        return a, a.cos()

    a, b = room(lib).checkpoint(steps, x, use_reentrant=False)
    lib.autograd.grad(b.sum(), x, retain_graph=True)
    lib.autograd.grad(b.sum(), x, retain_graph=True)
    told = [len(ran)]
    with room(lib).GraphExecGroup():
        (g,) = lib.autograd.grad(b.sum(), a, retain_graph=True)
        lib.autograd.grad(a, x, g, retain_graph=True)
        told.append(len(ran))
        told.append(said(lambda: lib.autograd.grad(b.sum(), x)))
        told.append(said(lambda: room(lib).GraphExecGroup().__enter__()).partition("<")[0])
    with room(lib).GraphExecGroup():
        told.append(said(lambda: lib.autograd.grad(b.sum(), x)))
    return told
