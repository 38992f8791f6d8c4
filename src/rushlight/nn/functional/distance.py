"""Distances and directions of vectors: cosine_similarity, pairwise_distance, normalize."""

from __future__ import annotations

from typing import Any

from rushlight.api.distance import cosine_similarity, pairwise_distance
from rushlight.api.norms import vector_norm
from rushlight.api.pairs import pdist
from rushlight.ops.outputs import into
from rushlight.tensor import Tensor

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Divide `input` by its `p`-norm along `dim`, or by `eps` where that is larger.

    >>> import rushlight as torch
    >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length = vector_norm(input, p, dim, True).clamp_min(eps)
    result: Tensor = input / length.expand_as(input)
    return result if out is None else into(out, result, "div")
