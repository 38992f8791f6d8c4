"""The Jacobians that gradcheck compares: finite differences, reverse mode, forward mode.

A Jacobian here is an ndarray with a row for each direction of the input and a column for each
element of the output. A complex input has two directions an element, real and imaginary; of a
complex output the real and the imaginary part are looked at apart, as two real outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import grad
from rushlight.autograd.modes import no_grad
from rushlight.tensor import Tensor, wrap

__all__ = ["directions", "forward", "numerical", "pull", "push", "reverse", "units"]

Func = Callable[..., Any]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """One tensor stands for a tuple of one."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def units(t: Tensor) -> tuple[complex, ...]:
    """The directions of one element: 1, and for complex numbers 1j."""
    return (1, 1j) if t.dtype.is_complex else (1,)


def directions(x: Tensor) -> Iterator[Any]:
    """Each direction in which `x` can move, as an array of its shape."""
    for unit in units(x):
        for index in np.ndindex(x._array.shape):
            direction = np.zeros(x._array.shape, x._array.dtype)
            direction[index] = unit
            yield direction


def push(func: Func, args: Sequence[Any], x: Tensor, direction: Any, eps: float) -> list[Any]:
    """Central difference of each output along `direction`: (f(x + eps d) - f(x - eps d)) / 2 eps.

    Nocedal and Wright, Numerical Optimization, 2nd ed., eq. 8.7. `x` itself is moved, since `func`
    may close over it.
    """
    here = x._array.copy()
    sides = []
    try:
        for sign in (1, -1):
            x._array[...] = here + (sign * eps) * direction
            with no_grad():
                sides.append([o.clone() for o in as_tuple(func(*args))])
    finally:
        x._array[...] = here
    return [(up - down)._array / (2 * eps) for up, down in zip(*sides)]


def numerical(func: Func, args: Sequence[Any], x: Tensor, eps: float) -> list[Any]:
    """The Jacobians of all outputs by finite differences, complex where the output is."""
    rows = [push(func, args, x, d, eps) for d in directions(x)]
    if not rows:
        with no_grad():
            return [np.zeros((0, o.numel())) for o in as_tuple(func(*args))]
    return [np.stack([np.ravel(row[k]) for row in rows]) for k in range(len(rows[0]))]


def pull(out: Tensor, x: Tensor, cotangent: Any) -> Any:
    """The gradient of `x` for one cotangent of `out`; zeros where `out` doesn't depend on it."""
    (g,) = grad(out, x, wrap(cotangent), retain_graph=True, allow_unused=True)
    return np.zeros(x._array.shape, x._array.dtype) if g is None else g._array


def reverse(out: Tensor, x: Tensor, unit: complex) -> Any:
    """The Jacobian of the part of `out` along `unit` by reverse mode, from a pass an element."""
    columns = []
    for index in np.ndindex(out._array.shape):
        seed = np.zeros(out._array.shape, out._array.dtype)
        seed[index] = unit
        g = pull(out, x, seed).ravel()
        columns.append(np.concatenate([g.real, g.imag]) if g.dtype.kind == "c" else g)
    if not columns:
        return np.zeros((x.numel() * len(units(x)), 0))
    return np.stack(columns, axis=1)


def forward(func: Func, args: Sequence[Any], x: Tensor, direction: Any) -> list[Any]:
    """The tangents of all outputs for one tangent of `x`."""
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, wrap(direction))
        outs = as_tuple(func(*[dual if a is x else a for a in args]))
        pairs = [forward_ad.unpack_dual(out) for out in outs]
        return [
            np.zeros(value._array.shape, value._array.dtype) if t is None else t.detach()._array
            for value, t in pairs
        ]
