"""Recurrent layers over whole sequences: LSTM, GRU, and the plain network, one direction each.

Sequences lie packed: the rows of the first step, then those of the second, and so on; `sizes` says
how many rows a step has. Sequences of one length have ``sizes = (B,) * T``; of several lengths,
a step has the rows of those that are not over, longest first (PyTorch's PackedSequence). Backward
in time the steps are run from the last, and sequences join in as they begin.

What comes from the inputs, ``x W' + b``, is made for all steps at once before; here the hidden
state is added step by step. The order of gates is PyTorch's: i, f, g, o and r, z, n.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from rushlight.kernels.activation import sigmoid
from rushlight.kernels.blocks import Array

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh", "spans"]

Sizes = Sequence[int]


def spans(sizes: Sizes, reverse: bool) -> list[tuple[int, int]]:
    """Each step's first row and its number of rows, in the order in which steps are run."""
    found = [(end - n, n) for end, n in zip(accumulate(sizes), sizes)]
    return found[::-1] if reverse else found


def _in_float32(layer: Callable[..., tuple[Array, ...]]) -> Callable[..., tuple[Array, ...]]:
    """Run a layer of a half type in float32, and round what it returns."""

    def run(gates: Array, *rest: Any) -> tuple[Array, ...]:
        wide = [x.astype(np.float32) if isinstance(x, np.ndarray) else x for x in (gates, *rest)]
        return tuple([y.astype(gates.dtype) for y in layer(*wide)])

    return run


def lstm(
    gates: Array,
    h0: Array,
    c0: Array,
    w: Array,
    b: Array | None,
    r: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, the last ones, the last cells, and what backward needs.

    That is the gates' activations, and the cells from which each row's step started. With `r` the
    hidden state is projected, ``h = (o tanh c) r'`` (Sak et al., 2014, arXiv:1402.1128).
    """
    if gates.itemsize == 2:
        return _in_float32(lstm)(gates, h0, c0, w, b, r, sizes, reverse)
    acts = gates.copy() if b is None else gates + b
    width = c0.shape[1]
    y = np.empty((len(gates), h0.shape[1]), gates.dtype)
    cells = np.empty((len(gates), width), gates.dtype)
    h, c, to_gates = h0.copy(), c0.copy(), w.T
    for start, n in spans(sizes, reverse):
        a, cn, hn = acts[start : start + n], c[:n], h[:n]
        a += hn @ to_gates
        ifs, g, o = a[:, : 2 * width], a[:, 2 * width : 3 * width], a[:, 3 * width :]
        ifs[...] = sigmoid(ifs)
        o[...] = sigmoid(o)
        np.tanh(g, out=g)
        cells[start : start + n] = cn
        np.multiply(cn, ifs[:, width:], out=cn)
        cn += ifs[:, :width] * g
        out = np.tanh(cn)
        out *= o
        hn[...] = out if r is None else out @ r.T
        y[start : start + n] = hn
    return y, h, c, acts, cells


def gru(
    gates: Array, h0: Array, w: Array, b: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, the last ones, and what backward needs.

    That is the gates' activations, and what the hidden states brought to the candidates n.
    """
    if gates.itemsize == 2:
        return _in_float32(gru)(gates, h0, w, b, sizes, reverse)
    acts = gates.copy()
    width = h0.shape[1]
    y, brought = (np.empty((len(gates), width), gates.dtype) for _ in range(2))
    h, to_gates = h0.copy(), w.T
    for start, n in spans(sizes, reverse):
        a, hn, step = acts[start : start + n], h[:n], slice(start, start + n)
        from_h = hn @ to_gates
        if b is not None:
            from_h += b
        rz, candidate = a[:, : 2 * width], a[:, 2 * width :]
        rz += from_h[:, : 2 * width]
        rz[...] = sigmoid(rz)
        brought[step] = from_h[:, 2 * width :]
        candidate += rz[:, :width] * from_h[:, 2 * width :]
        np.tanh(candidate, out=candidate)
        hn -= candidate
        hn *= rz[:, width:]
        hn += candidate
        y[step] = hn
    return y, h, acts, brought


def rnn_tanh(
    gates: Array, h0: Array, w: Array, b: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, ``tanh(gates + h w' + b)``, and the last ones."""
    return _rnn(np.tanh, gates, h0, w, b, sizes, reverse)


def rnn_relu(
    gates: Array, h0: Array, w: Array, b: Array | None, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
    """As `rnn_tanh`, with ``max(0, .)``."""
    return _rnn(_relu, gates, h0, w, b, sizes, reverse)


def _relu(x: Array, out: Array) -> Array:
    return np.maximum(x, 0, out=out)


def _rnn(
    act: Callable[..., Array],
    gates: Array,
    h0: Array,
    w: Array,
    b: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    if gates.itemsize == 2:
        return _in_float32(lambda *args: _rnn(act, *args))(gates, h0, w, b, sizes, reverse)
    y = gates.copy() if b is None else gates + b
    h, to_gates = h0.copy(), w.T
    for start, n in spans(sizes, reverse):
        step = y[start : start + n]
        step += h[:n] @ to_gates
        act(step, out=step)
        h[:n] = step
    return y, h
