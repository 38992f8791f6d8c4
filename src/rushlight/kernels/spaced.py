"""Evenly spaced numbers, to PyTorch's last bit.

A step that is no power of two makes every sum round, and how it rounds shows where PyTorch's loops
take several elements at a time, and where the processor adds and multiplies at once. Each function
here says what it copies.
"""

from __future__ import annotations

import math
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.copies import cast
from rushlight.kernels.fma import scale_shift_

__all__ = ["arange", "linspace", "logspace"]

Array = NDArray[Any]

# Elements in one of PyTorch's vectors of 32 bytes, by their size.
_LANES = {2: 16, 4: 8, 8: 4}


def arange(start: Any, step: Any, length: int, dtype: np.dtype[Any]) -> Array:
    """Return ``start + i * step`` for i in 0 .. length - 1.

    Floats are made a vector at a time: its first element is rounded, and the others start there.
    Loops take two vectors, and what is left over goes one by one.
    """
    if dtype.kind in "iu":
        return cast(start + step * np.arange(length, dtype=np.int64), dtype)
    start, step = float(start), float(step)
    if start.is_integer() and step.is_integer():
        return cast(start + step * np.arange(length, dtype=np.float64), dtype)  # no sum rounds
    work: Any = np.float32 if dtype.itemsize == 2 else np.float64  # what the sums are made in
    out = cast(scale_shift_(np.arange(length, dtype=work), step, start), dtype)
    lanes = _LANES[dtype.itemsize]
    rows = out[: length // (2 * lanes) * 2 * lanes].reshape(-1, lanes)
    if dtype.itemsize == 8:
        _fill_rows(rows, step)
    else:
        steps = work(step) * np.arange(lanes, dtype=work)
        rows[...] = cast(rows[:, :1].astype(work) + steps, dtype)
    return out


def _fill_rows(rows: NDArray[np.float64], step: float) -> None:
    """Continue rows of four from their first elements, each sum rounded once."""
    first = rows[:, 0]
    rows[:, 1] = first + step
    rows[:, 2] = first + 2.0 * step
    # Three steps are no float, so what rounding loses of them and of the sum is added in the end.
    steps = 3.0 * step
    lost: Any = (2.0 * step - steps) + step
    total = first + steps
    back = total - first
    lost = ((first - (total - back)) + (steps - back)) + lost
    rows[:, 3] = total + lost


def linspace(start: Any, end: Any, length: int, dtype: np.dtype[Any]) -> Array:
    """Return `length` numbers from `start` to `end`: the first half counts up, the other down.

    float32 and float64 multiply and add with one rounding, 16-bit floats with two.
    """
    if length < 2:
        return cast(np.full(length, start), dtype)
    if dtype.kind == "c":
        out = np.empty(length, dtype)
        part = np.dtype(f"f{dtype.itemsize // 2}")
        start, end = complex(start), complex(end)
        out.real = linspace(start.real, end.real, length, part)
        out.imag = linspace(start.imag, end.imag, length, part)
        return out
    if dtype.kind in "iu":
        start, end = int(start), int(end)
    kind = np.float64 if dtype.kind in "iu" else dtype.type
    up = np.arange(length // 2).astype(kind)
    down = np.arange(length - length // 2 - 1, -1, -1).astype(kind)
    first, last = kind(start), kind(end)
    step = kind((last - first) / kind(length - 1))
    if dtype.itemsize == 2 and kind is dtype.type:
        return np.concatenate((first + step * up, last - step * down))
    scale_shift_(up, float(step), float(first))
    scale_shift_(down, -float(step), float(last))
    halves = np.concatenate((up, down))
    return halves if halves.dtype == dtype else cast(halves, dtype)


def logspace(start: Any, end: Any, length: int, base: float, dtype: np.dtype[Any]) -> Array:
    """Return `base` to the powers of a `linspace`; the exponents are float64."""
    if dtype.kind == "c":
        exponents = linspace(start, end, length, np.dtype(np.complex128))
        return cast(np.power(complex(base), exponents), dtype)
    if dtype.kind in "iu":
        first, last = float(int(start)), float(int(end))
        distance = last - first
    else:
        kind = dtype.type
        first, last = float(kind(start)), float(kind(end))
        distance = float(kind(kind(end) - kind(start)))
    step = distance / (length - 1) if length > 1 else 0.0
    up = np.arange(max(length // 2, min(length, 1)))
    down = np.arange(length - len(up) - 1, -1, -1)
    exponents = np.concatenate((first + step * up, last - step * down))
    return cast(_powers(float(base), exponents), dtype)


def _powers(base: float, exponents: Array) -> Array:
    """C's pow, which NumPy's differs from in the last bit; NumPy's where Python's would raise."""
    try:
        return np.fromiter(map(math.pow, repeat(base), exponents.tolist()), np.float64)
    except (OverflowError, ValueError):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return np.power(base, exponents)
