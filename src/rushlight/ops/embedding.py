"""Embedding: rows of a table by index, and the dense gradient of the table."""

from __future__ import annotations

from typing import Any

from rushlight.kernels import embedding as kernels
from rushlight.ops.declare import constant, linear
from rushlight.ops.operator import Operator

__all__ = ["embedding", "one_hot", "renormalized"]


def _lookup(weight: Any, index: Any, padding_idx: int, by_frequency: bool) -> Any:
    return kernels.embedding(weight, index)


def _rows_sum(
    g: Any, weight_shape: tuple[int, ...], index: Any, padding_idx: int, by_frequency: bool
) -> Any:
    return kernels.embedding_backward(g, index, weight_shape[0], padding_idx, by_frequency)


embedding: Operator = linear(
    "embedding",
    _lookup,
    weight=lambda g, weight_shape, index, padding_idx, by_frequency: embedding_dense_backward(
        g, weight_shape, index, padding_idx, by_frequency
    ),
)
embedding_dense_backward: Operator = linear(
    "embedding_dense_backward",
    _rows_sum,
    g=lambda h, index, padding_idx, by_frequency: _spread_rows(h, index, padding_idx, by_frequency),
)


def _spread_rows(h: Any, index: Any, padding_idx: int, by_frequency: bool) -> Any:
    """The adjoint of the sum over rows: a look-up, with padding rows zero."""
    if by_frequency:
        raise NotImplementedError(
            "embedding: the second derivative with scale_grad_by_freq=True is not available"
        )
    looked_up = embedding(h, index, padding_idx, False)
    return looked_up if padding_idx < 0 else looked_up * not_padding(index, padding_idx, h)


def _not_padding(index: Any, padding_idx: int, like: Any) -> Any:
    return (index != padding_idx).astype(like.dtype)[..., None]


not_padding = constant("not_padding", _not_padding)


one_hot = constant("one_hot", kernels.one_hot)


def _renormalized(table: Any, index: Any, max_norm: float, norm_type: float) -> Any:
    out = table.copy()
    kernels.renormalize_(out, index, max_norm, norm_type)
    return out


renormalized = constant("embedding_renorm_", _renormalized)
