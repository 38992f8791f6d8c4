"""Losses that ask for a margin between the right classes and the wrong ones.

Input (N, C); rows of losses come back as (N,), rows of slopes as (N, C). PyTorch reduces them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rushlight.kernels.blocks import Array, owned


def multi_margin(x: Array, target: Array, p: int, margin: float, weight: Array | None) -> Array:
    """Σ_j≠t max(0, margin - x[t] + x[j])^p · w[t] / C of each row, t its target class."""
    short = _shortfall(x, target, margin)
    if p == 2:
        np.multiply(short, short, out=short)
    losses: Array = short.sum(axis=1)
    return losses * _scale(x, target, weight)


def multi_margin_slope(
    x: Array, target: Array, p: int, margin: float, weight: Array | None
) -> Array:
    """The derivative of each row's loss: p·max(0, …)^(p-1) at j, minus their sum at t."""
    short = _shortfall(x, target, margin)
    slope = (short > 0).astype(x.dtype) if p == 1 else 2 * short
    return _balanced(slope, target) * _scale(x, target, weight)[:, None]


def multi_margin_bend(
    v: Array, x: Array, target: Array, p: int, margin: float, weight: Array | None
) -> Array:
    """The second derivative of each row's loss times v: 2·(v[j] - v[t]) where short, 0 if p = 1."""
    if p == 1:
        return np.zeros_like(x)
    short = _shortfall(x, target, margin) > 0
    rows = np.arange(len(x))
    bend = np.where(short, 2 * (v - v[rows, target][:, None]), 0).astype(x.dtype)
    return _balanced(bend, target) * _scale(x, target, weight)[:, None]


def _shortfall(x: Array, target: Array, margin: float) -> Array:
    """max(0, margin - x[t] + x[j]), 0 at j = t."""
    rows = np.arange(len(x))
    short: Array = x - (x[rows, target] - margin)[:, None]
    np.maximum(short, 0, out=short)
    short[rows, target] = 0
    return short


def _balanced(slope: Array, target: Array) -> Array:
    """Take from the target what the others get: only differences count."""
    slope[np.arange(len(slope)), target] = -slope.sum(axis=1)
    return slope


def _scale(x: Array, target: Array, weight: Array | None) -> Array:
    scale = np.full(len(x), 1 / x.shape[1] if x.shape[1] else 0, x.dtype)
    return scale if weight is None else scale * weight[target]


# -- several targets a row ---------------------------------------------------------------------


def targets_of(target: Array) -> tuple[Array, Array]:
    """Which of a row's targets count, up to the first -1; and which classes they name."""
    valid = np.logical_and.accumulate(target >= 0, axis=1)
    named = np.zeros(target.shape, bool)
    rows, places = np.nonzero(valid)
    named[rows, target[rows, places]] = True
    return valid, named


def multilabel_margin(x: Array, target: Array) -> Array:
    """Σ_t Σ_j max(0, 1 - x[t] + x[j]) / C over targets t and the classes j that are none."""
    losses = np.zeros(len(x), x.dtype)
    for rows, short, _ in _by_target(x, target):
        losses[rows] += np.maximum(short, 0, out=short).sum(axis=1)
    mean: Array = losses / max(1, x.shape[1])
    return mean


def multilabel_margin_slope(x: Array, target: Array) -> Array:
    """The derivative of each row's loss: 1 / C at each j that is short, -1 / C at its t."""
    slope = np.zeros_like(x)
    for rows, short, at in _by_target(x, target):
        on = short > 0
        slope[rows] += on
        slope[rows, at] -= np.count_nonzero(on, axis=1)
    mean: Array = slope / max(1, x.shape[1])
    return mean


def _by_target(x: Array, target: Array) -> Iterator[tuple[Array, Array, Array]]:
    """For each place of the target, the rows where it counts, in them 1 - x[t] + x[j], -inf where j
    is a target, and t."""
    valid, named = targets_of(target)
    others = np.where(named, -np.inf, x).astype(x.dtype, copy=False)
    for k in range(target.shape[1]):
        rows = np.flatnonzero(valid[:, k])
        if not rows.size:
            break
        at = target[rows, k]
        yield rows, others[rows] - (x[rows, at] - 1)[:, None], at


# -- a target of signs -------------------------------------------------------------------------


def soft_margin(x: Array, target: Array) -> Array:
    """log(1 + exp(-target·x))."""
    z: Array = np.multiply(x, target, out=owned(x, None))
    np.negative(z, out=z)
    np.exp(z, out=z)
    return np.log1p(z, out=z)
