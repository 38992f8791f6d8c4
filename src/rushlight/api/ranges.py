"""Evenly spaced numbers: arange, range, linspace, logspace; and the indices of triangles."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import (
    check_options,
    finish,
    invalid_combination,
    numpy_dtype,
    require_int,
)
from rushlight.api.scalars import as_number, checked
from rushlight.tensor import Tensor

__all__ = ["arange"]


def arange(*args: Any, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
           device: Any = None, pin_memory: Any = False, requires_grad: bool = False) -> Tensor:
    kind = numpy_dtype("arange", dtype, out)
    values = np.arange(*args)
    if kind is None and values.dtype.kind == "f":
        kind = dtypes.default_float()
    return finish("arange", values if kind is None else values.astype(kind), out, requires_grad)
