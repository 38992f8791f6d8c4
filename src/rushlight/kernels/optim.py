"""Optimizer steps in place on ndarrays, in PyTorch's order of arithmetic.

Large parameters are walked in pieces that stay in the cache, so that each array is read and written
once from memory however many operations a step has: a step of Adam on 1M float32 touches each array
once instead of nine times.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.blas import add_scaled
from rushlight.kernels.blocks import MANY
from rushlight.kernels.reduce import is_half
from rushlight.kernels.threads import for_each

Array = NDArray[Any]
# Elements, 512 KiB of float32 an array. Pieces of 32 Ki would take as long on one thread, but no
# less on two, which meet at the GIL after each pass (Adam of 3.2M numbers: 7.4 ms, here 5.0).
PIECE = 1 << 17
SHARED = 1 << 19  # elements of all parameters, for which a second thread is worth its waking
FEW = 4_096  # elements: beyond, copying them costs more than calls
LAYOUTS = 16  # networks that train in turns
PLAIN = (np.dtype(np.float32), np.dtype(np.float64))


class _Scratch(threading.local):
    """Two buffers a thread and dtype for what a piece computes on the way; and room for Adam."""

    def __init__(self) -> None:
        self.buffers: dict[str, tuple[Array, Array]] = {}
        self.layouts: dict[Any, tuple[Array, list[Any]]] = {}

    def laid_out(self, like: list[Array]) -> tuple[Array, list[Any]]:
        """Five rows of numbers for all elements of small arrays, and for each its part of them."""
        key = like[0].dtype, *[a.shape for a in like]
        found = self.layouts.get(key)
        if found is None:
            if len(self.layouts) == LAYOUTS:
                self.layouts.clear()
            flat = np.empty((5, sum(a.size for a in like)), like[0].dtype)
            parts = np.split(flat, np.cumsum([a.size for a in like])[:-1], axis=1)
            views = [[row.reshape(a.shape) for row in part] for part, a in zip(parts, like)]
            found = self.layouts[key] = flat, views
        return found


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
    """In float32; one number in one dimension, where ufuncs return arrays."""
    return None if a is None else a.astype(np.float32).reshape(a.shape or 1)


def _settle(a: Array, half: np.dtype[Any]) -> None:
    a[...] = a.astype(half)


class SgdRates(NamedTuple):
    """The numbers of one step of SGD as 0-d arrays, which NumPy need not convert in each call."""

    plain: bool  # neither decay nor a half type nor the other direction
    size: Array  # -lr
    momentum: Array
    fresh: Array  # 1 - dampening
    decay: Array
    dampens: bool
    decays: bool
    nesterov: bool
    maximize: bool
    half: np.dtype[Any] | None


@lru_cache(maxsize=64)
def sgd_rates(
    dtype: np.dtype[Any],
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> SgdRates:
    """Return what a step needs for parameters of `dtype`."""
    half, real = _types(dtype)
    return SgdRates(
        not (weight_decay or maximize or half),
        _constant(-lr, real),
        _constant(momentum, real),
        _constant(1 - dampening, real),
        _constant(weight_decay, real),
        dampening != 0,
        weight_decay != 0,
        nesterov,
        maximize,
        half,
    )


@lru_cache(maxsize=64)
def _constant(number: float, dtype: np.dtype[Any]) -> Array:
    return np.array(number, dtype)


@lru_cache
def _types(dtype: np.dtype[Any]) -> tuple[np.dtype[Any] | None, np.dtype[Any]]:
    """The half type that results are rounded to, or None, and the real type of the arithmetic."""
    if is_half(dtype):
        return dtype, np.dtype(np.float32)
    return None, np.empty(0, dtype).real.dtype


def sgd_step(p: Array, g: Array, buf: Array | None, first: bool, rates: SgdRates) -> None:
    """One step of SGD on `p` in place; `buf` is the momentum, which is set to `g` if `first`.

    With weight decay it is set to the decayed gradient, as PyTorch does.
    """
    if buf is None and rates.plain and p.size < MANY:  # 0.3 us of 1 less for 64 numbers
        np.add(p, np.multiply(g, rates.size), p)
    elif buf is None and rates.plain and add_scaled(p, float(rates.size), g):
        return
    elif rates.half is not None:
        wide, velocity = _wide(p), _wide(buf)
        _sgd_piece(rates, wide, _wide(g), velocity, first, None)
        p[...] = wide
        if buf is not None:
            buf[...] = velocity
    elif p.size <= PIECE and p.ndim:  # as _pieces has it, without the generator
        _sgd_piece(rates, p, g, buf, first, None)
    else:
        for pp, gg, bb, spare, _ in _pieces(p, g, buf):
            _sgd_piece(rates, pp, gg, bb, first, spare)


def _sgd_piece(
    rates: SgdRates, p: Array, g: Array, buf: Array | None, first: bool, spare: Array | None
) -> None:
    _, size, momentum, fresh, decay, dampens, decays, nesterov, maximize, half = rates
    if maximize:
        g = -g
    if decays:
        g = g + p * decay
        if half is not None:
            _settle(g, half)
    if buf is not None:
        if first:
            buf[...] = g
        else:
            np.multiply(buf, momentum, out=buf)
            if half is not None:
                _settle(buf, half)
            np.add(buf, g * fresh if dampens else g, out=buf)
            if half is not None:
                _settle(buf, half)
        g = g + buf * momentum if nesterov else buf
        if half is not None and nesterov:
            _settle(g, half)
    np.add(p, np.multiply(g, size, out=spare), out=p)


class AdamRates(NamedTuple):
    """The numbers of one step of Adam as 0-d arrays, which NumPy need not convert in each call."""

    plain: bool  # the gradient is what the loss says
    keep: Array  # of the parameter: 1 - lr * weight_decay, for decoupled decay
    decay: Array  # of the parameter, added to the gradient otherwise
    first: Array  # 1 - beta1, or beta1 where the mean is nearer to the gradient
    beta2: Array
    second: Array  # 1 - beta2
    root: Array  # sqrt(1 - beta2**t)
    eps: Array
    size: Array  # -lr / (1 - beta1**t)
    coupled: bool  # there is decay, and of which kind
    decoupled: bool
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
    half, real = _types(dtype)
    coupled = weight_decay != 0 and not decoupled
    return AdamRates(
        not (coupled or maximize),
        _constant(1 - lr * weight_decay, real),
        _constant(weight_decay, real),
        _constant(beta1 if beta1 <= 0.5 else 1 - beta1, real),
        _constant(beta2, real),
        _constant(1 - beta2, real),
        np.array(math.sqrt(1 - beta2**step), real),
        _constant(eps, real),
        np.array(-(lr / (1 - beta1**step)), real),
        coupled,
        weight_decay != 0 and decoupled,
        maximize,
        beta1 <= 0.5,
        half,
        dtype.kind == "c",
    )


AdamArrays = tuple[Array, Array, Array, Array, Array | None]  # p, g, m, v, vmax


def adam_steps(parameters: list[AdamArrays], rates: AdamRates) -> None:
    """One step of Adam on several parameters of a dtype, the small ones together.

    A pass over 1,000 numbers costs 0.3 us, of which 0.25 are the call: the six parameters of a
    small network take 17 us together and 45 one by one.
    """
    few: list[AdamArrays] = []
    large: list[AdamArrays] = []
    room = PIECE
    for arrays in parameters:
        p, g, m, _, vmax = arrays
        if vmax is not None or not p.size <= FEW or not p.dtype is g.dtype is m.dtype in PLAIN:
            large.append(arrays)
            continue
        if p.size > room:
            _adam_together(few, rates)
            few, room = [], PIECE
        few.append(arrays)
        room -= p.size
    if len(few) > 1:
        _adam_together(few, rates)
    else:
        large += few
    if sum([p.size for p, *_ in large]) >= SHARED:
        for_each(lambda arrays: adam_step(*arrays, rates), large)
        return
    for arrays in large:
        adam_step(*arrays, rates)


def _adam_together(parameters: list[AdamArrays], rates: AdamRates) -> None:
    flat, views = _scratch.laid_out([p for p, *_ in parameters])
    for (p, g, m, v, _), (gg, mm, vv, _, _) in zip(parameters, views):
        gg[...] = g if rates.plain else _gradient(rates, p, g)
        mm[...] = m
        vv[...] = v
    gs, ms, vs, a, moves = flat
    _adam_move(rates, gs, ms, vs, None, a, moves)
    keep = rates.keep if rates.decoupled else None
    for (p, _, m, v, _), (_, mm, vv, _, move) in zip(parameters, views):
        m[...] = mm
        v[...] = vv
        if keep is not None:
            np.multiply(p, keep, p)
        np.add(p, move, p)


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
    if rates.decoupled:
        np.multiply(p, rates.keep, out=p)
        if rates.half is not None:
            _settle(p, rates.half)
    if not rates.plain:
        g = _gradient(rates, p, g)
    np.add(p, _adam_move(rates, g, m, v, vmax, a, b), out=p)


def _gradient(rates: AdamRates, p: Array, g: Array) -> Array:
    """What to descend along: the other way to climb, and with decay that is not decoupled."""
    g = -g if rates.maximize else g
    if rates.coupled:
        g = g + p * rates.decay
        if rates.half is not None:
            _settle(g, rates.half)
    return g


def _adam_move(
    rates: AdamRates,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None,
    a: Array | None,
    b: Array | None,
) -> Array:
    """Update the means, and return what is to be added to the parameter."""
    first, beta2, second, root, eps, size = rates[3:9]
    nearer, half = rates.nearer, rates.half
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
    return np.divide(b, a, out=b)
