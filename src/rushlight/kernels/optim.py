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

from rushlight.kernels.reduce import is_half

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


# Half types are computed in float32 and rounded wherever PyTorch stores a result. (NumPy alone
# would round the factors too, and 0.999 is 0.99902 in float16.) `half` is that type, or None.


def _wide(a: Array | None) -> Any:
    return None if a is None else a.astype(np.float32)


def _settle(a: Array, half: np.dtype[Any]) -> None:
    a[...] = a.astype(half)


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
    """One step of SGD on `p` in place; `buf` is the momentum, which is set to `g` if `first`.

    With weight decay it is set to the decayed gradient, as PyTorch does.
    """
    options = lr, momentum, dampening, weight_decay, nesterov, maximize, first
    if p.itemsize == 2:
        wide, velocity = _wide(p), _wide(buf)
        _sgd_piece(wide, _wide(g), velocity, *options, None, p.dtype)
        p[...] = wide
        if buf is not None:
            buf[...] = velocity
    elif p.size <= PIECE and p.ndim:  # as _pieces has it, without the generator
        _sgd_piece(p, g, buf, *options, None, None)
    else:
        for pp, gg, bb, spare, _ in _pieces(p, g, buf):
            _sgd_piece(pp, gg, bb, *options, spare, None)


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
    half: np.dtype[Any] | None,
) -> None:
    if maximize:
        g = -g
    if weight_decay != 0:
        g = g + p * weight_decay
        if half is not None:
            _settle(g, half)
    if buf is not None:
        if first:
            buf[...] = g
        else:
            np.multiply(buf, momentum, out=buf)
            if half is not None:
                _settle(buf, half)
            np.add(buf, g if dampening == 0 else g * (1 - dampening), out=buf)
            if half is not None:
                _settle(buf, half)
        g = g + buf * momentum if nesterov else buf
        if half is not None and nesterov:
            _settle(g, half)
    np.add(p, np.multiply(g, -lr, out=spare), out=p)


class AdamRates(NamedTuple):
    """The numbers of one step of Adam as 0-d arrays, which NumPy need not convert in each call."""

    keep: Array  # of the parameter: 1 - lr * weight_decay, for decoupled decay
    decay: Array  # of the parameter, added to the gradient otherwise
    first: Array  # 1 - beta1, or beta1 where the mean is nearer to the gradient
    beta2: Array
    second: Array  # 1 - beta2
    root: Array  # sqrt(1 - beta2**t)
    eps: Array
    size: Array  # -lr / (1 - beta1**t)
    decoupled: bool
    decays: bool
    maximize: bool
    nearer: bool  # beta1 <= 0.5
    half: np.dtype[Any] | None
    pairs: bool  # complex numbers, taken as pairs of reals


def adam_rates(
    dtype: np.dtype[Any],
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> AdamRates:
    """Return what step number `step` (from 1) needs, for parameters of `dtype`."""
    half = dtype if is_half(dtype) else None
    real = np.dtype(np.float32) if half is not None else np.empty(0, dtype).real.dtype

    def constant(number: float) -> Array:
        return np.array(number, real)

    return AdamRates(
        constant(1 - lr * weight_decay),
        constant(weight_decay),
        constant(beta1 if beta1 <= 0.5 else 1 - beta1),
        constant(beta2),
        constant(1 - beta2),
        constant(math.sqrt(1 - beta2**step)),
        constant(eps),
        constant(-(lr / (1 - beta1**step))),
        decoupled,
        weight_decay != 0,
        maximize,
        beta1 <= 0.5,
        half,
        dtype.kind == "c",
    )


def adam_step(p: Array, g: Array, m: Array, v: Array, vmax: Array | None, rates: AdamRates) -> None:
    """One step of Adam (or AdamW) on `p` in place; `m`, `v` and, for AMSGrad, `vmax` are updated.

    Kingma and Ba, ICLR 2015, algorithm 1, with the bias corrections folded as PyTorch folds them:
    ``p -= lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)``.
    """
    if rates.half is not None:
        arrays = (p, m, v, vmax)
        wide = x, mean, square, top = [_wide(a) for a in arrays]
        _adam_piece(rates, x, _wide(g), mean, square, top, None, None)
        for a, w in zip(arrays, wide):
            if a is not None:
                a[...] = w
        return
    if rates.pairs:
        p, g, m, v = _reals(p), _reals(g), _reals(m), _reals(v)
        vmax = None if vmax is None else _reals(vmax)
    for piece in _pieces(p, g, m, v, vmax):
        _adam_piece(rates, *piece)


def _reals(a: Array) -> Array:
    """A complex array as one of reals, with a last dimension of two; a view."""
    return a[..., None].view(a.real.dtype)


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
    keep, decay, first, beta2, second, root, eps, size = rates[:8]
    decoupled, decays, maximize, nearer, half, _ = rates[8:]
    if maximize:
        g = -g
    if decays:
        if decoupled:
            np.multiply(p, keep, out=p)
            if half is not None:
                _settle(p, half)
        else:
            g = g + p * decay
            if half is not None:
                _settle(g, half)
    a = np.subtract(g, m, out=a)  # PyTorch's lerp, from the nearer end
    np.multiply(a, first, out=a)
    if nearer:
        np.subtract(g, a, out=m)
    else:
        np.add(m, a, out=m)
    np.multiply(v, beta2, out=v)
    if half is not None:
        _settle(m, half)
        _settle(v, half)
    np.multiply(g, second, out=a)
    np.multiply(a, g, out=a)
    np.add(v, a, out=v)
    if half is not None:
        _settle(v, half)
    if vmax is not None:
        np.maximum(vmax, v, out=vmax)
    np.sqrt(v if vmax is None else vmax, out=a)
    if half is not None:
        _settle(a, half)
    np.divide(a, root, out=a)
    if half is not None:
        _settle(a, half)
    np.add(a, eps, out=a)
    if half is not None:
        _settle(a, half)
    b = np.multiply(m, size, out=b)
    np.divide(b, a, out=b)
    np.add(p, b, out=p)
