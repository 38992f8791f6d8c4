"""Optimizer steps in place on ndarrays, in PyTorch's order of arithmetic.

Large parameters are walked in pieces that stay in the cache, so that each array is read and written
once from memory however many operations a step has: a step of Adam on 1M float32 touches each array
once instead of nine times.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

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
    """Yield matching 1-D pieces of arrays of one shape; None stays None."""
    first = arrays[0]
    assert first is not None
    flat = [None if a is None else _flat(a) for a in arrays]
    for start in range(0, first.size, PIECE):
        yield tuple(None if a is None else a[start : start + PIECE] for a in flat)


def _flat(a: Array) -> Array:
    return a.reshape(-1)


def _same_order(p: Array, *others: Array | None) -> bool:
    return p.flags.c_contiguous and all(o is None or o.flags.c_contiguous for o in others)


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
    if not _same_order(p, g, buf):
        _sgd_piece(p, g, buf, lr, momentum, dampening, weight_decay, nesterov, maximize, first,
                   np.empty_like(p))  # fmt: skip
        return
    for pp, gg, bb in _pieces(p, g, buf):
        spare = _buffers(p.dtype, pp.size)[0]
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
    spare: Array,
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
    np.multiply(g, -lr, out=spare)
    np.add(p, spare, out=p)


def adam_step(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
    amsgrad: bool,
) -> None:
    """One step of Adam (or AdamW, if `decoupled`) on `p` in place; `m`, `v`, `vmax` are updated.

    Kingma and Ba, ICLR 2015, algorithm 1, with the bias corrections folded as PyTorch folds them:
    ``p -= lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)``.
    """
    size = lr / (1 - beta1**step)
    root = math.sqrt(1 - beta2**step)
    whole = not _same_order(p, g, m, v, vmax)
    pieces = [(p, g, m, v, vmax)] if whole else _pieces(p, g, m, v, vmax)
    for pp, gg, mm, vv, top in pieces:
        a, b = (np.empty_like(pp), np.empty_like(pp)) if whole else _buffers(p.dtype, pp.size)
        if maximize:
            gg = -gg
        if weight_decay != 0:
            if decoupled:
                np.multiply(pp, 1 - lr * weight_decay, out=pp)
            else:
                gg = gg + pp * weight_decay
        np.subtract(gg, mm, out=a)  # m + (g - m) * (1 - beta1): PyTorch's lerp
        np.multiply(a, 1 - beta1, out=a)
        np.add(mm, a, out=mm)
        np.multiply(vv, beta2, out=vv)
        np.multiply(gg, gg, out=a)
        np.multiply(a, 1 - beta2, out=a)
        np.add(vv, a, out=vv)
        if top is not None:
            np.maximum(top, vv, out=top)
            np.sqrt(top, out=a)
        else:
            np.sqrt(vv, out=a)
        np.divide(a, root, out=a)
        np.add(a, eps, out=a)
        np.multiply(mm, -size, out=b)
        np.divide(b, a, out=b)
        np.add(pp, b, out=pp)
