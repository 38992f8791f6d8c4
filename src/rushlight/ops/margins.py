"""Losses of margins: soft_margin_loss, multi_margin_loss, multilabel_margin_loss.

The last two give a loss for each row of classes. Their slopes are Operators of the same shape as
the input, linear in the cotangent; what bends is a square at most, so nothing lies beyond.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import margins as kernels
from rushlight.kernels.reduction import ratio
from rushlight.ops.declare import general, linear
from rushlight.ops.elementary import sigmoid
from rushlight.ops.losses import share
from rushlight.ops.masking import zeroed
from rushlight.ops.operator import Operator

__all__ = ["multi_margin", "multilabel_margin", "soft_margin"]


def settled(losses: Any, shape: tuple[int, ...], reduction: str) -> Any:
    """Reduce an array of losses; unreduced they have `shape`."""
    if reduction == "none":
        return losses.reshape(shape)
    total = float(np.add.reduce(losses, axis=None, dtype=np.float64))
    value = ratio(total, losses.size) if reduction == "mean" else total
    return np.asarray(value, losses.dtype)


def _rows(x: Any) -> Any:
    return x.reshape(-1, x.shape[-1]) if x.ndim else x.reshape(1, 1)


def _by_row(g: Any, x_shape: tuple[int, ...], reduction: str) -> Any:
    """The share of a cotangent that each element of a row is multiplied by."""
    part = share(g, x_shape[:-1], reduction)
    return part[..., None] if x_shape and reduction == "none" else part


# -- signs -------------------------------------------------------------------------------------


def _soft_margin(x: Any, target: Any, reduction: str) -> Any:
    return settled(kernels.soft_margin(x, target), x.shape, reduction)


soft_margin = general(
    "soft_margin_loss",
    _soft_margin,
    x=lambda g, x, target, reduction: (
        -share(g, x.shape, reduction) * target * sigmoid(-(x * target))
    ),
)

# -- one class a row ---------------------------------------------------------------------------


def _multi_margin(x: Any, target: Any, p: int, margin: float, weight: Any, reduction: str) -> Any:
    losses = kernels.multi_margin(_rows(x), target.reshape(-1), p, margin, weight)
    return settled(losses, x.shape[:-1], reduction)


def _slope(x: Any, target: Any, p: int, margin: float, weight: Any) -> Any:
    slope = kernels.multi_margin_slope(_rows(x), target.reshape(-1), p, margin, weight)
    return slope.reshape(x.shape)


def _bend(v: Any, x: Any, target: Any, p: int, margin: float, weight: Any) -> Any:
    rows = (_rows(v), _rows(x), target.reshape(-1))
    return kernels.multi_margin_bend(*rows, p, margin, weight).reshape(x.shape)


multi_margin = general(
    "multi_margin_loss",
    _multi_margin,
    x=lambda g, x, target, p, margin, weight, reduction: (
        _by_row(g, x.shape, reduction) * multi_margin_slope(x, target, p, margin, weight)
    ),
)
multi_margin_slope: Operator = general(
    "multi_margin_loss_backward",
    _slope,
    x=lambda h, x, target, p, margin, weight: multi_margin_bend(h, x, target, p, margin, weight),
)
multi_margin_bend: Operator = linear(
    "multi_margin_loss_bend",
    _bend,
    v=lambda h, x, target, p, margin, weight: multi_margin_bend(h, x, target, p, margin, weight),
)

# -- several classes a row ---------------------------------------------------------------------


def _multilabel_margin(x: Any, target: Any, reduction: str) -> Any:
    losses = kernels.multilabel_margin(_rows(x), _rows(target))
    return settled(losses, x.shape[:-1], reduction)


multilabel_margin_slope: Operator = general(
    "multilabel_margin_loss_backward",
    lambda x, target: kernels.multilabel_margin_slope(_rows(x), _rows(target)).reshape(x.shape),
    x=lambda h: zeroed(h),
)
multilabel_margin = general(
    "multilabel_margin_loss",
    _multilabel_margin,
    x=lambda g, x, target, reduction: (
        _by_row(g, x.shape, reduction) * multilabel_margin_slope(x, target)
    ),
)
