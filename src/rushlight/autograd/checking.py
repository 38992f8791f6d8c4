"""What gradcheck compares: Jacobians found in two ways, backward passes on unusual cotangents."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.engine import edge_of, run
from rushlight.autograd.gradcheck import GradcheckError
from rushlight.autograd.jacobians import (
    directions,
    forward,
    numerical,
    pull,
    push,
    reverse,
    units,
)
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Check",
    "check_batched",
    "check_inputs",
    "check_undefined",
    "check_zero_cotangents",
    "compare_all",
    "compare_projections",
    "expect_zero",
    "unit_vector",
]


class Check(NamedTuple):
    """A function at a point, and how closely to look."""

    func: Callable[..., Any]
    args: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    forward: bool
    backward: bool


def check_inputs(args: Sequence[Any]) -> list[Tensor]:
    """Return the inputs to differentiate; refuse those that finite differences cannot move."""
    wanted = []
    for i, x in enumerate(args):
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue
        if x.dtype.itemsize != (16 if x.dtype.is_complex else 8):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=3,
            )
        if any(s == 0 and n > 1 for s, n in zip(x._array.strides, x._array.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients correctly. "
                "You should call .contiguous on the input before passing it to gradcheck."
            )
        wanted.append(x)
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    return wanted


def expect_zero(check: Check, wanted: Sequence[Tensor]) -> None:
    """Outputs that require no grad must not change with the inputs."""
    for x in wanted:
        for jacobian in numerical(check.func, check.args, x, check.eps):
            if np.any(jacobian != 0):
                raise GradcheckError("Numerical gradient for function expected to be zero")


# -- comparing ---------------------------------------------------------------------------------


def _part(array: Any, unit: complex) -> Any:
    """The part of an output along `unit`: real, or imaginary."""
    return array.imag if unit == 1j else array.real


def _where(out: Tensor, unit: complex) -> str:
    if not out.dtype.is_complex:
        return ""
    part = "imaginary" if unit == 1j else "real"
    return f"While considering the {part} part of complex outputs only, "


def _compare(
    check: Check, found: Any, expected: Any, i: int, k: int, how: str = "", where: str = ""
) -> None:
    if not np.allclose(found, expected, rtol=check.rtol, atol=check.atol):
        raise GradcheckError(
            f"{where}Jacobian {how}mismatch for output {k} with respect to input {i},\n"
            f"numerical:{wrap(np.asarray(expected))!r}\n"
            f"analytical:{wrap(np.asarray(found))!r}\n"
        )


_FORWARD = "computed with forward mode "


def compare_all(
    check: Check, i: int, x: Tensor, outs: Sequence[Tensor], numbers: Sequence[int]
) -> None:
    """Compare the whole Jacobian with respect to one input, column by column."""
    expected = numerical(check.func, check.args, x, check.eps)
    for k, (number, out) in enumerate(zip(numbers, outs)):
        for unit in reversed(units(out)):
            where = _where(out, unit)
            real = _part(expected[number], unit)
            if check.forward:
                rows = [
                    _part(np.ravel(forward(check.func, check.args, x, d)[number]), unit)
                    for d in directions(x)
                ]
                _compare(check, np.reshape(rows, real.shape), real, i, k, _FORWARD, where)
            if check.backward:
                found = reverse(out, x, unit)
                _compare(check, found, real, i, k, "", where)
                again = reverse(out, x, unit)
                _check_deterministic(check, found, again)


def compare_projections(
    check: Check, i: int, x: Tensor, outs: Sequence[Tensor], numbers: Sequence[int]
) -> None:
    """Compare u^T J v for one random pair of unit vectors an output."""
    rng = np.random.RandomState(0)
    v = unit_vector(rng, x)
    expected = push(check.func, check.args, x, v, check.eps)
    tangents = forward(check.func, check.args, x, v) if check.forward else []
    for k, (number, out) in enumerate(zip(numbers, outs)):
        u = unit_vector(rng, out)
        real = np.vdot(u, expected[number]).real
        if check.forward:
            _compare(check, np.vdot(u, tangents[number]).real, real, i, k, _FORWARD)
        if check.backward:
            g = pull(out, x, u)
            _compare(check, np.vdot(g, v).real, real, i, k)
            _check_deterministic(check, g, pull(out, x, u))


def unit_vector(rng: Any, t: Tensor) -> Any:
    u = rng.uniform(-1, 1, t._array.shape)
    if t.dtype.is_complex:
        u = u + 1j * rng.uniform(-1, 1, t._array.shape)
    return np.asarray(u / (np.linalg.norm(u) or 1.0), t._array.dtype)


# -- the backward pass itself ------------------------------------------------------------------


def _check_deterministic(check: Check, first: Any, second: Any) -> None:
    if np.any(np.abs(first - second) > check.nondet_tol):
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output "
            "multiple times gives different values, although analytical gradient matches "
            f"numerical gradient.The tolerance for nondeterminism was {check.nondet_tol}."
        )


def check_batched(wanted: Sequence[Tensor], out: Tensor, k: int) -> None:
    """A batch of cotangents must give what the cotangents give one by one."""
    rng = np.random.RandomState(0)
    given = np.stack([unit_vector(rng, out) for _ in range(2)])
    options: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    batch = grad(out, wanted, wrap(given), is_grads_batched=True, **options)
    singles = [grad(out, wanted, wrap(g), **options) for g in given]
    for i, found in enumerate(batch):
        if found is None:
            continue
        expected = np.stack([single[i]._array for single in singles])
        if not np.allclose(found._array, expected):
            raise GradcheckError(
                f"For output {k} and input {i}: a batch of cotangents gives other gradients than "
                "the cotangents one by one"
            )


def check_zero_cotangents(outs: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Gradients are linear in the cotangents: zeros give zeros."""
    zeros = [wrap(np.zeros(o._array.shape, o._array.dtype)) for o in outs]
    found = grad(outs, wanted, zeros, retain_graph=True, allow_unused=True)
    for g, x in zip(found, wanted):
        if g is not None and np.any(g._array != 0):
            raise GradcheckError("backward not multiplied by grad_output")
        if g is not None and g.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")


def check_undefined(outs: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Cotangents that never come must be taken, all of them and each alone, for zeros."""
    missing = [range(len(outs))]
    if len(outs) > 1:
        missing += [range(k, k + 1) for k in range(len(outs))]
    for none in missing:
        kept = [o for k, o in enumerate(outs) if k in none]
        try:
            found = run(
                [edge_of(o) for o in kept],
                [None] * len(kept),
                True,
                False,
                False,
                [edge_of(x) for x in wanted],
            )
        except Exception as error:
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. Please look at "
                '"Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
            ) from error
        if any(g is not None and np.any(np.asarray(g) != 0) for g in found):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are "
                "undefined or zero. Please check to see that you handle undefined grads properly"
            )
