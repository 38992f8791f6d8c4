"""Recurrent layers, one operator a layer and direction, differentiated through time.

The formulas below are backpropagation through time (Werbos, Proc. IEEE 78, 1990): what does not
depend on the cotangent is made for all steps at once, and the loop over the steps has the rest.
They serve Tensors; arrays have theirs in the kernels, in place. On Tensors the activations are made
again from the hidden states, which are an output and so have a history, and second derivatives
follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.kernels import elman
from rushlight.kernels import gru as gru_kernels
from rushlight.kernels import lstm as lstm_kernels
from rushlight.kernels.steps import Part, Sizes, earlier, spans
from rushlight.ops.comparison import gt
from rushlight.ops.declare import general
from rushlight.ops.elementary import sigmoid, tanh
from rushlight.ops.masking import kept
from rushlight.ops.matrix import matmul
from rushlight.ops.operator import Operator
from rushlight.ops.shape import cat
from rushlight.tensor import Tensor

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]


def _earlier(y: Any, h0: Any, sizes: Sizes, reverse: bool) -> Any:
    """The hidden state that each row's step started from; `y` has those it ended with."""
    steps = spans(sizes, reverse)
    return earlier(y, h0, steps, Part(0, slice(0, len(y)), steps), lambda pieces: cat(0, *pieces))


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


def _affine(x: Any, w: Any, b: Any) -> Any:
    y = matmul(x, w.T)
    return y if b is None else y + b


def _products(
    to_x: Any, to_h: Any, x: Any, w_ih: Any, earlier: Any, needs: Sequence[bool]
) -> list[Any]:
    """The cotangents of x, w_ih, w_hh, b_ih and b_hh, from those of what they add to the gates."""
    return [
        matmul(to_x, w_ih) if needs[0] else None,
        matmul(to_x.T, x) if needs[1] else None,
        matmul(to_h.T, earlier) if needs[2] else None,
        to_x.sum(0) if needs[3] else None,
        to_h.sum(0) if needs[4] else None,
    ]


# -- LSTM (Hochreiter and Schmidhuber, 1997; with forget gates of Gers et al., 2000) ---------------


def _lstm_states(a: Any, c0: Any, sizes: Sizes, back: bool) -> Any:
    """The activations of all gates, and the cells from which each row's step started."""
    width = c0.shape[1]
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
    x: Any,
    h0: Any,
    c0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    r: Any,
    sizes: Sizes,
    reverse: bool,
    train: bool,
    y: Any,
    slopes: Any,
    of_cell: Any,
    forget: Any,
    states: Any,
    needs: tuple[bool, ...],
) -> Any:
    gy, gh, gc, *_ = g
    dh, dc = _start(gh, h0), _start(gc, c0)
    if train and not isinstance(x, Tensor):
        saved = x, h0, w_ih, w_hh, r, y, slopes, of_cell, forget, states
        return lstm_kernels.lstm_backward(*saved, gy, dh, dc, sizes, reverse, needs)
    before = _earlier(y, h0, sizes, reverse)
    gates = _affine(x, w_ih, b_ih) + _affine(before, w_hh, b_hh)
    acts, cells = _lstm_states(gates, c0, sizes, reverse)
    i, f, z, o = _quarters(acts, c0.shape[1])
    squashed = tanh(f * cells + i * z)
    of_cell = o * (1 - squashed * squashed)
    of_i, of_f, of_z = z * i * (1 - i), cells * f * (1 - f), i * (1 - z * z)
    of_o = squashed * o * (1 - o)
    to_gates, to_h = [], []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        out = dh[:n] if gy is None else dh[:n] + gy[rows]
        to_h.append(out)
        out = out if r is None else matmul(out, r)
        cell = dc[:n] + out * of_cell[rows]
        step = cat(1, cell * of_i[rows], cell * of_f[rows], cell * of_z[rows], out * of_o[rows])
        to_gates.append(step)
        dh, dc = _with(matmul(step, w_hh), dh), _with(cell * f[rows], dc)
    d = _in_order(to_gates, not reverse)
    projected = None
    if needs[7]:
        projected = matmul(_in_order(to_h, not reverse).T, o * squashed)
    dx, *weights = _products(d, d, x, w_ih, before, (needs[0], *needs[3:7]))
    return [dx, dh, dc, *weights, projected]


lstm: Operator = general(
    "lstm",
    lstm_kernels.lstm,
    inputs=("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "r"),
    together=_lstm_rule,
    outputs=("y", "h", "c", "slopes", "of_cell", "forget", "states"),
    constant=("slopes", "of_cell", "forget", "states"),
)


# -- GRU (Cho et al., 2014, with the reset gate after the product, as cuDNN has it) ----------------


def _gru_rule(
    g: Any,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    sizes: Sizes,
    reverse: bool,
    train: bool,
    y: Any,
    slopes: Any,
    update: Any,
    needs: tuple[bool, ...],
) -> Any:
    gy, gh, *_ = g
    dh, width = _start(gh, h0), h0.shape[1]
    if train and not isinstance(x, Tensor):
        saved = x, h0, w_ih, w_hh, y, slopes, update
        return gru_kernels.gru_backward(*saved, gy, dh, sizes, reverse, needs)
    before = _earlier(y, h0, sizes, reverse)
    from_x, from_h = _affine(x, w_ih, b_ih), _affine(before, w_hh, b_hh)
    rz = sigmoid(from_x[:, : 2 * width] + from_h[:, : 2 * width])
    r, z, brought = rz[:, :width], rz[:, width:], from_h[:, 2 * width :]
    new = tanh(from_x[:, 2 * width :] + r * brought)
    of_new, of_z = (1 - z) * (1 - new * new), (before - new) * z * (1 - z)
    of_r = brought * r * (1 - r)
    to_gates, to_brought = [], []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        out = dh[:n] if gy is None else dh[:n] + gy[rows]
        d_new = out * of_new[rows]
        d_rz = cat(1, d_new * of_r[rows], out * of_z[rows])
        to_gates.append(cat(1, d_rz, d_new))
        to_brought.append(cat(1, d_rz, d_new * r[rows]))
        dh = _with(out * z[rows] + matmul(to_brought[-1], w_hh), dh)
    d, d_brought = _in_order(to_gates, not reverse), _in_order(to_brought, not reverse)
    dx, *weights = _products(d, d_brought, x, w_ih, before, (needs[0], *needs[2:]))
    return [dx, dh, *weights]


gru: Operator = general(
    "gru",
    gru_kernels.gru,
    inputs=("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh"),
    together=_gru_rule,
    outputs=("y", "h", "slopes", "update"),
    constant=("slopes", "update"),
)


# -- the plain network (Elman, 1990) -------------------------------------------------------------


def _rnn_rule(
    g: Any,
    through: Callable[[Any, slice], Any],
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    needs: tuple[bool, ...],
) -> Any:
    """`through` takes a cotangent of some rows through their nonlinearity."""
    gy, gh = g
    dh, steps = _start(gh, h0), []
    for start, n in reversed(spans(sizes, reverse)):
        rows = slice(start, start + n)
        steps.append(through(dh[:n] if gy is None else dh[:n] + gy[rows], rows))
        dh = _with(matmul(steps[-1], w_hh), dh)
    d, before = _in_order(steps, not reverse), _earlier(y, h0, sizes, reverse)
    dx, *weights = _products(d, d, x, w_ih, before, (needs[0], *needs[2:]))
    return [dx, dh, *weights]


def _tanh_rule(
    g: Any,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    needs: tuple[bool, ...],
) -> Any:
    rest = sizes, reverse, y, needs
    if not isinstance(x, Tensor):
        gy, gh = g
        return elman.tanh_backward(x, h0, w_ih, w_hh, y, gy, _start(gh, h0), sizes, reverse, needs)
    slope = 1 - y * y
    return _rnn_rule(g, lambda out, rows: out * slope[rows], x, h0, w_ih, w_hh, *rest)


def _relu_rule(
    g: Any,
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    sizes: Sizes,
    reverse: bool,
    y: Any,
    needs: tuple[bool, ...],
) -> Any:
    rest = sizes, reverse, y, needs
    if not isinstance(x, Tensor):
        gy, gh = g
        return elman.relu_backward(x, h0, w_ih, w_hh, y, gy, _start(gh, h0), sizes, reverse, needs)
    on = gt(y, 0)
    return _rnn_rule(g, lambda out, rows: kept(out, on[rows]), x, h0, w_ih, w_hh, *rest)


_INPUTS = ("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh")
rnn_tanh: Operator = general(
    "rnn_tanh", elman.rnn_tanh, inputs=_INPUTS, together=_tanh_rule, outputs=("y", "h")
)
rnn_relu: Operator = general(
    "rnn_relu", elman.rnn_relu, inputs=_INPUTS, together=_relu_rule, outputs=("y", "h")
)
