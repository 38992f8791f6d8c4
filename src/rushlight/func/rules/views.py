"""Batching of views: the same view of every example is a view of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from rushlight.func.rules.aligning import aligned, expanded, shifted, with_columns
from rushlight.kernels.strides import element_strides, reach
from rushlight.ops import (
    complexes,
    fitting,
    pairs,
    rearrange,
    shape,
    strided,
    view_copies,
    views,
)
from rushlight.ops.operator import Operator

__all__ = ["RULES"]


def as_it_is(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For an Operator of one tensor that a dimension more in front makes no difference to."""
    x, *rest = args
    return level.results(op(x._value, *rest))


def along_dims(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, dims, ...)`` that works along the dimensions it is told, and no others."""
    x, dims, *rest = args
    return level.results(op(x._value, tuple([shifted(d) for d in dims]), *rest))


def _sized(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For an Operator that is told the size of its result."""
    x, size = args
    return level.results(op(x._value, (level.size, *size)))


def _indexed(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, index = args
    return level.results(op(x._value, in_front(index)))


def in_front(index: Any) -> tuple[Any, ...]:
    """A basic index of one example as one of all of them."""
    return (slice(None), *(index if type(index) is tuple else (index,)))


def _transpose(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dim0, dim1 = args
    return level.results(op(x._value, shifted(dim0), shifted(dim1)))


def _permute(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dims = args
    return level.results(op(x._value, (0, *[shifted(d) for d in dims])))


def _reverse(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    (x,) = args
    return level.results(views.permute(x._value, (0, *range(x._array.ndim, 0, -1))))


def _alias(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    return level.result_like(args[0], views.alias(args[0]._value))


def _expand(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, size = args
    return level.results(op(aligned(level, x, len(size)), (level.size, *size)))


def _unfold(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dim, *rest = args
    if x._array.ndim == 0:  # a vector of one element, cut off
        return level.results(with_columns(level, x._value)[:, : rest[0]])
    return level.results(op(x._value, shifted(dim), *rest))


def _along_last(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, ..., dim)``."""
    x, *rest, dim = args
    return level.results(op(x._value, *rest, shifted(dim)))


def _diagonal(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, offset, dim1, dim2 = args
    return level.results(op(x._value, offset, shifted(dim1), shifted(dim2)))


def _diagonal_zeros(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, offset, dim1, dim2 = args
    value = expanded(level, g)
    return level.results(op(value, (level.size, *size), offset, shifted(dim1), shifted(dim2)))


def _diagonal_scatter(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, source, offset, dim1, dim2 = args
    values = expanded(level, x), expanded(level, source)
    return level.results(op(*values, offset, shifted(dim1), shifted(dim2)))


def _unfold_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, dim, *rest = args
    if not size:
        return level.results(g._value.sum(1))
    return level.results(op(g._value, (level.size, *size), shifted(dim), *rest))


def _as_strided(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, size, stride, offset, _ = args
    values = x._value._array
    step = element_strides(values)[0]
    whole = None if values.flags.c_contiguous else element_strides(values)
    return level.results(op(x._value, (level.size, *size), (step, *stride), offset, whole))


def _roomy(level: Any, shape: Any, geometry: Sequence[Any]) -> Any:
    """A view's geometry in all examples, each with the room of one of `shape`.

    That is how as_strided's companions read a tensor: as if it lay like some other. None where the
    view reaches beyond.
    """
    size, stride, offset, layout = geometry
    room = prod(shape) if layout is None else reach(shape, layout)
    if offset < 0 or offset + reach(size, stride) > room:
        return None
    whole = None if layout is None else (room, *layout)
    return (level.size, *size), (room, *stride), offset, whole


def _strided(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For tensors of which the first is read, or written, as its geometry says."""
    *tensors, size, stride, offset, layout = args
    geometry = _roomy(level, args[0]._array.shape, (size, stride, offset, layout))
    if geometry is None:
        return level.loop(op, args)
    return level.results(op(*[expanded(level, a) for a in tensors], *geometry))


def _scatter_strided(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, base_shape, *own = args
    geometry = _roomy(level, base_shape, own)
    if geometry is None:
        return level.loop(op, args)
    return level.results(op(g._value, (level.size, *base_shape), *geometry))


def _place(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, index = args
    return level.results(op(g._value, (level.size, *size), in_front(index)))


def _placed(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, source, index = args
    return level.results(op(expanded(level, x), expanded(level, source), in_front(index)))


RULES = {
    views.reshape: _sized,
    views.reshape_alias: _sized,
    views.unsafe_view: _sized,
    views.squeeze: _sized,
    views.squeeze_dim: _sized,
    views.squeeze_dims: _sized,
    views.unsqueeze: _sized,
    views.transpose: _transpose,
    views.t: _reverse,
    views.reverse: _reverse,
    views.matrix_transpose: as_it_is,
    views.transpose_scalar: _alias,
    views.permute: _permute,
    views.alias: _alias,
    views.select: _indexed,
    views.slice_: _indexed,
    views.index_alias: _indexed,
    views.index_unsqueeze: _indexed,
    views.cleared: _indexed,
    fitting.expand: _expand,
    strided.as_strided: _as_strided,
    strided.gather_strided: _strided,
    strided.replace_strided: _strided,
    strided.scatter_strided: _scatter_strided,
    view_copies.detach_copy: as_it_is,
    views.place: _place,
    views.select_scatter: _placed,
    views.slice_scatter: _placed,
    shape.split: _along_last,
    shape.split_with_sizes: _along_last,
    shape.unbind: _along_last,
    rearrange.diagonal: _diagonal,
    rearrange.diagonal_copy: _diagonal,
    rearrange.diagonal_clear: _diagonal,
    rearrange.diag_embed: _diagonal,
    rearrange.diagonal_zeros: _diagonal_zeros,
    rearrange.diagonal_scatter: _diagonal_scatter,
    rearrange.unfold: _unfold,
    rearrange.unfold_backward: _unfold_backward,
    complexes.conj: as_it_is,
    complexes.conj_physical: as_it_is,
    complexes.neg_view: as_it_is,
    pairs.view_as_real: as_it_is,
    pairs.view_as_complex: as_it_is,
}
