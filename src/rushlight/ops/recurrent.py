"""Recurrent layers, one operator a layer and direction, differentiated through time.

The formulas below are backpropagation through time (Werbos, Proc. IEEE 78, 1990): what does not
depend on the cotangent is made for all steps at once, and the loop over the steps has the rest.
They serve arrays and Tensors (those of LSTMs' arrays are in the kernel, in place); on Tensors the
activations are made again from the hidden states, which are an output and so have a history, and
second derivatives follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.kernels import recurrent as kernels
from rushlight.kernels.recurrent import spans
from rushlight.ops.comparison import gt
from rushlight.ops.declare import general
from rushlight.ops.elementary import sigmoid, tanh
from rushlight.ops.masking import kept
from rushlight.ops.matrix import matmul
from rushlight.ops.operator import Operator
from rushlight.ops.shape import cat
from rushlight.tensor import Tensor

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]

Sizes = Sequence[int]


def _earlier(y: Any, h0: Any, sizes: Sizes, reverse: bool) -> Any:
    """The hidden state that each row's step started from; `y` has those it ended with."""
    pieces: list[Any] = []
    last = None
    for start, n in spans(sizes, reverse):
        if last is None:
            piece = h0[:n]
        else:
            known = min(n, last[1])
            piece = y[last[0] : last[0] + known]
            if n > known:  # sequences that begin here
                piece = cat(0, piece, h0[known:n])
        pieces.append(piece)
        last = start, n
    return _in_order(pieces, reverse)


def _in_order(pieces: list[Any], reverse: bool) -> Any:
    """Put the rows of steps, made in the order in which steps are run, into one matrix."""
    return cat(0, *(pieces[::-1] if reverse else pieces))


def _with(rows: Any, state: Any) -> Any:
    """A state whose first rows are others."""
    return rows if len(rows) == len(state) else cat(0, rows, state[len(rows) :])


def _start(g: Any, state: Any) -> Any:
    """The cotangent of a last state: zeros where nobody has used it."""
    if g is not None:
        return g
    return state.new_zeros(state.shape) if isinstance(state, Tensor) else np.zeros_like(state)


def _weights(d: Any, earlier: Any, needs: Sequence[bool]) -> list[Any]:
    """The cotangents of `w` and `b`, from those of what they add to the gates."""
    return [matmul(d.T, earlier) if needs[0] else None, d.sum(0) if needs[1] else None]


# -- LSTM (Hochreiter and Schmidhuber, 1997; with forget gates of Gers et al., 2000) ---------------


def _lstm_states(
    gates: Any, earlier: Any, c0: Any, w: Any, b: Any, sizes: Sizes, back: bool
) -> Any:
    """The activations of all gates, and the cells from which each row's step started."""
    width = c0.shape[1]
    a = gates + matmul(earlier, w.T)
    a = a if b is None else a + b
    ifs, g, o = a[:, : 2 * width], a[:, 2 * width : 3 * width], a[:, 3 * width :]
    acts = cat(1, sigmoid(ifs), tanh(g), sigmoid(o))
    c, pieces = c0, []
    for start, n in spans(sizes, back):
        i, f, g, _ = _quarters(acts[start : start + n], width)
        pieces.append(c[:n])
        c = _with(f * c[:n] + i * g, c)
    return acts, _in_order(pieces, back)


def _quarters(acts: Any, width: int) -> list[Any]:
    return [acts[:, k * width : (k + 1) * width] for k in range(4)]


def _lstm_rule(
    g: Any,
    gates: Any,
    h0: Any,
    c0: Any,
    w: Any,
    b: Any,
    r: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    acts: Any,
    cells: Any,
    needs: tuple[bool, ...],
) -> list[Any]:
    gy, gh, gc, *_ = g
    earlier = _earlier(y, h0, sizes, reverse)
    if not isinstance(gates, Tensor):
        lasts = _start(gh, h0), _start(gc, c0)
        d, dh, dc, dr = kernels.lstm_backward(acts, cells, gy, *lasts, w, r, sizes, reverse)
        return [d, dh, dc, *_weights(d, earlier, needs[3:5]), dr if needs[5] else None]
    acts, cells = _lstm_states(gates, earlier, c0, w, b, sizes, reverse)
    i, f, z, o = _quarters(acts, c0.shape[1])
    squashed = tanh(f * cells + i * z)
    of_cell = o * (1 - squashed * squashed)
    of_i, of_f, of_z = z * i * (1 - i), cells * f * (1 - f), i * (1 - z * z)
    of_o = squashed * o * (1 - o)
    dh, dc = _start(gh, h0), _start(gc, c0)
    to_gates, to_h = [], []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        out = dh[:n] if gy is None else dh[:n] + gy[rows]
        to_h.append(out)
        out = out if r is None else matmul(out, r)
        cell = dc[:n] + out * of_cell[rows]
        step = cat(1, cell * of_i[rows], cell * of_f[rows], cell * of_z[rows], out * of_o[rows])
        to_gates.append(step)
        dh, dc = _with(matmul(step, w), dh), _with(cell * f[rows], dc)
    d = _in_order(to_gates, not reverse)
    projected = None
    if needs[5]:
        projected = matmul(_in_order(to_h, not reverse).T, o * squashed)
    return [d, dh, dc, *_weights(d, earlier, needs[3:5]), projected]


lstm: Operator = general(
    "lstm",
    kernels.lstm,
    inputs=("gates", "h0", "c0", "w", "b", "r"),
    together=_lstm_rule,
    outputs=("y", "h", "c", "acts", "cells"),
    constant=("acts", "cells"),
)


# -- GRU (Cho et al., 2014, with the reset gate after the product, as cuDNN has it) ----------------


def _gru_rule(
    g: Any,
    gates: Any,
    h0: Any,
    w: Any,
    b: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    acts: Any,
    brought: Any,
    needs: tuple[bool, ...],
) -> list[Any]:
    gy, gh, *_ = g
    width = h0.shape[1]
    earlier = _earlier(y, h0, sizes, reverse)
    if isinstance(gates, Tensor):
        from_h = matmul(earlier, w.T)
        from_h = from_h if b is None else from_h + b
        rz, brought = (
            sigmoid(gates[:, : 2 * width] + from_h[:, : 2 * width]),
            from_h[:, 2 * width :],
        )
        r, z = rz[:, :width], rz[:, width:]
        new = tanh(gates[:, 2 * width :] + r * brought)
    else:
        r, z, new = acts[:, :width], acts[:, width : 2 * width], acts[:, 2 * width :]
    of_new, of_z = (1 - z) * (1 - new * new), (earlier - new) * z * (1 - z)
    of_r = brought * r * (1 - r)
    dh = _start(gh, h0)
    to_gates, to_brought = [], []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        out = dh[:n] if gy is None else dh[:n] + gy[rows]
        d_new = out * of_new[rows]
        d_rz = cat(1, d_new * of_r[rows], out * of_z[rows])
        to_gates.append(cat(1, d_rz, d_new))
        to_brought.append(cat(1, d_rz, d_new * r[rows]))
        dh = _with(out * z[rows] + matmul(to_brought[-1], w), dh)
    d, d_brought = _in_order(to_gates, not reverse), _in_order(to_brought, not reverse)
    return [d, dh, *_weights(d_brought, earlier, needs[2:])]


gru: Operator = general(
    "gru",
    kernels.gru,
    inputs=("gates", "h0", "w", "b"),
    together=_gru_rule,
    outputs=("y", "h", "acts", "brought"),
    constant=("acts", "brought"),
)


# -- the plain network (Elman, 1990) -------------------------------------------------------------


def _rnn_rule(
    g: Any,
    through: Callable[[Any, slice], Any],
    h0: Any,
    w: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    needs: tuple[bool, ...],
) -> list[Any]:
    """`through` takes a cotangent of some rows through their nonlinearity."""
    gy, gh = g
    dh, steps = _start(gh, h0), []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        steps.append(through(dh[:n] if gy is None else dh[:n] + gy[rows], rows))
        dh = _with(matmul(steps[-1], w), dh)
    d = _in_order(steps, not reverse)
    return [d, dh, *_weights(d, _earlier(y, h0, sizes, reverse), needs[2:])]


def _tanh_rule(g: Any, h0: Any, w: Any, sizes: Sizes, reverse: bool, y: Any, needs: Any) -> Any:
    slope = 1 - y * y
    return _rnn_rule(g, lambda out, rows: out * slope[rows], h0, w, sizes, reverse, y, needs)


def _relu_rule(g: Any, h0: Any, w: Any, sizes: Sizes, reverse: bool, y: Any, needs: Any) -> Any:
    on = gt(y, 0)
    return _rnn_rule(g, lambda out, rows: kept(out, on[rows]), h0, w, sizes, reverse, y, needs)


_INPUTS = ("gates", "h0", "w", "b")
rnn_tanh: Operator = general(
    "rnn_tanh", kernels.rnn_tanh, inputs=_INPUTS, together=_tanh_rule, outputs=("y", "h")
)
rnn_relu: Operator = general(
    "rnn_relu", kernels.rnn_relu, inputs=_INPUTS, together=_relu_rule, outputs=("y", "h")
)
