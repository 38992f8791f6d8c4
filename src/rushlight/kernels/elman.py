"""The plain recurrent network over whole sequences, in one direction (Elman, 1990)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rushlight.kernels.blocks import ONE, ZERO, Array, keep
from rushlight.kernels.steps import (
    Cotangents,
    Sizes,
    ahead,
    behind,
    earlier,
    in_float32,
    parts,
    projection,
    resized,
    spans,
)

__all__ = ["relu_backward", "rnn_relu", "rnn_tanh", "tanh_backward"]


def rnn_tanh(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, ``tanh(x w_ih' + h w_hh' + b)``, and the last ones."""
    return _network(np.tanh, x, h0, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


def rnn_relu(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    """As `rnn_tanh`, with ``max(0, .)``."""
    return _network(_relu, x, h0, w_ih, w_hh, b_ih, b_hh, sizes, reverse)


def _relu(x: Array, out: Array) -> Array:
    return np.maximum(x, ZERO[x.dtype], out=out)


def _network(
    act: Callable[..., Array],
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:
    if x.itemsize == 2:
        args = x, h0, w_ih, w_hh, b_ih, b_hh, sizes, reverse
        return in_float32(partial(_network, act))(*args)  # type: ignore[no-any-return]
    y, end = np.empty((len(x), h0.shape[1]), x.dtype), np.empty_like(h0)
    b = None if b_ih is None or b_hh is None else b_ih + b_hh
    project = projection(x, w_ih, b, y[None], (0,), slice(0))
    h, brought = h0, np.empty_like(h0)
    with ahead(parts(spans(sizes, reverse), w_ih), project) as ready:
        to_next = w_hh.T.copy()
        for part in ready:
            for start, n in part.steps:
                if n != len(h):
                    h = resized(h, n, h0, end)
                step = y[start : start + n]
                np.add(step, np.dot(h, to_next, out=brought[:n]), out=step)
                h = act(step, out=step)
    end[: len(h)] = h
    return y, end


def tanh_backward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    y: Array,
    gy: Array | None,
    dh: Array,
    sizes: Sizes,
    reverse: bool,
    needs: Sequence[bool],
) -> Sequence[Array | None]:
    """The cotangents of all inputs of `rnn_tanh` that are arrays.

    From those of all hidden states (None for zeros) and of the last ones.
    """
    return _backward(_tanh_slopes, np.multiply, x, h0, w_ih, w_hh, y, gy, dh, sizes, reverse, needs)


def relu_backward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    y: Array,
    gy: Array | None,
    dh: Array,
    sizes: Sizes,
    reverse: bool,
    needs: Sequence[bool],
) -> Sequence[Array | None]:
    """As `tanh_backward`, of `rnn_relu`."""
    return _backward(_relu_slopes, keep, x, h0, w_ih, w_hh, y, gy, dh, sizes, reverse, needs)


def _tanh_slopes(y: Array, d: Array) -> None:
    np.multiply(y, y, out=d)
    np.subtract(ONE[d.dtype], d, out=d)


def _relu_slopes(y: Array, d: Array) -> None:
    np.greater(y, ZERO[y.dtype], out=d)


def _backward(
    slope: Callable[[Array, Array], None],
    through: Callable[..., Array],
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    y: Array,
    gy: Array | None,
    dh: Array,
    sizes: Sizes,
    reverse: bool,
    needs: Sequence[bool],
) -> Sequence[Array | None]:
    """`through` takes a cotangent through the nonlinearity, given what `slope` has written."""
    if y.itemsize == 2:
        args = x, h0, w_ih, w_hh, y, gy, dh, sizes, reverse, needs
        return in_float32(partial(_backward, slope, through))(*args)  # type: ignore[no-any-return]
    steps, d = spans(sizes, reverse), np.empty_like(y)
    slope(y, d)
    wanted = needs[0], *needs[2:]
    to_gates = d[None]
    rest = Cotangents(x, w_ih, to_gates, to_gates, lambda p: earlier(y, h0, steps, p), wanted)
    dh = dh.copy()
    for part in behind(parts(steps[::-1], w_ih), rest.works()):
        for start, n in part.steps:
            step = slice(start, start + n)
            dhn, of_gates = dh[:n], d[step]
            if gy is not None:
                np.add(dhn, gy[step], out=dhn)
            np.dot(through(dhn, of_gates, out=of_gates), w_hh, out=dhn)
    dx, *weights = rest.all()
    return [dx, dh, *weights]
