"""Rearrangements that copy: flip, roll, rot90, repeat, triangles; and diagonals and windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.copies import clone, in_layout
from rushlight.kernels.strides import restrided
from rushlight.ops.declare import constant, linear, view
from rushlight.ops.fitting import sum_to
from rushlight.ops.operator import Operator
from rushlight.ops.shape import along

__all__ = [
    "diag_embed",
    "diagonal",
    "diagonal_copy",
    "diagonal_scatter",
    "flip",
    "repeat",
    "repeated",
    "roll",
    "rot90",
    "tril",
    "triu",
    "unfold",
]

Ints = tuple[int, ...]


# -- order of elements -------------------------------------------------------------------------


def _flip(x: Any, dims: Ints) -> Any:
    backwards = slice(None, None, -1)
    out = in_layout(x, x.dtype, "preserve")
    out[...] = x[tuple([backwards if d in dims else slice(None) for d in range(x.ndim)])]
    return out


def _roll(x: Any, shifts: Ints, dims: Ints) -> Any:
    """Roll along `dims`; along the flattened array where `dims` is empty."""
    if x.size == 0:
        return x.copy()
    if not dims:
        return _roll(x.reshape(-1), shifts, (0,)).reshape(x.shape)
    for shift, dim in zip(shifts, dims):
        n = x.shape[dim]
        k = shift % n
        out = np.empty(x.shape, x.dtype)
        out[along(dim, slice(k, None))] = x[along(dim, slice(None, n - k))]
        out[along(dim, slice(None, k))] = x[along(dim, slice(n - k, None))]
        x = out
    return x


def _rot90(x: Any, k: int, dims: Ints) -> Any:
    """Rotate from the first of `dims` towards the second, in the memory order of PyTorch."""
    a, b = dims
    k %= 4
    if k == 0:
        return x.copy("C")
    if k == 2:
        return _flip(x, dims)
    return _flip(x, (b,) if k == 1 else (a,)).swapaxes(a, b)


flip: Operator = linear("flip", _flip, x=lambda g, dims: flip(g, dims))
roll: Operator = linear(
    "roll", _roll, x=lambda g, shifts, dims: roll(g, tuple([-s for s in shifts]), dims)
)
rot90: Operator = linear("rot90", _rot90, x=lambda g, k, dims: rot90(g, -k, dims))


# -- copies side by side -----------------------------------------------------------------------


def _interleaved(shape: Ints, repeats: Ints) -> tuple[Ints, Ints]:
    """The shape of a repeated array with copies and sizes apart, and with one copy of each."""
    apart = tuple([m for pair in zip(repeats, shape) for m in pair])
    once = tuple([m for n in shape for m in (1, n)])
    return apart, once


def _repeat(x: Any, repeats: Ints) -> Any:
    shape = (1,) * (len(repeats) - x.ndim) + x.shape
    out = np.empty(tuple([r * n for r, n in zip(repeats, shape)]), x.dtype)
    if out.size:
        apart, once = _interleaved(shape, repeats)
        out.reshape(apart)[...] = x.reshape(once)
    return out


def _unrepeat(g: Any, x_shape: Ints, repeats: Ints) -> Any:
    shape = (1,) * (len(repeats) - len(x_shape)) + x_shape
    apart, once = _interleaved(shape, repeats)
    return sum_to(g.reshape(apart), once).reshape(x_shape)


repeat: Operator = linear(
    "repeat", _repeat, x=lambda g, x_shape, repeats: _unrepeat(g, x_shape, repeats)
)


# -- triangles ---------------------------------------------------------------------------------


def _tril(x: Any, diagonal: int) -> Any:
    rows, columns = x.shape[-2:]
    out = np.zeros(x.shape, x.dtype)
    inside = np.arange(rows)[:, None] + diagonal >= np.arange(columns)
    np.copyto(out, x, where=inside)
    return out


def _triu(x: Any, diagonal: int) -> Any:
    rows, columns = x.shape[-2:]
    out = np.zeros(x.shape, x.dtype)
    inside = np.arange(rows)[:, None] + diagonal <= np.arange(columns)
    np.copyto(out, x, where=inside)
    return out


tril: Operator = linear("tril", _tril, x=lambda g, diagonal: tril(g, diagonal))
triu: Operator = linear("triu", _triu, x=lambda g, diagonal: triu(g, diagonal))


# -- diagonals ---------------------------------------------------------------------------------


def _diagonal(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    result = x.diagonal(offset, dim1, dim2)
    if x.flags.writeable:
        result.flags.writeable = True  # NumPy's caution; the memory is the tensor's own
    return result


def _diagonal_zeros(g: Any, size: Ints, offset: int, dim1: int, dim2: int) -> Any:
    """Zeros of shape `size` with `g` on a diagonal: the adjoint of `diagonal`."""
    out = np.zeros(size, g.dtype)
    _diagonal(out, offset, dim1, dim2)[...] = g
    return out


def _diag_embed(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    n = x.shape[-1] + abs(offset)
    size = list(x.shape[:-1])
    for d in sorted((dim1, dim2)):
        size.insert(d, n)
    return _diagonal_zeros(x, tuple(size), offset, dim1, dim2)


def _diagonal_scatter(x: Any, source: Any, offset: int, dim1: int, dim2: int) -> Any:
    out = clone(x)
    _diagonal(out, offset, dim1, dim2)[...] = source
    return out


_ungo = lambda g, x_shape, offset, dim1, dim2: diagonal_zeros(g, x_shape, offset, dim1, dim2)

diagonal: Operator = view("diagonal", _diagonal, x=_ungo)
diagonal_copy: Operator = linear(
    "diagonal_copy",
    lambda x, offset, dim1, dim2: _diagonal(x, offset, dim1, dim2).copy(),
    x=_ungo,
    node="DiagonalBackward0_copy",
)
diagonal_zeros: Operator = linear(
    "diagonal_backward",
    _diagonal_zeros,
    g=lambda g, offset, dim1, dim2: diagonal_copy(g, offset, dim1, dim2),
)
diag_embed: Operator = linear(
    "diag_embed",
    _diag_embed,
    x=lambda g, offset, dim1, dim2: diagonal_copy(g, offset, dim1, dim2),
)
diagonal_scatter: Operator = linear(
    "diagonal_scatter",
    _diagonal_scatter,
    x=lambda g, offset, dim1, dim2: diagonal_clear(g, offset, dim1, dim2),
    source=lambda g, offset, dim1, dim2: diagonal_copy(g, offset, dim1, dim2),
)
diagonal_clear: Operator = linear(
    "diagonal_clear",
    lambda x, offset, dim1, dim2: _diagonal_scatter(x, 0, offset, dim1, dim2),
    x=lambda g, offset, dim1, dim2: diagonal_clear(g, offset, dim1, dim2),
)


# -- windows -----------------------------------------------------------------------------------


def _unfold(x: Any, dim: int, size: int, step: int) -> Any:
    if x.ndim == 0:
        return x.reshape(1)[:size]
    count = (x.shape[dim] - size) // step + 1
    shape = (*x.shape[:dim], count, *x.shape[dim + 1 :], size)
    own = x.strides[dim]
    strides = (*x.strides[:dim], own * step, *x.strides[dim + 1 :], own)
    return restrided(x, shape, strides)


def _unfold_backward(g: Any, x_shape: Ints, dim: int, size: int, step: int) -> Any:
    """Add windows up where they came from, one position within the windows at a time."""
    out = np.zeros(x_shape, g.dtype)
    if not x_shape:
        out += g.sum()
        return out
    if step >= _WIDE:
        return _add_parts(out, g, dim, size, step)
    count = g.shape[dim]
    for i in range(size):
        out[along(dim, slice(i, i + (count - 1) * step + 1, step))] += g[..., i]
    return out


# From this step on whole parts of windows are added, of `step` elements: 4 times as fast for 128.
_WIDE = 16


def _add_parts(out: Any, g: Any, dim: int, size: int, step: int) -> Any:
    """Add the first `step` elements of all windows, which lie side by side, then the next."""
    count, parts = g.shape[dim], -(-size // step)
    windows = np.moveaxis(g, -1, dim + 1)
    lead, rest = out.shape[:dim], out.shape[dim + 1 :]
    rows = np.zeros((*lead, count + parts - 1, step, *rest), g.dtype)
    for i in range(parts):
        part = windows[along(dim + 1, slice(i * step, (i + 1) * step))]
        rows[along(dim, slice(i, i + count))][along(dim + 1, slice(part.shape[dim + 1]))] += part
    line = rows.reshape(*lead, (count + parts - 1) * step, *rest)
    used = slice(min(out.shape[dim], line.shape[dim]))
    out[along(dim, used)] = line[along(dim, used)]
    return out


unfold: Operator = view(
    "unfold",
    _unfold,
    x=lambda g, x_shape, dim, size, step: unfold_backward(g, x_shape, dim, size, step),
)
unfold_backward: Operator = linear(
    "unfold_backward",
    _unfold_backward,
    g=lambda g, dim, size, step: unfold(g, dim, size, step),
)


# -- indices of repetitions ------------------------------------------------------------------------


def _repeated(counts: Any, n: int | None, output_size: int | None) -> Any:
    """Each index as often as `counts` says: one count for each, or for `n` of them."""
    if counts.size and counts.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if n is not None:
        counts = np.broadcast_to(counts.reshape(-1), (n,))
    if counts.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    found = np.repeat(np.arange(counts.size), counts)
    if output_size is not None and output_size != found.size:
        raise RuntimeError("allocated size does not match required size")
    return found


repeated = constant("repeat_interleave", _repeated)
