"""What batching rules are made of: values with their examples in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.ops.fitting import expand
from rushlight.ops.operator import Operator
from rushlight.ops.views import reshape, unsqueeze
from rushlight.tensor import Tensor

__all__ = ["again", "aligned", "expanded", "shifted", "stacked", "together", "with_columns"]


def again(level: Any, t: Tensor) -> Tensor:
    """A tensor of this level again, without its history: for rules in one example's own terms."""
    value = level.value(t)
    result: Tensor = level.batched(value) if level.is_mapped(t) else level.lift(value)
    return result


def aligned(level: Any, a: Any, ndim: int) -> Any:
    """The value of `a`, where it has examples with `ndim` dimensions each: 1s are put in front.

    What is the same for all examples broadcasts as it is.
    """
    return stacked(level, a, ndim) if level.is_mapped(a) else level.value(a)


def expanded(level: Any, a: Any) -> Any:
    """The value of `a` with the examples along dimension 0, the same ones where it isn't mapped.

    Constants of formulas, which are arrays and numbers, broadcast as they are.
    """
    value = level.value(a)
    if level.is_mapped(a) or not isinstance(a, Tensor):
        return value
    return expand(value, (level.size, *value._array.shape))


def shifted(dim: int) -> int:
    """A dimension of one example, counted in all of them."""
    return dim + 1 if dim >= 0 else dim


def stacked(level: Any, a: Tensor, ndim: int) -> Any:
    """As `aligned`, with as many examples even where they are the same."""
    value = expanded(level, a)
    shape = a._array.shape
    if len(shape) == ndim:
        return value
    return unsqueeze(value, (level.size, *(1,) * (ndim - len(shape)), *shape))


def together(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """The rule of an Operator of stacks, which takes any dimensions in front, the same in all."""
    return level.results(op(*[expanded(level, a) if isinstance(a, Tensor) else a for a in args]))


def with_columns(level: Any, value: Any) -> Any:
    """Give the value of 0-d examples a dimension to work along: a column."""
    return reshape(value, (level.size, 1))
