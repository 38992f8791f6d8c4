"""Batching of losses: element by element for all examples, then reduced in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight import dtypes
from rushlight.func.rules.aligning import expanded, stacked
from rushlight.ops import losses, margins
from rushlight.ops.fitting import expand
from rushlight.ops.gather import gather
from rushlight.ops.masking import where
from rushlight.ops.operator import Operator
from rushlight.ops.views import reshape
from rushlight.tensor import Tensor

__all__ = ["RULES"]


def _elements(level: Any, tensors: Sequence[Any]) -> list[Any]:
    """Values of one number of dimensions; numbers and None as they are."""
    ndim = max(t._array.ndim for t in tensors if isinstance(t, Tensor))
    return [stacked(level, t, ndim) if isinstance(t, Tensor) else t for t in tensors]


def _loss(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, target, ..., reduction)``."""
    *given, reduction = args
    y = level.batched(op(*_elements(level, given), "none"))
    return y if reduction == "none" else y.mean() if reduction == "mean" else y.sum()


def _slope(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(g, x, target, ..., reduction)``: each example's share of its own cotangent."""
    g, *given, reduction = args
    x, *rest = _elements(level, given)
    one = x[0].numel() if level.size else 1
    share = stacked(level, g, len(x.shape) - 1)
    if reduction == "mean":
        share = share / max(one, 1)
    return level.results(op(share.expand(x.shape), x, *rest, "none"))


# -- classes -------------------------------------------------------------------------------------


def _samples(level: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """All samples' targets, and each example's weights of its own."""
    t = expanded(level, target)
    t = reshape(t, (level.size, target._array.size))
    known = t != ignore_index
    if weight is None:
        weights = known.to(dtypes.get_default_dtype())
    else:
        looked_up = gather(expanded(level, weight), 1, where(known, t, 0))
        weights = where(known, looked_up, 0.0)
    return reshape(t, (level.size * target._array.size,)), weights


def _classes_last(x: Any, ndim: int) -> Any:
    """(B, N, C, ...) as (B, N, ..., C), where one example has `ndim` dimensions."""
    return x.movedim(2, -1) if ndim > 2 else x


def _nll(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, target, weight, ignore_index, reduction = args
    if not level.size:
        return level.loop(op, args)
    t, weights = _samples(level, target, weight, ignore_index)
    last = _classes_last(expanded(level, x), x._array.ndim)
    rows = last.reshape((t._array.size, last._array.shape[-1]))
    y = reshape(losses.nll(rows, t, None, ignore_index, "none")[0], weights._array.shape)
    if weight is not None:
        y = y * weights
    total = weights.sum(1).to(x.dtype)
    if reduction == "none":
        y = reshape(y, (level.size, *target._array.shape))
    else:
        y = y.sum(1) / total if reduction == "mean" else y.sum(1)
    return level.batched(y), level.batched(total)


def _nll_slope(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, shape, target, weight, ignore_index, reduction, _ = args
    if not level.size:
        return level.loop(op, args)
    t, weights = _samples(level, target, weight, ignore_index)
    share = expanded(level, g)
    if reduction == "mean":
        share = share / weights.sum(1).to(g.dtype)
    count = target._array.size
    share = share.reshape((level.size, count if reduction == "none" else 1))
    share = expand(share, (level.size, count))
    if weight is not None:
        share = share * weights
    classes = shape[1] if len(shape) > 1 else shape[0]
    rows = (level.size * count, classes)
    found = op(share.reshape((rows[0],)), rows, t, None, ignore_index, "none", 1.0)
    if len(shape) > 2:
        found = reshape(found, (level.size, shape[0], *shape[2:], classes)).movedim(-1, 2)
        return level.results(found)
    return level.results(reshape(found, (level.size, *shape)))


RULES: dict[Operator, Any] = {
    **dict.fromkeys(
        (
            losses.mse,
            margins.soft_margin,
            *losses.l1.values(),
            *losses.kl_div.values(),
            losses.smooth_l1,
            losses.huber,
            losses.bce,
            losses.bce_with_logits,
        ),
        _loss,
    ),
    losses.nll: _nll,
    losses.nll_2d: _nll,
    losses.nll_backward: _nll_slope,
    **dict.fromkeys(
        (
            losses.mse_backward,
            losses.l1_backward,
            losses.smooth_l1_backward,
            losses.huber_backward,
            losses.bce_backward,
            losses.bce_with_logits_backward,
        ),
        _slope,
    ),
}
