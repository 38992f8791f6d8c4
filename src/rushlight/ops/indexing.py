"""Indexing by tensors: `index` reads, `index_put` writes. Basic indexing is in ops/views.py.

`indices` is a tuple with an entry for each dimension up to the last that is indexed: None for a
dimension that stays whole, else an integer ndarray, or a single boolean mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import linear
from rushlight.ops.operator import Operator
from rushlight.ops.fitting import sum_to

__all__ = ["index", "index_add_zeros", "index_put"]

Indices = tuple[Any, ...]


def numpy_index(indices: Indices) -> tuple[Any, ...]:
    """Indices as NumPy takes them."""
    return tuple([slice(None) if i is None else i for i in indices])


def is_unique(indices: Indices) -> bool:
    """True where no element can be indexed twice: a mask."""
    return any(i is not None and i.dtype == np.bool_ for i in indices)


def _index(x: Any, indices: Indices) -> Any:
    return x[numpy_index(indices)]


def _index_add_zeros(g: Any, size: tuple[int, ...], indices: Indices) -> Any:
    """Zeros of shape `size` with `g` added at `indices`: the adjoint of `index`."""
    out = np.zeros(size, g.dtype)
    _put(out, g, indices, True)
    return out


def _put(out: Any, values: Any, indices: Indices, accumulate: bool) -> None:
    where = numpy_index(indices)
    if not accumulate:
        out[where] = values
    elif is_unique(indices):
        out[where] += values
    else:
        np.add.at(out, where, values)


def _index_put(x: Any, values: Any, indices: Indices, accumulate: bool) -> Any:
    out = x.copy()
    _put(out, values, indices, accumulate)
    return out


index = linear("index", _index, x=lambda g, x_shape, indices: index_add_zeros(g, x_shape, indices))
index_add_zeros: Operator = linear(
    "index_put", _index_add_zeros, g=lambda g, indices: index(g, indices), node="IndexPutBackward0"
)
index_put = linear(
    "index_put",
    _index_put,
    x=lambda g, indices, accumulate: g if accumulate else index_clear(g, indices),
    values=lambda g, values_shape, indices: sum_to(index(g, indices), values_shape),
)


def _index_clear(x: Any, indices: Indices) -> Any:
    out = x.copy()
    out[numpy_index(indices)] = 0
    return out


index_clear: Operator = linear("index_put", _index_clear, x=lambda g, indices: index_clear(g, indices))


# -- along one dimension -----------------------------------------------------------------------


def _index_select(x: Any, dim: int, index: Any) -> Any:
    if x.ndim == 0:
        return x.reshape(1)[index].reshape(())
    return x.take(index.reshape(-1), dim)


def _index_add(x: Any, dim: int, index: Any, source: Any, alpha: Any) -> Any:
    out = x.copy()
    where = (slice(None),) * dim + (index.reshape(-1),)
    np.add.at(out, where if x.ndim else (), source * alpha)
    return out


def _index_add_zeros_along(g: Any, size: tuple[int, ...], dim: int, index: Any) -> Any:
    return _index_add(np.zeros(size, g.dtype), dim, index, g, 1)


index_select = linear(
    "index_select",
    _index_select,
    x=lambda g, x_shape, dim, index: index_add_zeros_along(g, x_shape, dim, index),
)
index_add_zeros_along: Operator = linear(
    "index_add",
    _index_add_zeros_along,
    g=lambda g, dim, index: index_select(g, dim, index),
)
