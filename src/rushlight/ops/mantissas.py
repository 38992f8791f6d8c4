"""Numbers apart: mantissas and exponents of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import general
from rushlight.ops.elementary import exp2
from rushlight.ops.fitting import cast_to
from rushlight.ops.operator import Operator

__all__ = ["frexp"]


def _frexp(x: Any) -> tuple[Any, Any]:
    if x.dtype.kind == "V":  # NumPy has no bfloat16
        mantissa, exponent = np.frexp(x.astype(np.float32))
        return mantissa.astype(x.dtype), exponent
    mantissa, exponent = np.frexp(x)
    return np.asarray(mantissa), np.asarray(exponent)


def _scaled(g: Any, exponent: Any) -> Any:
    """The exponent is piecewise constant, so the mantissa is the number divided by a constant."""
    dtype = g.dtype if isinstance(g, np.ndarray) else g.dtype.numpy
    return g / exp2(cast_to(exponent, dtype))


frexp: Operator = general(
    "frexp",
    _frexp,
    x=lambda g, exponent: None if g[0] is None else _scaled(g[0], exponent),
    jvp=lambda x_t, exponent: (_scaled(x_t, exponent), None),
    outputs=("mantissa", "exponent"),
    constant=("exponent",),
)
