"""What gradcheck compares: Jacobians found in two ways, whole or projected on random vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from rushlight.autograd.check_texts import NONDETERMINISTIC, SLOW, SLOW_OK, mismatch
from rushlight.autograd.gradcheck import GradcheckError
from rushlight.autograd.jacobians import (
    Vectors,
    as_tuple,
    forward,
    forward_projections,
    is_differentiable,
    numerical,
    numerical_projections,
    pushes,
    requiring,
    reverse,
    reverse_projections,
)
from rushlight.dtypes import promote_types
from rushlight.tensor import Tensor

__all__ = [
    "Options",
    "check_inputs",
    "compare",
    "differentiable",
    "forward_problems",
    "vectors_of",
]

Func = Callable[..., Any]


class Options(NamedTuple):
    """How closely to look, and in which ways."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_grad_dtypes: bool
    fast: bool


class Problem(NamedTuple):
    """A function at a point. Some inputs, or outputs, may be parts of complex ones."""

    func: Func
    inputs: Sequence[Any]
    outputs: tuple[Any, ...]  # all that `func` returns there
    complex_numbers: Sequence[int] = ()  # of outputs, or in forward mode of inputs
    part: str = ""


def check_inputs(args: Sequence[Any]) -> None:
    """Refuse inputs that finite differences cannot move; there has to be one that requires grad."""
    found = False
    for i, x in requiring(args):
        found = True
        if x.dtype.itemsize != (16 if x.dtype.is_complex else 8):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=4,
            )
        if any(step <= 0 and size > 1 for step, size in zip(x.stride(), x.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients correctly. "
                "You should call .contiguous on the input before passing it to gradcheck."
            )
    if not found:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )


def differentiable(outs: Any) -> tuple[Tensor, ...]:
    """The outputs that require grad."""
    return tuple(o for o in as_tuple(outs) if o.requires_grad)


# -- complex numbers part by part --------------------------------------------------------------


def compare(func: Func, inputs: Sequence[Any], func_out: Any, backward: bool, o: Options) -> None:
    """Compare the derivatives of `func` in one mode with finite differences.

    Reverse mode looks at complex outputs part by part, forward mode at complex inputs.
    """
    outs = as_tuple(func_out)
    check = _fast if o.fast else _slow
    if backward:
        if not any(out.is_complex() for out in outs):
            check(Problem(func, inputs, outs), False, o)
            return
        numbers = [i for i, out in enumerate(differentiable(outs)) if out.is_complex()]
        for part in ("imag", "real"):
            split = _split_outputs(func, part)
            check(Problem(split, inputs, split(*inputs), numbers, part), False, o)
        return
    for problem in forward_problems(func, inputs, outs):
        check(problem, True, o)


def forward_problems(func: Func, inputs: Sequence[Any], outs: tuple[Any, ...]) -> list[Problem]:
    """The function of real inputs, or two functions of the parts of complex ones."""
    numbers = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.is_complex()]
    if not numbers:
        return [Problem(func, inputs, outs)]
    problems = []
    for part in ("imag", "real"):
        parts = [getattr(x, part) if i in numbers else x for i, x in enumerate(inputs)]
        split = _split_inputs(func, part, numbers, inputs)
        problems.append(Problem(split, parts, split(*parts), numbers, part))
    return problems


def _split_outputs(func: Func, part: str) -> Func:
    def split(*inputs: Any) -> tuple[Any, ...]:
        outs = as_tuple(func(*inputs))
        return tuple(getattr(out, part) if out.is_complex() else out for out in outs)

    return split


def _split_inputs(func: Func, part: str, numbers: Sequence[int], whole: Sequence[Any]) -> Func:
    """As `func`, of one part of its complex inputs; the other part stays what it is."""

    def split(*parts: Any) -> tuple[Any, ...]:
        args = list(parts)
        for i in numbers:
            z = whole[i]
            args[i] = parts[i] + z.imag * 1j if part == "real" else z.real + parts[i] * 1j
        return as_tuple(func(*args))

    return split


def _part_of(problem: Problem, output: int, input: int, forward: bool) -> str:
    """What a message says of the part; nothing for real numbers."""
    number = input if forward else output
    if number not in problem.complex_numbers:
        return ""
    return "imaginary" if problem.part == "imag" else "real"


# -- whole Jacobians ---------------------------------------------------------------------------


def _close(a: Tensor, b: Tensor, rtol: float, atol: float) -> bool:
    from rushlight.api.comparison import allclose  # operators import us

    kind = promote_types(a.dtype, b.dtype)
    return bool(allclose(a.to(kind), b.to(kind), rtol, atol))


def _wrong_dtype() -> NoReturn:
    raise GradcheckError("Forward AD gradient has dtype mismatch.")


def _slow(problem: Problem, is_forward: bool, o: Options) -> None:
    func, inputs, outs = problem.func, problem.inputs, problem.outputs
    tracked = [k for k, out in enumerate(outs) if out.requires_grad]
    expected = numerical(func, inputs, outs, o.eps, is_forward)
    if not tracked:
        _expect_zero([j for row in expected for j in row if j is not None], 0.0)
        return
    if is_forward:
        numbers = [k for k, out in enumerate(outs) if is_differentiable(out)]
        wrong = _wrong_dtype if o.check_grad_dtypes else None
        found = forward(func, inputs, [outs[k] for k in numbers], wrong)
        columns = [[row[numbers.index(k)] for row in found] for k in tracked]
    else:
        columns = [_reverse(outs[k], inputs, o) for k in tracked]
    for output, (k, column) in enumerate(zip(tracked, columns)):
        for input, (a, row) in enumerate(zip(column, expected)):
            if not _close(a, row[k], o.rtol, o.atol):
                part = _part_of(problem, output, input, is_forward)
                raise GradcheckError(mismatch(a, row[k], output, input, part, is_forward))


def _reverse(out: Tensor, inputs: Sequence[Any], o: Options) -> list[Tensor]:
    """Reverse mode's Jacobians of one output, which have to come out twice the same."""
    xs = [x for _, x in requiring(inputs)]
    first, alike = reverse(out, xs)
    second, _ = reverse(out, xs)
    _check_gradients(first, second, alike, o)
    return first


def _check_gradients(
    first: Sequence[Tensor], second: Sequence[Tensor], alike: bool, o: Options
) -> None:
    if not alike and o.check_grad_dtypes:
        raise GradcheckError("Gradient has dtype mismatch")
    if not alike:
        raise GradcheckError("Analytical gradient has incorrect size")
    for a, b in zip(first, second):
        if a.numel() and (a - b).abs().max() > o.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output "
                "multiple times gives different values, although analytical gradient matches "
                f"numerical gradient.The tolerance for nondeterminism was {o.nondet_tol}."
                + NONDETERMINISTIC
            )


def _expect_zero(jacobians: Sequence[Tensor], tolerance: float) -> None:
    """Outputs that require no grad must not change with the inputs."""
    for jacobian in jacobians:
        if jacobian.numel() and (jacobian.abs() > tolerance).any():
            raise GradcheckError("Numerical gradient for function expected to be zero")


# -- projections -------------------------------------------------------------------------------


def vectors_of(inputs: Any, outs: Sequence[Tensor]) -> Vectors:
    """Random unit vectors with no negative entry: the same in every check of these shapes."""
    from rushlight.api.random import rand  # operators import us
    from rushlight.random import Generator

    generator = Generator()

    def vector(like: Tensor, real: bool) -> Tensor:
        kind = like.real.dtype if real and like.is_complex() else like.dtype
        u: Tensor = rand(like.numel(), generator=generator).to(kind)
        u /= u.norm()
        return u

    us = [
        (vector(x, True), vector(x, True)) if x.is_complex() else vector(x, True)
        for _, x in requiring(inputs)
    ]
    return Vectors(us, [vector(out, False) for out in outs])


def _fast(problem: Problem, is_forward: bool, o: Options) -> None:
    func, inputs, outs = problem.func, problem.inputs, problem.outputs
    tracked = [k for k, out in enumerate(outs) if out.requires_grad]
    vectors = vectors_of(inputs, [] if is_forward else [outs[k] for k in tracked])
    expected = numerical_projections(func, inputs, outs, vectors, o.eps, is_forward)
    if is_forward:
        numbers = [k for k, out in enumerate(outs) if is_differentiable(out)]
        wrong = _wrong_dtype if o.check_grad_dtypes else None
        found = forward_projections(func, inputs, [outs[k] for k in numbers], vectors, wrong)
        columns = [[row[numbers.index(k)] for row in found] for k in tracked]
    else:
        if not tracked:
            _expect_zero(pushes(func, inputs, vectors, o.eps), o.nondet_tol)
        columns = [
            _projected(outs[k], inputs, vectors, v, o) for k, v in zip(tracked, vectors.outputs)
        ]
    for input, (row, u) in enumerate(zip(expected, vectors.inputs)):
        for output, k in enumerate(tracked):
            a = columns[output][input]
            v = None if is_forward else vectors.outputs[output]
            if not _close(a, row[k], o.rtol, o.atol * _reach(u, v)):
                part = _part_of(problem, output, input, is_forward)
                text = mismatch(a, row[k], output, input, part, is_forward)
                raise GradcheckError(text + _slowly(problem, input, output, is_forward, o))


def _projected(
    out: Tensor, inputs: Sequence[Any], vectors: Vectors, v: Tensor, o: Options
) -> list[Tensor]:
    xs = [x for _, x in requiring(inputs)]
    scalars, first, alike = reverse_projections(out, xs, vectors, v)
    _, second, _ = reverse_projections(out, xs, vectors, v)
    _check_gradients(first, second, alike, o)
    return scalars


def _reach(u: Any, v: Tensor | None) -> float:
    """How far u^T E v can be from 0 for a matrix E with no entry above 1: its value for ones."""
    across = float(u[0].sum()) + float(u[1].sum()) if isinstance(u, tuple) else float(u.sum())
    return across * (1.0 if v is None else float(v.sum()))


def _slowly(problem: Problem, input: int, output: int, is_forward: bool, o: Options) -> str:
    """The whole Jacobians, to be shown where projections differ."""
    from rushlight.api.comparison import allclose  # operators import us

    func, inputs, outs = problem.func, problem.inputs, problem.outputs
    k = [k for k, out in enumerate(outs) if out.requires_grad][output]
    expected = numerical(func, inputs, outs, o.eps, is_forward)[input][k]
    if is_forward:
        i, x = list(requiring(inputs))[input]

        def of_one(x: Any) -> Any:
            return as_tuple(func(*inputs[:i], x, *inputs[i + 1 :]))[k]

        found = forward(of_one, (x,), (outs[k],))[0][0]
    else:
        found = reverse(outs[k], [x for _, x in requiring(inputs)])[0][input]
    difference = (expected - found).abs().max()
    text = SLOW.format(numerical=expected, analytical=found, difference=difference)
    return text + (SLOW_OK if allclose(found, expected, o.rtol, o.atol) else "")
