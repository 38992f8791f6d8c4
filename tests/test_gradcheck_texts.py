"""The whole of what gradcheck says, and the numbers in it: tests/both.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story


def doubled(lib: Any, backward: Callable[..., Any], jvp: Any = None, outputs: int = 1) -> Any:
    """``2 * t`` (and again), with a derivative of its own, which sees None for no cotangent."""

    class Doubled(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, t: Any) -> Any:
            ctx.set_materialize_grads(False)
            return t * 2 if outputs == 1 else (t * 2, t * 2)

    Doubled.backward = staticmethod(backward)
    if jvp is not None:
        Doubled.jvp = staticmethod(jvp)
    return Doubled.apply


def trebled(lib: Any) -> Any:
    return doubled(lib, lambda ctx, g: None if g is None else g * 3)


def point(lib: Any, **options: Any) -> Any:
    return lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True, **options)


def check(lib: Any, f: Any, *args: Any, **options: Any) -> str:
    return attempt(partial(lib.autograd.gradcheck, f, args or (point(lib),), **options))


WAYS: dict[str, dict[str, bool]] = {
    "slow": {},
    "fast": {"fast_mode": True},
    "forward": {"check_forward_ad": True, "check_backward_ad": False},
    "fast forward": {"check_forward_ad": True, "check_backward_ad": False, "fast_mode": True},
    "batched": {"check_batched_grad": True},
    "quiet": {"raise_exception": False},
}


@pytest.mark.parametrize("way", WAYS)
def test_wrong_derivatives(way: str) -> None:
    def tell(lib: Any) -> Any:
        bad = doubled(lib, lambda ctx, g: None if g is None else g * 3, lambda ctx, t: t * 5)
        c = lib.tensor([1 + 2j, 3 - 1j], dtype=lib.complex128, requires_grad=True)
        return [
            check(lib, f, *args, **WAYS[way])
            for f, args in (
                (bad, (point(lib),)),
                (lambda t: (t * 2, bad(t)), (point(lib),)),
                (lambda a, b: a * bad(b), (point(lib), point(lib))),
                (bad, (c,)),
                (lambda t: lib.complex(t, bad(t)), (point(lib),)),
                (lambda t: t * 3, (point(lib),)),
                (lambda t: t.detach() if "fast" not in way else t * 0, (point(lib),)),
            )
        ]

    assert_same_story(tell)


@story
def test_tolerances(lib: Any) -> Any:
    bad = trebled(lib)
    return [
        check(lib, bad, fast_mode=fast, atol=atol, rtol=rtol, raise_exception=False)
        for fast in (False, True)
        for atol, rtol in ((0.5, 0.0), (1.5, 0.0), (0.0, 0.6), (0.0, 0.4), (1.0, 1.0))
    ]


@story
def test_small_differences_that_only_fast_mode_sees(lib: Any) -> Any:
    off = doubled(lib, lambda ctx, g: g * 2 + lib.tensor([0.25, -0.125]))
    return check(lib, off, fast_mode=True, atol=0.5, rtol=0.0), check(lib, off, atol=0.5, rtol=0.0)


@story
def test_nondeterminism(lib: Any) -> Any:
    calls = [0]

    def restless(ctx: Any, g: Any) -> Any:
        calls[0] += 1
        return None if g is None else g * 2 + 0.25 * (calls[0] % 2) * g

    restless_double = doubled(lib, restless)
    seen = []
    for fast in (False, True):
        for tolerance in (0.0, 1.0):
            calls[0] = 0
            seen.append(
                check(lib, restless_double, fast_mode=fast, atol=1, rtol=1, nondet_tol=tolerance)
            )
    return seen


@story
def test_missing_cotangents(lib: Any) -> Any:
    def eager(ctx: Any, *gs: Any) -> Any:
        return sum((lib.ones(2, dtype=lib.float64) if g is None else g * 2) for g in gs)

    def picky(ctx: Any, *gs: Any) -> Any:
        if any(g is None for g in gs):
            raise RuntimeError("mine")
        return sum(g * 2 for g in gs)

    def right(ctx: Any, *gs: Any) -> Any:
        return sum(g * 2 for g in gs if g is not None) if any(g is not None for g in gs) else None

    def only_both(ctx: Any, g: Any, h: Any) -> Any:
        return (
            lib.zeros(2, dtype=lib.float64)
            if g is h is None
            else right(ctx, g, h) + 1 * (lib.ones(2, dtype=lib.float64) if g is None else 0)
        )

    seen = []
    for backward in (eager, picky, right, only_both):
        for outputs in (1, 2):
            if backward is only_both and outputs == 1:
                continue
            f = doubled(lib, backward, outputs=outputs)
            for options in ({}, {"check_undefined_grad": False}):
                seen.append(check(lib, f, atol=9.0, raise_exception=True, **options))
    return seen


@story
def test_errors_of_the_function_pass(lib: Any) -> Any:
    def raising(ctx: Any, g: Any) -> Any:
        raise ValueError("mine")

    return check(lib, doubled(lib, raising)), check(lib, doubled(lib, raising), fast_mode=True)


@story
def test_second_derivatives(lib: Any) -> Any:
    class Square(lib.autograd.Function):
        """Its first derivative is right, and a constant to the second."""

        @staticmethod
        def forward(ctx: Any, t: Any) -> Any:
            ctx.save_for_backward(t)
            return t * t

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2 * ctx.saved_tensors[0].detach()

    def second(**options: Any) -> str:
        return attempt(partial(lib.autograd.gradgradcheck, Square.apply, (point(lib),), **options))

    given = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
    return (
        second(),
        second(grad_outputs=given),
        second(grad_outputs=(given.detach(),)),
        second(grad_outputs=3),
        second(check_fwd_over_rev=True, check_rev_over_rev=False, check_undefined_grad=False),
    )


@story
def test_the_generator_moves_as_pytorchs_does(lib: Any) -> Any:
    square, x = lambda t: t * t, point(lib)
    lib.autograd.gradcheck(square, x, fast_mode=True)
    after_fast = lib.rand(1)
    lib.autograd.gradcheck(square, x, check_batched_grad=True)
    after_batched = lib.rand(1)
    lib.autograd.gradgradcheck(square, x)
    return after_fast, after_batched, lib.rand(1)


@story
def test_outputs_that_move_with_the_input(lib: Any) -> Any:
    at = lib.tensor([1.0], dtype=lib.float64, requires_grad=True)
    by_shape = lambda t: t.expand(2) * 1 if t > 1 else t * 1
    by_dtype = lambda t: t.float() if t > 1 else t * 1
    return [
        check(lib, f, at, fast_mode=fast) for f in (by_shape, by_dtype) for fast in (False, True)
    ]


@story
def test_the_jacobians_themselves(lib: Any) -> Any:
    module = sys.modules[lib.__name__ + ".autograd.gradcheck"]
    x, w = point(lib), point(lib)
    product = lambda xs: xs[0] * xs[1]
    seen: list[Any] = [module.get_numerical_jacobian(product, (x, w))]
    seen.append(module.get_numerical_jacobian(product, (x, w.detach()), eps=1e-4))
    seen.append(module.get_numerical_jacobian(product, (x, w.detach()), target=(x,)))
    seen.append(module.get_analytical_jacobian((x, w), x * w))
    seen.append(module.get_analytical_jacobian((x, 3), x * 2, nondet_tol=1.0))
    plain = lambda a, b: (a * b, a + b)
    specific = module.get_numerical_jacobian_wrt_specific_input
    seen.append(specific(plain, 1, (x, w), plain(x, w), 1e-6))
    seen.append(attempt(lambda: specific(plain, 1, (x, w.detach()), plain(x, w), 1e-6)))
    seen.append(attempt(lambda: module.get_numerical_jacobian(product, (x, w), grad_out=2.0)))
    seen.append(attempt(lambda: module.get_analytical_jacobian((x,), x * 2, grad_out=2.0)))
    seen.append(attempt(lambda: module.get_analytical_jacobian((x,), x * 2j)))
    seen.append(attempt(lambda: module.get_numerical_jacobian(lambda xs: xs[0] * 1j, (x,))))
    return seen, sorted(module.__all__)


def test_the_module_is_found_by_name() -> None:
    module = import_module("rushlight.autograd.gradcheck")
    assert module.gradcheck is rushlight.autograd.gradcheck
    assert issubclass(module.GradcheckError, RuntimeError)
