"""Padding: a constant around an array, or its own elements, an axis at a time.

`pads` is in PyTorch's order: (left, right) of the last dimension, then of the one before it, and
so on. A negative number crops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.channels import follow, is_channels_last
from rushlight.kernels.windows import Array, Ints

_FEW = 4096  # elements up to which a copy for each axis costs less than finding the places


def _sides(ndim: int, pads: Ints) -> list[tuple[int, int, int]]:
    """(axis, left, right) of each axis that is padded, the last axis first."""
    return [(ndim - 1 - i, pads[2 * i], pads[2 * i + 1]) for i in range(len(pads) // 2)]


def constant_pad(x: Array, pads: Ints, value: Any) -> Array:
    """Put `value` around `x`, or crop it; always a copy."""
    shape = list(x.shape)
    inside = [slice(None)] * x.ndim
    part = [slice(None)] * x.ndim
    for axis, left, right in _sides(x.ndim, pads):
        n = shape[axis]
        shape[axis] = n + left + right
        inside[axis] = slice(max(left, 0), shape[axis] - max(right, 0))
        part[axis] = slice(max(-left, 0), n - max(-right, 0))
    if not x.flags.c_contiguous and is_channels_last(x):
        out = np.moveaxis(np.empty((shape[0], *shape[2:], shape[1]), x.dtype), -1, 1)
    else:
        out = np.empty(shape, x.dtype)
    if shape != list(x.shape) or any(pads):
        out.fill(np.asarray(value).astype(x.dtype))
    out[tuple(inside)] = x[tuple(part)]
    return out


def _sources(n: int, left: int, right: int, mode: str) -> Array:
    """The index in `n` elements of each element of the padded axis."""
    places = np.arange(-left, n + right)
    if mode == "replicate":
        return np.clip(places, 0, n - 1)
    if mode == "reflect":
        places = np.abs(places)
        return np.minimum(places, 2 * (n - 1) - places)
    # What is cropped is gone before the rest wraps around.
    first, last = max(0, -left), n - max(0, -right)
    return first + (places - first) % max(1, last - first)


def edge_pad(x: Array, pads: Ints, mode: str) -> Array:
    """Continue `x` by its own elements: ``reflect``, ``replicate`` or ``circular``."""
    y = _edge_pad(x, pads, mode)
    return y if mode == "circular" else follow(y, x)


def _edge_pad(x: Array, pads: Ints, mode: str) -> Array:
    if min(pads) >= 0 and x.size > _FEW:
        return _framed(x, pads, mode)
    for axis, left, right in _sides(x.ndim, pads):
        if left or right:
            x = x.take(_sources(x.shape[axis], left, right, mode), axis)
    return x.copy() if not any(pads) else x


def _framed(x: Array, pads: Ints, mode: str) -> Array:
    """The same without a copy for each axis: `x` into the middle, and what is around it from there.

    An axis is continued over all that is there already, the corners with the axes after it."""
    sides = _sides(x.ndim, pads)
    shape, here = list(x.shape), [slice(None)] * x.ndim
    for axis, left, right in sides:
        here[axis] = slice(left, left + shape[axis])
        shape[axis] += left + right
    out = np.empty(shape, x.dtype)
    out[tuple(here)] = x
    for axis, left, right in sides:
        n = x.shape[axis]
        source = _sources(n, left, right, mode).tolist()
        for place in (*range(left), *range(left + n, left + n + right)):
            there = [*here]
            here[axis] = slice(place, place + 1)
            there[axis] = slice(left + source[place], left + source[place] + 1)
            out[tuple(here)] = out[tuple(there)]
        here[axis] = slice(None)
    return out


def edge_pad_backward(g: Array, x_shape: Ints, pads: Ints, mode: str) -> Array:
    """Add every element of the cotangent up where `edge_pad` took it from."""
    for axis, left, right in reversed(_sides(len(x_shape), pads)):
        if not (left or right):
            continue
        n = x_shape[axis]
        sources = _sources(n, left, right, mode)
        g = g.swapaxes(axis, 0)
        total = np.zeros((n, *g.shape[1:]), g.dtype)
        middle = slice(max(left, 0), len(sources) - max(right, 0))
        total[sources[middle]] = g[middle]
        for i in (*range(middle.start), *range(middle.stop, len(sources))):
            total[sources[i]] += g[i]
        g = total.swapaxes(axis, 0)
    return np.ascontiguousarray(g)
