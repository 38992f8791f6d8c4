"""Joining and taking apart: cat, stack, split, unbind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.ops.declare import linear, view
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor, wrap

__all__ = ["along", "block_diag", "cat", "split", "split_with_sizes", "stack", "unbind"]

Shape = tuple[int, ...]


def along(dim: int, at: Any) -> tuple[Any, ...]:
    """The basic index that has `at` in dimension `dim` and leaves the others whole."""
    return (slice(None),) * dim + (at,)


def _cat(dim: int, *xs: Any) -> Any:
    if xs[0].ndim > 1 or xs[-1].ndim > 1:  # then vectors without elements are skipped
        xs = tuple([x for x in xs if x.shape != (0,)])
    out = np.concatenate(xs, dim)
    return out if out.flags.c_contiguous else np.ascontiguousarray(out)


def _uncat(g: Any, dim: int, shapes: Sequence[Shape], needs: Sequence[bool]) -> list[Any]:
    """Cut a cotangent of `cat` into those of its inputs."""
    parts = []
    start = 0
    for shape, need in zip(shapes, needs):
        if shape == (0,):
            parts.append(_nothing(g) if need else None)
            continue
        stop = start + shape[dim]
        parts.append(g[along(dim, slice(start, stop))] if need else None)
        start = stop
    return parts


def _nothing(g: Any) -> Any:
    """The cotangent of a vector without elements: a constant, whatever `g` depends on."""
    if isinstance(g, Tensor):
        return wrap(np.zeros(0, g._array.dtype))
    return np.zeros(0, g.dtype)


def _stack(dim: int, *xs: Any) -> Any:
    shape = xs[0].shape
    out = np.empty((*shape[:dim], len(xs), *shape[dim:]), xs[0].dtype)
    for i, x in enumerate(xs):
        out[along(dim, i)] = x
    return out


def _unstack(g: Any, dim: int, needs: Sequence[bool]) -> list[Any]:
    return [g[(*along(dim, i), ...)] if need else None for i, need in enumerate(needs)]


cat: Operator = linear(
    "cat", _cat, xs=lambda g, dim, xs_shapes, needs: _uncat(g, dim, xs_shapes, needs)
)
stack: Operator = linear("stack", _stack, xs=lambda g, dim, needs: _unstack(g, dim, needs))


def _block_diag(*xs: Any) -> Any:
    blocks = [x.reshape((1,) * (2 - x.ndim) + x.shape) for x in xs]
    out = np.zeros(np.add.reduce([b.shape for b in blocks]), xs[0].dtype)
    row = column = 0
    for block in blocks:
        m, n = block.shape
        out[row : row + m, column : column + n] = block
        row, column = row + m, column + n
    return out


def _unblock(g: Any, shapes: Sequence[Shape], needs: Sequence[bool]) -> list[Any]:
    """Cut the blocks out of a cotangent of `block_diag`."""
    parts = []
    row = column = 0
    for shape, need in zip(shapes, needs):
        m, n = (1,) * (2 - len(shape)) + shape
        block = g[row : row + m, column : column + n]
        parts.append(block.reshape(shape) if need else None)
        row, column = row + m, column + n
    return parts


block_diag: Operator = linear(
    "block_diag", _block_diag, xs=lambda g, xs_shapes, needs: _unblock(g, xs_shapes, needs)
)


# -- views of several outputs ----------------------------------------------------------------------


def _split(x: Any, sizes: Shape, dim: int) -> list[Any]:
    parts = []
    start = 0
    for n in sizes:
        parts.append(x[along(dim, slice(start, start + n))])
        start += n
    return parts


def filled(gs: Sequence[Any], shapes: Sequence[Shape]) -> list[Any]:
    """Put zeros where an output of a multi-output operator got no cotangent."""
    some = next(g for g in gs if g is not None)
    if isinstance(some, Tensor):
        kind = some._array.dtype
        return [wrap(np.zeros(n, kind)) if g is None else g for g, n in zip(gs, shapes)]
    return [np.zeros(n, some.dtype) if g is None else g for g, n in zip(gs, shapes)]


def _unsplit(gs: Sequence[Any], x_shape: Shape, sizes: Shape, dim: int) -> Any:
    shapes = [(*x_shape[:dim], n, *x_shape[dim + 1 :]) for n in sizes]
    return cat(dim, *filled(gs, shapes))


def _unbind(x: Any, dim: int) -> list[Any]:
    lead = (slice(None),) * dim
    return [x[(*lead, i, ...)] for i in range(x.shape[dim])]


def _ununbind(gs: Sequence[Any], x_shape: Shape, dim: int) -> Any:
    shape = (*x_shape[:dim], *x_shape[dim + 1 :])
    return stack(dim, *filled(gs, [shape] * x_shape[dim]))


def _declare_split(name: str) -> Operator:
    rule = lambda g, x_shape, sizes, dim: _unsplit(g, x_shape, sizes, dim)
    return view(name, _split, x=rule, outputs=("ys",))


split = _declare_split("split")
split_with_sizes = _declare_split("split_with_sizes")
unbind = view(
    "unbind", _unbind, x=lambda g, x_shape, dim: _ununbind(g, x_shape, dim), outputs=("ys",)
)
