"""Batching of joining, and of reading and writing at indices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NoReturn

import numpy as np

from rushlight.func.batched import DYNAMIC_MASK, Shadow
from rushlight.func.rules.aligning import again, aligned, expanded, stacked, with_columns
from rushlight.ops import (
    convert,
    fitting,
    gather,
    indexing,
    masks,
    peaks,
    scatter_reduce,
    sets,
    shape,
)
from rushlight.ops.fitting import expand
from rushlight.ops.masking import where
from rushlight.ops.operator import Operator
from rushlight.ops.views import inverse, permute, reshape
from rushlight.tensor import Tensor, wrap

__all__ = ["RULES"]


def _joined(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    dim, *xs = args
    return level.results(op(dim + 1, *[expanded(level, x) for x in xs]))


def _cat(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    dim, *xs = args
    longest = max(x._array.ndim for x in xs)
    xs = [x for x in xs if x._array.shape != (0,) or longest == 1]
    return _joined(op, level, (dim, *xs))


def _examples(level: Any, a: Any) -> Any:
    """As `expanded`, for formulas' constants too."""
    return expanded(level, a if isinstance(a, Tensor) else wrap(a))


def _rows(level: Any, a: Any) -> Any:
    """The examples of `a`, with a dimension to work along where they are 0-d."""
    value = _examples(level, a)
    return with_columns(level, value) if value._array.ndim == 1 else value


def _at_index(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, dim, index, ...)`` with all tensors of as many dimensions: gather and scatter."""
    x, dim, index, *rest = args
    tail = [_rows(level, a) if isinstance(a, (Tensor, np.ndarray)) else a for a in rest]
    y = op(_rows(level, x), dim + 1, _rows(level, index), *tail)
    like = index if op is gather.gather else x
    return level.results(reshape(y, (level.size,)) if like.ndim == 0 else y)


def _sum_at_index(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, dim, index = args
    y = op(_rows(level, g), (level.size, *(size or (1,))), dim + 1, _rows(level, index))
    return level.results(y if size else reshape(y, (level.size,)))


# -- tensors as indices ----------------------------------------------------------------------------


def _positions(indices: Sequence[Any]) -> tuple[Any, ...]:
    """The indices with the places of masks, where those are the same for all examples."""
    spelled: list[Any] = []
    for a in indices:
        known = a is not None and type(a) is not Shadow
        spelled += np.nonzero(a) if known and a.dtype.kind == "b" and a.ndim else (a,)
    return tuple(spelled)


def _advanced(level: Any, indices: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Return the index of all examples, and how to permute its result to have them in front.

    The examples' numbers come first as an index array of their own. So all index arrays' dimensions
    are in front of the result, where one example has them in place of the first that they index, if
    all are side by side.
    """
    indices = _positions(indices)
    given = [(i, a) for i, a in enumerate(indices) if a is not None]
    if any(a.dtype.kind == "b" for _, a in given):
        raise RuntimeError(DYNAMIC_MASK)
    rank = max(a.ndim for _, a in given)
    arrays: list[Any] = [None] * len(indices)
    for i, a in given:
        values = wrap(a) if type(a) is not Shadow else level.value(a._tensor)
        if level.is_mapped(a):
            shape = (level.size, *(1,) * (rank - a.ndim), *a.shape)
            values = reshape(values, shape)
        arrays[i] = values._array
    numbers = np.arange(level.size).reshape((level.size, *(1,) * rank))
    first, last = given[0][0], given[-1][0]
    before = first if last - first == len(given) - 1 else 0  # dimensions in front of the arrays'
    order = (0, *range(rank + 1, rank + 1 + before), *range(1, rank + 1))
    return (numbers, *arrays), order


def _permuted(x: Any, order: tuple[int, ...]) -> Any:
    if order == tuple(range(len(order))):
        return x
    return permute(x, (*order, *range(len(order), x._array.ndim)))


def _index(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, indices = args
    index, order = _advanced(level, indices)
    return level.results(_permuted(op(expanded(level, x), index), order))


def _index_sum(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, indices = args
    index, order = _advanced(level, indices)
    g = _permuted(expanded(level, g), inverse(order))
    return level.results(op(g, (level.size, *size), index))


def _index_put(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, values, indices, accumulate = args
    indices = _positions(indices)
    if any(a is not None and a.dtype.kind == "b" for a in indices):
        return _put_at_mask(level, (x, values, indices, accumulate))
    index, order = _advanced(level, indices)
    x = expanded(level, x)
    whole = [n for n, a in zip(x._array.shape, index) if a is None]
    block = np.broadcast_shapes(*[a.shape for a in index if a is not None])
    shape = (*block, *whole, *x._array.shape[len(index) :])
    one = (*[shape[p] for p in order], *shape[len(order) :])
    values = expand(aligned(level, values, len(one) - 1), one)
    return level.results(op(x, _permuted(values, inverse(order)), index, accumulate))


def _index_clear(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, indices = args
    zero = wrap(np.zeros((), x._array.dtype))
    indices = _positions(indices)
    if any(a is not None and a.dtype.kind == "b" for a in indices):
        return _put_at_mask(level, (x, zero, indices, False))
    index, _ = _advanced(level, indices)
    return level.results(op(expanded(level, x), index))


def _put_at_mask(level: Any, args: Sequence[Any]) -> Any:
    """Write at a mask what is the same for all places: a choice between two tensors."""
    x, values, indices, accumulate = args
    place, mask = next((i, a) for i, a in enumerate(indices) if a is not None)
    after = x._array.ndim - place - mask.ndim
    if values._array.ndim > after:
        raise RuntimeError(DYNAMIC_MASK)
    chosen = wrap(mask) if type(mask) is not Shadow else again(level, mask._tensor)
    chosen = chosen.reshape((*mask.shape, *(1,) * after))
    x, values = again(level, x), again(level, values)
    return where(chosen, x + values if accumulate else values, x)


def _convert(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, *rest = args
    return level.result_like(x, op(x._value, *rest))


def _over(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, source)``: `source` broadcasts to `x`, and takes its place."""
    x, source = args
    ndim = x._array.ndim
    return level.results(op(expanded(level, x), aligned(level, source, ndim)))


_NAMES = {sets.unique: "_unique2", sets.unique_dim: "unique_dim"}


def _of_unknown_shape(op: Operator, level: Any, args: Sequence[Any]) -> NoReturn:
    raise RuntimeError(
        "vmap: We do not support batching operators that can output dynamic shape. Attempted to "
        f"vmap over aten::{_NAMES.get(op, op.name)}. Please file an issue at "
        "https://github.com/pytorch/pytorch/issues if you need this feature."
    )


def _masked_select(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, mask = args
    if level.is_mapped(mask):
        raise RuntimeError(
            "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot "
            "support this because for each batch this would return a differently shaped Tensor. "
            "Please file an issue at https://github.com/pytorch/pytorch/issues if you need this "
            "feature."
        )
    y = op(stacked(level, x, max(x.ndim, mask.ndim)), level.value(mask))
    return level.results(reshape(y, (level.size, y._array.size // max(level.size, 1))))


def _masked_zeros(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, mask = args
    lead = max(mask.ndim - len(size), 0)
    flat = reshape(expanded(level, g), (level.size * g._array.size,))
    y = op(flat, (level.size, *(1,) * lead, *size), level.value(mask))
    return level.results(reshape(y, (level.size, *size)))


# -- one index for a whole slice -------------------------------------------------------------------


def _spread_index(level: Any, index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    """One index for slices along `dim` of tensors of `shape`, as one for each of their elements."""
    count = index._array.size
    value = expanded(level, index)
    value = reshape(value, (level.size, *[count if d == dim else 1 for d in range(len(shape))]))
    return expand(value, (level.size, *shape[:dim], count, *shape[dim + 1 :]))


def _index_select(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dim, index = args
    if not level.is_mapped(index) and x.ndim:
        return level.results(op(x._value, dim + 1, level.value(index)))
    at = _spread_index(level, index, dim, x._array.shape or (1,))
    y = gather.gather(_rows(level, x), dim + 1, at)
    return level.results(y if x.ndim else reshape(y, (level.size,)))


def _index_spread(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Sums of slices: the adjoint of index_select."""
    g, size, dim, index = args
    if not level.is_mapped(index) and size:
        return level.results(op(g._value, (level.size, *size), dim + 1, level.value(index)))
    at = _spread_index(level, index, dim, size or (1,))
    y = gather.scatter_sum(
        reshape(_examples(level, g), at.shape), (level.size, *(size or (1,))), dim + 1, at
    )
    return level.results(y if size else reshape(y, (level.size,)))


def _at_slices(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, dim, index, source, ...)`` whose index has one dimension."""
    x, dim, index, source, *rest = args
    if not level.is_mapped(index) and x.ndim and source.ndim == x.ndim:
        values = _examples(level, x), dim + 1, level.value(index), _examples(level, source)
        return level.results(op(*values, *rest))
    at = _spread_index(level, index, dim, x._array.shape or (1,))
    source = reshape(_examples(level, source), at.shape)
    if op is gather.index_add:
        y = gather.scatter_add(_rows(level, x), dim + 1, at, source * rest[0])
    elif op is scatter_reduce.index_reduce:
        y = scatter_reduce.scatter_reduce(_rows(level, x), dim + 1, at, source, *rest)
    else:
        y = gather.scatter(_rows(level, x), dim + 1, at, source)
    return level.results(y if x.ndim else reshape(y, (level.size,)))


def _fill_slices(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dim, index, value = args
    x = x if isinstance(x, Tensor) else wrap(x)  # a cotangent that is the same for all examples
    if not (level.is_mapped(index) or level.is_mapped(value)) and x.ndim:
        return level.results(op(_examples(level, x), dim + 1, *map(level.value, (index, value))))
    at = _spread_index(level, index, dim, x._array.shape or (1,))
    at = at + (at < 0) * (x._array.shape or (1,))[dim]  # filling takes negative ones
    if isinstance(value, Tensor):
        column = reshape(expanded(level, value), (level.size, *(1,) * (len(at.shape) - 1)))
        y = gather.scatter(_rows(level, x), dim + 1, at, expand(column, at.shape))
    else:
        y = gather.scatter_fill(_rows(level, x), dim + 1, at, value)
    return level.results(y if x.ndim else reshape(y, (level.size,)))


# -- where extremes were ---------------------------------------------------------------------------


def _placed(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, dim, keepdim, at = args
    if not size:
        return level.results(_examples(level, g))
    values = [_examples(level, a) for a in (g, at)]
    return level.results(op(values[0], (level.size, *size), dim + 1, keepdim, values[1]))


def _picked(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dim, keepdim, at = args
    if not x.ndim:
        return level.results(_examples(level, x))
    return level.results(op(_examples(level, x), dim + 1, keepdim, _examples(level, at)))


# -- sorted sequences ------------------------------------------------------------------------------


def _searchsorted(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    sequence, values, right, sorter, dtype = args
    mapped = level.is_mapped(sequence) or level.is_mapped(sorter)
    found = _examples(level, values)
    if sequence.ndim == 1 and not mapped:
        return level.results(op(level.value(sequence), found, right, level.value(sorter), dtype))
    rows = _examples(level, sequence)
    order = None if sorter is None else _examples(level, sorter)
    if sequence.ndim > 1:
        return level.results(op(rows, found, right, order, dtype))
    flat = reshape(found, (level.size, prod(found._array.shape[1:])))
    return level.results(reshape(op(rows, flat, right, order, dtype), found._array.shape))


RULES = {
    gather.index_select: _index_select,
    gather.spread: _index_spread,
    gather.index_add: _at_slices,
    gather.index_copy: _at_slices,
    scatter_reduce.index_reduce: _at_slices,
    gather.index_fill: _fill_slices,
    gather.index_fill_with: _fill_slices,
    peaks.placed: _placed,
    peaks.picked: _picked,
    sets.searchsorted: _searchsorted,
    masks.nonzero: _of_unknown_shape,
    masks.masked_select: _masked_select,
    masks.masked_zeros: _masked_zeros,
    sets.unique: _of_unknown_shape,
    sets.unique_dim: _of_unknown_shape,
    sets.unique_consecutive: _of_unknown_shape,
    indexing.index: _index,
    indexing.index_sum: _index_sum,
    indexing.index_put: _index_put,
    indexing.index_clear: _index_clear,
    shape.cat: _cat,
    shape.stack: _joined,
    gather.gather: _at_index,
    gather.scatter: _at_index,
    gather.scatter_add: _at_index,
    gather.scatter_fill: _at_index,
    gather.scatter_sum: _sum_at_index,
    scatter_reduce.scatter_reduce: _at_index,
    convert.detached: _convert,
    convert.clone: _convert,
    fitting.cast_to: _convert,
    convert.clone_in: _convert,
    convert.zero: _convert,
    convert.zeroed: _convert,
    convert.fill: _convert,
    convert.fill_inplace: _convert,
    convert.fill_with: _over,
    convert.fill_inplace_with: _over,
    convert.copy_over: _over,
}
