"""Gradcheck's tests of one pass on unusual cotangents, or tangents: zeros, none, many at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import grad
from rushlight.autograd.check_texts import (
    BATCHED,
    BATCHED_FORWARD,
    BREAKING,
    UNDEFINED,
    batched_mismatch,
)
from rushlight.autograd.checking import differentiable, forward_problems, vectors_of
from rushlight.autograd.engine import edge_of, run
from rushlight.autograd.gradcheck import GradcheckError
from rushlight.autograd.jacobians import as_tuple, is_differentiable, requiring
from rushlight.tensor import Tensor, wrap

__all__ = [
    "check_batched",
    "check_batched_forward",
    "check_undefined",
    "check_undefined_forward",
    "check_zeros",
]

Func = Callable[..., Any]


def check_batched(inputs: Sequence[Any], out: Tensor, number: int) -> None:
    """A batch of cotangents of output `number` must give what they give one by one."""
    from rushlight.api.comparison import allclose  # operators import us
    from rushlight.api.random import randn_like
    from rushlight.api.shape import stack

    xs = [x for _, x in requiring(inputs)]
    given = [randn_like(out) for _ in range(2)]
    options: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    singles = [grad(out, xs, g, **options) for g in given]
    try:
        batch = grad(out, xs, stack(given), is_grads_batched=True, **options)
    except RuntimeError as error:
        raise GradcheckError(
            f"While computing batched gradients, got: {error}\n\n{BATCHED}"
        ) from error
    for i, found in enumerate(batch):
        if found is None:
            continue
        expected = stack([single[i] for single in singles])
        if not allclose(found, expected):
            raise GradcheckError(batched_mismatch(number, i, found, expected, False))


def check_batched_forward(func: Func, inputs: tuple[Any, ...]) -> None:
    """A batch of tangents of each input must give what they give one by one."""
    from rushlight.api.comparison import allclose  # operators import us
    from rushlight.api.random import randn_like
    from rushlight.api.shape import stack
    from rushlight.func import vmap

    for i, x in requiring(inputs):
        if not is_differentiable(x):
            continue

        def push(tangent: Tensor, i: int = i, x: Tensor = x) -> tuple[Tensor, ...]:
            args = [a.detach() if isinstance(a, Tensor) else a for a in inputs]
            with forward_ad.dual_level():
                args[i] = forward_ad.make_dual(x.detach(), tangent)
                pairs = [
                    forward_ad.unpack_dual(out) for out in as_tuple(func(*args)) if out is not None
                ]
                return tuple(p.new_zeros(p.shape) if t is None else t for p, t in pairs)

        given = [randn_like(x) for _ in range(2)]
        singles = [push(t) for t in given]
        try:
            batch = vmap(push)(stack(given))
        except RuntimeError as error:
            raise GradcheckError(
                f"While computing batched gradients, got: {error}\n\n{BATCHED_FORWARD}"
            ) from error
        for k, (found, ones) in enumerate(zip(batch, zip(*singles))):
            expected = stack(list(ones))
            if not allclose(found, expected):
                raise GradcheckError(batched_mismatch(k, k, found, expected, True))


def check_zeros(outs: Sequence[Tensor], inputs: Sequence[Any], masked: bool | None) -> None:
    """Gradients are linear in the cotangents: zeros give zeros, in the inputs' dtypes."""
    from rushlight.api.comparison import allclose  # operators import us

    xs = [x for _, x in requiring(inputs)]
    zeros = [wrap(np.zeros(o._array.shape, o._array.dtype)) for o in outs]
    for g, x in zip(grad(outs, xs, zeros, allow_unused=True), xs):
        if g is None:
            continue
        zero = allclose(g, g.new_zeros(g.shape)) if masked else g.eq(0).all()
        if not zero:
            raise GradcheckError("backward not multiplied by grad_output")
        if g.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")
        if g.shape != x.shape:
            raise GradcheckError("grad is incorrect size")


def check_undefined(func: Func, inputs: Sequence[Any]) -> None:
    """Cotangents that never come must be taken, all of them and each alone, for zeros."""
    count = len(_check_undefined(func, inputs, None))
    if count > 1:
        for number in range(count):
            _check_undefined(func, inputs, number)


def _check_undefined(func: Func, inputs: Sequence[Any], number: int | None) -> Sequence[Tensor]:
    """Send zeros to all outputs but output `number` (None: all), which gets nothing."""
    outs = differentiable(func(*inputs))
    given = [
        None if number in (None, k) else np.zeros(o._array.shape, o._array.dtype)
        for k, o in enumerate(outs)
    ]
    wanted = [edge_of(x) for _, x in requiring(inputs)]
    try:
        found = run([edge_of(o) for o in outs], given, False, False, False, wanted)
    except RuntimeError as error:
        warnings.warn(BREAKING, stacklevel=5)
        raise GradcheckError(
            f"Expected backward function to handle undefined output grads. {UNDEFINED}"
        ) from error
    if any(g is not None and np.any(np.asanyarray(g) != 0) for g in found):
        warnings.warn(BREAKING, stacklevel=5)
        raise GradcheckError(
            "Expected all input grads to be undefined or zero when all output grads are undefined "
            f"or zero. {UNDEFINED}"
        )
    return outs


def check_undefined_forward(func: Func, inputs: Sequence[Any], func_out: Any) -> None:
    """A tangent of zeros and no tangent must give the same, for each input."""
    for problem in forward_problems(func, inputs, as_tuple(func_out)):
        _check_missing_tangents(problem.func, problem.inputs)


def _check_missing_tangents(func: Func, inputs: Sequence[Any]) -> None:
    from rushlight.api.comparison import allclose  # operators import us

    vectors = vectors_of(inputs, ())
    with forward_ad.dual_level():
        duals = list(inputs)
        for (i, x), u in zip(requiring(inputs), vectors.inputs):
            duals[i] = forward_ad.make_dual(x.detach(), u.view(x.shape))
        for i, x in requiring(inputs):
            tangents = []
            for zero in (forward_ad.make_dual(x.detach(), x.detach() * 0), x.detach()):
                outs = as_tuple(func(*[zero if k == i else d for k, d in enumerate(duals)]))
                tangents.append(
                    [forward_ad.unpack_dual(out).tangent for out in outs if is_differentiable(out)]
                )
            for k, (a, b) in enumerate(zip(*tangents)):
                if a is not None and b is not None and not allclose(a, b):
                    raise GradcheckError(
                        "Mismatch in tangent values for output with index: ",
                        k,
                        " when input: ",
                        x,
                        " has an undefined tangent value. ",
                        " Got: ",
                        a,
                        " but expected: ",
                        b,
                    )
