"""Rows looked up by index, their gradient, and one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.bounds import as_index, outside
from rushlight.kernels.rows import add_rows

Array = NDArray[Any]


def embedding(weight: Array, index: Array) -> Array:
    """`weight[index]`: (m, d) and any shape to shape + (d,).

    Raises IndexError for an index outside 0 … m - 1, RuntimeError where there is no row at all."""
    index = as_index(index)
    if index.size and not len(weight):
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    if outside(index, len(weight)) is not None:
        raise IndexError("index out of range in self")
    out: Array = weight.take(index, 0)
    return out


def embedding_backward(
    g: Array,
    index: Array,
    num_weights: int,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
) -> Array:
    """The gradient of the weight, dense: (num_weights, d). The row `padding_idx` gets none (-1: all
    do); with `scale_grad_by_freq` each row is divided by how often it was looked up."""
    width = g.shape[-1]
    out = np.zeros((num_weights, width), g.dtype)
    flat = as_index(index).reshape(-1)
    add_rows(out, flat, g.reshape(flat.size, width))
    if padding_idx >= 0:
        out[padding_idx] = 0
    if scale_grad_by_freq:
        counts = np.bincount(flat, minlength=num_weights)
        out /= np.maximum(counts, 1).astype(out.dtype)[:, None]
    return out


def renormalize_(table: Array, index: Array, max_norm: float, norm_type: float) -> None:
    """Shrink rows at the index to the largest norm allowed, in place.

    Raises IndexError for an index out of range."""
    rows = np.unique(index)
    if len(rows) and not 0 <= rows[0] <= rows[-1] < len(table):
        raise IndexError("index out of range in self")
    if not table.shape[1] and (norm_type < 0 or norm_type == np.inf):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {norm_type:g} norm on an empty tensor because "
            "the operation does not have an identity"
        )
    looked_up = table[rows]
    if looked_up.itemsize < 4:
        looked_up = looked_up.astype(np.float32)
    norms = np.linalg.norm(looked_up, ord=norm_type, axis=1)
    large = norms > max_norm
    shrunk = looked_up[large] * (max_norm / (norms[large] + 1e-7))[:, None]
    table[rows[large]] = shrunk.astype(table.dtype)


def one_hot(index: Array, num_classes: int = -1) -> Array:
    """int64 vectors with a one at each index, in the shape of `index` + (num_classes,); as many
    classes as the largest index asks for under -1.

    Raises RuntimeError for indices that are negative or no class."""
    if not index.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return np.zeros((*index.shape, num_classes), np.int64)
    if index.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    most = int(index.max())
    if num_classes == -1:
        num_classes = most + 1
    elif most >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    out = np.zeros(index.size * num_classes, np.int64)
    out[index.reshape(-1) + np.arange(0, out.size, num_classes)] = 1
    return out.reshape(*index.shape, num_classes)
