"""The Jacobians that gradcheck compares: finite differences, reverse mode, forward mode.

A Jacobian here has a row for each element of the input and a column for each element of the output,
which is real: complex outputs are looked at part by part. That of a complex input is complex, the
conjugate Wirtinger derivative ∂/∂x + i ∂/∂y (Sorber, Van Barel, De Lathauwer, SIAM J. Optim. 22,
2012). In fast mode a Jacobian is multiplied from both sides by one vector, u^T J v, which costs two
evaluations and one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import grad
from rushlight.tensor import Tensor

__all__ = [
    "Vectors",
    "as_tuple",
    "forward",
    "forward_projections",
    "is_differentiable",
    "numerical",
    "numerical_projections",
    "numerical_wrt",
    "pushes",
    "requiring",
    "reverse",
    "reverse_projections",
]

Func = Callable[..., Any]
Check = Callable[[Tensor, Tensor], None]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """One tensor stands for a tuple of one."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def is_differentiable(x: Any) -> bool:
    """Whether `x` is a tensor of numbers that have derivatives."""
    return isinstance(x, Tensor) and bool(x.is_floating_point() or x.is_complex())


def requiring(inputs: Any) -> Iterator[tuple[int, Tensor]]:
    """Number and tensor of each input whose gradient is asked for."""
    for i, x in enumerate(as_tuple(inputs)):
        if isinstance(x, Tensor) and x.requires_grad:
            yield i, x


# -- finite differences ------------------------------------------------------------------------


def _indices(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*[range(n) for n in shape])


def _difference(run: Func, entry: Tensor, step: Any, eps: float, check: Check) -> list[Tensor]:
    """Central difference of each output: (f(x + step) - f(x - step)) / 2 eps.

    Nocedal and Wright, Numerical Optimization, 2nd ed., eq. 8.7. `entry`, the input's memory or a
    part of it, is moved itself, since the function may close over it.
    """
    here = entry.clone()
    try:
        entry.copy_(here - step)
        below = run()
        entry.copy_(here + step)
        above = run()
    finally:
        entry.copy_(here)
    found = []
    for a, b in zip(below, above):
        check(a, b)
        found.append(((b - a) / (2 * eps)).detach().reshape(-1))
    return found


def _same_kind(a: Tensor, b: Tensor, eps: float, index: Any = None) -> None:
    """Refuse outputs whose shapes or dtypes move with the input."""
    where = "" if index is None else f"on index {index} "
    for what, x, y in (("shape", a.shape, b.shape), ("dtype", a.dtype, b.dtype)):
        if x != y:
            raise AssertionError(
                f"Expected `func` to return outputs with the same {what} when inputs are perturbed "
                f"{where}by {eps}, but got: {what}s {x} and {y}."
            )


def _along(
    run: Func, entry: Tensor, steps: tuple[Any, Any], eps: float, check: Check, forward: bool
) -> list[Tensor]:
    """How each output moves along a step; of complex inputs along both steps, as x + iy."""
    real, imag = steps
    found = _difference(run, entry, real, eps, check)
    if entry.is_complex():
        other = _difference(run, entry, imag * 1j, eps, check)
        if any(x.is_complex() for x in found):
            raise AssertionError("Expected ds_dx to be real-valued, not complex")
        return [x + y * 1j for x, y in zip(found, other)]
    if not forward and any(x.is_complex() for x in found):
        raise AssertionError("Expected ds_dx to be real-valued, not complex.")
    return found


def _runner(func: Func, inputs: Any) -> Func:
    return lambda: tuple(o.clone() for o in as_tuple(func(*as_tuple(inputs))))


def numerical_wrt(
    func: Func, inputs: Any, outputs: Sequence[Any], x: Tensor, eps: float, forward: bool = False
) -> tuple[Any, ...]:
    """The Jacobian of every output by `x`, None for those that have no derivative."""
    run = _runner(func, inputs)
    jacobians = [
        x.new_zeros((x.numel(), o.numel()), dtype=x.dtype if x.is_complex() else o.dtype)
        if is_differentiable(o)
        else None
        for o in outputs
    ]
    for row, index in enumerate(_indices(x.shape)):
        entry = x.data[index]

        def check(a: Tensor, b: Tensor, index: Any = index) -> None:
            _same_kind(a, b, eps, index)

        columns = _along(run, entry, (eps, eps), eps, check, forward)
        for jacobian, column in zip(jacobians, columns):
            if jacobian is not None:
                jacobian[row] = column
    return tuple(jacobians)


def numerical(
    func: Func,
    inputs: Any,
    outputs: Sequence[Any],
    eps: float,
    forward: bool = False,
    target: Any = None,
) -> list[tuple[Any, ...]]:
    """For each input that requires grad (or each of `target`) what `numerical_wrt` returns."""
    if not forward and any(isinstance(o, Tensor) and o.is_complex() for o in outputs):
        raise ValueError(
            "Expected output to be non-complex. get_numerical_jacobian no longer supports "
            "functions that return complex outputs."
        )
    targets = requiring(inputs if target is None else target)
    return [numerical_wrt(func, inputs, outputs, x, eps, forward) for _, x in targets]


# -- derivatives -------------------------------------------------------------------------------


def _pull(out: Tensor, xs: Sequence[Tensor], cotangent: Tensor) -> tuple[Any, ...]:
    found = grad(out, xs, cotangent, retain_graph=True, allow_unused=True)
    return tuple(g.clone() if isinstance(g, Tensor) else None for g in found)


def _stacked(rows: Sequence[Sequence[Any]], xs: Sequence[Tensor]) -> tuple[list[Tensor], bool]:
    """Jacobians whose columns are gradients; also whether all had their input's size and dtype."""
    jacobians = [x.new_zeros((x.numel(), len(rows))) for x in xs]
    alike = True
    for column, gradients in enumerate(rows):
        for x, jacobian, g in zip(xs, jacobians, gradients):
            if g is not None:
                alike = alike and g.shape == x.shape and g.dtype is x.dtype
                jacobian[:, column] = g.reshape(-1)
    return jacobians, alike


def reverse(out: Tensor, xs: Sequence[Tensor]) -> tuple[list[Tensor], bool]:
    """The Jacobians of `out` by each of `xs`, from a backward pass an element of `out`."""
    like = out.detach()
    cotangent = like.new_zeros(like.shape)
    flat = cotangent.view(-1)
    rows = []
    for j in range(flat.numel()):
        flat.zero_()
        flat[j] = 1.0
        rows.append(_pull(out, xs, cotangent))
    return _stacked(rows, xs)


def forward(
    func: Func, inputs: Sequence[Any], outputs: Sequence[Any], wrong_dtype: Func | None = None
) -> list[list[Any]]:
    """The Jacobians of every output by every input, from a forward pass an input element.

    The function has to use its arguments: a closure over an input has no tangent. `wrong_dtype` is
    called where a tangent is complex and its primal is real, or the other way round.
    """
    jacobians = []
    for i, x in requiring(inputs):
        per_output = [x.new_zeros((x.numel(), o.numel()), dtype=o.dtype) for o in outputs]
        for row, index in enumerate(_indices(x.shape)):
            tangent = x.detach().new_zeros(x.shape)
            tangent[index] = 1.0
            pushed = _push(func, inputs, i, tangent, wrong_dtype)
            for jacobian, t in zip(per_output, pushed):
                if t is not None:
                    jacobian[row] = t.reshape(-1)
        jacobians.append(per_output)
    return jacobians


def _push(
    func: Func, inputs: Sequence[Any], i: int, tangent: Tensor, wrong_dtype: Func | None
) -> list[Any]:
    """The tangent of each output that can have one, for one of input number `i`."""
    with forward_ad.dual_level():
        duals = list(inputs)
        for k, x in requiring(inputs):
            t = tangent if k == i else x.detach().new_zeros(x.shape)
            duals[k] = forward_ad.make_dual(x.detach(), t)
        pushed = []
        for out in as_tuple(func(*duals)):
            if is_differentiable(out):
                value, t = forward_ad.unpack_dual(out)
                mixed = t is not None and value.is_complex() != t.is_complex()
                if mixed and wrong_dtype is not None:
                    wrong_dtype()
                pushed.append(t)
        return pushed


# -- projections -------------------------------------------------------------------------------


class Vectors(NamedTuple):
    """The random vectors of fast mode; of complex inputs pairs, for the real and imaginary part."""

    inputs: list[Any]
    outputs: list[Tensor]


def _steps(u: Any, x: Tensor, eps: float) -> tuple[Any, Any]:
    """The steps that a vector, or a pair of vectors, stands for."""
    pair = u if isinstance(u, tuple) else (u, u)
    return pair[0].reshape(x.shape) * eps, pair[1].reshape(x.shape) * eps


def pushes(
    func: Func, inputs: Sequence[Any], vectors: Vectors, eps: float, forward: bool = False
) -> list[Tensor]:
    """J u for each input, by every output, in one list: integers too move where they jump."""
    run = _runner(func, inputs)
    check: Check = lambda a, b: _same_kind(a, b, eps)
    found = []
    for (_, x), u in zip(requiring(inputs), vectors.inputs):
        found += _along(run, x.data, _steps(u, x, eps), eps, check, forward)
    return found


def numerical_projections(
    func: Func,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    vectors: Vectors,
    eps: float,
    forward: bool,
) -> list[list[Any]]:
    """J u for each input, or u^T J v where there are vectors of outputs, by each output.

    None for outputs that have no derivative; there is a vector of outputs for each of the others.
    """
    found = []
    every = iter(pushes(func, inputs, vectors, eps, forward))
    for _ in vectors.inputs:
        pushed = [next(every) for _ in outputs]
        kept = [p if is_differentiable(o) else None for p, o in zip(pushed, outputs)]
        if not forward:
            vs = iter(vectors.outputs)
            kept = [
                (next(vs) * p).sum() if p is not None and o.requires_grad else None
                for p, o in zip(kept, outputs)
            ]
        found.append(kept)
    return found


def reverse_projections(
    out: Tensor, xs: Sequence[Tensor], vectors: Vectors, v: Tensor
) -> tuple[list[Tensor], list[Tensor], bool]:
    """u^T J v of one output by each input, from one backward pass; also J v as `reverse` has it."""
    columns, alike = _stacked([_pull(out, xs, v.reshape(out.shape))], xs)
    scalars = []
    for column, u in zip(columns, vectors.inputs):
        flat = column.view(-1)
        if isinstance(u, tuple):
            scalars.append(flat.real.dot(u[0]) + 1j * flat.imag.dot(u[1]))
        else:
            scalars.append(flat.dot(u))
    return scalars, columns, alike


def forward_projections(
    func: Func,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    vectors: Vectors,
    wrong_dtype: Func | None,
) -> list[list[Any]]:
    """J u for each input, by each output, from a forward pass an input."""
    found = []
    for (i, x), u in zip(requiring(inputs), vectors.inputs):
        pushed = _push(func, inputs, i, u.view(x.shape), wrong_dtype)
        found.append(
            [
                o.detach().new_zeros(o.numel()) if t is None else t.reshape(-1)
                for t, o in zip(pushed, outputs)
            ]
        )
    return found
