"""Recurrent layers over sequences: RNN, LSTM and GRU."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable
from typing import Any

from rushlight.api import recurrent
from rushlight.api.create import empty
from rushlight.nn import init
from rushlight.nn.modules.module import Module
from rushlight.nn.utils.rnn import PackedSequence
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
NETWORKS: dict[str, Callable[..., Any]] = {
    "LSTM": recurrent.lstm,
    "GRU": recurrent.gru,
    "RNN_TANH": recurrent.rnn_tanh,
    "RNN_RELU": recurrent.rnn_relu,
}


class RNNBase(Module):
    """What RNN, LSTM and GRU share: weights, checks, and the order of sequences.

    The weights of layer k are ``weight_ih_l{k}``, ``weight_hh_l{k}``, ``bias_ih_l{k}`` and
    ``bias_hh_l{k}``, with ``_reverse`` behind them for the other direction; they start uniform on
    (-b, b), b = 1 / sqrt(hidden_size).
    """

    __constants__ = (
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    )
    _flat_weights_names: list[str]

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_options()
        self.dropout = float(dropout)
        self._flat_weights_names = []
        self._all_weights: list[list[str]] = []
        gates = GATES[mode] * hidden_size
        for layer in range(num_layers):
            for direction in range(2 if bidirectional else 1):
                self._add_weights(layer, direction, gates, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _check_options(self) -> None:
        dropout = self.dropout
        if (
            not isinstance(dropout, numbers.Number)
            or isinstance(dropout, bool)
            or not 0 <= dropout <= 1
        ):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                UserWarning,
                stacklevel=4,
            )
        if not isinstance(self.hidden_size, int):
            raise TypeError(
                f"hidden_size should be of type int, got: {type(self.hidden_size).__name__}"
            )
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}")

    def _add_weights(self, layer: int, direction: int, gates: int, options: Any) -> None:
        width = self.proj_size or self.hidden_size
        inputs = width * (2 if self.bidirectional else 1) if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, inputs)}
        shapes["weight_hh"] = (gates, width)
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        end = f"_l{layer}" + ("_reverse" if direction else "")
        for name, shape in shapes.items():
            setattr(self, name + end, Parameter(empty(shape, **options)))
        names = [name + end for name in shapes]
        self._all_weights.append(names)
        self._flat_weights_names.extend(names)

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Do nothing: on the CPU weights need not lie in one piece."""

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    # -- checks --------------------------------------------------------------------------------
    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Refuse inputs of another dtype, number of dimensions or size than the weights'."""
        weight = self._flat_weights[0]
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({input.dtype})"
            )
        expected = 3 if batch_sizes is None else 2
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the sizes of a hidden state for an input."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def _state_size(
        self, input: Tensor, batch_sizes: Tensor | None, width: int
    ) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return self.num_layers * (2 if self.bidirectional else 1), batch, width

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Refuse a state of other sizes."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse inputs and states that don't fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Put the sequences of a state into another order."""
        return hx if permutation is None else hx.index_select(1, permutation)

    # -- running -------------------------------------------------------------------------------
    def forward(self, input: Any, hx: Any = None) -> Any:
        """Run over a sequence (T, I), a batch (T, B, I) or (B, T, I), or a PackedSequence.

        Returns the outputs of the last layer in the same form, and the last states
        (layers * directions, B, H); `hx` are the first ones, zeros by default.
        """
        if isinstance(input, PackedSequence):
            x, sizes, order, back = input
            first = self.permute_hidden(self._first(x, sizes, hx), order)
            self.check_forward_args(x, first, sizes)
            y, *last = NETWORKS[self.mode](x, sizes, first, *self._options())
            return PackedSequence(y, sizes, order, back), self.permute_hidden(_one(last), back)
        if input.dim() not in (2, 3):
            raise ValueError(
                f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D instead"
            )
        batched = input.dim() == 3
        x = input if batched else input.unsqueeze(0 if self.batch_first else 1)
        if hx is not None:
            self._check_dims(hx, batched)
            hx = hx if batched else _each(hx, lambda state: state.unsqueeze(1))
        first = self._first(x, None, hx)
        self.check_forward_args(x, first, None)
        y, *last = NETWORKS[self.mode](x, first, *self._options(), self.batch_first)
        if batched:
            return y, _one(last)
        y = y.squeeze(0 if self.batch_first else 1)
        return y, _each(_one(last), lambda state: state.squeeze(1))

    def _options(self) -> tuple[Any, ...]:
        weights, layers = self._flat_weights, self.num_layers
        options = (float(self.dropout), self.training, bool(self.bidirectional))
        return weights, self.bias, layers, *options

    def _first(self, x: Tensor, sizes: Tensor | None, hx: Any) -> Any:
        """The states to start from: those given, or zeros."""
        if hx is not None:
            return hx
        self.check_input(x, sizes)
        return x.new_zeros(self.get_expected_hidden_size(x, sizes))

    def _check_dims(self, hx: Any, batched: bool) -> None:
        expected = 3 if batched else 2
        if hx.dim() != expected:
            kind = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, hx should also be {expected}-D but got {hx.dim()}-D tensor"
            )

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the default."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size:
            parts.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            parts.append(f"num_layers={self.num_layers}")
        for name, default in (("bias", True), ("batch_first", False), ("dropout", 0)):
            if getattr(self, name) != default:
                parts.append(f"{name}={getattr(self, name)}")
        if self.bidirectional:
            parts.append(f"bidirectional={self.bidirectional}")
        return ", ".join(parts)


def _one(states: list[Tensor]) -> Any:
    """States as users see them: one tensor, or a tuple of two."""
    return states[0] if len(states) == 1 else tuple(states)


def _each(states: Any, change: Callable[[Tensor], Tensor]) -> Any:
    return change(states) if isinstance(states, Tensor) else tuple(change(s) for s in states)


class RNN(RNNBase):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` over sequences (Elman, 1990).

    Arguments as `RNNBase`'s but for the mode; `nonlinearity` may be ``"relu"``.

    >>> import rushlight as torch
    >>> y, h = torch.nn.RNN(3, 4)(torch.ones(5, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:  # input_size, hidden_size, num_layers
            self.nonlinearity = args[3]
            args = (*args[:3], *args[4:])
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory over sequences (Hochreiter and Schmidhuber, 1997).

    Arguments as `RNNBase`'s but for the mode. States are pairs of hidden states and cells. With
    `proj_size` hidden states are projected to that size (Sak et al., 2014, arXiv:1402.1128).

    >>> import rushlight as torch
    >>> y, (h, c) = torch.nn.LSTM(3, 4, num_layers=2)(torch.ones(5, 2, 3))
    >>> y.shape, h.shape, c.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the sizes of a state of cells for an input."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse inputs and states that don't fit."""
        self.check_input(input, batch_sizes)
        expected = self.get_expected_hidden_size(input, batch_sizes)
        self.check_hidden_size(hidden[0], expected, "Expected hidden[0] size {}, got {}")
        expected = self.get_expected_cell_size(input, batch_sizes)
        self.check_hidden_size(hidden[1], expected, "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Put the sequences of both states into another order."""
        if permutation is None:
            return hx
        return tuple(super(LSTM, self).permute_hidden(state, permutation) for state in hx)

    def _first(self, x: Tensor, sizes: Tensor | None, hx: Any) -> Any:
        if hx is not None:
            return hx
        h = super()._first(x, sizes, None)
        return h, x.new_zeros(self.get_expected_cell_size(x, sizes))

    def _check_dims(self, hx: Any, batched: bool) -> None:
        h, c = hx[0], hx[1]
        expected = 3 if batched else 2
        if h.dim() != expected or c.dim() != expected:
            kind = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, hx and cx should also be {expected}-D but got "
                f"({h.dim()}-D, {c.dim()}-D) tensors"
            )


class GRU(RNNBase):
    """Gated recurrent units over sequences (Cho et al., EMNLP 2014).

    ``n = tanh(W_in x + b_in + r * (W_hn h + b_hn))`` and ``h' = (1 - z) * n + z * h``. Arguments as
    `RNNBase`'s but for the mode.

    >>> import rushlight as torch
    >>> y, h = torch.nn.GRU(3, 4, bidirectional=True)(torch.ones(5, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)
