"""Connectionist temporal classification: all samples at once, a step of time after the other.

Graves et al., "Connectionist temporal classification", ICML 2006. A target is stretched with blanks
between its labels and at both ends, to L = 2 S + 1 states; a path stays in its state, goes on to
the next, or past a blank between two labels that differ. `alpha` is the log-probability of all
paths to a state, `beta` of all from it, both with the step's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rushlight.kernels.blocks import Array

Ints = tuple[int, ...]


class Alignment(NamedTuple):
    """What of log-probabilities and targets belongs together."""

    steps: Ints  # of each sample
    lengths: Ints  # of each target
    blank: int
    zero_infinity: bool


class Paths(NamedTuple):
    """The states of all samples (N, L), of which each has 2 S + 1 in front."""

    labels: Array
    skips: Array  # whether a state can be reached from the last but one
    lengths: Array  # S
    steps: Array  # T of each sample


def _padded(targets: Array, lengths: Ints, blank: int) -> Array:
    """The targets as (N, longest) with blanks behind; they come as rows, or one after another."""
    out = np.full((len(lengths), max(lengths, default=0)), blank, np.intp)
    start = 0
    for n, length in enumerate(lengths):
        row = targets[n] if targets.ndim == 2 else targets[start:]
        out[n, :length] = row[:length]
        start += length
    return out


def _paths(targets: Array, form: Alignment) -> Paths:
    marks = _padded(targets, form.lengths, form.blank)
    n, longest = marks.shape
    labels = np.full((n, 2 * longest + 1), form.blank, np.intp)
    labels[:, 1::2] = marks
    skips = np.zeros(labels.shape, bool)
    skips[:, 3::2] = marks[:, 1:] != marks[:, :-1]
    return Paths(labels, skips, np.array(form.lengths, np.intp), np.array(form.steps, np.intp))


def _log_sum(a: Array, b: Array, c: Array) -> Array:
    """log(exp a + exp b + exp c), minus infinity where all are."""
    top = np.maximum(np.maximum(a, b), c)
    shift = np.where(top == -np.inf, 0, top)
    total: Array = np.log(np.exp(a - shift) + np.exp(b - shift) + np.exp(c - shift)) + shift
    return total


def _before(x: Array, by: int) -> Array:
    """What stands `by` states before each."""
    out = np.full_like(x, -np.inf)
    out[:, by:] = x[:, : x.shape[1] - by]
    return out


def ctc_loss(log_probs: Array, targets: Array, form: Alignment) -> tuple[Array, Array]:
    """Minus the log-probability of each target (N), and alpha (T, N, L).

    Log-probabilities (T, N, C); targets (N, S) or one after another. A target that no path can
    make costs infinity. IndexError for a label that isn't there, where PyTorch reads other memory.
    """
    p = _paths(targets, form)
    steps, n, classes = log_probs.shape
    wrong = (p.labels < 0) | (p.labels >= classes)
    if wrong.any():
        raise IndexError(
            f"ctc_loss(): target {p.labels[wrong][0]} is out of bounds for {classes} classes"
        )
    emitted = _emitted(log_probs, p)
    alpha = np.full(emitted.shape, -np.inf, log_probs.dtype)
    first = alpha[0]
    first[:, 0] = emitted[0, :, 0]
    if first.shape[1] > 1:
        np.copyto(first[:, 1], emitted[0, :, 1], where=p.lengths > 0)
    for step in range(1, steps):
        last = alpha[step - 1]
        skipped = np.where(p.skips, _before(last, 2), -np.inf)
        np.add(_log_sum(last, _before(last, 1), skipped), emitted[step], out=alpha[step])
    samples = np.arange(n)
    final = alpha[np.maximum(p.steps - 1, 0), samples]
    ends = final[samples, 2 * p.lengths]
    labels = final[samples, np.maximum(2 * p.lengths - 1, 0)]
    total = np.logaddexp(ends, np.where(p.lengths > 0, labels, -np.inf))
    nothing = np.where(p.lengths > 0, -np.inf, 0)
    total = np.where(p.steps > 0, total, nothing)
    return -total.astype(log_probs.dtype), alpha


def _emitted(log_probs: Array, p: Paths) -> Array:
    """The log-probability of each state's label at each step (T, N, L)."""
    return np.take_along_axis(log_probs, p.labels[None], 2)


def ctc_loss_backward(
    g: Array, log_probs: Array, targets: Array, form: Alignment, loss: Array, alpha: Array
) -> Array:
    """PyTorch's cotangent of the log-probabilities, for those that `log_softmax` made.

    Probabilities minus the share of the paths with this label at this step: what the logits get,
    and what a log-softmax behind it leaves as it is, since it sums to 0 over the labels.
    """
    p = _paths(targets, form)
    steps, n, classes = log_probs.shape
    emitted = _emitted(log_probs, p)
    state = np.arange(p.labels.shape[1])
    ends = (state == 2 * p.lengths[:, None]) | (state == 2 * p.lengths[:, None] - 1)
    reached = np.zeros(p.skips.shape, bool)
    reached[:, :-2] = p.skips[:, 2:]  # whether a state can go on to the next but one
    shares = np.full(emitted.shape, -np.inf, log_probs.dtype)
    beta = np.full(ends.shape, -np.inf, log_probs.dtype)
    for step in range(steps - 1, -1, -1):
        skipped = np.where(reached, _before(beta[:, ::-1], 2)[:, ::-1], -np.inf)
        beta = _log_sum(beta, _before(beta[:, ::-1], 1)[:, ::-1], skipped)
        starts = (p.steps == step + 1)[:, None]
        beta = np.where(starts, np.where(ends, 0, -np.inf), beta) + emitted[step]
        np.add(alpha[step], beta, out=shares[step])
    impossible = loss == np.inf
    cost = np.where(impossible, 0, loss)
    shares = np.exp(shares + cost[:, None] - np.where(emitted == -np.inf, 0, emitted))
    out = np.exp(log_probs, order="C")  # written to as a flat array below
    where = (np.arange(steps * n)[:, None] * classes).reshape(steps, n, 1) + p.labels
    np.subtract.at(out.reshape(-1), where.reshape(-1), shares.reshape(-1))
    if impossible.any():
        out[:, impossible] = 0 if form.zero_infinity else np.nan
    out *= g[:, None]
    if form.zero_infinity:
        out[:, impossible] = 0
    out[np.arange(steps)[:, None] >= p.steps] = 0
    return out.astype(log_probs.dtype, copy=False)
