"""Losses between an input and a target of its shape.

``f(x, target, params, reduction)`` gives the loss, ``f_backward(g, x, target, params, reduction)``
the cotangent of x; g has the loss's shape. Where the loss depends on x - target alone, the
target's cotangent is minus that of x; the others have a ``f_target_backward``. With r = g / size
for "mean" and g otherwise, the formula in a docstring is the cotangent per element.
"""

from __future__ import annotations

import numpy as np

from rushlight.kernels.activation import logsigmoid, sigmoid
from rushlight.kernels.blocks import FEW, HALF, ONE, ZERO, Array, PerDtype, owned
from rushlight.kernels.reduction import pulled, reduced

_FLOOR = PerDtype(-100.0)
_LEAST = PerDtype(float(np.float32(1e-12)))  # a float32 in PyTorch, for doubles too


def mse(x: Array, target: Array, reduction: str = "mean") -> Array:
    """(x - target)²."""
    return reduced(_square, (x, target), (), reduction)


def mse_backward(g: Array, x: Array, target: Array, reduction: str = "mean") -> Array:
    """2 · r · (x - target)."""
    return pulled(_difference, g, (x, target), (), reduction, None, 2.0)


def _difference(x: Array, target: Array, out: Array | None = None) -> Array:
    difference: Array = np.subtract(x, target, out=owned(x, out))
    return difference


def _square(x: Array, target: Array, out: Array | None = None) -> Array:
    d = _difference(x, target, out)
    return np.multiply(d, d, out=d)


def l1(x: Array, target: Array, reduction: str = "mean") -> Array:
    """|x - target|."""
    return reduced(_distance, (x, target), (), reduction)


def l1_backward(g: Array, x: Array, target: Array, reduction: str = "mean") -> Array:
    """r · sign(x - target), 0 for nan."""
    return pulled(_direction, g, (x, target), (), reduction)


def _distance(x: Array, target: Array, out: Array | None = None) -> Array:
    d = _difference(x, target, out)
    return np.abs(d, out=d)


def _direction(x: Array, target: Array, out: Array | None = None) -> Array:
    d = _difference(x, target, out)
    # np.sign has a branch for each element, of which random signs mispredict half.
    above, below = np.greater(d, ZERO[d.dtype]), np.less(d, ZERO[d.dtype])
    np.copyto(d, np.subtract(above.view(np.int8), below.view(np.int8)))
    return d


def check_beta(beta: float, *others: str) -> None:
    """Raise RuntimeError for a negative ``beta`` of `smooth_l1`."""
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")


def smooth_l1(x: Array, target: Array, beta: float = 1.0, reduction: str = "mean") -> Array:
    """d²/(2·beta) for a distance d below ``beta``, else d - beta/2."""
    check_beta(beta)
    if beta == 0:
        return l1(x, target, reduction)
    return reduced(_rounded, (x, target), (beta, beta), reduction)


def smooth_l1_backward(
    g: Array, x: Array, target: Array, beta: float = 1.0, reduction: str = "mean"
) -> Array:
    """r · (x - target) / beta, at most r in size."""
    if beta == 0:
        return l1_backward(g, x, target, reduction)
    return pulled(_ramp, g, (x, target), (beta,), reduction)


def _ramp(x: Array, target: Array, beta: float, out: Array | None = None) -> Array:
    d = _difference(x, target, out)
    if beta != 1.0:
        np.divide(d, beta, out=d)
    return _cut(d, 1.0)


def _cut(d: Array, bound: float) -> Array:
    """d cut to -bound … bound, in place.

    With one number `maximum` and `minimum` take 0.37 ns an element on some processors; clip takes
    0.12 for both, and 1 µs more a call.
    """
    if d.size > FEW:
        return d.clip(-bound, bound, out=d)
    np.maximum(d, -bound, out=d)
    return np.minimum(d, bound, out=d)


def check_delta(delta: float, *others: str) -> None:
    """Raise RuntimeError for a ``delta`` of `huber` that is not positive."""
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")


def huber(x: Array, target: Array, delta: float = 1.0, reduction: str = "mean") -> Array:
    """d²/2 for a distance d below ``delta``, else delta·(d - delta/2)."""
    check_delta(delta)
    return reduced(_rounded, (x, target), (delta, 1.0), reduction)


def huber_backward(
    g: Array, x: Array, target: Array, delta: float = 1.0, reduction: str = "mean"
) -> Array:
    """r · (x - target), at most r · delta in size."""
    return pulled(_clipped, g, (x, target), (delta,), reduction)


def _clipped(x: Array, target: Array, delta: float, out: Array | None = None) -> Array:
    d = _difference(x, target, out)
    return _cut(d, delta)


def _rounded(x: Array, target: Array, bend: float, scale: float, out: Array | None = None) -> Array:
    """m·(d - m/2)/scale with m = min(d, bend): both branches, and no branch."""
    d = _distance(x, target, out)
    m: Array = d.clip(0.0, bend) if d.size > FEW else np.minimum(d, bend, out=owned(d, None))
    np.subtract(d, np.multiply(m, HALF[m.dtype]), out=d)
    np.multiply(d, m, out=d)
    return d if scale == 1.0 else np.divide(d, scale, out=d)


def bce(x: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """-weight · (target·log x + (1 - target)·log(1 - x)), the logarithms at least -100.

    Raises RuntimeError where input or target is not between 0 and 1.
    """
    _within(x, "input")
    _within(target, "target")
    return reduced(_surprise, (x, target), (), reduction, weight)


def bce_backward(
    g: Array, x: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """r · weight · (x - target) / max(x·(1 - x), 1e-12)."""
    return pulled(_surprise_slope, g, (x, target), (), reduction, weight)


def _surprise(x: Array, target: Array, out: Array | None = None) -> Array:
    dtype = x.dtype
    absent: Array = np.negative(x, out=owned(x, out))
    np.log1p(absent, out=absent)
    np.maximum(absent, _FLOOR[dtype], out=absent)
    np.multiply(absent, np.subtract(target, ONE[dtype]), out=absent)
    present: Array = np.log(x, out=owned(x, None))
    np.maximum(present, _FLOOR[dtype], out=present)
    np.multiply(present, target, out=present)
    return np.subtract(absent, present, out=absent)


def _surprise_slope(x: Array, target: Array, out: Array | None = None) -> Array:
    spread: Array = np.subtract(ONE[x.dtype], x, out=owned(x, None))
    np.multiply(spread, x, out=spread)
    np.maximum(spread, _LEAST[x.dtype], out=spread)
    slope = _difference(x, target, out)
    return np.divide(slope, spread, out=slope)


def _within(x: Array, name: str) -> None:
    """Refuse values outside [0, 1], nan among them; argmin and argmax find nan first."""
    flat = x.reshape(-1)
    if flat.size and not (flat.item(flat.argmin()) >= 0 and flat.item(flat.argmax()) <= 1):
        raise RuntimeError(f"all elements of {name} should be between 0 and 1")


def bce_with_logits(
    x: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """weight · ((1 - target)·x - v·log sigmoid(x)), v = 1 + (pos_weight - 1)·target.

    ``weight`` and ``pos_weight`` have, or broadcast to, the shape of x.
    """
    return reduced(_logit, _and(pos_weight, x, target), (), reduction, weight)


def bce_with_logits_backward(
    g: Array,
    x: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """r · weight · ((1 - target + p)·sigmoid(x) - p), p = pos_weight·target (or target)."""
    return pulled(_logit_slope, g, _and(pos_weight, x, target), (), reduction, weight)


def _and(extra: Array | None, *arrays: Array) -> tuple[Array, ...]:
    """The arrays, and one more where there is one."""
    if extra is None:
        return arrays
    return (*arrays, np.broadcast_to(extra, arrays[0].shape))


def _logit(
    x: Array, target: Array, pos_weight: Array | None = None, out: Array | None = None
) -> Array:
    one = ONE[x.dtype]
    loss: Array = np.subtract(one, target, out=owned(x, out))
    np.multiply(loss, x, out=loss)
    logs = logsigmoid(x)
    if pos_weight is not None:
        by: Array = np.subtract(pos_weight, one, out=owned(x, None))
        np.multiply(by, target, out=by)
        np.add(by, one, out=by)
        np.multiply(logs, by, out=logs)
    return np.subtract(loss, logs, out=loss)


def _logit_slope(
    x: Array, target: Array, pos_weight: Array | None = None, out: Array | None = None
) -> Array:
    slope = sigmoid(x, out=out)
    if pos_weight is None:
        return np.subtract(slope, target, out=slope)
    positive: Array = np.multiply(pos_weight, target, out=owned(x, None))
    both: Array = np.add(positive, ONE[x.dtype], out=owned(x, None))
    np.multiply(slope, np.subtract(both, target, out=both), out=slope)
    return np.subtract(slope, positive, out=slope)


def kl_div(x: Array, target: Array, log_target: bool = False, reduction: str = "mean") -> Array:
    """target·(log target - x), 0·log 0 being 0; the target may be given as its logarithm."""
    return reduced(_divergence_log if log_target else _divergence, (x, target), (), reduction)


def _exponential(x: Array, out: Array | None = None) -> Array:
    y: Array = np.exp(x, out=owned(x, out))
    return y


def _divergence(x: Array, target: Array, out: Array | None = None) -> Array:
    loss: Array = np.log(target, out=owned(x, out))
    np.multiply(loss, target, out=loss)
    np.putmask(loss, np.equal(target, ZERO[x.dtype]), ZERO[x.dtype])
    return np.subtract(loss, np.multiply(target, x), out=loss)


def _divergence_log(x: Array, target: Array, out: Array | None = None) -> Array:
    loss = _exponential(target, out)
    return np.multiply(loss, np.subtract(target, x), out=loss)
