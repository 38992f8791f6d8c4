"""Python's operators on tensors.

An operator answers NotImplemented to what it doesn't know, so that Python tries the other operand
and then raises its own TypeError. ndarrays and NumPy's scalars are operands on either side: on
the left they find `Tensor.__array_ufunc__` (rushlight.api.numpy_protocol).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.api import arithmetic
from rushlight.api.elementary import reciprocal
from rushlight.api.install import inplace
from rushlight.ops import arithmetic as ops
from rushlight.ops import comparison as comparisons
from rushlight.ops.fast import OPERANDS, binary
from rushlight.ops.outputs import operands
from rushlight.ops.plain import comparison as comparing
from rushlight.tensor import Tensor

__all__ = ["in_place_operator_of", "operator_of"]


def operator_of(name: str, function: Callable[..., Any], *, reflected: bool = False) -> Any:
    """Make an operator of a public function of two operands."""

    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        self, other = operands(name, self, other)
        return function(other, self) if reflected else function(self, other)

    method.__name__ = method.__qualname__ = name
    return method


def _arithmetic() -> None:
    Tensor.__add__ = Tensor.__radd__ = binary(ops.add, method=True, whole=True)
    Tensor.__sub__ = binary(ops.sub, method=True, whole=True)
    Tensor.__mul__ = Tensor.__rmul__ = binary(ops.mul, method=True, whole=True)
    Tensor.__truediv__ = Tensor.__div__ = binary(ops.div, method=True)
    Tensor.__rsub__ = binary(ops.rsub_number, method=True, whole=True)
    Tensor.__rtruediv__ = Tensor.__rdiv__ = _quotient_of
    Tensor.__floordiv__ = operator_of("__floordiv__", arithmetic.floor_divide)
    Tensor.__rfloordiv__ = operator_of("__rfloordiv__", arithmetic.floor_divide, reflected=True)
    Tensor.__mod__ = operator_of("__mod__", arithmetic.remainder)
    Tensor.__rmod__ = operator_of("__rmod__", arithmetic.remainder, reflected=True)
    Tensor.__neg__ = arithmetic.neg
    Tensor.__pos__ = arithmetic.positive


def _quotient_of(self: Tensor, other: Any) -> Any:
    """``other / tensor``, which PyTorch computes as a product with the reciprocal."""
    if not isinstance(other, OPERANDS):
        return NotImplemented
    return reciprocal(self) * other


def _comparisons() -> None:
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        op = getattr(comparisons, name)
        setattr(Tensor, f"__{name}__", comparing(op, method=True))


def in_place_operator_of(function: Callable[..., Any]) -> Any:
    """Make ``x op= y`` of an in-place function, which other operands than these don't reach."""

    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        return function(*operands(function.__name__, self, other))

    return method


def _in_place() -> None:
    Tensor.__iadd__ = in_place_operator_of(arithmetic.iadd)
    Tensor.__isub__ = in_place_operator_of(arithmetic.isub)
    Tensor.__imul__ = in_place_operator_of(arithmetic.imul)
    Tensor.__itruediv__ = Tensor.__idiv__ = in_place_operator_of(arithmetic.idiv)
    Tensor.__ifloordiv__ = in_place_operator_of(inplace(arithmetic.floor_divide))
    Tensor.__imod__ = in_place_operator_of(inplace(arithmetic.remainder))


_arithmetic()
_comparisons()
_in_place()
