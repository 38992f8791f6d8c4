"""What may be inside of a checkpoint, or around it, told to both libraries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.both import attempt, story
from tests.test_checkpoint import leaf, room


def recorded(lib: Any) -> Callable[..., Any]:
    return lambda fn, *args, **kwargs: room(lib).checkpoint(
        fn, *args, use_reentrant=False, **kwargs
    )


def both(lib: Any) -> list[Callable[..., Any]]:
    reentrant = lambda fn, *args: room(lib).checkpoint(fn, *args, use_reentrant=True)
    return [recorded(lib), reentrant]


# -- what a region does ------------------------------------------------------------------------


@story
def test_writing_in_place(lib: Any) -> Any:
    def inside(x: Any) -> Any:
        y = x * 2
        y.mul_(3)
        z = y.sin()
        z += 1
        return z * y

    def argument(y: Any) -> Any:
        y.mul_(3)
        return y.sin()

    told = []
    for checkpoint in both(lib):
        for fn in (inside, argument):
            x = leaf(lib)
            told.append(attempt(lambda c=checkpoint, f=fn, x=x: c(f, x * 1).sum().backward()))
            told.append(x.grad)
    return told


@story
def test_results_that_are_arguments_and_views(lib: Any) -> Any:
    told: list[Any] = []
    for checkpoint in both(lib):
        x = leaf(lib, 4)
        y = checkpoint(lambda x: x, x)
        (y * 2).sum().backward()
        told.append((x.grad, y is x, attempt(lambda y=y: y.grad_fn.name())))
        x = leaf(lib, 4)
        y = checkpoint(lambda x: x.view(2, 2), x * 1)
        (y * 2).sum().backward()
        told.append((x.grad, y._is_view()))
        x = leaf(lib, 4)
        y = checkpoint(lambda x: x.view(2, 2), x * 1)
        told.append(attempt(lambda y=y: (y.mul_(2) * 2).sum().backward()))
        told.append(x.grad)
    return told


@story
def test_results_of_many_kinds(lib: Any) -> Any:
    def tell(checkpoint: Any, fn: Any) -> Any:
        x = leaf(lib)
        y = checkpoint(fn, x)
        first = y["a"] if isinstance(y, dict) else y[0]
        first.sum().backward()
        return x.grad, type(y).__name__

    kinds = [
        lambda x: (x.sin(), None, 3),
        lambda x: [x.sin(), x.cos()],
        lambda x: {"a": x.sin()},
        lambda x: (x.sin().exp(), x.cos().exp()),
    ]
    return [attempt(lambda c=c, k=k: tell(c, k)) for c in both(lib) for k in kinds]


@story
def test_arguments_that_need_no_gradient(lib: Any) -> Any:
    def tell(checkpoint: Any, fn: Any, *args: Any) -> Any:
        w = leaf(lib)
        checkpoint(lambda *args: fn(w, *args), *args).sum().backward()
        return w.grad, [a.grad for a in args if isinstance(a, lib.Tensor)]

    return [
        attempt(lambda c=c, f=fn, a=args: tell(c, f, *a))
        for c in both(lib)
        for fn, args in (
            (lambda w: w.sin().exp(), ()),
            (lambda w, x: (w * x).sin().exp(), (lib.ones(3),)),
            (lambda w, x, y: (w * x).sin(), (leaf(lib), leaf(lib))),
            (lambda w, n, s: (w * n).sin(), (2, "text")),
        )
    ]


@story
def test_a_part_of_the_results_at_a_time(lib: Any) -> Any:
    x, ran = leaf(lib), []

    def two(x: Any) -> Any:
        ran.append(1)
        return x.sin().exp(), x.cos().exp()

    a, b = recorded(lib)(two, x)
    a.sum().backward()
    b.sum().backward()
    return x.grad, len(ran)


@story
def test_deep_nests(lib: Any) -> Any:
    ran: list[int] = []

    def level(depth: int) -> Any:
        def run(x: Any) -> Any:
            ran.append(depth)
            if depth == 0:
                return x.sin().exp().cos()
            return recorded(lib)(level(depth - 1), x.tanh()).sin()

        return run

    x = leaf(lib)
    recorded(lib)(level(4), x).sum().backward()
    first, second = both(lib)
    z = leaf(lib)
    second(lambda y: y.exp(), first(lambda x: x.sin(), z)).sum().backward()
    return ran, x.grad, z.grad


# -- hooks -------------------------------------------------------------------------------------


@story
def test_hooks_of_saved_tensors_around_and_inside(lib: Any) -> Any:
    log: list[Any] = []
    hooks = lambda: lib.autograd.graph.saved_tensors_hooks(
        lambda t: log.append(tuple(t.shape)) or t, lambda t: log.append("unpack") or t
    )
    x = leaf(lib)
    with hooks():
        z = recorded(lib)(lambda x: x.sin().exp(), x * 1).cos()
    log.append("backward")
    z.sum().backward()

    def inside(x: Any) -> Any:
        with hooks():
            return x.sin().exp()

    log.append("inside")
    recorded(lib)(inside, x * 1).cos().sum().backward()

    def forbidden() -> Any:
        with lib.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
            return recorded(lib)(lib.sin, x)

    return log, x.grad, attempt(forbidden)


@story
def test_hooks_of_tensors_inside(lib: Any) -> Any:
    told = []
    for checkpoint in both(lib):
        log: list[Any] = []

        def inside(x: Any, log: Any = log) -> Any:
            y = x.sin()
            if y.requires_grad:
                y.register_hook(lambda g: log.append(g * 1))
            return y.exp()

        checkpoint(inside, lib.ones(2, requires_grad=True)).sum().backward()
        told.append(log)
    return told


# -- errors ------------------------------------------------------------------------------------


@story
def test_errors_leave_nothing_behind(lib: Any) -> Any:
    x, ran = leaf(lib), []

    def fails(x: Any) -> Any:
        x.sin()
        raise KeyError("in forward")

    told: list[Any] = [attempt(lambda: recorded(lib)(fails, x))]
    x.sin().sum().backward()
    told.append(x.grad)

    def fails_once(x: Any) -> Any:
        ran.append(1)
        if len(ran) == 2:
            raise ValueError("in recomputation")
        return x.sin().exp()

    y = recorded(lib)(fails_once, x).sum()
    told.append(attempt(y.backward))
    y.backward()
    told.append(x.grad)
    return told


@story
def test_arguments_that_are_none_of_it(lib: Any) -> Any:
    checkpoint, x = recorded(lib), leaf(lib)
    plain = room(lib).checkpoint
    return [
        attempt(lambda: checkpoint(3, x)),
        attempt(lambda: checkpoint(lib.sin, x, context_fn=lambda: 3)),
        attempt(lambda: plain(lib.sin, x, use_reentrant=True, determinism_check="foo")),
        attempt(lambda: plain(lib.sin, x, use_reentrant=True, early_stop=False)),
        attempt(lambda: room(lib).CheckpointFunction.apply(lib.sin, True, x)),
        attempt(lambda: checkpoint(lambda x, *, k: x * k, x, k=2, preserve_rng_state=False)),
    ]


# -- other ways to differentiate ---------------------------------------------------------------


@story
def test_gradients_are_right_to_second_order(lib: Any) -> Any:
    fn = lambda x: recorded(lib)(lambda x: (x.sin() * x).exp(), x)
    x = lib.tensor([0.3, 0.7], dtype=lib.float64, requires_grad=True)
    z = lib.tensor([1 + 2j, 3j], requires_grad=True)
    recorded(lib)(lambda z: (z.sin() * z).abs(), z).sum().backward()
    return (
        lib.autograd.gradcheck(fn, x),
        lib.autograd.gradgradcheck(fn, x),
        z.grad,
        lib.autograd.functional.jacobian(fn, lib.tensor([0.3, 0.7])),
        lib.autograd.functional.hessian(lambda x: fn(x).sum(), lib.tensor([0.3, 0.7])),
    )


@story
def test_batched_gradients(lib: Any) -> Any:
    x = leaf(lib)
    y = recorded(lib)(lambda x: x.sin().exp(), x)
    return lib.autograd.grad(y, x, lib.eye(3), is_grads_batched=True)


@story
def test_transforms(lib: Any) -> Any:
    region = lambda x: recorded(lib)(lambda x: x.sin().exp(), x)
    return (
        attempt(lambda: lib.func.grad(lambda x: region(x).sum())(lib.ones(3))),
        attempt(lambda: lib.func.vmap(region)(lib.ones(2, 3))),
    )


@story
def test_a_backward_pass_in_another_thread(lib: Any) -> Any:
    x, found = leaf(lib), []
    y = recorded(lib)(lambda x: x.sin().exp().cos(), x)
    thread = threading.Thread(target=lambda: found.append(lib.autograd.grad(y.sum(), x)))
    thread.start()
    thread.join()
    return found


@story
def test_inference_tensors(lib: Any) -> Any:
    with lib.inference_mode():
        t = lib.ones(3)
        y = recorded(lib)(lib.sin, t)
    return y.is_inference(), attempt(lambda: recorded(lib)(lambda x, t: x * t, leaf(lib), t))
