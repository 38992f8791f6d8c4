"""What edges do to a cotangent in a recorded backward: sum to a shape, cast to a dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import accumulate
from rushlight.kernels.copies import cast
from rushlight.kernels.strides import restrided
from rushlight.ops.declare import linear, view
from rushlight.ops.operator import Operator

__all__ = ["cast_to", "expand", "sum_to"]


def _expand(x: Any, size: tuple[int, ...]) -> Any:
    """A broadcast view, written as one constructor: np.broadcast_to costs four times as much."""
    if isinstance(x, np.generic):
        x = np.asarray(x)
    lead = len(size) - x.ndim
    steps = [s if n == m else 0 for n, s, m in zip(x.shape, x.strides, size[lead:])]
    return restrided(x, size, (*(0,) * lead, *steps))


expand: Operator = view("expand", _expand, x=lambda g, x_shape: sum_to(g, x_shape))
sum_to: Operator = linear(
    "sum_to", accumulate.sum_to, x=lambda g, x_shape: expand(g, x_shape), node="SumBackward1"
)
cast_to: Operator = linear(
    "to", cast, x=lambda g, x_dtype: cast_to(g, x_dtype), node="ToCopyBackward0"
)
