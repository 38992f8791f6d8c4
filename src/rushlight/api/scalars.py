"""Python numbers on their way into a tensor: which are taken, and which dtypes can hold them.

PyTorch casts tensors silently and numbers strictly: `x.byte().fill_(300)` is an error, though
``torch.tensor([300]).byte()`` wraps around.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.dtypes import dtype as DType
from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor

__all__ = ["as_float", "as_number", "checked", "is_real", "overflow_error"]

NUMBERS = (bool, int, float, complex)

# How PyTorch's errors name the C++ types.
_NAMES = {
    "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t",
    "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def as_number(value: Any, function: str, argument: str, position: int | None) -> Any:
    """Return `value` as a Python number, or raise PyTorch's TypeError.

    A tensor of no dimensions counts as one where it requires no grad.
    """
    if type(value) in NUMBERS:
        number = value
    elif isinstance(value, np.generic) and value.dtype.kind in "biufcV":
        number = value.item()
        if isinstance(value, np.bool_):
            number = float(number)  # np.bool_ is no int, so PyTorch asks it for its __float__
    elif isinstance(value, NUMBERS):
        number = value
    elif isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad:
        number = value.item()
    else:
        place = "" if position is None else f" (position {position})"
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be Number, not {type_name(value)}"
        )
    if isinstance(number, int) and not -(2**63) <= number < 2**64:
        raise OverflowError("int too big to convert")
    return number


def is_real(value: Any) -> bool:
    """Whether PyTorch takes `value` where it wants a float."""
    if isinstance(value, Tensor):
        return value.ndim == 0 and not value.requires_grad and not value.dtype.is_complex
    return isinstance(value, (int, float, np.integer, np.floating, np.bool_))


def as_float(value: Any, function: str, argument: str, position: int | None = None) -> float:
    """Return `value` as a float, or raise PyTorch's TypeError."""
    if not is_real(value):
        place = "" if position is None else f" (position {position})"
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be float, not {type_name(value)}"
        )
    return float(value)


def overflow_error(dtype: DType) -> RuntimeError:
    """PyTorch's error for a number that `dtype` can't hold."""
    name = _NAMES[dtype.name]
    return RuntimeError(f"value cannot be converted to type {name} without overflow")


def checked(number: Any, dtype: DType) -> Any:
    """Return a Python number as `dtype` holds it; RuntimeError if it doesn't fit."""
    category = dtype.category
    if category == dtypes.BOOL:
        return bool(number)
    if isinstance(number, complex) and category != dtypes.COMPLEX:
        if number.imag != 0:
            raise overflow_error(dtype)
        number = number.real
    if category == dtypes.INTEGER:
        return _integer(number, dtype)
    parts = (number.real, number.imag) if isinstance(number, complex) else (number,)
    largest = _largest(dtype)
    for part in parts:
        if abs(part) > largest and not math.isinf(part):
            raise overflow_error(dtype)
    # PyTorch makes 16-bit numbers from float32, and rounds twice.
    return float(np.float32(number)) if dtype.itemsize == 2 else number


def _largest(dtype: DType) -> float:
    if dtype is dtypes.float32 or dtype is dtypes.complex64:
        return 3.4028234663852886e38
    if dtype is dtypes.float16:
        return 65504.0
    if dtype is dtypes.bfloat16:
        return 3.3895313892515355e38
    return math.inf


def _integer(number: Any, dtype: DType) -> int:
    """Check and truncate; a negative int wraps around in uint8, a negative float doesn't."""
    bits = 8 * dtype.itemsize
    highest: int = 2 ** (bits - 1) - 1 if dtype.is_signed else 2**bits - 1
    lowest = -highest - 1 if dtype.is_signed else 0
    if isinstance(number, float):
        # Against the float next to the highest: 2.0**63 counts as an int64, and wraps around.
        if not lowest <= number <= float(highest):
            raise overflow_error(dtype)
        if dtype.is_signed:
            return int(number) if number < 2.0**63 else lowest
        return int(number) & highest
    if not (lowest if dtype.is_signed else -highest) <= number <= highest:
        raise overflow_error(dtype)
    whole = int(number)
    return whole if dtype.is_signed else whole & highest
