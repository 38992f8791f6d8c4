"""Distances and angles between vectors: pairwise_distance and cosine_similarity."""

from __future__ import annotations

from typing import Any

from rushlight.api.broadcasting import broadcast_tensors
from rushlight.api.names import numpy_names
from rushlight.api.norms import vector_norm
from rushlight.api.scalars import as_float
from rushlight.api.sizes import as_dim
from rushlight.autograd.modes import no_grad
from rushlight.dtypes import promote_types
from rushlight.ops import norms as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["cosine_similarity", "pairwise_distance"]


@numpy_names
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-06, keepdim: bool = False
) -> Tensor:
    """Return the `p`-norm of ``x1 - x2 + eps`` along the last dimension; both broadcast.

    >>> import rushlight as torch
    >>> torch.pairwise_distance(torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, 6.0]]))
    tensor([5.0000])
    """
    require_tensor(x1, "pairwise_distance", "x1", 1)
    require_tensor(x2, "pairwise_distance", "x2", 2)
    order = as_float(p, "pairwise_distance", "p", 3)
    shift = as_float(eps, "pairwise_distance", "eps", 4)
    difference: Any = x1 - x2 + shift
    dims = (difference.ndim - 1,) if difference.ndim else None
    return ops.pair_norm(difference, order, dims, keepdim)  # type: ignore[no-any-return]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-08) -> Tensor:
    """Return the cosine of the angle between `x1` and `x2` along `dim`; both broadcast.

    Lengths below `eps` count as `eps`. RuntimeError for integers and complex numbers.

    >>> import rushlight as torch
    >>> torch.cosine_similarity(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.0]]))
    tensor([0.7071])
    """
    require_tensor(x1, "cosine_similarity", "x1", 1)
    require_tensor(x2, "cosine_similarity", "x2", 2)
    common = promote_types(x1.dtype, x2.dtype)
    if not common.is_floating_point:
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {common.scalar_name}"
        )
    if not eps >= 0:
        raise RuntimeError(f"eps must be non-negative, got: {eps:g}")
    if x1.shape != x2.shape:
        x1, x2 = broadcast_tensors(x1, x2)
    axis = as_dim(dim, x1, "cosine_similarity", position=3)
    directions = []
    for x in (x1.to(common), x2.to(common)):
        length = vector_norm(x, 2.0, axis, True).clone()
        with no_grad():  # a short length counts as eps, but its derivative is its own
            length.clamp_min_(eps)
        directions.append(x / length)
    return (directions[0] * directions[1]).sum(axis)  # type: ignore[no-any-return]
