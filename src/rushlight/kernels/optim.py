"""Optimizer steps in place on ndarrays, in PyTorch's order of arithmetic.

Large parameters are walked in pieces that stay in the cache, so that each array is read and written
once from memory however many operations a step has: a step of Adam on 1M float32 touches each array
once instead of nine times.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PIECE = 32_768  # elements: 128 KiB of float32 an array, several of which fit the second-level cache


class _Scratch(threading.local):
    """Two buffers a thread and dtype for what a piece computes on the way."""

    def __init__(self) -> None:
        self.buffers: dict[str, tuple[Array, Array]] = {}


_scratch = _Scratch()


def _buffers(dtype: np.dtype[Any], n: int) -> tuple[Array, Array]:
    pair = _scratch.buffers.get(dtype.char)
    if pair is None:
        pair = _scratch.buffers[dtype.char] = (np.empty(PIECE, dtype), np.empty(PIECE, dtype))
    return pair[0][:n], pair[1][:n]


def _pieces(*arrays: Array | None) -> Iterator[tuple[Any, ...]]:
    """Yield matching pieces of arrays of one shape, and two buffers for each; None stays None.

    What is small, or lies in memory in different orders, is one piece; None for its buffers lets
    ufuncs make their own.
    """
    first = arrays[0]
    assert first is not None
    if first.ndim == 0:  # where ufuncs would return scalars
        arrays = tuple(None if a is None else a.reshape(1) for a in arrays)
    if first.size <= PIECE or not all(a is None or a.flags.c_contiguous for a in arrays):
        yield *arrays, None, None
        return
    flat = [None if a is None else a.reshape(-1) for a in arrays]
    for start in range(0, first.size, PIECE):
        pieces = [None if a is None else a[start : start + PIECE] for a in flat]
        yield *pieces, *_buffers(first.dtype, min(PIECE, first.size - start))


def sgd_step(
    p: Array,
    g: Array,
    buf: Array | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
    first: bool,
) -> None:
    """One step of SGD on `p` in place; `buf` is the momentum, which holds `g` already if `first`.

    With `first` and weight decay the buffer is set to the decayed gradient, as PyTorch does.
    """
    if p.size <= PIECE and p.ndim:  # as _pieces has it, without the generator
        _sgd_piece(p, g, buf, lr, momentum, dampening, weight_decay, nesterov, maximize, first,
                   None)  # fmt: skip
        return
    for pp, gg, bb, spare, _ in _pieces(p, g, buf):
        _sgd_piece(pp, gg, bb, lr, momentum, dampening, weight_decay, nesterov, maximize, first,
                   spare)  # fmt: skip


def _sgd_piece(
    p: Array,
    g: Array,
    buf: Array | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
    first: bool,
    spare: Array | None,
) -> None:
    if maximize:
        g = -g
    if weight_decay != 0:
        g = g + p * weight_decay
    if buf is not None:
        if first:
            buf[...] = g
        else:
            np.multiply(buf, momentum, out=buf)
            np.add(buf, g if dampening == 0 else g * (1 - dampening), out=buf)
        g = g + buf * momentum if nesterov else buf
    np.add(p, np.multiply(g, -lr, out=spare), out=p)


class AdamRates(NamedTuple):
    """The numbers of one step of Adam as 0-d arrays, which NumPy need not convert in each call."""

    keep: Array  # of the parameter: 1 - lr * weight_decay, for decoupled decay
    decay: Array  # of the parameter, added to the gradient otherwise
    first: Array  # 1 - beta1
    beta2: Array
    second: Array  # 1 - beta2
    root: Array  # sqrt(1 - beta2**t)
    eps: Array
    size: Array  # -lr / (1 - beta1**t)
    decoupled: bool
    decays: bool
    maximize: bool


def adam_rates(
    dtype: np.dtype[Any],
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> AdamRates:
    """Return what step number `step` (from 1) needs, for parameters of `dtype`."""

    def constant(number: float) -> Array:
        return np.array(number, dtype)

    return AdamRates(
        constant(1 - lr * weight_decay),
        constant(weight_decay),
        constant(1 - beta1),
        constant(beta2),
        constant(1 - beta2),
        constant(math.sqrt(1 - beta2**step)),
        constant(eps),
        constant(-lr / (1 - beta1**step)),
        decoupled,
        weight_decay != 0,
        maximize,
    )


def adam_step(p: Array, g: Array, m: Array, v: Array, vmax: Array | None, rates: AdamRates) -> None:
    """One step of Adam (or AdamW) on `p` in place; `m`, `v` and, for AMSGrad, `vmax` are updated.

    Kingma and Ba, ICLR 2015, algorithm 1, with the bias corrections folded as PyTorch folds them:
    ``p -= lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)``.
    """
    for piece in _pieces(p, g, m, v, vmax):
        _adam_piece(rates, *piece)


def _adam_piece(
    rates: AdamRates,
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None,
    a: Array | None,
    b: Array | None,
) -> None:
    keep, decay, first, beta2, second, root, eps, size, decoupled, decays, maximize = rates
    if maximize:
        g = -g
    if decays:
        if decoupled:
            np.multiply(p, keep, out=p)
        else:
            g = g + p * decay
    a = np.subtract(g, m, out=a)  # m + (g - m) * (1 - beta1): PyTorch's lerp
    np.multiply(a, first, out=a)
    np.add(m, a, out=m)
    np.multiply(v, beta2, out=v)
    np.multiply(g, g, out=a)
    np.multiply(a, second, out=a)
    np.add(v, a, out=v)
    if vmax is not None:
        np.maximum(vmax, v, out=vmax)
        np.sqrt(vmax, out=a)
    else:
        np.sqrt(v, out=a)
    np.divide(a, root, out=a)
    np.add(a, eps, out=a)
    b = np.multiply(m, size, out=b)
    np.divide(b, a, out=b)
    np.add(p, b, out=p)
