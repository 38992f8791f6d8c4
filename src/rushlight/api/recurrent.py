"""Recurrent networks as functions: layers, directions and dropout around the operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rushlight.api.dropout import dropout as drop
from rushlight.api.matrix import check_mm_shapes, check_same_mm_dtype
from rushlight.autograd.modes import mode
from rushlight.ops import recurrent as ops
from rushlight.ops.outputs import no_overload
from rushlight.ops.shape import cat, stack
from rushlight.tensor import Tensor

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]

Weights = Sequence[Tensor]
# A layer in one direction: inputs, states, four weights and the projection, sizes, reverse.
Layer = Callable[..., tuple[Tensor, list[Tensor]]]


def _lstm(x: Any, states: Any, weights: Any, r: Any, sizes: Any, reverse: bool) -> Any:
    y, h, c, *_ = ops.lstm(x, *states, *weights, r, sizes, reverse, mode.grad)
    return y, [h, c]


def _gru(x: Any, states: Any, weights: Any, r: Any, sizes: Any, reverse: bool) -> Any:
    y, h, *_ = ops.gru(x, *states, *weights, sizes, reverse, mode.grad)
    return y, [h]


def _tanh(x: Any, states: Any, weights: Any, r: Any, sizes: Any, reverse: bool) -> Any:
    y, h = ops.rnn_tanh(x, *states, *weights, sizes, reverse)
    return y, [h]


def _relu(x: Any, states: Any, weights: Any, r: Any, sizes: Any, reverse: bool) -> Any:
    y, h = ops.rnn_relu(x, *states, *weights, sizes, reverse)
    return y, [h]


def _check_inputs(x: Tensor, w: Tensor) -> None:
    check_mm_shapes(x.shape[0], x.shape[1], w.shape[1], w.shape[0])
    check_same_mm_dtype(x, w)


def _network(
    layer: Layer,
    rows: Tensor,
    sizes: tuple[int, ...],
    states: Sequence[Tensor],
    params: Weights,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Any, list[Any]]:
    """Run all layers on packed rows; return the rows of the last, and the stacked last states."""
    directions = 1 + bidirectional
    count = len(params) // (num_layers * directions)  # weights of a layer in one direction
    ends: list[list[Tensor]] = [[] for _ in states]
    for k in range(num_layers):
        outs = []
        for direction in range(directions):
            place = k * directions + direction
            w_ih, w_hh, *more = params[place * count : (place + 1) * count]
            b_ih, b_hh = more[:2] if has_biases else (None, None)
            projections = more[2 if has_biases else 0 :]
            first = [state[place] for state in states]
            _check_inputs(rows, w_ih)
            args = (w_ih, w_hh, b_ih, b_hh), projections[0] if projections else None
            out, last = layer(rows, first, *args, sizes, direction == 1)
            outs.append(out)
            for end, state in zip(ends, last):
                end.append(state)
        rows = cat(1, *outs) if bidirectional else outs[0]
        if train and dropout != 0 and k < num_layers - 1:
            rows = drop(rows, dropout, True)
    return rows, [stack(0, *end) for end in ends]


_OPTIONS = (
    "{} hx, tuple of Tensors params, bool has_biases, int num_layers, float dropout, bool train, "
    "bool bidirectional"
)
PACKED = f"(Tensor data, Tensor batch_sizes, {_OPTIONS})"
STEPS = f"(Tensor input, {_OPTIONS}, bool batch_first)"


def _call(name: str, layer: Layer, args: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """Tell the two ways of calling apart: packed rows with their sizes, or steps of one size."""
    if len(args) != 9 or not isinstance(args[0], Tensor):
        hx = "tuple of Tensors" if name == "lstm" else "Tensor"
        raise no_overload(name, (PACKED.format(hx), STEPS.format(hx)), *args)
    if isinstance(args[1], Tensor) and isinstance(args[3], (tuple, list)):
        rows, batch_sizes, hx, *options = args
        states = [hx] if isinstance(hx, Tensor) else list(hx)
        sizes = tuple(int(n) for n in batch_sizes.tolist())
        return _network(layer, rows, sizes, states, *options)
    input, hx, *options, batch_first = args
    states = [hx] if isinstance(hx, Tensor) else list(hx)
    x = input.transpose(0, 1) if batch_first else input
    steps, batch = x.shape[0], x.shape[1]
    if steps == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    rows, ends = _network(layer, x.flatten(0, 1), (batch,) * steps, states, *options)
    y = rows.unflatten(0, (steps, batch))
    return (y.transpose(0, 1) if batch_first else y), ends


def lstm(*args: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Run an LSTM: ``(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
    batch_first)``, or packed ``(data, batch_sizes, hx, params, ...)`` without the last.

    `hx` is a pair of states (layers * directions, B, H), and `params` has the weights of each layer
    and direction in turn: W_ih, W_hh, and if there are any b_ih, b_hh, and W_hr. Returns the
    outputs, and the last hidden and cell states. `rushlight.nn.LSTM` is the way to it.
    """
    y, (h, c) = _call("lstm", _lstm, args)
    return y, h, c


def gru(*args: Any) -> tuple[Tensor, Tensor]:
    """Run a GRU; the arguments are those of `lstm`, but for one state alone."""
    y, (h,) = _call("gru", _gru, args)
    return y, h


def rnn_tanh(*args: Any) -> tuple[Tensor, Tensor]:
    """Run a plain recurrent network with tanh; the arguments are those of `gru`."""
    y, (h,) = _call("rnn_tanh", _tanh, args)
    return y, h


def rnn_relu(*args: Any) -> tuple[Tensor, Tensor]:
    """Run a plain recurrent network with relu; the arguments are those of `gru`."""
    y, (h,) = _call("rnn_relu", _relu, args)
    return y, h


# -- one step ------------------------------------------------------------------------------------


def _step(
    layer: Layer,
    input: Tensor,
    states: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> list[Tensor]:
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}"
        )
    hidden = w_hh.shape[1]
    for i, state in enumerate(states):
        if state.shape[0] != input.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{i} batch size "
                f"{state.shape[0]}"
            )
        if state.shape[1] != hidden:
            raise RuntimeError(
                f"hidden{i} has inconsistent hidden_size: got {state.shape[1]}, expected {hidden}"
            )
    _check_inputs(input, w_ih)
    return layer(input, states, (w_ih, w_hh, b_ih, b_hh), None, (input.shape[0],), False)[1]


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the hidden state and the cell (B, H) after one step, for inputs (B, I)."""
    h, c = _step(_lstm, input, hx, w_ih, w_hh, b_ih, b_hh)
    return h, c


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """Return the hidden state (B, H) of a GRU after one step, for inputs (B, I)."""
    return _step(_gru, input, [hx], w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """Return the hidden state (B, H) of a plain network after one step, for inputs (B, I)."""
    return _step(_tanh, input, [hx], w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """As `rnn_tanh_cell`, with relu."""
    return _step(_relu, input, [hx], w_ih, w_hh, b_ih, b_hh)[0]
