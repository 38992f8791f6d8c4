"""The negative log-likelihood of class targets, from log-probabilities."""

from __future__ import annotations

import numpy as np

from rushlight.kernels.blocks import Array
from rushlight.kernels.classes import IGNORE, check, places, resolve, sizes, weigh
from rushlight.kernels.reduction import ratio, sum_of


def nll(
    log_probs: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
) -> tuple[Array, float]:
    """-w[t] · log_probs[t] of each sample, 0 where ignored; and the total weight Σ w[t].

    Log-probabilities (C,), (N, C) or (N, C, d1, ...), class indices (), (N,) or (N, d1, ...).
    "mean" divides by the total weight. Raises IndexError for a target out of bounds, and
    PyTorch's shape errors.
    """
    shape = log_probs.shape
    check(shape, target.shape, weight)
    layout = sizes(shape)
    flat, ignored = resolve(target, layout[1], ignore_index)
    if log_probs.size:
        losses = log_probs.reshape(-1).take(places(flat, *layout))
        np.negative(losses, out=losses)
    else:
        losses = np.zeros(flat.shape, log_probs.dtype)
    weights = weigh(weight, flat, ignored, losses.dtype)
    if weights is not None:
        np.multiply(losses, weights, out=losses)
    if ignored is not None:
        np.putmask(losses, ignored, 0.0)
    total = float(flat.size) if weights is None else sum_of(weights)
    if reduction == "none":
        return losses.reshape(target.shape if len(shape) > 1 else ()), total
    value = sum_of(losses)
    loss = np.array(ratio(value, total) if reduction == "mean" else value, log_probs.dtype)
    return loss, total


def nll_backward(
    g: Array,
    shape: tuple[int, ...],
    target: Array,
    weight: Array | None = None,
    ignore_index: int = IGNORE,
    reduction: str = "mean",
    total: float = 1.0,
) -> Array:
    """The cotangent of the log-probabilities: -k·w[t] at the target, 0 elsewhere.

    k is g / total weight for "mean", g else. Linear in g: a cotangent v of this result gives k
    the sum of -w[t] · v[t].
    """
    gx = np.zeros(shape, g.dtype)
    layout = sizes(shape)
    flat, ignored = resolve(target, layout[1], ignore_index)
    if not gx.size:
        return gx
    pull = np.negative(g.reshape(-1))
    if reduction == "mean":
        pull = np.array([ratio(pull.item(), total)], gx.dtype)
    weights = weigh(weight, flat, ignored, gx.dtype)
    if weights is not None:
        pull = np.multiply(weights, pull)
    if ignored is not None:
        np.putmask(pull, ignored, 0.0)
    gx.reshape(-1)[places(flat, *layout)] = pull
    return gx
