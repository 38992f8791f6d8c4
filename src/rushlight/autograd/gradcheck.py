"""gradcheck and gradgradcheck: derivatives held against finite differences.

The numerical Jacobian takes central differences, (f(x + eps e) - f(x - eps e)) / (2 eps), one
element at a time (Nocedal and Wright, Numerical Optimization, 2nd ed., eq. 8.7). For complex inputs
the real and the imaginary direction are combined to PyTorch's conjugate Wirtinger derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import grad
from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.tensor import Tensor, wrap

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """What `gradcheck` raises when a derivative is wrong."""


def _tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if isinstance(x, Tensor) else tuple(x)


def _differentiable(xs: Sequence[Any]) -> list[Tensor]:
    return [x for x in xs if isinstance(x, Tensor) and x.requires_grad]


def _outputs(result: Any) -> list[Tensor]:
    outs = [t for t in _tuple(result) if isinstance(t, Tensor)]
    return [t for t in outs if t.dtype.is_floating_point or t.dtype.is_complex]


def numerical_jacobian(
    fn: Callable[..., Any], inputs: tuple[Any, ...], x: Tensor, eps: float
) -> list[Any]:
    """Return d outputs / d x by central differences, an (x.numel, output.numel) array each."""
    array = x._array
    columns: list[list[Any]] = []
    directions = [eps, eps * 1j] if array.dtype.kind == "c" else [eps]
    for i in np.ndindex(array.shape):
        here = array[i]
        sides = []
        for step in directions:
            values = []
            for sign in (1, -1):
                array[i] = here + sign * step
                with no_grad():
                    outs = _outputs(fn(*inputs))
                values.append([o._array.astype(o._array.dtype, copy=True).ravel() for o in outs])
            array[i] = here
            sides.append([(up - down) / (2 * eps) for up, down in zip(*values)])
        if len(sides) == 1:
            columns.append(sides[0])
        else:
            columns.append([_two_sided(re, im) for re, im in zip(*sides)])
    if not columns:
        with no_grad():
            return [np.zeros((0, o.numel())) for o in _outputs(fn(*inputs))]
    return [np.stack([c[k] for c in columns]) for k in range(len(columns[0]))]


def _two_sided(re: Any, im: Any) -> Any:
    """Derivatives along the real and the imaginary axis, kept apart."""
    return np.stack([re, im], axis=-1)


def analytical_jacobian(outs: Sequence[Tensor], k: int, x: Tensor) -> Any:
    """Return d outs[k] / d x by reverse mode, row by row of the output."""
    out = outs[k]
    rows = []
    units = [1.0, 1j] if out.dtype.is_complex else [1.0]
    for i in np.ndindex(out._array.shape):
        parts = []
        for unit in units:
            seed = np.zeros(out._array.shape, out._array.dtype)
            seed[i] = unit
            g: Any = None
            if out.requires_grad:
                (g,) = grad(out, x, wrap(seed), retain_graph=True, allow_unused=True)
            parts.append(np.zeros(x.numel(), x._array.dtype) if g is None else g._array.ravel())
        rows.append(parts[0] if len(parts) == 1 else np.stack(parts, axis=-1))
    return np.stack(rows, axis=1) if rows else np.zeros((x.numel(), 0))


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
    cost is two evaluations of `func` and one backward.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: (x * x).sum(), (x,))
    True
    """
    for name, asked in (
        ("check_batched_grad", check_batched_grad),
        ("check_batched_forward_grad", check_batched_forward_grad),
    ):
        if asked:
            raise NotImplementedError(f"gradcheck: {name}=True needs vmap, which isn't here yet")
    args = _tuple(inputs)
    try:
        _check(
            func,
            args,
            eps,
            atol,
            rtol,
            nondet_tol,
            check_undefined_grad,
            check_forward_ad,
            check_backward_ad,
            fast_mode,
        )
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
    undefined: bool,
    forward: bool,
    backward: bool,
    fast: bool,
) -> None:
    wanted = _differentiable(args)
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the "
            "them have requires_grad=True."
        )
    for i, x in enumerate(wanted):
        if any(s == 0 and n > 1 for s, n in zip(x._array.strides, x._array.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients correctly. "
                "You should call .contiguous on the input before passing it to gradcheck."
            )
    outs = _outputs(func(*args))
    for i, x in enumerate(wanted):
        if backward and fast:
            _compare_projection(func, args, outs, x, i, eps, atol, rtol)
            continue
        numerical = numerical_jacobian(func, args, x, eps)
        for k, out in enumerate(outs):
            if backward:
                _compare(
                    _as_real(analytical_jacobian(outs, k, x), x, out),
                    _numerical_real(numerical[k], x, out),
                    i,
                    k,
                    atol,
                    rtol,
                )
                if nondet_tol == 0.0 and out.requires_grad:
                    _check_deterministic(outs, k, x)
            if forward:
                _check_forward(func, args, x, k, numerical[k], i, atol, rtol)
    if undefined and backward:
        _check_undefined(outs, wanted)


def _as_real(jacobian: Any, x: Tensor, out: Tensor) -> Any:
    """View a reverse-mode Jacobian as a real one: (2 per complex input, 2 per complex output)."""
    if out.dtype.is_complex:  # (x, out, seed): cotangents of Re and Im
        jacobian = jacobian.reshape(jacobian.shape[0], -1)
    if x.dtype.is_complex:
        jacobian = np.concatenate([jacobian.real, jacobian.imag])
    return jacobian.real


def _numerical_real(jacobian: Any, x: Tensor, out: Tensor) -> Any:
    """The same layout from finite differences."""
    if x.dtype.is_complex:
        jacobian = np.concatenate([jacobian[..., 0], jacobian[..., 1]])
    if out.dtype.is_complex:
        jacobian = np.stack([jacobian.real, jacobian.imag], axis=-1).reshape(len(jacobian), -1)
    return jacobian.real


def _compare(
    analytical: Any, numerical: Any, i: int, k: int, atol: float, rtol: float, how: str = ""
) -> None:
    if not np.allclose(analytical, numerical, rtol=rtol, atol=atol, equal_nan=True):
        raise GradcheckError(
            f"Jacobian {how}mismatch for output {k} with respect to input {i},\n"
            f"numerical:{wrap(np.asarray(numerical))!r}\n"
            f"analytical:{wrap(np.asarray(analytical))!r}\n"
        )


def _check_deterministic(outs: Sequence[Tensor], k: int, x: Tensor) -> None:
    seed = wrap(np.ones(outs[k]._array.shape, outs[k]._array.dtype))
    first, second = (
        grad(outs[k], x, seed, retain_graph=True, allow_unused=True)[0] for _ in range(2)
    )
    if first is not None and not np.array_equal(first._array, second._array, equal_nan=True):
        raise GradcheckError(
            "Backward is not reentrant, i.e., running backward with same input and grad_output "
            "multiple times gives different values, although analytical gradient matches "
            "numerical gradient.The tolerance for nondeterminism was 0.0."
        )


def _check_undefined(outs: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Cotangents of zeros must give zeros, and never fail."""
    tracked = [o for o in outs if o.requires_grad]
    if not tracked:
        return
    zeros = [wrap(np.zeros(o._array.shape, o._array.dtype)) for o in tracked]
    found = grad(tracked, wanted, zeros, retain_graph=True, allow_unused=True)
    if any(g is not None and np.any(g._array != 0) for g in found):
        raise GradcheckError(
            "Expected all input grads to be undefined or zero when all output grads are undefined "
            "or zero. Please check to see that you handle undefined grads properly"
        )


def _check_forward(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    x: Tensor,
    k: int,
    numerical: Any,
    i: int,
    atol: float,
    rtol: float,
) -> None:
    rows = []
    for index in np.ndindex(x._array.shape):
        direction = np.zeros(x._array.shape, x._array.dtype)
        direction[index] = 1
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(x.detach(), wrap(direction))
            out = _outputs(func(*[dual if a is x else a for a in args]))[k]
            t = forward_ad.unpack_dual(out).tangent
            rows.append(np.zeros(out.numel()) if t is None else t.detach()._array.ravel())
    if rows:
        reference = numerical[..., 0] if x.dtype.is_complex else numerical
        _compare(np.stack(rows), reference, i, k, atol, rtol, "computed with forward mode ")


def _compare_projection(
    func: Callable[..., Any],
    args: tuple[Any, ...],
    outs: Sequence[Tensor],
    x: Tensor,
    i: int,
    eps: float,
    atol: float,
    rtol: float,
) -> None:
    """Compare u^T J v for one random pair of unit vectors."""
    rng = np.random.RandomState(0)
    v = _unit(rng, x)
    us = [_unit(rng, o) for o in outs]
    start = x._array.copy()
    sides = []
    for sign in (1, -1):
        x._array[...] = start + sign * eps * v
        with no_grad():
            shifted = _outputs(func(*args))
        sides.append(sum(float(np.vdot(u, o._array).real) for u, o in zip(us, shifted)))
    x._array[...] = start
    tracked = [(o, wrap(u)) for o, u in zip(outs, us) if o.requires_grad]
    g: Any = None
    if tracked:
        (g,) = grad(
            [o for o, _ in tracked],
            x,
            [u for _, u in tracked],
            retain_graph=True,
            allow_unused=True,
        )
    found = 0.0 if g is None else float(np.vdot(g._array, v).real)
    _compare(found, (sides[0] - sides[1]) / (2 * eps), i, 0, atol, rtol, "(fast mode) ")


def _unit(rng: Any, t: Tensor) -> Any:
    u = rng.uniform(-1, 1, t._array.shape)
    if t.dtype.is_complex:
        u = u + 1j * rng.uniform(-1, 1, t._array.shape)
    return (u / (np.linalg.norm(u) or 1.0)).astype(t._array.dtype)


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
    args = _tuple(inputs)
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        given = []
        for out in _outputs(func(*args)):
            u = rng.uniform(-1, 1, out._array.shape)
            if out.dtype.is_complex:
                u = u + 1j * rng.uniform(-1, 1, out._array.shape)
            made = wrap(np.asarray(u).astype(out._array.dtype))
            given.append(made.requires_grad_())
    else:
        given = list(_tuple(grad_outputs))
    count = len(given)

    def first_derivative(*all_args: Any) -> tuple[Tensor, ...]:
        xs, cotangents = all_args[: len(args)], all_args[len(all_args) - count :]
        targets = tuple(x for x in xs if isinstance(x, Tensor) and (x.requires_grad))
        with enable_grad():  # also where the numerical Jacobian doesn't record
            outs = _outputs(func(*xs))
            found = grad(outs, targets, list(cotangents), create_graph=True, allow_unused=True)
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
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
    )
