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
from rushlight.kernels.blocks import BLOCK, ONE, Array, share

__all__ = ["gru", "lstm", "lstm_backward", "rnn_relu", "rnn_tanh", "spans"]

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

    That is the gates' activations (4, rows, width) in the order i, f, o, g, and the cells from
    which each row's step started. With `r` the hidden state is projected, ``h = (o tanh c) r'``
    (Sak et al., 2014, arXiv:1402.1128).
    """
    if gates.itemsize == 2:
        return _in_float32(lstm)(gates, h0, c0, w, b, r, sizes, reverse)
    (rows, hidden), width = (len(gates), h0.shape[1]), c0.shape[1]
    acts = np.empty((4, rows, width), gates.dtype)
    y = np.empty((rows, hidden), gates.dtype)
    cells = np.empty((rows, width), gates.dtype)
    h, c = np.ones((len(h0), hidden + 1), gates.dtype), c0.copy()  # a column of ones for the bias
    h[:, :-1] = h0
    to_gates = np.zeros((4, hidden + 1, width), gates.dtype)
    for kept, place in enumerate((0, 1, 3, 2)):
        columns = slice(place * width, (place + 1) * width)
        sign = np.negative if kept < 3 else np.positive  # a sigmoid is 1 / (1 + exp(-x))
        sign(w[columns].T, out=to_gates[kept, :-1])
        if b is not None:
            sign(b[columns], out=to_gates[kept, -1])
    given = gates.reshape(rows, 4, width).swapaxes(0, 1)
    one, brought = ONE[gates.dtype], np.empty((4, *c0.shape), gates.dtype)
    product = np.empty_like(c0)
    for start, n in spans(sizes, reverse):
        step = slice(start, start + n)
        a, cn, out, more = acts[:, step], c[:n], product[:n], given[:, step]
        from_h = np.matmul(h[:n], to_gates, out=brought[:, :n])
        ifo, (i, f, o, g) = a[:3], a
        np.subtract(from_h[:2], more[:2], out=a[:2])
        np.subtract(from_h[2], more[3], out=o)
        np.add(from_h[3], more[2], out=g)
        np.exp(ifo, out=ifo)
        np.add(ifo, one, out=ifo)
        np.reciprocal(ifo, out=ifo)
        np.tanh(g, out=g)
        cells[step] = cn
        np.multiply(cn, f, out=cn)
        np.add(cn, np.multiply(i, g, out=out), out=cn)
        np.multiply(np.tanh(cn, out=out), o, out=out)
        h[:n, :-1] = y[step] = out if r is None else out.dot(r.T)
    return y, h[:, :-1].copy(), c, acts, cells


def lstm_backward(
    acts: Array,
    cells: Array,
    gy: Array | None,
    dh: Array,
    dc: Array,
    w: Array,
    r: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    """The cotangents of the gates, of `h0` and `c0`, and that of `r`.

    From those of all hidden states (None for zeros) and of the last states.
    """
    if acts.itemsize == 2:
        return _in_float32(lstm_backward)(acts, cells, gy, dh, dc, w, r, sizes, reverse)
    rows, width = cells.shape
    d = np.empty((rows, 4, width), acts.dtype)  # first what dc and dh are multiplied with
    of_cell, states = np.empty_like(cells), np.empty_like(cells)
    lot = max(1, BLOCK // width)

    def slopes(start: int) -> None:
        part = slice(start, start + lot)
        _lstm_slopes(acts[:, part], cells[part], d[part], of_cell[part], states[part])

    share(slopes, range(0, rows, lot), cells.size)
    dh, dc, product = dh.copy(), dc.copy(), np.empty_like(dc)
    to_h, brought = w.reshape(4, width, -1), np.empty((4, *dh.shape), d.dtype)
    projection: Any = r
    to_y = None if r is None else np.empty((rows, dh.shape[1]), d.dtype)
    for start, n in reversed(spans(sizes, reverse)):
        step = slice(start, start + n)
        dhn, dcn, of_gates = dh[:n], dc[:n], d[step]
        if gy is not None:
            np.add(dhn, gy[step], out=dhn)
        out = dhn
        if to_y is not None:
            to_y[step] = dhn
            out = dhn.dot(projection)
        np.add(dcn, np.multiply(out, of_cell[step], out=product[:n]), out=dcn)
        np.multiply(of_gates[:, :3], dcn[:, None], out=of_gates[:, :3])
        np.multiply(of_gates[:, 3], out, out=of_gates[:, 3])
        np.multiply(dcn, acts[1, step], out=dcn)
        np.matmul(of_gates.swapaxes(0, 1), to_h, out=brought[:, :n])
        np.add.reduce(brought[:, :n], axis=0, out=dhn)
    dr = np.empty(0, d.dtype) if to_y is None else to_y.T.dot(states)
    return d.reshape(rows, 4 * width), dh, dc, dr


def _lstm_slopes(acts: Array, cells: Array, d: Array, of_cell: Array, states: Array) -> None:
    """What the cell's and the state's cotangents bring to the gates (rows, 4, width), in PyTorch's
    order, and the latter to the cell; and the states before they are projected."""
    (i, f, o, g), one = acts, ONE[acts.dtype]
    of_i, of_f, of_g, of_o = (d[:, k] for k in range(4))
    c = np.multiply(f, cells)
    np.add(c, np.multiply(i, g, out=of_cell), out=c)
    squashed = np.tanh(c, out=c)
    np.multiply(o, squashed, out=states)
    np.multiply(states, squashed, out=of_cell)
    np.subtract(o, of_cell, out=of_cell)  # o (1 - tanh²)
    rest = np.subtract(one, o)
    np.multiply(rest, states, out=of_o)  # tanh · o (1 - o)
    np.subtract(one, i, out=rest)
    np.multiply(rest, i, out=rest)
    np.multiply(rest, g, out=of_i)
    np.subtract(one, f, out=rest)
    np.multiply(rest, f, out=rest)
    np.multiply(rest, cells, out=of_f)
    np.multiply(g, g, out=rest)
    np.subtract(one, rest, out=rest)
    np.multiply(rest, i, out=of_g)


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
