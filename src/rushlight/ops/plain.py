"""The fast paths that no graph records: comparisons, and in-place arithmetic on plain tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.autograd.modes import mode
from rushlight.ops.fast import F4, F8, I8, OPERANDS, arrays_out, named, plain_result
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, no_overload, operands
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, View

__all__ = ["comparison", "in_place"]

COMPARED = (
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Tensor input, Number other, *, Tensor out = None)",
)


def comparison(
    op: Operator, doc: str = "", *, method: bool = False, alias: str | None = None
) -> Callable[..., Any]:
    """Make ``f(input, other, *, out=None)``, or with `method` the operator, of a comparison."""
    kernel = arrays_out(op.kernel)
    name = alias or op.name

    def function(input: Any, other: Any, *, out: Tensor | None = None) -> Any:
        kind = type(input)
        if (kind is Tensor or kind is Parameter) and out is None:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8 or dtype is I8:
                kind = type(other)
                if kind is Tensor or kind is Parameter:
                    y = other._array
                    if y.dtype is dtype:
                        return plain_result(kernel, x, y)
                elif kind is int or (kind is float and dtype is not I8):
                    return plain_result(kernel, x, other)
        if method and not isinstance(other, OPERANDS):
            return NotImplemented
        if isinstance(input, Tensor) and isinstance(other, OPERANDS):
            result = op.general(*operands(name, input, other))
            return result if out is None else into(out, result, name, input, other)
        raise no_overload(name, COMPARED, input, other)

    if not method and alias is None:
        op.function = function
    return named(function, name, doc)


# -- in place ----------------------------------------------------------------------------------


def in_place(op: Operator, slow: Callable[..., Any]) -> Callable[..., Any]:
    """Make ``x += y`` of an Operator of two inputs: NumPy's own where no graph looks on.

    `slow` is the in-place operator for everything else.
    """
    kernel = op.kernel

    def function(self: Any, other: Any) -> Any:
        kind = type(self)
        if kind is Tensor or kind is Parameter:
            edge = self._edge
            counter = self._counter  # a list, but of inference tensors
            x = self._array
            if type(edge) is View:
                free = 0 not in x.strides and (
                    (edge.edge is None and edge.base._edge is None) or not mode.grad
                )
            else:
                free = edge is None or not mode.grad
            if free and type(counter) is list:
                dtype = x.dtype
                if (dtype is F4 or dtype is F8) and (x.base is None or 0 not in x.strides):
                    kind = type(other)
                    if kind is float or kind is int:
                        kernel(x, other, out=x)
                        counter[0] += 1
                        return self
                    if (
                        kind is Tensor
                        and other._array.dtype is dtype
                        and other._array.shape == x.shape
                        and (other._edge is None or not mode.grad)
                        and (other._counter is not counter or other is self)
                    ):
                        kernel(x, other._array, out=x)
                        counter[0] += 1
                        return self
        return slow(self, other)

    return named(function, slow.__name__, slow.__doc__ or "")
