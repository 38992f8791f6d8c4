"""Norms of vectors, distances, and what is bounded by them.

A norm of order p has the slope ``sgn(x) (|x| / y)^(p - 1)``, where y is the norm. Written so, it is
0/0 where everything is 0, and a small |x| overflows for p < 1; PyTorch puts 0 there, and so do the
cases below. Norms of complex tensors are real and not holomorphic: nothing is conjugated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight.kernels import vector_norm as kernels
from rushlight.kernels.reduce import shape_without
from rushlight.ops.comparison import eq
from rushlight.ops.complexes import is_complex, sgn
from rushlight.ops.declare import general
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import Dims, sum_
from rushlight.tensor import Tensor

__all__ = ["dist", "norm", "norm_slope", "pair_norm", "renorm"]

Shape = tuple[int, ...]


def norm_slope(x: Any, y: Any, p: float, dims: Dims) -> Any:
    """The slope of the norm `y`, which has the reduced dimensions with size 1."""
    if p == 1:
        return sgn(x)
    if p == 2:
        return kept(x / y, y != 0)
    if math.isinf(p):
        won = eq(abs(x), y)
        share = won.to(y.dtype) if isinstance(won, Tensor) else np.asarray(won, y.dtype)
        return sgn(x) * (share / sum_(share, dims, True))
    if p < 1:
        return sgn(x) * kept(abs(x) ** (p - 1), x != 0) * y ** (1 - p)
    if p < 2:
        return sgn(x) * abs(x) ** (p - 1) * kept(y ** (1 - p), y != 0)
    return x * abs(x) ** (p - 2) * kept(y ** (1 - p), y != 0)


def _rule(g: Any, x: Any, y: Any, x_shape: Shape, p: float, dims: Dims) -> Any:
    if p == 0:  # counts what is not zero
        return None
    shape = shape_without(x_shape, dims, True)
    return g.reshape(shape) * norm_slope(x, y.reshape(shape), p, dims)


def _jvp(t: Any, x: Any, y: Any, x_shape: Shape, p: float, dims: Dims, keepdim: bool) -> Any:
    if p == 0:
        return None
    slope = norm_slope(x, y.reshape(shape_without(x_shape, dims, True)), p, dims)
    return sum_((slope.conj() * t).real if is_complex(slope) else slope * t, dims, keepdim)


def _declare(node: str) -> Operator:
    return general(
        "linalg_vector_norm",
        kernels.norm,
        conjugate=False,
        x=lambda g, x, y, x_shape, p, dims, keepdim: _rule(g, x, y, x_shape, p, dims),
        jvp=lambda x_t, x, y, x_shape, p, dims, keepdim: _jvp(x_t, x, y, x_shape, p, dims, keepdim),
        node=node,
    )


norm = _declare("LinalgVectorNormBackward0")
pair_norm = _declare("NormBackward1")  # what PyTorch's pairwise_distance ends in

# -- the distance of two -----------------------------------------------------------------------


def _dist(a: Any, b: Any, p: float) -> Any:
    return kernels.norm(a - b, p)


def _gap(a: Any, b: Any) -> tuple[Any, Shape]:
    gap = a - b
    return gap, tuple(gap.shape)


def _dist_rule(g: Any, a: Any, b: Any, y: Any, p: float) -> Any:
    gap, shape = _gap(a, b)
    slope = _rule(g, gap, y, shape, p, None)
    return gap * 0 if slope is None else slope


def _dist_jvp(a_t: Any, b_t: Any, a: Any, b: Any, y: Any, p: float) -> Any:
    gap, shape = _gap(a, b)
    return _jvp(a_t - b_t, gap, y, shape, p, None, False)


dist = general(
    "dist",
    _dist,
    conjugate=False,
    a=lambda g, a, b, y, p: _dist_rule(g, a, b, y, p),
    b=lambda g, a, b, y, p: -_dist_rule(g, a, b, y, p),
    jvp=_dist_jvp,
)

# -- slices that are no longer than allowed ----------------------------------------------------

_GAP = 1e-7  # keeps the scaled norm below the bound, as PyTorch's does


def _renorm(x: Any, p: float, dims: Dims, maxnorm: float) -> Any:
    length = kernels.norm(x, p, dims, True)
    scale = np.where(length > maxnorm, maxnorm / (length + _GAP), 1).astype(length.dtype)
    return x * scale


def _renorm_rule(g: Any, x: Any, x_shape: Shape, p: float, dims: Dims, maxnorm: float) -> Any:
    """y = s(n) x with n the norm: the cotangent goes through x, and through n by its slope."""
    length = norm(x, p, dims, True)
    long = length > maxnorm
    scale = maxnorm / (length + _GAP)
    product = (x.conj() * g).real if is_complex(x) else x * g
    pull = kept(-scale / (length + _GAP), long) * sum_(product, dims, True)
    slope = _rule(pull, x, length, x_shape, p, dims)
    straight = g * (kept(scale - 1, long) + 1)
    return straight if slope is None else straight + slope


renorm = general("renorm", _renorm, conjugate=False, x=_renorm_rule)
