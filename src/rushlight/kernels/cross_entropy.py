"""Softmax cross entropy in one node: what log-softmax and the negative log-likelihood make in two.

Forward keeps exp(logits), or where these are large exp(logits - max), and its sums over the
classes; backward is one pass over them. Both work on logits of three layouts: rows (N, C); the
same turned to columns (C, N), for few classes; and images (N, C, inner). The classes lie along
``axis`` -1, 0 and -2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rushlight.kernels.blocks import BLOCK, FEW, Array, share, short_buffers
from rushlight.kernels.classes import IGNORE, check, places, resolve, sizes, weigh
from rushlight.kernels.copies import contiguous
from rushlight.kernels.reduction import ratio, sum_of
from rushlight.kernels.softmax import FEW_ROWS, NARROW, moderate, ones, peak, share_of, total

_SHARE = 8 * BLOCK  # elements that a thread takes at a time where it goes over them once

# Below, -log p is log(Σ exp / exp), which is exact where p is almost 1, and never negative; from
# here on, where exp may have lost its digits, the difference of logarithms.
_FAR = 34.0


class HardSaved(NamedTuple):
    """What the backward pass for class indices needs."""

    shape: tuple[int, ...]
    axis: int  # of the classes in exps
    exps: Array  # exp(logits - c), c any number for each sample
    sums: Array  # of exps over the classes, flat
    target: Array  # flat; ignored ones are class 0
    ignored: Array | None
    weight: Array | None  # of the classes
    smoothing: float
    divisor: float | None  # None: reduction "none"


def cross_entropy_forward(
    logits: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = IGNORE,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> tuple[Array, HardSaved]:
    """The loss, and what ``cross_entropy_backward`` needs.

    Logits (C,), (N, C) or (N, C, d1, ...), class indices (), (N,) or (N, d1, ...). With p the
    softmax, w the class weights and e the smoothing, a sample's loss is

        -(1 - e) · w[t] · log p[t] - e/C · Σ_c w[c] · log p[c],

    0 where t is ``ignore_index``; "mean" divides by Σ w[t] over the others (nan where all are
    ignored). Raises IndexError for a target out of bounds, and PyTorch's shape errors.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    shape = logits.shape
    check(shape, target.shape, weight)
    classes = sizes(shape)[1]
    flat, ignored = resolve(target, classes, ignore_index)
    tilt = None
    if label_smoothing:
        tilt = ones(classes, logits.dtype) if weight is None else weight
    axis, exps, sums, losses, smooth = _exponentials(logits, flat, tilt)
    weights = weigh(weight, flat, ignored, losses.dtype)
    if weights is not None:
        np.multiply(losses, weights, out=losses)
    if smooth is not None:
        np.multiply(smooth, label_smoothing / (classes or 1), out=smooth)
        np.multiply(losses, 1.0 - label_smoothing, out=losses)
        np.add(losses, smooth, out=losses)
    if ignored is not None:
        np.putmask(losses, ignored, 0.0)
    divisor: float | None = None
    if reduction == "none":
        loss = losses.reshape(target.shape if len(shape) > 1 else ())
    else:
        value, divisor = sum_of(losses), 1.0
        if reduction == "mean":
            divisor = float(flat.size if weights is None else np.add.reduce(weights))
        loss = np.array(ratio(value, divisor), logits.dtype)
    return loss, HardSaved(shape, axis, exps, sums, flat, ignored, weight, label_smoothing, divisor)


def _exponentials(
    logits: Array, target: Array, tilt: Array | None
) -> tuple[int, Array, Array, Array, Array | None]:
    """The axis of the classes, exp(logits - c) with some c for each sample, its sums, and with p
    the softmax -log p at the targets and -Σ tilt · log p."""
    batch, classes, inner = sizes(logits.shape)
    if not logits.size:
        nothing = np.zeros(batch * inner, logits.dtype)
        smooth = None if tilt is None else nothing
        return -1, np.empty(logits.shape, logits.dtype), nothing + 1, nothing.copy(), smooth
    if logits.size <= FEW and inner == 1 and tilt is None:  # the calls cost more than the elements
        x = logits.reshape(batch, classes)
        work = np.subtract(x, np.maximum.reduce(x, 1, keepdims=True))
        chosen = work.take(places(target, batch, classes, 1))
        np.exp(work, work)
        sums = work.dot(ones(classes, x.dtype))
        return -1, work, sums, np.subtract(np.log(sums), chosen, chosen), None
    if inner == 1 and classes < NARROW and batch > FEW_ROWS:
        x = contiguous(logits.reshape(batch, classes).T)
        work = np.empty_like(x)
        return 0, work, *_slab(x, work, places(target, 1, classes, batch), tilt, 0)
    axis = -1 if inner == 1 else -2
    x = logits.reshape((batch, classes) if inner == 1 else (batch, classes, inner))
    work, step = np.empty(x.shape, x.dtype), share_of(batch, x.size, 2 * BLOCK)
    parts: list[Any] = [None] * -(-batch // step)

    def run(number: int) -> None:
        rows = slice(number * step, (number + 1) * step)
        labels = target[rows.start * inner : rows.stop * inner]
        spots = places(labels, len(x[rows]), classes, inner)
        parts[number] = _slab(x[rows], work[rows], spots, tilt, axis)

    with short_buffers(classes if inner == 1 else inner, x.size):
        share(run, range(len(parts)), x.size)
    if len(parts) == 1:
        return axis, work, *parts[0]
    columns = list(zip(*parts))
    sums, losses = np.concatenate(columns[0]), np.concatenate(columns[1])
    return axis, work, sums, losses, None if tilt is None else np.concatenate(columns[2])


def _slab(
    x: Array, work: Array, spots: Array, tilt: Array | None, axis: int
) -> tuple[Array, Array, Array | None]:
    np.exp(x, out=work)
    sums = total(work, axis).reshape(-1)
    if not moderate(sums):
        x = np.subtract(x, peak(x, axis))
        np.exp(x, out=work)
        sums = total(work, axis).reshape(-1)
    losses: Array = work.reshape(-1).take(spots)
    np.log(np.divide(sums, losses, out=losses), out=losses)
    if not np.maximum.reduce(losses) < _FAR:
        apart = np.subtract(np.log(sums), x.reshape(-1).take(spots))
        np.copyto(losses, apart, where=np.greater_equal(losses, _FAR))
    if tilt is None:
        return sums, losses, None
    tilted = np.matmul(x, tilt) if axis == -1 else np.matmul(tilt, x).reshape(-1)
    return sums, losses, np.subtract(np.multiply(np.log(sums), np.add.reduce(tilt)), tilted)


def cross_entropy_backward(g: Array, saved: HardSaved) -> Array:
    """The cotangent of the logits.

    With k = g / divisor (each sample its own g for "none"; 0 where ignored), p the softmax and h
    the one-hot target:

        k · ((1 - e) · w[t] · (p - h) + e/C · (p · Σ w - w)).

    Linear in g; a cotangent v of this result gives the logits k · ((1 - e)·w[t] + e/C·Σ w) times
    p · (v - Σ_c p·v), and each k the inner product of v with what k multiplies.
    """
    shape, axis, exps, sums, target, *_ = saved
    batch, classes, inner = sizes(shape)
    if not exps.size:
        return np.zeros(shape, exps.dtype)
    pull, push, spread = _coefficients(g, saved)
    spread_out = (-1, 1) if axis == -1 else (1, -1) if axis == 0 else (batch, 1, inner)
    scale = np.divide(push, sums).reshape(spread_out)
    gx = np.empty(exps.shape, exps.dtype)
    step = max(1, _SHARE // max(1, exps[0].size)) if axis else len(exps)

    def run(n: int) -> None:
        rows = slice(n, n + step)
        np.multiply(exps[rows], scale[rows] if axis else scale, out=gx[rows])

    if gx.size <= FEW:
        np.multiply(exps, scale, out=gx)
    else:
        with short_buffers(exps.shape[-1], gx.size):
            share(run, range(0, len(exps), step), gx.size)
    flat = gx.reshape(-1)
    spots = places(target, *((1, classes, batch) if axis == 0 else (batch, classes, inner)))
    flat[spots] = np.subtract(flat.take(spots), pull)
    if spread is not None:
        weight = ones(classes, exps.dtype) if saved.weight is None else saved.weight
        by_class = weight if axis == -1 else weight[:, None]
        np.subtract(gx, np.multiply(spread.reshape(spread_out), by_class), out=gx)
    return contiguous(gx.T) if axis == 0 else gx.reshape(shape)


def _coefficients(g: Array, saved: HardSaved) -> tuple[Array | float, Array | float, Array | None]:
    """By sample: k·(1 - e)·w[t], what p is multiplied by, and k·e/C."""
    _, _, exps, sums, target, ignored, weight, smoothing, divisor = saved
    if divisor is not None and ignored is None and weight is None and not smoothing:
        k = ratio(float(g), divisor)
        return k, k, None
    each = np.empty(sums.shape, sums.dtype)
    each[...] = g.reshape(-1) if divisor is None else ratio(float(g), divisor)
    if ignored is not None:
        np.putmask(each, ignored, 0.0)
    pull = each if weight is None else np.multiply(each, weight.take(target))
    if not smoothing:
        return pull, pull, None
    spread = np.multiply(each, smoothing / exps.shape[saved.axis])
    pull = np.multiply(pull, 1.0 - smoothing)
    mass = exps.shape[saved.axis] if weight is None else float(np.add.reduce(weight))
    return pull, np.add(pull, np.multiply(spread, mass)), spread


inner_products: Any = np.vecdot  # whose axis NumPy's own types forgot


class SoftSaved(NamedTuple):
    """What the backward pass for class probabilities needs, as rows or stacks of columns."""

    logits: Array
    exps: Array  # exp(logits - max)
    sums: Array  # of exps over the classes, kept as an axis of one
    norms: Array  # max + log sums: what log p lacks from the logits
    mixed: Array  # the smoothed targets times the class weights
    mass: Array  # of mixed over the classes
    weight: Array | None  # of the classes, along their axis
    smoothing: float
    divisor: float | None


def cross_entropy_soft_forward(
    logits: Array,
    target: Array,
    weight: Array | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> tuple[Array, SoftSaved]:
    """The loss for class probabilities of the logits' shape, and what its backward pass needs.

    A sample's loss is -Σ_c w[c] · q[c] · log p[c], with q = (1 - e)·target + e/C; "mean" divides
    by the number of samples. There is at least one of everything.
    """
    shape = logits.shape
    batch, classes, inner = sizes(shape)
    axis = -1 if inner == 1 else -2
    stacks = (batch, classes) if inner == 1 else (batch, classes, inner)
    if weight is not None and inner > 1:
        weight = weight[:, None]
    x, mixed = logits.reshape(stacks), target.reshape(stacks)
    if label_smoothing > 0:
        mixed = np.multiply(mixed, 1.0 - label_smoothing)
        np.add(mixed, label_smoothing / classes, out=mixed)
    if weight is not None:
        mixed = np.multiply(mixed, weight)
    few = (batch, 1) if inner == 1 else (batch, 1, inner)
    exps = np.empty(stacks, x.dtype)
    sums, norms, mass, losses = (np.empty(few, x.dtype) for _ in range(4))
    step = max(1, BLOCK // (classes * inner))

    def run(n: int) -> None:
        part = slice(n, n + step)
        work, shares = exps[part], mixed[part]
        norms[part] = peak(x[part], axis)
        np.subtract(x[part], norms[part], out=work)
        losses[part, 0] = inner_products(work, shares, axis=axis)
        np.exp(work, out=work)
        sums[part] = total(work, axis)
        mass[part] = total(shares, axis)

    with short_buffers(stacks[-1], x.size):
        share(run, range(0, batch, step), x.size)
    logs = np.log(sums)
    norms += logs
    np.subtract(np.multiply(logs, mass, out=logs), losses, out=losses)
    divisor: float | None = None
    if reduction == "none":
        loss = losses.reshape(shape[:1] + shape[2:] if len(shape) > 1 else ())
    else:
        divisor = float(losses.size) if reduction == "mean" else 1.0
        loss = np.array(ratio(sum_of(losses.reshape(-1)), divisor), logits.dtype)
    saved = (logits, exps, sums, norms, mixed, mass, weight, label_smoothing, divisor)
    return loss, SoftSaved(*saved)


def cross_entropy_soft_backward(
    g: Array, saved: SoftSaved, to_target: bool = False
) -> tuple[Array, Array | None]:
    """The cotangents of the logits and, if asked for, of the target.

    With k = g / divisor (each sample its own for "none") and m = w·q:

        logits: k · (p · Σ_c m - m),    target: -k · (1 - e) · w · log p.
    """
    logits, exps, sums, norms, mixed, mass, weight, smoothing, divisor = saved
    k: Any = g.reshape(sums.shape) if divisor is None else ratio(float(g), divisor)
    share = np.divide(mass, sums)
    np.multiply(share, k, out=share)
    gx = np.empty(exps.shape, exps.dtype)
    step = max(1, BLOCK // max(1, exps[0].size))
    with short_buffers(exps.shape[-1], exps.size):
        for n in range(0, len(exps), step):
            part = slice(n, n + step)
            out = np.multiply(exps[part], share[part], out=gx[part])
            np.subtract(out, np.multiply(mixed[part], k if divisor else k[part]), out=out)
    if not to_target:
        return gx.reshape(logits.shape), None
    gt = np.subtract(norms, logits.reshape(exps.shape))
    np.multiply(gt, np.multiply(k, 1.0 - smoothing), out=gt)
    if weight is not None:
        np.multiply(gt, weight, out=gt)
    return gx.reshape(logits.shape), gt.reshape(logits.shape)
