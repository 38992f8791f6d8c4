"""Batching of losses: element by element for all examples, then reduced in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight import dtypes
from rushlight.func.rules.aligning import expanded, stacked
from rushlight.ops import losses, margins
from rushlight.ops.fitting import expand
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
    """All samples' targets, and the weights of each example's samples, summed."""
    t = expanded(level, target)
    t = reshape(t, (level.size, target._array.size))
    known = t != ignore_index
    if weight is None:
        weights = known.to(dtypes.get_default_dtype())
    else:
        weights = where(known, level.value(weight)[where(known, t, 0)], 0.0)
    return reshape(t, (level.size * target._array.size,)), weights.sum(1)


def _nll(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, target, weight, ignore_index, reduction = args
    if level.is_mapped(weight) or x._array.ndim > 2 or not level.size:
        return level.loop(op, args)
    t, total = _samples(level, target, weight, ignore_index)
    rows = reshape(expanded(level, x), (t._array.size, x._array.shape[-1]))
    y, _ = op(rows, t, level.value(weight), ignore_index, "none")
    y = reshape(y, (level.size, *target._array.shape))
    if reduction != "none" and target._array.ndim:
        y = y.sum(1)
    total = total.to(x.dtype)
    return level.batched(y / total if reduction == "mean" else y), level.batched(total)


def _nll_slope(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, shape, target, weight, ignore_index, reduction, _ = args
    if level.is_mapped(weight) or len(shape) > 2 or not level.size:
        return level.loop(op, args)
    t, weights = _samples(level, target, weight, ignore_index)
    share = expanded(level, g)
    if reduction == "mean":
        share = share / weights.to(g.dtype)
    if target._array.ndim and reduction != "none":
        share = expand(share.unsqueeze(1), (level.size, *target._array.shape))
    rows = (t._array.size, shape[-1])
    found = op(share.reshape((rows[0],)), rows, t, level.value(weight), ignore_index, "none", 1.0)
    return level.results(reshape(found, (level.size, *shape)))


RULES: dict[Operator, Any] = {
    **dict.fromkeys(
        (
            losses.mse,
            margins.soft_margin,
            *losses.l1.values(),
            losses.smooth_l1,
            losses.huber,
            losses.bce,
            losses.bce_with_logits,
        ),
        _loss,
    ),
    losses.nll: _nll,
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
