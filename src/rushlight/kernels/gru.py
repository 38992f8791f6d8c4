"""GRU over whole sequences, in one direction (Cho et al., 2014, with the reset gate after the
product, as cuDNN has it), and its backward pass through time."""

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

__all__ = ["gru", "gru_backward"]

_ORDER, _SIGMOIDS = (2, 0, 1), slice(1, 3)  # PyTorch's order is r, z, n; here n, r, z


def gru(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Sizes,
    reverse: bool,
    train: bool,
) -> tuple[Array, ...]:
    """Return the hidden states of all rows, the last ones, and what backward needs.

    That is made for `train` only, beside the loop; `_slopes` tells what it is.
    """
    if x.itemsize == 2:
        args = x, h0, w_ih, w_hh, b_ih, b_hh, sizes, reverse, train
        return in_float32(gru)(*args)  # type: ignore[no-any-return]
    (rows, dtype), width = (len(x), x.dtype), h0.shape[1]
    acts = np.empty((4, rows, width), dtype)  # n, r, z, and what the hidden states bring to n
    y, update, end = (np.empty(shape, dtype) for shape in ((rows, width),) * 2 + (h0.shape,))
    b, to_new = b_ih, np.zeros(1, dtype)
    if b_ih is not None and b_hh is not None:
        b, to_new = b_ih.copy(), b_hh[2 * width :]
        b[: 2 * width] += b_hh[: 2 * width]
    steps = spans(sizes, reverse)

    def slopes(part: Part) -> None:
        here = part.rows
        _slopes(acts[:, here], earlier(y, h0, steps, part), update[here])

    h, one = h0, ONE[dtype]
    brought = np.empty((3, *h0.shape), dtype)
    project = projection(x, w_ih, b, acts[:3], _ORDER, _SIGMOIDS)
    with ahead(parts(steps, w_ih), project) as ready:
        to_gates = gates_first(w_hh, _ORDER, _SIGMOIDS)
        for part in ready:
            for start, n in part.steps:
                if n != len(h):
                    h = resized(h, n, h0, end)
                step = slice(start, start + n)
                a, from_h = acts[:, step], np.matmul(h, to_gates, out=brought[:, :n])
                rz, (new, r, z, given) = a[1:3], a
                np.add(rz, from_h[1:], out=rz)
                np.exp(rz, out=rz)
                np.add(rz, one, out=rz)
                np.reciprocal(rz, out=rz)
                np.add(from_h[0], to_new, out=given)
                np.add(new, np.multiply(r, given, out=from_h[0]), out=new)
                np.tanh(new, out=new)
                h = np.subtract(h, new, out=y[step])
                np.multiply(h, z, out=h)
                np.add(h, new, out=h)
            if train:
                slopes(part)
    end[: len(h)] = h
    return y, end, acts, update


def _slopes(acts: Array, before: Array, update: Array) -> None:
    """From activations n, r, z, what hidden states brought to n, and the states before the step:
    what the state's cotangent is multiplied with to get those of n and z (`acts[::2]`), and that
    of n to get those of r and of what states brought (`acts[1::2]`); and a copy of z."""
    (new, r, z, given), one = acts, ONE[acts.dtype]
    update[...] = z
    rest = np.subtract(one, z)
    of_z = np.subtract(before, new)
    np.multiply(of_z, z, out=of_z)
    np.multiply(of_z, rest, out=z)
    np.multiply(new, new, out=new)
    np.subtract(one, new, out=new)
    np.multiply(new, rest, out=new)
    np.subtract(one, r, out=rest)
    np.multiply(rest, r, out=rest)
    np.multiply(rest, given, out=rest)
    given[...] = r
    r[...] = rest


def gru_backward(
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    y: Array,
    slopes: Array,
    update: Array,
    gy: Array | None,
    dh: Array,
    sizes: Sizes,
    reverse: bool,
    needs: Sequence[bool],
) -> Sequence[Array | None]:
    """The cotangents of all inputs of `gru` that are arrays.

    From those of all hidden states (None for zeros) and of the last ones.
    """
    if x.itemsize == 2:
        args = x, h0, w_ih, w_hh, y, slopes, update, gy, dh, sizes, reverse, needs
        return in_float32(gru_backward)(*args)  # type: ignore[no-any-return]
    steps, width = spans(sizes, reverse), y.shape[1]
    # Those of n, r, z, and of what hidden states brought to n: the first three go to the inputs,
    # the last three to the hidden states.
    d = np.empty_like(slopes)
    n_first = np.concatenate((w_ih[2 * width :], w_ih[: 2 * width]))
    wanted = needs[0], *needs[2:]
    rest = Cotangents(x, n_first, d[:3], d[1:], lambda p: earlier(y, h0, steps, p), wanted)
    dh, to_h = dh.copy(), w_hh.reshape(3, width, width)
    brought = np.empty((4, *dh.shape), d.dtype)
    for part in behind(parts(steps[::-1], w_ih), rest.works()):
        for start, n in part.steps:
            step = slice(start, start + n)
            dhn, of_gates, given, back = dh[:n], d[:, step], slopes[:, step], brought[:, :n]
            if gy is not None:
                np.add(dhn, gy[step], out=dhn)
            np.multiply(given[::2], dhn, out=of_gates[::2])
            np.multiply(given[1::2], of_gates[0], out=of_gates[1::2])
            np.matmul(of_gates[1:], to_h, out=back[:3])
            np.multiply(dhn, update[step], out=back[3])
            np.add.reduce(back, axis=0, out=dhn)
    dx, dw_ih, dw_hh, db_ih, db_hh = rest.all()
    dw_ih, db_ih = (
        None if a is None else np.concatenate((a[width:], a[:width])) for a in (dw_ih, db_ih)
    )
    return dx, dh, dw_ih, dw_hh, db_ih, db_hh
