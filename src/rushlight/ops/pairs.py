"""Complex numbers seen as pairs of real ones, and the other way round."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.flipped import FLIPPED, like, memory, resolved
from rushlight.ops.declare import view
from rushlight.ops.operator import Operator

__all__ = ["view_as_complex", "view_as_real"]


def _view_as_real(x: Any) -> Any:
    kind = type(x)
    if kind in FLIPPED and kind.conjugates:
        x, kind = resolved(x), np.ndarray  # a cotangent; users' tensors are not let in
    return like(memory(x)[..., None].view(x.real.dtype), kind)


def _view_as_complex(x: Any) -> Any:
    if x.strides[-1] != x.dtype.itemsize:
        x = np.ascontiguousarray(resolved(x))  # a cotangent; users' tensors are checked before
    numbers = memory(x).view(np.complex64 if x.dtype == np.float32 else np.complex128)
    return like(numbers[..., 0], type(x))


view_as_real: Operator = view(
    "view_as_real", _view_as_real, x=lambda g: view_as_complex(g), conjugate=False
)
view_as_complex: Operator = view(
    "view_as_complex", _view_as_complex, x=lambda g: view_as_real(g), conjugate=False
)
