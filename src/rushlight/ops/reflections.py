"""Products of Householder's reflections ``H = I - τ v v^H``, as LAPACK stores them.

Column i of a matrix holds v below its diagonal; v is 1 on it and 0 above. A product of reflections
with a matrix is built from one product to the next, and its rule walks back the same way. A loop
over reflections, each of which is two products of a matrix with a vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import lapack
from rushlight.ops.adjoints import mH
from rushlight.ops.complexes import is_complex
from rushlight.ops.convert import zeroed
from rushlight.ops.declare import general, missing
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import tril
from rushlight.ops.shape import cat, stack

__all__ = ["geqrf", "householder_product", "ormqr"]


def _conj(x: Any) -> Any:
    return x.conj() if is_complex(x) else x


def _vectors(a: Any, k: int) -> Any:
    """The v of k reflections, as columns."""
    dtype = a.dtype if isinstance(a, np.ndarray) else a.dtype.numpy
    return tril(a[..., :, :k], -1) + np.eye(a.shape[-2], k, dtype=dtype.char.lower())


def _scale(tau: Any, i: int) -> Any:
    """The scale of one reflection, to multiply matrices with."""
    return tau[..., i : i + 1].reshape((*tau.shape[:-1], 1, 1))


def _steps(v: Any, tau: Any, c: Any, order: range) -> list[Any]:
    """``C``, ``H C``, ``H' H C`` and so on, reflections taken in this order."""
    steps = [c]
    for i in order:
        x = v[..., :, i : i + 1]
        c = c - _scale(tau, i) * (x @ (mH(x) @ c))
        steps.append(c)
    return steps


def _walk_back(g: Any, v: Any, tau: Any, c: Any, order: range) -> tuple[Any, Any, Any]:
    """The cotangents of v, τ and C from that of the last step."""
    steps = _steps(v, tau, c, order)
    gv: list[Any] = [None] * len(order)
    gtau: list[Any] = [None] * len(order)
    for before, i in zip(steps[-2::-1], reversed(order)):
        x, t = v[..., :, i : i + 1], _scale(tau, i)
        right = mH(before) @ x  # with G = g before^H: G v is g right, G^H v is before left
        left = mH(g) @ x
        push = g @ right
        gtau[i] = -(mH(x) @ push).reshape(tau.shape[:-1])
        gv[i] = -(_conj(t) * push + t * (before @ left)).reshape(v.shape[:-1])
        g = g - _conj(t) * (x @ (mH(x) @ g))
    return stack(v.ndim - 1, *gv), stack(tau.ndim - 1, *gtau), g


def _like_a(gv: Any, a: Any, k: int) -> Any:
    """The cotangent of the matrix that holds the v."""
    g = tril(gv, -1)
    return cat(g.ndim - 1, g, zeroed(a[..., :, k:])) if a.shape[-1] > k else g


# -- Q itself --------------------------------------------------------------------------------------


def _eye(a: Any) -> Any:
    """The first columns of the identity, as many as `a` has, with its leading dimensions."""
    dtype = a.dtype if isinstance(a, np.ndarray) else a.dtype.numpy
    return zeroed(a) + np.eye(*a.shape[-2:], dtype=dtype.char.lower())


def _product(a: Any, tau: Any) -> Any:
    k = tau.shape[-1]
    return _steps(_vectors(a, k), tau, _eye(a), range(k - 1, -1, -1))[-1]


def _product_rule(g: Any, a: Any, tau: Any) -> Any:
    k = tau.shape[-1]
    if not k:
        return zeroed(a), zeroed(tau)
    gv, gtau, _ = _walk_back(g, _vectors(a, k), tau, _eye(a), range(k - 1, -1, -1))
    return _like_a(gv, a, k), gtau


householder_product: Operator = general(
    "linalg_householder_product",
    lambda a, tau: lapack.in_columns(_product(a, tau)),
    conjugate=False,
    inputs=("a", "tau"),
    together=_product_rule,
)


# -- Q times a matrix ----------------------------------------------------------------------------


def _sides(tau: Any, c: Any, left: bool, transpose: bool) -> tuple[Any, Any, range]:
    """A product from any side as one from the left: ``C Q`` is ``(Q^H C^H)^H``."""
    backwards = transpose is left
    k = tau.shape[-1]
    order = range(k) if backwards else range(k - 1, -1, -1)
    return (_conj(tau) if backwards else tau), (c if left else mH(c)), order


def _ormqr(a: Any, tau: Any, c: Any, left: bool, transpose: bool) -> Any:
    scales, inner, order = _sides(tau, c, left, transpose)
    result = _steps(_vectors(a, tau.shape[-1]), scales, inner, order)[-1]
    return result if left else mH(result)


def _ormqr_rule(g: Any, a: Any, tau: Any, c: Any, left: bool, transpose: bool) -> Any:
    k = tau.shape[-1]
    if not k:
        return zeroed(a), zeroed(tau), g
    scales, inner, order = _sides(tau, c, left, transpose)
    gv, gtau, gc = _walk_back(g if left else mH(g), _vectors(a, k), scales, inner, order)
    return _like_a(gv, a, k), (_conj(gtau) if transpose is left else gtau), gc if left else mH(gc)


ormqr: Operator = general(
    "ormqr",
    lambda a, tau, c, left, transpose: lapack.in_columns(_ormqr(a, tau, c, left, transpose)),
    conjugate=False,
    inputs=("a", "tau", "c"),
    together=_ormqr_rule,
)


geqrf: Operator = general("geqrf", lapack.geqrf, outputs=("factors", "tau"), a=missing("geqrf"))
