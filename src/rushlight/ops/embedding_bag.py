"""Bags of embeddings: sums, which are bilinear in the table and the factors, and maxima."""

from __future__ import annotations

from typing import Any

from rushlight.kernels import embedding_bag as kernels
from rushlight.ops.declare import linear, multilinear
from rushlight.ops.embedding import embedding, embedding_dense_backward
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["bag_max", "bag_sum"]


def _bag_sum(weight: Any, scale: Any, index: Any, bag: Any, bags: int, by_frequency: bool) -> Any:
    return kernels.bag_sum(weight, index, bag, bags, scale)


def _rows(g: Any, scale: Any, bag: Any) -> Any:
    """What each row looked up gets: its bag's cotangent times its factor."""
    rows = embedding(g, bag, -1, False)
    return rows if scale is None else rows * scale.reshape(-1, 1)


bag_sum: Operator = multilinear(
    "embedding_bag",
    _bag_sum,
    weight=lambda g, weight_shape, scale, index, bag, by_frequency: embedding_dense_backward(
        _rows(g, scale, bag), weight_shape, index, -1, by_frequency
    ),
    scale=lambda g, weight, index, bag: sum_(
        embedding(g, bag, -1, False) * embedding(weight, index, -1, False), (1,), False
    ),
)


def _add_winners(g: Any, winners: Any, weight_shape: tuple[int, ...]) -> Any:
    return kernels.add_winners(g, winners, weight_shape[0])


bag_max: Operator = linear(
    "embedding_bag",
    kernels.take_winners,
    weight=lambda g, winners, weight_shape: add_winners(g, winners, weight_shape),
)
add_winners: Operator = linear(
    "embedding_bag_backward", _add_winners, g=lambda h, winners: bag_max(h, winners)
)
