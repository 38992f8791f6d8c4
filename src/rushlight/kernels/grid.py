"""Sampling images and volumes at any places: which elements, and with what weights.

A place is a number along each axis, and what is read there a sum over taps, a few neighbours along
each axis: one for "nearest", two for "bilinear", four for "bicubic". The weight of a tap is a
polynomial in the distance t from the neighbour before, and the taps of several axes are all
combinations, with the product of their weights. So what is sampled is multilinear in the elements
and in the weights: `weave` and its two derivatives are all that there is, at any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from rushlight.kernels.blocks import BLOCK, Array
from rushlight.kernels.interpolate import CUBIC
from rushlight.kernels.spaced import linspace

Ints = tuple[int, ...]


class Form(NamedTuple):
    """How to sample."""

    mode: str  # bilinear (of any number of axes), nearest or bicubic
    padding: str  # what is outside: zeros, border or reflection
    align_corners: bool  # whether -1 and 1 are the centres of the first and last element


# By mode, the taps relative to the neighbour before, and their weights as polynomials in t, the
# highest power first.
TAPS: dict[str, tuple[Ints, tuple[tuple[float, ...], ...]]] = {
    "nearest": ((0,), ((1.0,),)),
    "bilinear": ((0, 1), ((-1.0, 1.0), (1.0, 0.0))),
    "bicubic": ((-1, 0, 1, 2), CUBIC),
}


def _folded(x: Array, n: int, form: Form) -> tuple[Array, Array]:
    """Numbers along an axis of n elements, reflected at its ends, and the sign of their slope."""
    low, high = (0, 2 * (n - 1)) if form.align_corners else (-1, 2 * n - 1)
    if low == high:
        return np.zeros_like(x), np.zeros_like(x)
    start, span = low / 2, (high - low) / 2
    x = x - x.dtype.type(start)
    sign = np.where(x < 0, -1, 1).astype(x.dtype)
    x = np.abs(x)
    rest = np.fmod(x, x.dtype.type(span))
    odd = np.fmod(np.floor(x / x.dtype.type(span)), 2) == 1
    np.copyto(rest, x.dtype.type(span) - rest, where=odd)
    return rest + x.dtype.type(start), np.where(odd, -sign, sign)


def _within(x: Array, n: int) -> tuple[Array, Array]:
    """Numbers moved into 0 .. n - 1, and whether they were strictly inside."""
    return np.clip(x, 0, n - 1), (x > 0) & (x < n - 1)


def _axis(x: Array, n: int, form: Form) -> tuple[Array, Array, Array, Array]:
    """For one axis: indices and validity of its taps (K, N, P), t and its slope (N, P)."""
    one = x.dtype.type(1)
    if form.align_corners:
        place = (x + one) / 2 * x.dtype.type(n - 1)
        slope = np.full(x.shape, (n - 1) / 2, x.dtype)
    else:
        place = ((x + one) * x.dtype.type(n) - one) / 2
        slope = np.full(x.shape, n / 2, x.dtype)
    if form.mode != "bicubic" and form.padding != "zeros":  # bicubic moves its taps instead
        if form.padding == "reflection":
            place, sign = _folded(place, n, form)
            slope = slope * sign
        place, inside = _within(place, n)
        slope = slope * inside
    before = np.rint(place) if form.mode == "nearest" else np.floor(place)
    t = place - before
    taps = before + np.array(TAPS[form.mode][0], x.dtype)[:, None, None]
    if form.mode == "bicubic" and form.padding == "reflection":
        taps = _folded(taps, n, form)[0]
    valid = np.ones(taps.shape, bool)
    if form.padding == "zeros":
        valid = (taps >= 0) & (taps < n)
    index = np.nan_to_num(np.clip(taps, 0, n - 1)).astype(np.intp)
    return index, valid, t, slope


def places(grid: Array, size: Ints, form: Form) -> tuple[Array, Array, Array, Array, Array]:
    """Where a grid (N, ..., d) points to in elements of `size`, whose last axis comes first in it.

    For P places in each of N and K taps: the flat index of every tap and whether there is such an
    element (K, N, P); by axis, t and what it grows by with the grid (d, N, P), and what t would be
    at grid 0 if it went on like that (d, N, P). Halves are rounded at each step, as PyTorch does.
    """
    d = len(size)
    n = grid.shape[0]
    flat = np.ascontiguousarray(grid.reshape(n, prod(grid.shape[1:-1]), d).transpose(2, 0, 1))
    index: Any = np.zeros((1, *flat.shape[1:]), np.intp)
    valid: Any = np.ones(index.shape, bool)
    t, slope = np.empty(flat.shape, grid.dtype), np.empty(flat.shape, grid.dtype)
    for axis, length in enumerate(size):
        part = d - 1 - axis
        taps, there, t[part], slope[part] = _axis(flat[part], length, form)
        shape = (len(index) * len(taps), *flat.shape[1:])
        index = (index[:, None] * length + taps).reshape(shape)
        valid = (valid[:, None] & there).reshape(shape)
    return index, valid, t, slope, t - slope * flat


def weights(t: Any, form: Form, slope_of: int | None = None) -> Any:
    """The weights of all taps (K, N, P), or their derivatives by t along one axis.

    For ndarrays and Tensors t (d, N, P).
    """
    d, n, p = t.shape
    taps = len(TAPS[form.mode][0])
    dtype = t.dtype if isinstance(t.dtype, np.dtype) else t.dtype.numpy
    powers = [np.array(c, dtype)[:, None, None] for c in TAPS[form.mode][1]]
    slopes = [c * dtype.type(len(powers) - 1 - i) for i, c in enumerate(powers[:-1])]
    product: Any = None
    for part in reversed(range(d)):
        column = t[part : part + 1]
        terms = slopes if part == slope_of else powers
        w = column * 0 + (terms[0] if terms else 0)
        for term in terms[1:]:
            w = w * column + term
        if product is None:
            product = w
        else:
            product = (product[:, None] * w[None]).reshape((product.shape[0] * taps, n, p))
    return product


def sample(x: Array, grid: Array, form: Form) -> Array:
    """What `x` (N, C, ...) has at the places of `grid` (N, ..., d)."""
    size, out = x.shape[2:], grid.shape[1:-1]
    index, valid, t, _, _ = places(grid, size, form)
    w = np.where(valid, weights(t, form), 0)
    y = weave(x.reshape(*x.shape[:2], prod(size)), w, index)
    if form.mode != "nearest":
        nowhere: Any = np.isnan(t).any(0)
        if nowhere.any():
            np.copyto(y, np.nan, where=nowhere[:, None])
    return y.reshape(*x.shape[:2], *out)


# -- the products ----------------------------------------------------------------------------------


def _rows(x: Array) -> Array:
    """(N, C, S) as rows of channels (N S, C), in a dtype to compute in."""
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype
    n, c, s = x.shape
    return np.ascontiguousarray(x.transpose(0, 2, 1), wide).reshape(n * s, c)


def _planes(rows: Array, n: int, dtype: Any) -> Array:
    """(N S, C) as (N, C, S) again."""
    stacks = rows.reshape(n, len(rows) // max(n, 1), rows.shape[1]).transpose(0, 2, 1)
    return np.ascontiguousarray(stacks, dtype)


def _matrix(w: Array, index: Array, size: int, dtype: Any) -> Any:
    """The weights as a sparse matrix (N P, N S)."""
    from scipy.sparse import csr_matrix

    k, n, p = index.shape
    columns = (index + np.arange(n)[:, None] * size).reshape(k, n * p)
    starts = np.arange(0, n * p * k + 1, max(k, 1))
    values = w.reshape(k, n * p).T.astype(dtype, order="C").reshape(-1)
    return csr_matrix((values, columns.T.reshape(-1), starts), shape=(n * p, n * size))


def weave(x: Array, w: Array, index: Array) -> Array:
    """Elements of (N, C, S) at `index` (K, N, P), times weights and summed: (N, C, P)."""
    rows = _rows(x)
    return _planes(_matrix(w, index, x.shape[2], rows.dtype) @ rows, len(x), x.dtype)


def weave_elements(g: Array, w: Array, index: Array, size: int) -> Array:
    """The cotangent of the elements (N, C, size): each gets its weighted share of (N, C, P)."""
    rows = _rows(g)
    return _planes(_matrix(w, index, size, rows.dtype).T @ rows, len(g), g.dtype)


def weave_weights(g: Array, x: Array, index: Array) -> Array:
    """The cotangent of the weights (K, N, P): inner products over the channels."""
    k, n, p = index.shape
    rows, elements = _rows(g), _rows(x)
    flat = (index + np.arange(n)[:, None] * x.shape[2]).reshape(k, n * p)
    out = np.empty((k, n * p), rows.dtype)
    for block in _blocks(n * p, rows.shape[1]):
        for tap in range(k):
            out[tap, block] = np.vecdot(rows[block], elements.take(flat[tap, block], 0))
    return out.reshape(k, n, p)


def _blocks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(width, 1))
    for start in range(0, rows, step):
        yield slice(start, start + step)


# -- grids of affine maps --------------------------------------------------------------------------


def base_grid(size: Ints, align_corners: bool, dtype: Any) -> Array:
    """The places of all elements of an image or volume, and ones: (P, d + 1)."""
    d = len(size)
    out = np.ones((*size, d + 1), dtype)
    for axis, n in enumerate(size):
        line = np.zeros(1, dtype) if n <= 1 else linspace(-1, 1, n, np.dtype(dtype))
        if not align_corners:
            line = (line * dtype.type((n - 1) / n if n else 0)).astype(dtype)
        out[..., d - 1 - axis] = line.reshape(-1, *(1,) * (d - 1 - axis))
    return out.reshape(-1, d + 1)
