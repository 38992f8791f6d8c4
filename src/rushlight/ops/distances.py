"""Distances of all pairs of vectors, from two sets or within one.

A distance y of order p has the slope ``sgn(d) (|d| / y)^(p - 1)`` by the difference d. For p = 2 it
is ``d / y``, so that cotangents of all pairs are products of matrices; for other orders all
differences are made.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight.kernels import distances as kernels
from rushlight.ops.adjoints import column, like
from rushlight.ops.comparison import eq
from rushlight.ops.complexes import sgn
from rushlight.ops.convert import zeroed
from rushlight.ops.declare import general
from rushlight.ops.indexing import index, index_sum
from rushlight.ops.masking import kept, where
from rushlight.ops.norms import norm_slope
from rushlight.ops.operator import Operator

__all__ = ["cdist", "cdist_by_product", "pdist"]


def _over(g: Any, y: Any) -> Any:
    """``g / y``, and 0 where y is 0: also in its derivatives."""
    apart = y != 0
    return kept(g / where(apart, y, like(np.ones(()), y)), apart)


def _pull(g: Any, gap: Any, y: Any, p: float) -> Any:
    """The cotangents of differences, of whose lengths `y` the cotangents are `g`."""
    if p == 2:
        return gap * _over(g, y)
    if math.isinf(p):  # PyTorch shares nothing among equals here
        return kept(g * sgn(gap), eq(abs(gap), y))
    return g * norm_slope(gap, y, p, (gap.ndim - 1,))


def _rule(g: Any, a: Any, b: Any, y: Any, p: float) -> Any:
    """The cotangent of the first set."""
    if p == 0:
        return zeroed(a)
    if p == 2:
        weight = _over(g, y)
        return a * column(weight.sum(-1)) - weight @ b
    if p == 1 and type(g) is np.ndarray:
        return kernels.pull_of_sums(g, a, b)
    gap = a[..., :, None, :] - b[..., None, :, :]
    return _pull(g[..., None], gap, y[..., None], p).sum(-2)


def _declare(node: str) -> Operator:
    return general(
        "cdist",
        kernels.of_all_pairs,
        node=node,
        a=lambda g, a, b, y, p: _rule(g, a, b, y, p),
        b=lambda g, a, b, y, p: _rule(g.mT, b, a, y.mT, p),
    )


cdist = _declare("CdistBackward0")
cdist_by_product = _declare("ViewBackward0")  # what PyTorch's way by products ends in


def _pdist_rule(g: Any, x: Any, y: Any, x_shape: tuple[int, ...], p: float) -> Any:
    if p == 0:
        return zeroed(x)
    first, second = ((i,) for i in np.triu_indices(x_shape[0], 1))
    if p == 2:
        half = index_sum(_over(g, y), (x_shape[0], x_shape[0]), (*first, *second))
        weight = half + half.mT
        return x * column(weight.sum(-1)) - weight @ x
    gap = index(x, first) - index(x, second)
    pull = _pull(column(g), gap, column(y), p)
    return index_sum(pull, x_shape, first) - index_sum(pull, x_shape, second)


pdist: Operator = general("pdist", kernels.of_pairs, x=_pdist_rule)
