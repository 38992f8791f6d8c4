"""gradcheck and gradgradcheck: derivatives held against finite differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rushlight.autograd.backward import grad
from rushlight.autograd.engine import edge_of, run
from rushlight.autograd.jacobians import (
    as_tuple,
    directions,
    forward,
    numerical,
    pull,
    push,
    reverse,
    units,
)
from rushlight.autograd.modes import enable_grad
from rushlight.tensor import Tensor, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """What `gradcheck` raises when a derivative is wrong."""


class _Check(NamedTuple):
    """A function at a point, and how closely to look."""

    func: Callable[..., Any]
    args: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    forward: bool
    backward: bool


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Return True when `func`'s gradients agree with finite differences at `inputs`.

    `inputs` are tensors, those to check in float64 with ``requires_grad``. Raises `GradcheckError`
    with both Jacobians on a disagreement, or returns False with ``raise_exception=False``. With
    `fast_mode` one random projection of the Jacobian is compared instead of all of it; then the
    cost is two evaluations of `func` and one backward. `check_undefined_grad` sends no cotangent at
    all, `check_batched_grad` several at once. `check_grad_dtypes` and `masked` change nothing:
    gradients always have their input's dtype, and tensors are dense.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: (x * x).sum(), (x,))
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_backward_ad to be True"
        )
    if check_batched_forward_grad:
        if not check_forward_ad:
            raise AssertionError(
                "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
            )
        raise NotImplementedError(
            "gradcheck: check_batched_forward_grad=True needs vmap over forward mode, which isn't "
            "here yet"
        )
    args = as_tuple(inputs)
    check = _Check(func, args, eps, atol, rtol, nondet_tol, check_forward_ad, check_backward_ad)
    try:
        wanted = _check_inputs(args)
        results = as_tuple(func(*args))
        numbers = [k for k, out in enumerate(results) if out.requires_grad]
        outs = [results[k] for k in numbers]
        if outs:
            for i, x in enumerate(wanted):
                (_compare_projections if fast_mode else _compare_all)(check, i, x, outs, numbers)
        else:
            _expect_zero(check, wanted)
        if check_backward_ad and outs:
            if check_batched_grad:
                for k, out in enumerate(outs):
                    _check_batched(wanted, out, k)
            _check_zero_cotangents(outs, wanted)
            if check_undefined_grad:
                _check_undefined(outs, wanted)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_inputs(args: Sequence[Any]) -> list[Tensor]:
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


def _expect_zero(check: _Check, wanted: Sequence[Tensor]) -> None:
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
    check: _Check, found: Any, expected: Any, i: int, k: int, how: str = "", where: str = ""
) -> None:
    if not np.allclose(found, expected, rtol=check.rtol, atol=check.atol):
        raise GradcheckError(
            f"{where}Jacobian {how}mismatch for output {k} with respect to input {i},\n"
            f"numerical:{wrap(np.asarray(expected))!r}\n"
            f"analytical:{wrap(np.asarray(found))!r}\n"
        )


_FORWARD = "computed with forward mode "


def _compare_all(
    check: _Check, i: int, x: Tensor, outs: Sequence[Tensor], numbers: Sequence[int]
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


def _compare_projections(
    check: _Check, i: int, x: Tensor, outs: Sequence[Tensor], numbers: Sequence[int]
) -> None:
    """Compare u^T J v for one random pair of unit vectors an output."""
    rng = np.random.RandomState(0)
    v = _unit_vector(rng, x)
    expected = push(check.func, check.args, x, v, check.eps)
    tangents = forward(check.func, check.args, x, v) if check.forward else []
    for k, (number, out) in enumerate(zip(numbers, outs)):
        u = _unit_vector(rng, out)
        real = np.vdot(u, expected[number]).real
        if check.forward:
            _compare(check, np.vdot(u, tangents[number]).real, real, i, k, _FORWARD)
        if check.backward:
            g = pull(out, x, u)
            _compare(check, np.vdot(g, v).real, real, i, k)
            _check_deterministic(check, g, pull(out, x, u))


def _unit_vector(rng: Any, t: Tensor) -> Any:
    u = rng.uniform(-1, 1, t._array.shape)
    if t.dtype.is_complex:
        u = u + 1j * rng.uniform(-1, 1, t._array.shape)
    return np.asarray(u / (np.linalg.norm(u) or 1.0), t._array.dtype)


# -- the backward pass itself ------------------------------------------------------------------


def _check_deterministic(check: _Check, first: Any, second: Any) -> None:
    if np.any(np.abs(first - second) > check.nondet_tol):
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output "
            "multiple times gives different values, although analytical gradient matches "
            f"numerical gradient.The tolerance for nondeterminism was {check.nondet_tol}."
        )


def _check_batched(wanted: Sequence[Tensor], out: Tensor, k: int) -> None:
    """A batch of cotangents must give what the cotangents give one by one."""
    rng = np.random.RandomState(0)
    given = np.stack([_unit_vector(rng, out) for _ in range(2)])
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


def _check_zero_cotangents(outs: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Gradients are linear in the cotangents: zeros give zeros."""
    zeros = [wrap(np.zeros(o._array.shape, o._array.dtype)) for o in outs]
    found = grad(outs, wanted, zeros, retain_graph=True, allow_unused=True)
    for g, x in zip(found, wanted):
        if g is not None and np.any(g._array != 0):
            raise GradcheckError("backward not multiplied by grad_output")
        if g is not None and g.dtype is not x.dtype:
            raise GradcheckError("grad is incorrect type")


def _check_undefined(outs: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
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


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check second derivatives: `gradcheck` of the gradients of `func`.

    `grad_outputs` default to seeded random cotangents, which are checked as inputs too.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x * x * x, (x,))
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError(
            "Setting check_undefined_grad=True requires check_rev_over_rev to be True"
        )
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError(
            "Setting check_batched_grad=True requires check_rev_over_rev to be True"
        )
    args = as_tuple(inputs)
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        given = []
        for out in as_tuple(func(*args)):
            if out.dtype.is_floating_point or out.dtype.is_complex:
                u = _unit_vector(rng, out)
                if gen_non_contig_grad_outputs and u.ndim:
                    u = np.repeat(u, 2, axis=-1)[..., ::2]
                given.append(wrap(u).requires_grad_())
    else:
        given = list(as_tuple(grad_outputs))
    wanted = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]

    def first_derivative(*all_args: Any) -> tuple[Tensor, ...]:
        xs, cotangents = all_args[: len(args)], all_args[len(args) :]
        with enable_grad():  # also where finite differences don't record
            outs = [
                o for o in as_tuple(func(*xs)) if o.dtype.is_floating_point or o.dtype.is_complex
            ]
            found = grad(
                outs, [xs[i] for i in wanted], cotangents, create_graph=True, allow_unused=True
            )
        return tuple(g for g in found if g is not None)

    return gradcheck(
        first_derivative,
        (*args, *given),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )
