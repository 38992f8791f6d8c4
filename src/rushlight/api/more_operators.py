"""``** & | ^ << >> ~``: apart from the other operators, as their families open late."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api import bitwise, powers
from rushlight.api.install import inplace
from rushlight.api.operators import in_place_operator_of, operator_of
from rushlight.ops.outputs import operands
from rushlight.tensor import Tensor

__all__: list[str] = []


def _power(self: Tensor, exponent: Any, modulo: Any = None) -> Any:
    """``tensor ** exponent``."""
    if modulo is not None:
        return NotImplemented
    if isinstance(exponent, (np.ndarray, np.generic)):
        self, exponent = operands("pow", self, exponent)
    result = powers.power(self, exponent)
    return NotImplemented if result is None else result


def _invert(self: Tensor) -> Tensor:
    """``~tensor``."""
    if self.dtype.category > 1:
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise.bitwise_not(self)


ATTRIBUTES: dict[str, Any] = {
    "__invert__": _invert,
    "__ipow__": in_place_operator_of(inplace(powers.pow)),
    "__pow__": _power,
    "__rpow__": operator_of("__rpow__", powers.pow, reflected=True),
}
for _name, _function in (
    ("and", bitwise.bitwise_and),
    ("or", bitwise.bitwise_or),
    ("xor", bitwise.bitwise_xor),
    ("lshift", bitwise.bitwise_left_shift),
    ("rshift", bitwise.bitwise_right_shift),
):
    ATTRIBUTES[f"__{_name}__"] = operator_of(f"__{_name}__", _function)
    ATTRIBUTES[f"__r{_name}__"] = operator_of(f"__r{_name}__", _function, reflected=True)
    ATTRIBUTES[f"__i{_name}__"] = in_place_operator_of(inplace(_function))
