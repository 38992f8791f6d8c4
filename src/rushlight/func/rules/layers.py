"""Batching of layers and losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from rushlight.func.rules.aligning import again, expanded, stacked, together
from rushlight.ops import (
    attention,
    conv,
    embedding,
    fold,
    gather,
    interpolate,
    losses,
    norm,
    padding,
    pool,
)
from rushlight.ops.fitting import cast_to
from rushlight.ops.masking import where
from rushlight.ops.operator import Operator
from rushlight.ops.views import reshape, transpose
from rushlight.tensor import wrap

__all__ = ["RULES"]

# -- the examples among the samples of a layer's batch, or among its channels --------------------


def _folded(level: Any, t: Any) -> Any:
    """(B, N, ...) as (B N, ...): where nothing but the input differs between examples."""
    value = expanded(level, t)
    shape = value._array.shape
    return reshape(value, (shape[0] * shape[1], *shape[2:]))


def _unfolded(level: Any, value: Any) -> Any:
    """(B N, ...) as (B, N, ...)."""
    shape = value._array.shape
    return level.batched(reshape(value, (level.size, shape[0] // level.size, *shape[1:])))


def _as_channels(level: Any, t: Any) -> Any:
    """(B, N, C, ...) as (N, B C, ...): where what belongs to channels differs too."""
    value = transpose(expanded(level, t), 0, 1)
    n, b, c, *rest = value._array.shape
    return reshape(value, (n, b * c, *rest))


def _of_channels(level: Any, t: Any) -> Any:
    """(B, C) as (B C), and None as it is."""
    if t is None:
        return None
    value = expanded(level, t)
    b, c = value._array.shape[:2]
    return reshape(value, (b * c, *value._array.shape[2:]))


def _from_channels(level: Any, value: Any) -> Any:
    """(N, B C, ...) as (B, N, C, ...)."""
    n, bc, *rest = value._array.shape
    split = reshape(value, (n, level.size, bc // level.size, *rest))
    return level.batched(transpose(split, 0, 1))


def _each_channel(level: Any, value: Any) -> Any:
    """(B C) as (B, C)."""
    return level.batched(reshape(value, (level.size, value._array.shape[0] // level.size)))


def _sized(place: int) -> Callable[..., Any]:
    """As `together`, where argument `place` is the shape of the result."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        given = list(args)
        given[place] = (level.size, *args[place])
        return together(op, level, given)

    return rule


def _of_images(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For an Operator of (N, C, ...) that the examples are more images for."""
    x, *options = args
    return _unfolded(level, op(_folded(level, x), *options))


# -- normalisation -------------------------------------------------------------------------------


def _batch_norm(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, weight, bias, mean, var, *options = args
    if any(t is not None and not level.is_mapped(t) for t in (mean, var)):
        raise RuntimeError(
            "Batch norm got a batched tensor as input while the running_mean or running_var, which "
            "will be updated in place, were not batched.\nIf you are using a module and do not "
            "need eval mode, please set `track_running_stats` to be False.If you are using a "
            "prebuilt module and do not need eval mode, please see the functorch website for "
            "resources on how to patch your module to work with vmap"
        )
    y, m, rstd = op(
        _as_channels(level, x),
        *[_of_channels(level, t) for t in (weight, bias, mean, var)],
        *options,
    )
    return _from_channels(level, y), _each_channel(level, m), _each_channel(level, rstd)


def _batch_norm_eval(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, *tensors, eps = args
    y = op(_as_channels(level, x), *[_of_channels(level, t) for t in tensors], eps)
    return _from_channels(level, y)


def _batch_norm_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, x, weight, mean, rstd, eps = args
    gx, gw, gb = op(
        _as_channels(level, g),
        _as_channels(level, x),
        *[_of_channels(level, t) for t in (weight, mean, rstd)],
        eps,
    )
    return _from_channels(level, gx), _each_channel(level, gw), _each_channel(level, gb)


def _layer_norm(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Without weight and bias for the rows of all examples; where these differ, then with them."""
    x, dims, weight, bias, eps = args
    alike = not (level.is_mapped(weight) or level.is_mapped(bias))
    if not alike and x.dtype.itemsize < 4:  # rounded once
        return level.loop(op, args)
    scale = (level.value(weight), level.value(bias)) if alike else (None, None)
    value, mean, rstd = op(expanded(level, x), dims, *scale, eps)
    y = level.batched(value)
    if not alike:
        y = y if weight is None else y * again(level, weight)
        y = y if bias is None else y + again(level, bias)
        y = cast_to(y, value._array.dtype)
    return y, _rows(level, mean), _rows(level, rstd)


def _rows(level: Any, value: Any) -> Any:
    """(B rows, 1) as (B, rows, 1)."""
    rows = value._array.shape[0] // max(level.size, 1)
    return level.batched(reshape(value, (level.size, rows, *value._array.shape[1:])))


def _layer_norm_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """The input's cotangent for all rows at once; the weight's and the bias' for each example."""
    g, x, weight, mean, rstd, dims, eps = args
    if x.dtype.itemsize < 4:
        return level.loop(op, args)
    g, x, mean, rstd = [again(level, t) for t in (g, x, mean, rstd)]
    inner = g if weight is None else cast_to(g * again(level, weight), g._array.dtype)
    stats = [_folded(level, t) for t in (mean, rstd)]
    gx, _, _ = op(expanded(level, inner), expanded(level, x), None, *stats, dims, eps)
    shape = tuple(x.shape)[x.dim() - dims :]
    rows = (mean._array.shape[0], prod(shape))
    scaled = (x.reshape(rows) - mean.reshape((rows[0], 1))) * rstd.reshape((rows[0], 1))
    gw = (g.reshape(rows) * scaled).sum(0).reshape(shape)
    return level.batched(gx), gw, g.reshape(rows).sum(0).reshape(shape)


# -- convolutions and tables ---------------------------------------------------------------------


def _conv(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, w, bias, *options, groups = args
    if not (level.is_mapped(w) or level.is_mapped(bias)):
        y = op(_folded(level, x), *map(level.value, (w, bias)), *options, groups)
        return _unfolded(level, y)
    y = op(
        _as_channels(level, x),
        _of_channels(level, w),
        _of_channels(level, bias),
        *options,
        groups * level.size,
    )
    return _from_channels(level, y)


def _conv_input(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, w, shape, *options, groups = args
    n, c, *rest = shape
    b = level.size
    if not level.is_mapped(w):
        x = op(_folded(level, g), level.value(w), (b * n, c, *rest), *options, groups)
        return _unfolded(level, x)
    channels = _as_channels(level, g), _of_channels(level, w)
    return _from_channels(level, op(*channels, (n, b * c, *rest), *options, groups * b))


def _conv_weight(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, x, shape, *options, groups = args
    channels = _as_channels(level, g), _as_channels(level, x)
    b = level.size
    w = op(*channels, (b * shape[0], *shape[1:]), *options, groups * b)
    return _unfolded(level, w)


def _embedding(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    weight, index, padding_idx, by_frequency = args
    if not level.is_mapped(weight):
        return level.results(op(level.value(weight), level.value(index), padding_idx, by_frequency))
    rows = weight._array.shape[0]
    places = expanded(level, index)
    at = where((places >= 0) & (places < rows), _counted_on(level, places, rows), -1)
    y = op(_folded(level, weight), at, -1, by_frequency)
    if padding_idx >= 0:  # a row of each table
        y = where((places == padding_idx).unsqueeze(-1), y.detach(), y)
    return level.results(y)


def _counted_on(level: Any, places: Any, rows: int) -> Any:
    """Indices into tables of so many rows, where the examples' tables lie below each other."""
    starts = wrap(np.arange(level.size) * rows)
    return places + reshape(starts, (level.size, *(1,) * (places.ndim - 1)))


def _embedding_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size, index, padding_idx, by_frequency = args
    rows, width = size
    at = _counted_on(level, expanded(level, index), rows)
    y = op(expanded(level, g), (level.size * rows, width), at, -1, by_frequency)
    y = reshape(y, (level.size, rows, width))
    if padding_idx >= 0:
        y = gather.index_fill(y, 1, wrap(np.array([padding_idx])), 0)
    return level.results(y)


def _not_padding(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    index, padding_idx, like = args
    kept = op(level.value(index), padding_idx, level.value(like))
    return level.results(kept, mapped=level.is_mapped(index))


def _one_hot(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    index, num_classes = args
    if num_classes < 0:
        raise RuntimeError(
            "When vmap-ing torch.nn.functional.one_hot, please provide an explicit positive "
            "num_classes argument."
        )
    return level.results(op(index._value, num_classes))


def _attention(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """The examples are one more dimension in front, where all operands have as many."""
    *operands, causal, scale = args
    ndim = max(t._array.ndim for t in operands if t is not None)
    values = [t if t is None else stacked(level, t, ndim) for t in operands]
    return level.results(op(*values, causal, scale))


# -- groups --------------------------------------------------------------------------------------


def _group_norm(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, groups, weight, bias, eps = args
    alike = not (level.is_mapped(weight) or level.is_mapped(bias))
    if not level.size or (not alike and x.dtype.itemsize < 4):  # rounded once
        return level.loop(op, args)
    scale = (level.value(weight), level.value(bias)) if alike else (None, None)
    value, mean, rstd = op(_folded(level, x), groups, *scale, eps)
    y = _unfolded(level, value)
    if not alike:
        shape = (-1, *(1,) * (x.ndim - 2))
        y = y if weight is None else y * again(level, weight).reshape(shape)
        y = y if bias is None else y + again(level, bias).reshape(shape)
    return y, _rows(level, mean), _rows(level, rstd)


def _group_norm_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """The input's cotangent for all images at once; the weight's and the bias' for each example."""
    g, x, weight, mean, rstd, groups, eps = args
    if not level.size or x.dtype.itemsize < 4:
        return level.loop(op, args)
    g, x, mean, rstd = [again(level, t) for t in (g, x, mean, rstd)]
    count, channels, *inner = x.shape
    inner_dims = (1,) * len(inner)
    inside = g if weight is None else g * again(level, weight).reshape((channels, *inner_dims))
    stats = [_folded(level, t) for t in (mean, rstd)]
    gx, _, _ = op(_folded(level, inside), _folded(level, x), None, *stats, groups, eps)
    form = (count, groups, prod((channels, *inner)) // groups)
    at = (count, groups, 1)
    h = (x.reshape(form) - mean.reshape(at)) * rstd.reshape(at)
    over = (0, *range(2, 2 + len(inner)))
    gw = (g * h.reshape(x.shape)).sum(over)
    return _unfolded(level, gx), gw, g.sum(over)


def _rms_norm(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, dims, weight, eps = args
    alike = not level.is_mapped(weight)
    if not alike and x.dtype.itemsize < 4:
        return level.loop(op, args)
    value, rstd = op(expanded(level, x), dims, level.value(weight) if alike else None, eps)
    y = level.batched(value)
    return y if alike else y * again(level, weight), _rows(level, rstd)


def _rms_norm_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, x, weight, rstd, dims, eps = args
    if x.dtype.itemsize < 4:
        return level.loop(op, args)
    g, x, rstd = [again(level, t) for t in (g, x, rstd)]
    inside = g if weight is None else g * again(level, weight)
    gx, _ = op(expanded(level, inside), expanded(level, x), None, _folded(level, rstd), dims, eps)
    shape = tuple(x.shape)[x.ndim - dims :]
    rows = (rstd._array.shape[0], prod(shape))
    gw = (g.reshape(rows) * x.reshape(rows) * rstd.reshape((rows[0], 1))).sum(0)
    return level.batched(gx), gw.reshape(shape)


RULES: dict[Operator, Callable[..., Any]] = {
    conv.conv: _conv,
    conv.conv_transpose: _conv,
    conv.conv_input: _conv_input,
    conv.conv_weight: _conv_weight,
    norm.batch_norm: _batch_norm,
    norm.batch_norm_eval: _batch_norm_eval,
    norm.batch_norm_backward: _batch_norm_backward,
    norm.layer_norm: _layer_norm,
    norm.layer_norm_backward: _layer_norm_backward,
    embedding.embedding: _embedding,
    **dict.fromkeys(attention.attention.values(), _attention),
    embedding.embedding_dense_backward: _embedding_backward,
    embedding.not_padding: _not_padding,
    embedding.one_hot: _one_hot,
    norm.group_norm: _group_norm,
    norm.group_norm_backward: _group_norm_backward,
    norm.rms_norm: _rms_norm,
    norm.rms_norm_backward: _rms_norm_backward,
    **dict.fromkeys(
        (
            padding.constant_pad,
            *padding.edge_pad.values(),
            *pool.max_pool.values(),
            pool.max_pool_backward,
            pool.max_pool_gather,
            pool.max_pool_indices,
            pool.gather_planes,
            *pool.avg_pool.values(),
            pool.avg_pool_backward,
            *pool.adaptive_max_pool.values(),
            *pool.adaptive_avg_pool.values(),
            *interpolate.interpolate.values(),
            *interpolate.smooth.values(),
            fold.im2col,
            fold.col2im,
            fold.pixel_shuffle,
            fold.pixel_unshuffle,
            losses.divided,
        ),
        together,
    ),
    **dict.fromkeys(
        (
            padding.edge_pad_backward,
            pool.adaptive_avg_pool_backward,
            interpolate.interpolate_backward,
        ),
        _sized(1),
    ),
    **dict.fromkeys((pool.scatter_planes, *pool.unpool.values()), _sized(2)),
    fold.channel_shuffle: _of_images,
}
