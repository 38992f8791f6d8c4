"""Fractional max pooling: windows at random places, as far apart as the sizes ask for.

Graham, "Fractional max-pooling" (2014). One random number for each plane and axis says where the
windows start: at floor((i + u) a) - floor(u a), with a the mean distance.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.blocks import Array

Ints = tuple[int, ...]


def starts(u: Array, size: int, out: int, kernel: int) -> Array:
    """Where the windows of each plane start along one axis: (planes, out)."""
    last = size - kernel
    found = np.full((u.size, out), last, np.intp)
    if out > 1:
        step = u.dtype.type(last) / u.dtype.type(out - 1)
        i = np.arange(out - 1).astype(u.dtype)
        found[:, :-1] = ((i + u[:, None]) * step).astype(np.intp)
        found[:, :-1] -= (u[:, None] * step).astype(np.intp)
    return found


def fractional_max_pool(
    x: Array, samples: Array, kernel: Ints, output_size: Ints
) -> tuple[Array, Array]:
    """The largest element of each window of (N, C, ...) or (C, ...), and its flat index (int64).

    Of `samples` (N, C, n) the last number is for the first axis of images, the first for that of
    volumes.
    """
    n = len(output_size)
    size = x.shape[-n:]
    planes = x.reshape(prod(x.shape[:-n]), *size)
    numbers = samples[: len(planes) // max(samples.shape[1], 1)].reshape(len(planes), n)
    index: Any = np.zeros((len(planes),) + (1,) * (2 * n), np.intp)
    for axis, (length, count, width) in enumerate(zip(size, output_size, kernel)):
        u = numbers[:, axis if n == 3 else n - 1 - axis]
        place = starts(u, length, count, width)[:, :, None] + np.arange(max(width, 0))
        shape = [1] * (2 * n)
        shape[axis], shape[n + axis] = place.shape[1:]
        index = index * length + place.reshape(len(planes), *shape)
    whole = (*x.shape[:-n], *output_size)
    if not index.size:
        return np.full(whole, -np.inf, x.dtype), np.zeros(whole, np.int64)
    windows = index.reshape(len(planes), prod(output_size), prod(kernel))
    flat = planes.reshape(len(planes), prod(size))
    values = np.take_along_axis(flat, windows.reshape(len(planes), windows[0].size), 1).reshape(
        windows.shape
    )
    best = values.argmax(-1)
    nans = np.isnan(values)
    if nans.any():  # the last nan of a window, as PyTorch has it
        last = values.shape[-1] - 1 - nans[..., ::-1].argmax(-1)
        best = np.where(nans.any(-1), last, best)
    best = best[..., None]
    y = np.take_along_axis(values, best, -1).reshape(whole)
    return y, np.take_along_axis(windows, best, -1).reshape(whole).astype(np.int64, copy=False)
