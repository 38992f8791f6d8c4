"""Lengths of vectors, of any order."""

from __future__ import annotations

from math import inf
from typing import Any

from rushlight.kernels.vector_norm import norm
from rushlight.ops.complexes import absolute, sgn
from rushlight.ops.declare import general
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import spread, sum_

__all__ = ["pair_norm", "vector_norm"]


def _norm_rule(g: Any, x: Any, y: Any, p: float, dims: Any, keepdim: bool) -> Any:
    """g · |x|^(p-1) · sign(x) / y^(p-1); 0 where the norm is 0, as PyTorch chooses."""
    g, y = (spread(t, tuple(x.shape), dims, keepdim) for t in (g, y))
    if p == 0:
        return g * 0
    if p == 1:
        return g * sgn(x)
    if p == 2:
        return kept(x * (g / y), y != 0)
    if p in (inf, -inf):
        largest = absolute(x) == y
        shared = sum_(kept(sgn(x) * sgn(x), largest), dims, keepdim)
        return kept(sgn(x) * (g / spread(shared, tuple(x.shape), dims, keepdim)), largest)
    slope = kept(sgn(x) * absolute(x) ** (p - 1), x != 0)
    return slope * kept(g / y ** (p - 1), y != 0)


def _declare(name: str, node: str) -> Operator:
    return general(
        name,
        norm,
        x=lambda g, x, y, p, dims, keepdim: _norm_rule(g, x, y, p, dims, keepdim),
        conjugate=False,
        node=node,
    )


vector_norm = _declare("linalg_vector_norm", "LinalgVectorNormBackward0")
pair_norm = _declare("norm", "NormBackward1")
