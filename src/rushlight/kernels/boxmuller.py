"""Normal numbers as PyTorch's CPU kernels make them out of uniform ones, by Box and Muller:

    z0 = sqrt(-2 log(1 - u0)) cos(2 pi u1)        z1 = the same with sin

Two ways of going about it, and PyTorch's choice between them shows in the numbers:

- By rows, for sixteen contiguous elements or more: a row of sixteen uniform numbers is u0 eight
  times and u1 eight times, and becomes z0 eight times and z1 eight times. When the last row comes
  out short, the last sixteen places are drawn again instead.
- One by one, for less and for strided targets: in float64, from a pair of uniform numbers (u1
  first), and the z1 that an odd count leaves over waits in the stream for the next call.

In float64 PyTorch calls the C library, and so does this. In float32 it runs polynomials of its
own; `single.py` has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.fma import scale_shift_
from rushlight.kernels.single import Polar
from rushlight.kernels.streams import Stream, low24

ROW = 16
HALF = ROW // 2

# Half a row as one item: NumPy copies it in one go, and eight items in a loop begun for each row.
_HALF_ROW = {size: np.dtype((np.void, HALF * size)) for size in (4, 8)}

# Rows that are worked on at a time: what `Polar` holds for them fits the second-level cache.
ROWS = 1 << 11


def rows32(
    stream: Stream, count: int, mean: float, std: float, *, spill: bool = True
) -> NDArray[np.float32]:
    """``count >= 16`` float32 normal numbers by rows; for ``spill`` see `_by_rows`."""
    polar = Polar()

    def pairs(words: NDArray[Any]) -> NDArray[Any]:
        normal = polar.circle(low24(words[:, HALF:]).reshape(-1))
        normal *= polar.radius(low24(words[:, :HALF]).reshape(-1))
        scale_shift_(normal.reshape(-1), std, mean)
        return normal

    return _by_rows(np.empty(count, np.float32), stream.raw, pairs, spill)


def rows64(stream: Stream, count: int, mean: float, std: float) -> NDArray[np.float64]:
    """``count >= 16`` float64 normal numbers by rows."""

    def pairs(units: NDArray[Any]) -> NDArray[Any]:
        log = c_library(math.log, 1.0 - units[:, :HALF].reshape(-1))
        normal = _polar64(log, units[:, HALF:].reshape(-1))
        scale_shift_(normal.reshape(-1), std, mean)
        return normal

    return _by_rows(np.empty(count), stream.unit64, pairs, spill=True)


def _by_rows(
    out: NDArray[Any],
    draw: Callable[[int], NDArray[Any]],
    pairs: Callable[[NDArray[Any]], NDArray[Any]],
    spill: bool,
) -> NDArray[Any]:
    # PyTorch fills the whole target with uniform numbers before it makes rows of them, so that
    # those of a short row are drawn and lost. Not so its kernels for half precision, which go row
    # by row: they do not `spill`.
    whole, rest = divmod(out.size, ROW)
    half_row = _HALF_ROW[out.itemsize]
    body = out[: whole * ROW].view(half_row).reshape(whole, 2)
    for start in range(0, whole, ROWS):
        block = body[start : start + ROWS]
        drawn = draw(len(block) * ROW)
        last = rest > 0 and start + ROWS >= whole
        if last:
            if spill:
                draw(rest)
            drawn = np.concatenate([drawn, draw(ROW)])
        normal = pairs(drawn.reshape(-1, ROW))
        block[...] = normal.view(half_row)[:, : len(block)].T
        if last:
            out[-ROW:] = normal[:, -HALF:].reshape(-1)
    return out


def one_by_one(stream: Stream, count: int) -> NDArray[np.float64]:
    """``count`` float64 standard normal numbers, the first perhaps one that was left over."""
    out = np.empty(count)
    fresh = out
    if count and stream.next_normal is not None:
        out[0] = stream.next_normal
        stream.next_normal = None
        fresh = out[1:]
    if len(fresh):
        make = _few if len(fresh) < ROW else _many
        normal = make(stream.unit64(len(fresh) + len(fresh) % 2))
        fresh[:] = normal[: len(fresh)]
        if len(fresh) % 2:
            stream.next_normal = float(normal[-1])
    return out


def _many(units: NDArray[np.float64]) -> NDArray[np.float64]:
    return _polar64(c_library(math.log1p, -units[1::2]), units[0::2]).T.reshape(-1)


def _few(units: NDArray[np.float64]) -> list[float]:
    # The same in plain Python: a NumPy call costs as much as one pair here.
    normal = []
    flat = units.tolist()
    for angle, radius in zip(flat[0::2], flat[1::2]):
        angle *= 2.0 * math.pi
        radius = math.sqrt(-2.0 * math.log1p(-radius))
        normal += [radius * math.cos(angle), radius * math.sin(angle)]
    return normal


def _polar64(log: NDArray[np.float64], units: NDArray[np.float64]) -> NDArray[np.float64]:
    log *= -2.0
    radius = np.sqrt(log, out=log)
    # NumPy leaves the exponential of a complex number to the C library, whose cosine and sine
    # come out of it; its own may differ from those in the last bit.
    turn = np.zeros(len(units), np.complex128)
    turn.imag = (2.0 * math.pi) * units
    np.exp(turn, out=turn)
    return np.stack([radius * turn.real, radius * turn.imag])


def c_library(function: Callable[[float], float], values: NDArray[Any]) -> NDArray[np.float64]:
    """A function out of `math`, element by element: NumPy's own may differ in the last bit."""
    return np.fromiter(map(function, values.tolist()), np.float64, len(values))
