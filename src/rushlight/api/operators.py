"""Python's operators on tensors.

An operator answers NotImplemented to what it doesn't know, so that Python tries the other operand
and then raises its own TypeError. ndarrays and NumPy's scalars are operands on either side: on
the left they find `Tensor.__array_ufunc__` (rushlight.api.numpy_protocol).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.api import arithmetic, bitwise, complexes, powers
from rushlight.api.elementary import reciprocal
from rushlight.api.install import inplace
from rushlight.ops import arithmetic as ops
from rushlight.ops import comparison as comparisons
from rushlight.ops.fast import OPERANDS, binary
from rushlight.ops.fast import comparison as comparing
from rushlight.ops.outputs import operands
from rushlight.tensor import Tensor

__all__: list[str] = []


def _operator(name: str, function: Callable[..., Any], *, reflected: bool = False) -> Any:
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
    Tensor.__floordiv__ = _operator("__floordiv__", arithmetic.floor_divide)
    Tensor.__rfloordiv__ = _operator("__rfloordiv__", arithmetic.floor_divide, reflected=True)
    Tensor.__mod__ = _operator("__mod__", arithmetic.remainder)
    Tensor.__rmod__ = _operator("__rmod__", arithmetic.remainder, reflected=True)
    Tensor.__pow__ = _power
    Tensor.__rpow__ = _operator("__rpow__", powers.pow, reflected=True)
    Tensor.__neg__ = arithmetic.neg
    Tensor.__pos__ = arithmetic.positive
    Tensor.__abs__ = complexes.abs


def _quotient_of(self: Tensor, other: Any) -> Any:
    """``other / tensor``, which PyTorch computes as a product with the reciprocal."""
    if not isinstance(other, OPERANDS):
        return NotImplemented
    return reciprocal(self) * other


def _power(self: Tensor, exponent: Any, modulo: Any = None) -> Any:
    """``tensor ** exponent``."""
    if modulo is not None:
        return NotImplemented
    if isinstance(exponent, (np.ndarray, np.generic)):
        self, exponent = operands("pow", self, exponent)
    result = powers.power(self, exponent)
    return NotImplemented if result is None else result


def _bits() -> None:
    for name, function in (
        ("and", bitwise.bitwise_and),
        ("or", bitwise.bitwise_or),
        ("xor", bitwise.bitwise_xor),
        ("lshift", bitwise.bitwise_left_shift),
        ("rshift", bitwise.bitwise_right_shift),
    ):
        setattr(Tensor, f"__{name}__", _operator(f"__{name}__", function))
        setattr(Tensor, f"__r{name}__", _operator(f"__r{name}__", function, reflected=True))
        setattr(Tensor, f"__i{name}__", _in_place_operator(inplace(function)))
    Tensor.__invert__ = _invert


def _invert(self: Tensor) -> Tensor:
    """``~tensor``."""
    if self.dtype.category > 1:
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise.bitwise_not(self)


def _comparisons() -> None:
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        op = getattr(comparisons, name)
        setattr(Tensor, f"__{name}__", comparing(op, method=True))


def _in_place_operator(function: Callable[..., Any]) -> Any:
    """Make ``x op= y`` of an in-place function, which other operands than these don't reach."""

    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, OPERANDS):
            return NotImplemented
        return function(*operands(function.__name__, self, other))

    return method


def _in_place() -> None:
    Tensor.__iadd__ = _in_place_operator(arithmetic.iadd)
    Tensor.__isub__ = _in_place_operator(arithmetic.isub)
    Tensor.__imul__ = _in_place_operator(arithmetic.imul)
    Tensor.__itruediv__ = Tensor.__idiv__ = _in_place_operator(arithmetic.idiv)
    Tensor.__ifloordiv__ = _in_place_operator(inplace(arithmetic.floor_divide))
    Tensor.__imod__ = _in_place_operator(inplace(arithmetic.remainder))
    Tensor.__ipow__ = _in_place_operator(inplace(powers.pow))


_arithmetic()
_bits()
_comparisons()
_in_place()
