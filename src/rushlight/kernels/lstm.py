"""LSTM over whole sequences, in one direction (Hochreiter and Schmidhuber, 1997; with the forget
gates of Gers et al., 2000), and its backward pass through time.

Gates lie in the order i, f, o, g, so that the three sigmoids are one call.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rushlight.kernels.blocks import ONE, Array
from rushlight.kernels.steps import (
    Cotangents,
    Part,
    Sizes,
    ahead,
    behind,
    earlier,
    gates_first,
    in_float32,
    parts,
    projection,
    resized,
    spans,
)

__all__ = ["lstm", "lstm_backward"]

_ORDER, _SIGMOIDS = (0, 1, 3, 2), slice(3)  # PyTorch's order is i, f, g, o


def lstm(
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    r: Array | None,
    sizes: Sizes,
    reverse: bool,
    train: bool,
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, the last ones, the last cells, and what backward needs.

    That is made for `train` only, beside the loop; `_slopes` tells what it is. With `r` the hidden
    state is projected, ``h = (o tanh c) r'`` (Sak et al., 2014, arXiv:1402.1128).
    """
    if x.itemsize == 2:
        args = x, h0, c0, w_ih, w_hh, b_ih, b_hh, r, sizes, reverse, train
        return in_float32(lstm)(*args)  # type: ignore[no-any-return]
    (rows, dtype), width = (len(x), x.dtype), c0.shape[1]
    acts, y = np.empty((4, rows, width), dtype), np.empty((rows, h0.shape[1]), dtype)
    cells, squashed, forget = (np.empty((rows, width), dtype) for _ in range(3))
    states = None if r is None else np.empty((rows, width), dtype)
    ends = np.empty_like(h0), np.empty_like(c0)
    b = None if b_ih is None or b_hh is None else b_ih + b_hh
    steps = spans(sizes, reverse)

    def slopes(part: Part) -> None:
        here = part.rows
        before = earlier(cells, c0, steps, part)
        _slopes(acts[:, here], before, squashed[here], forget[here])

    h, c, one = h0, c0, ONE[dtype]
    brought, product = np.empty((4, *c0.shape), dtype), np.empty_like(c0)
    project = projection(x, w_ih, b, acts, _ORDER, _SIGMOIDS)
    with ahead(parts(steps, w_ih), project) as ready:
        to_gates = gates_first(w_hh, _ORDER, _SIGMOIDS)
        for part in ready:
            for start, n in part.steps:
                if n != len(h):
                    h, c = resized(h, n, h0, ends[0]), resized(c, n, c0, ends[1])
                step = slice(start, start + n)
                a, out = acts[:, step], squashed[step]
                ifo, (i, f, o, g) = a[:3], a
                np.add(a, np.matmul(h, to_gates, out=brought[:, :n]), out=a)
                np.exp(ifo, out=ifo)
                np.add(ifo, one, out=ifo)
                np.reciprocal(ifo, out=ifo)
                np.tanh(g, out=g)
                c = np.multiply(f, c, out=cells[step])
                np.add(c, np.multiply(i, g, out=product[:n]), out=c)
                np.tanh(c, out=out)
                if r is None or states is None:
                    h = np.multiply(o, out, out=y[step])
                else:
                    h = np.dot(np.multiply(o, out, out=states[step]), r.T, out=y[step])
            if train:
                slopes(part)
    for end, state in zip(ends, (h, c)):
        end[: len(state)] = state
    return y, *ends, acts, squashed, forget, y[:0] if states is None else states


def _slopes(acts: Array, cells: Array, squashed: Array, forget: Array) -> None:
    """From activations i, f, o, g (4, rows, width), the cells before the step and tanh of those
    after it: what the cell's cotangent is multiplied with to get those of i, f and g, and the
    state's to get those of o (in `acts`, PyTorch's order) and of the cell (in `squashed`).
    """
    (i, f, o, g), one = acts, ONE[acts.dtype]
    forget[...] = f
    rest = np.subtract(one, f)
    np.multiply(f, rest, out=f)
    np.multiply(f, cells, out=f)
    of_g = np.multiply(g, g)
    np.subtract(one, of_g, out=of_g)
    np.multiply(of_g, i, out=of_g)
    np.subtract(one, i, out=rest)
    np.multiply(i, rest, out=i)
    np.multiply(i, g, out=i)
    np.subtract(one, o, out=rest)
    np.multiply(rest, o, out=rest)
    np.multiply(rest, squashed, out=g)
    np.multiply(squashed, squashed, out=squashed)
    np.subtract(one, squashed, out=squashed)
    np.multiply(squashed, o, out=squashed)
    o[...] = of_g


def lstm_backward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    r: Array | None,
    y: Array,
    slopes: Array,
    of_cell: Array,
    forget: Array,
    states: Array,
    gy: Array | None,
    dh: Array,
    dc: Array,
    sizes: Sizes,
    reverse: bool,
    needs: Sequence[bool],
) -> Sequence[Array | None]:
    """The cotangents of all inputs of `lstm` that are arrays.

    From those of all hidden states (None for zeros) and of the last states.
    """
    if x.itemsize == 2:
        saved = x, h0, w_ih, w_hh, r, y, slopes, of_cell, forget, states
        return in_float32(lstm_backward)(  # type: ignore[no-any-return]
            *saved, gy, dh, dc, sizes, reverse, needs
        )
    steps, d = spans(sizes, reverse), np.empty_like(slopes)
    wanted = needs[0], *needs[3:7]
    rest = Cotangents(x, w_ih, d, d, lambda part: earlier(y, h0, steps, part), wanted)
    dh, dc, product = dh.copy(), dc.copy(), np.empty_like(dc)
    to_h, brought = w_hh.reshape(4, dc.shape[1], -1), np.empty((4, *dh.shape), d.dtype)
    to_y = None if r is None else np.empty((len(y), dh.shape[1]), d.dtype)
    for part in behind(parts(steps[::-1], w_ih), rest.works()):
        for start, n in part.steps:
            step = slice(start, start + n)
            dhn, dcn, of_gates = dh[:n], dc[:n], d[:, step]
            if gy is not None:
                np.add(dhn, gy[step], out=dhn)
            out = dhn
            if r is not None and to_y is not None:
                to_y[step] = dhn
                out = dhn.dot(r)
            np.add(dcn, np.multiply(out, of_cell[step], out=product[:n]), out=dcn)
            np.multiply(slopes[:3, step], dcn, out=of_gates[:3])
            np.multiply(slopes[3, step], out, out=of_gates[3])
            np.multiply(dcn, forget[step], out=dcn)
            np.matmul(of_gates, to_h, out=brought[:, :n])
            np.add.reduce(brought[:, :n], axis=0, out=dhn)
    dx, *weights = rest.all()
    return dx, dh, dc, *weights, None if to_y is None else to_y.T.dot(states)
