"""Bags of embeddings: sums, which are bilinear in the table and the factors, and maxima.

Of the three maps of a sum — to the bags, to the table and to the factors — each is linear in two
of table, factors and cotangent, and the other two are its derivatives.
"""

from __future__ import annotations

from typing import Any

from rushlight.kernels import embedding_bag as kernels
from rushlight.ops.declare import constant, linear, multilinear
from rushlight.ops.operator import Operator

__all__ = ["bag_facts", "bag_max", "bag_sum", "bag_winners"]

bag_sum: Operator = multilinear(
    "embedding_bag",
    kernels.bag_sum,
    weight=lambda g, scale, index, offsets, weight_shape, options: bag_sum_backward(
        g, scale, index, offsets, weight_shape, options
    ),
    scale=lambda g, weight, index, offsets, options: bag_factors(
        g, weight, index, offsets, options
    ),
)


def _again(h: Any, scale: Any, index: Any, offsets: Any, options: kernels.Options) -> Any:
    if options.by_frequency:
        raise NotImplementedError(
            "embedding: the second derivative with scale_grad_by_freq=True is not available"
        )
    return bag_sum(h, scale, index, offsets, options)


bag_sum_backward: Operator = multilinear(
    "embedding_bag_backward",
    kernels.bag_sum_backward,
    g=_again,
    scale=lambda h, g, index, offsets, options: bag_factors(g, h, index, offsets, options),
)
bag_factors: Operator = multilinear(
    "embedding_bag_per_sample_weights_backward",
    kernels.bag_factors,
    g=lambda h, weight, index, offsets, options: bag_sum(weight, h, index, offsets, options),
    weight=lambda h, g, index, offsets, weight_shape, options: bag_sum_backward(
        g, h, index, offsets, weight_shape, options
    ),
)


def _add_winners(g: Any, winners: Any, weight_shape: tuple[int, ...]) -> Any:
    return kernels.add_winners(g, winners, weight_shape[0])


bag_winners = constant("embedding_bag", kernels.bag_winners)
bag_facts = constant("embedding_bag", kernels.bag_facts)
bag_max: Operator = linear(
    "embedding_bag",
    kernels.take_winners,
    weight=lambda g, winners, weight_shape: add_winners(g, winners, weight_shape),
)
add_winners: Operator = linear(
    "embedding_bag_backward", _add_winners, g=lambda h, winners: bag_max(h, winners)
)
