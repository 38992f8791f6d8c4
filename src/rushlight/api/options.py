"""Numbers that activations and losses take as options: slopes, bounds, widths."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.scalars import as_number, checked
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["kept_option", "option"]

# Below this every float32 kernel can hold a number, which needs no further look.
SMALL = 1e38


def option(value: Any, function: str, argument: str, position: int, input: Tensor) -> Any:
    """Return an option as a number that the dtype of `input` can hold.

    Raises PyTorch's TypeError for what is no number, RuntimeError for one that doesn't fit.
    """
    plain = type(value) is float and -SMALL < value < SMALL
    if plain and isinstance(input, Tensor) and input._array.dtype.kind == "f":
        return value
    require_tensor(input, function, "input", 1)
    number = as_number(value, function, argument, position)
    if input.dtype.is_floating_point:
        # Kernels compute halves in float32.
        held = dtypes.float32 if input.dtype.itemsize == 2 else input.dtype
        return float(checked(number, held))
    return number


def kept_option(value: Any, function: str, argument: str, position: int, input: Tensor) -> Any:
    """As `option`, of a function that takes integers too, which truncate its numbers."""
    number = option(value, function, argument, position, input)
    return number if input.dtype.category != dtypes.INTEGER else checked(number, input.dtype)
