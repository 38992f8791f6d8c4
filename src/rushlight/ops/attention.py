"""Scaled dot-product attention: one node, whose first derivative makes the scores again.

On Tensors (second derivatives, forward mode, transforms) the same derivative is written out with
the probabilities in full.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.kernels import attention as kernels
from rushlight.ops.comparison import ne
from rushlight.ops.declare import general
from rushlight.ops.masking import kept as kept_where
from rushlight.ops.masking import where
from rushlight.ops.matrix import matmul
from rushlight.ops.operator import Operator
from rushlight.ops.peaks import amax
from rushlight.ops.softmax import softmax
from rushlight.tensor import Tensor

__all__ = ["FUSED", "attention", "probabilities"]


def probabilities(q: Any, k: Any, mask: Any, causal: bool, scale: float) -> Any:
    """The softmax of the masked scores; zeros for a query that may look at no key."""
    scores = matmul(q * scale, k.mT)
    if causal:
        length, keys = scores.shape[-2:]
        scores = where(np.tri(length, keys, dtype=bool), scores, -np.inf)
    if mask is not None:
        boolean = mask.dtype in (np.dtype(bool), dtypes.bool)
        scores = where(mask, scores, -np.inf) if boolean else scores + mask
    if not scores.shape[-1]:
        return scores
    axis = scores.ndim - 1
    alive = ne(amax(scores, (axis,), True), -np.inf)
    return kept_where(softmax(where(alive, scores, 0.0), axis), alive)


def _grads(
    g: Any,
    q: Any,
    k: Any,
    v: Any,
    mask: Any,
    causal: bool,
    scale: float,
    y: Any,
    kept: Any,
    needs: tuple[bool, ...],
) -> list[Any]:
    """The cotangents of queries, keys and values: see the kernel's text for the formulas."""
    if not isinstance(q, Tensor):
        return kernels.attention_backward(g[0], q, k, v, mask, causal, scale, y, kept, needs)
    p = probabilities(q, k, mask, causal, scale)
    d = matmul(g[0], v.mT)
    s = p * (d - (p * d).sum(-1, True)) * scale
    return [
        matmul(s, k) if needs[0] else None,
        matmul(s.mT, q) if needs[1] else None,
        matmul(p.mT, g[0]) if needs[2] else None,
    ]


FUSED = "ScaledDotProductFlashAttentionForCpuBackward0"


def _attention(node: str) -> Operator:
    return general(
        "scaled_dot_product_attention",
        kernels.attention_like_queries if node == FUSED else kernels.attention,
        inputs=("q", "k", "v"),
        together=lambda g, q, k, v, mask, causal, scale, y, kept, needs: _grads(
            g, q, k, v, mask, causal, scale, y, kept, needs
        ),
        outputs=("y", "kept"),
        constant=("kept",),
        node=node,
    )


# By what PyTorch's graph shows: its kernel for four dimensions, or the last step of the others.
attention: dict[str, Operator] = {
    node: _attention(node) for node in (FUSED, "ToCopyBackward0", "UnsafeViewBackward0")
}
