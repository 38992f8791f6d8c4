"""Batching of joining, and of reading and writing at indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.func.rules.aligning import aligned, expanded, with_columns
from rushlight.ops import convert, fitting, gather, shape
from rushlight.ops.operator import Operator
from rushlight.ops.views import squeeze_dim
from rushlight.tensor import Tensor

__all__ = ["RULES"]


def _joined(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    dim, *xs = args
    return level.results(op(dim + 1, *[expanded(level, x) for x in xs]))


def _cat(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    dim, *xs = args
    longest = max(x._array.ndim for x in xs)
    xs = [x for x in xs if x._array.shape != (0,) or longest == 1]
    return _joined(op, level, (dim, *xs))


def _at_index(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, dim, index, ...)`` with all tensors of as many dimensions: gather and scatter."""
    x, dim, index, *rest = args
    values = [expanded(level, a) if isinstance(a, Tensor) else a for a in (x, index, *rest)]
    scalar = x._array.ndim == 0
    if scalar:
        values = [with_columns(level, v) if isinstance(v, Tensor) else v for v in values]
    y = op(values[0], dim + 1, *values[1:])
    return level.results(squeeze_dim(y, (level.size,)) if scalar else y)


def _convert(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    x, *rest = args
    return level.results(op(level.value(x), *rest))


def _over(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """For ``(x, source)``: `source` broadcasts to `x`, and takes its place."""
    x, source = args
    ndim = x._array.ndim
    return level.results(op(expanded(level, x), aligned(level, source, ndim)))


RULES = {
    shape.cat: _cat,
    shape.stack: _joined,
    gather.gather: _at_index,
    gather.scatter: _at_index,
    gather.scatter_add: _at_index,
    gather.scatter_fill: _at_index,
    convert.detached: _convert,
    convert.clone: _convert,
    fitting.cast_to: _convert,
    convert.clone_in: _convert,
    convert.zero: _convert,
    convert.zeroed: _convert,
    convert.fill: _convert,
    convert.fill_inplace: _convert,
    convert.fill_with: _over,
    convert.fill_inplace_with: _over,
    convert.copy_over: _over,
}
