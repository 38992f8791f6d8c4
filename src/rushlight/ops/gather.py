"""Along one dimension: gather, scatter and their sums; index_select, index_add and relatives.

`index` is an argument like any other, a Tensor of integers without derivative; the graph saves it
with its version. The kernels check it, with PyTorch's errors, before they write.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import gather as kernels
from rushlight.kernels import index as slices
from rushlight.ops.affine import scaled
from rushlight.ops.declare import general, linear
from rushlight.ops.fitting import sum_to
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
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


def _scatter(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    kernels.scatter_(out, dim, index, source)
    return out


def _scatter_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    return _scatter(x, dim, index, value)


def _scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    kernels.scatter_add_(out, dim, index, source)
    return out


def _scatter_sum(g: Any, size: Ints, dim: int, index: Any) -> Any:
    out = np.zeros(size, g.dtype)
    kernels.scatter_add_(out, dim, index, g)
    return out


def _gathered(g: Any, dim: int, index: Any, size: Ints) -> Any:
    """The cotangent of a scatter's source, which may be larger than the index."""
    part = gather(g, dim, index)
    if not size:
        return part.reshape(())
    shape = tuple(part.shape)
    return part if shape == size else place(part, size, tuple([slice(n) for n in shape]))


gather: Operator = linear(
    "gather", kernels.gather, x=lambda g, x_shape, dim, index: scatter_sum(g, x_shape, dim, index)
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


def _spread(g: Any, size: Ints, dim: int, index: Any) -> Any:
    """Zeros of shape `size` with slices of `g` added at `index`: the adjoint of index_select."""
    out = np.zeros(size, g.dtype)
    slices.index_add_(out, dim, index, g)
    return out


def _index_add(x: Any, dim: int, index: Any, source: Any, alpha: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    slices.index_add_(out, dim, index, source, alpha)
    return out


def _index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    slices.index_copy_(out, dim, index, source)
    return out


def _index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    slices.index_fill_(out, dim, index, value)
    return out


index_select: Operator = linear(
    "index_select",
    slices.index_select,
    x=lambda g, x_shape, dim, index: spread(g, x_shape, dim, index),
)
spread: Operator = linear(
    "index_select_backward", _spread, g=lambda g, dim, index: index_select(g, dim, index)
)
index_add: Operator = linear(
    "index_add",
    _index_add,
    x=lambda g: g,
    source=lambda g, dim, index, alpha, source_shape: scaled(
        index_select(g, dim, index).reshape(source_shape), alpha
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
    # However often a slice is named, it is filled once.
    value=lambda g, x_shape, dim, index: sum_to(
        kept(g, index_fill(np.zeros(x_shape, bool), dim, index, True)), ()
    ),
    node="IndexFillBackward1",
)


# -- one index for the flattened tensor --------------------------------------------------------


def _put(x: Any, index: Any, source: Any, accumulate: bool) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    slices.put_(out, index, source, accumulate)
    return out


def _put_sum(g: Any, size: Ints, index: Any) -> Any:
    return _put(np.zeros(size, g.dtype), index, g, True)


def _put_clear(x: Any, index: Any) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    out.reshape(-1)[index.reshape(-1)] = 0
    return out


take: Operator = linear("take", slices.take, x=lambda g, x_shape, index: put_sum(g, x_shape, index))
put_sum: Operator = linear("put", _put_sum, g=lambda g, index: take(g, index))
put: Operator = linear(
    "put",
    _put,
    x=lambda g, index, accumulate: g if accumulate else put_clear(g, index),
    source=lambda g, index, source_shape: take(g, index).reshape(source_shape),
)
put_clear: Operator = linear("put", _put_clear, x=lambda g, index: put_clear(g, index))
