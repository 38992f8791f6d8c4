"""Along one dimension: gather, scatter and their sums; index_select, index_add and relatives.

`index` is an argument like any other, a Tensor of integers without derivative; the graph saves it
with its version. All indices have been checked: rushlight.api.gather does that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.accumulate import add_rows, along_dim
from rushlight.ops.declare import general, linear
from rushlight.ops.fitting import sum_to
from rushlight.ops.operator import Operator
from rushlight.ops.shape import along
from rushlight.ops.views import place

__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_fill_with",
    "index_select",
    "put",
    "scatter",
    "scatter_add",
    "scatter_fill",
    "scatter_sum",
    "take",
]

Ints = tuple[int, ...]


# -- gather and scatter ------------------------------------------------------------------------


def _gather(x: Any, dim: int, index: Any) -> Any:
    if index.size == 0:
        return np.empty(index.shape, x.dtype)
    return x.reshape(-1).take(along_dim(x.shape, dim, index))


def _part_like(source: Any, index: Any) -> Any:
    """The part of a scatter's source that its index covers."""
    if source.shape == index.shape:
        return source
    return source[tuple([slice(n) for n in index.shape])]


def _scatter(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = x.copy("C")
    if index.size:
        out.reshape(-1)[along_dim(x.shape, dim, index)] = _part_like(source, index)
    return out


def _scatter_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    out = x.copy("C")
    if index.size:
        out.reshape(-1)[along_dim(x.shape, dim, index)] = np.asarray(value).astype(x.dtype)
    return out


def _scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = x.copy("C")
    if index.size:
        at = along_dim(x.shape, dim, index).reshape(-1)
        np.add.at(out.reshape(-1), at, _part_like(source, index).reshape(-1))
    return out


def _scatter_sum(g: Any, size: Ints, dim: int, index: Any) -> Any:
    return _scatter_add(np.zeros(size, g.dtype), dim, index, g)


def _gathered(g: Any, dim: int, index: Any, size: Ints) -> Any:
    """The cotangent of a scatter's source, which may be larger than the index."""
    part = gather(g, dim, index)
    shape = tuple(part.shape)
    return part if shape == size else place(part, size, tuple([slice(n) for n in shape]))


gather: Operator = linear(
    "gather", _gather, x=lambda g, x_shape, dim, index: scatter_sum(g, x_shape, dim, index)
)
scatter_sum: Operator = linear(
    "scatter_add", _scatter_sum, g=lambda g, dim, index: gather(g, dim, index)
)
scatter: Operator = linear(
    "scatter",
    _scatter,
    x=lambda g, dim, index: scatter_fill(g, dim, index, 0),
    source=lambda g, dim, index, source_shape: _gathered(g, dim, index, source_shape),
)
scatter_fill: Operator = general(
    "scatter",
    _scatter_fill,
    x=lambda g, dim, index: scatter_fill(g, dim, index, 0),
    jvp=lambda x_t, dim, index: scatter_fill(x_t, dim, index, 0),
    node="ScatterBackward1",
)
scatter_add: Operator = linear(
    "scatter_add",
    _scatter_add,
    x=lambda g: g,
    source=lambda g, dim, index, source_shape: _gathered(g, dim, index, source_shape),
)


# -- one index for a whole slice ---------------------------------------------------------------


def _index_select(x: Any, dim: int, index: Any) -> Any:
    if x.ndim == 0:
        return x.copy()
    return x.take(index.reshape(-1), dim)


def _spread(g: Any, size: Ints, dim: int, index: Any) -> Any:
    """Zeros of shape `size` with slices of `g` added at `index`: the adjoint of index_select."""
    if not size:
        return g.sum().reshape(())
    if dim == 0:
        out = np.zeros(size, g.dtype)
        add_rows(out, index.reshape(-1), np.ascontiguousarray(g))
        return out
    front = np.ascontiguousarray(g.swapaxes(0, dim))
    out = np.zeros((size[dim], *size[1:dim], size[0], *size[dim + 1 :]), g.dtype)
    add_rows(out, index.reshape(-1), front)
    return np.ascontiguousarray(out.swapaxes(0, dim))


def _index_add(x: Any, dim: int, index: Any, source: Any, alpha: Any) -> Any:
    source = source if alpha == 1 else source * np.asarray(alpha).astype(x.dtype)
    return x + _spread(source, x.shape, dim, index)


def _index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = x.copy("C")
    if x.ndim == 0:
        out[...] = source.reshape(())
    else:
        out[along(dim, index.reshape(-1))] = source
    return out


def _index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    out = x.copy("C")
    if x.ndim == 0:
        if index.size:
            out[...] = np.asarray(value).astype(x.dtype)
    else:
        out[along(dim, index.reshape(-1))] = np.asarray(value).astype(x.dtype)
    return out


index_select: Operator = linear(
    "index_select",
    _index_select,
    x=lambda g, x_shape, dim, index: spread(g, x_shape, dim, index),
)
spread: Operator = linear(
    "index_select_backward", _spread, g=lambda g, dim, index: index_select(g, dim, index)
)
index_add: Operator = linear(
    "index_add",
    _index_add,
    x=lambda g: g,
    source=lambda g, dim, index, alpha, source_shape: (
        index_select(g, dim, index).reshape(source_shape) * alpha
    ),
)
index_copy: Operator = linear(
    "index_copy",
    _index_copy,
    x=lambda g, dim, index: index_fill(g, dim, index, 0),
    source=lambda g, dim, index, source_shape: index_select(g, dim, index).reshape(source_shape),
)
index_fill: Operator = general(
    "index_fill",
    _index_fill,
    x=lambda g, dim, index: index_fill(g, dim, index, 0),
    jvp=lambda x_t, dim, index: index_fill(x_t, dim, index, 0),
)
index_fill_with: Operator = linear(
    "index_fill",
    _index_fill,
    x=lambda g, dim, index: index_fill(g, dim, index, 0),
    value=lambda g, dim, index: sum_to(index_select(g, dim, index), ()),
    node="IndexFillBackward1",
)


# -- one index for the flattened tensor --------------------------------------------------------


def _take(x: Any, index: Any) -> Any:
    return x.reshape(-1)[index]


def _put(x: Any, index: Any, source: Any, accumulate: bool) -> Any:
    out = x.copy("C")
    flat = out.reshape(-1)
    if accumulate:
        np.add.at(flat, index.reshape(-1), source.reshape(-1))
    else:
        flat[index.reshape(-1)] = source.reshape(-1)
    return out


def _put_sum(g: Any, size: Ints, index: Any) -> Any:
    return _put(np.zeros(size, g.dtype), index, g, True)


def _put_clear(x: Any, index: Any) -> Any:
    out = x.copy("C")
    out.reshape(-1)[index.reshape(-1)] = 0
    return out


take: Operator = linear("take", _take, x=lambda g, x_shape, index: put_sum(g, x_shape, index))
put_sum: Operator = linear("put", _put_sum, g=lambda g, index: take(g, index))
put: Operator = linear(
    "put",
    _put,
    x=lambda g, index, accumulate: g if accumulate else put_clear(g, index),
    source=lambda g, index, source_shape: take(g, index).reshape(source_shape),
)
put_clear: Operator = linear("put", _put_clear, x=lambda g, index: put_clear(g, index))
