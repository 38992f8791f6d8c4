"""Rounding to integers: piecewise constant, so that the derivative is zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import pointwise
from rushlight.ops.masking import zeroed
from rushlight.ops.promotion import Check, Promoting, no_kernel, refuse

__all__ = ["ceil", "floor", "frac", "round_", "round_decimals", "trunc"]


def _rounding(name: str, ufunc: np.ufunc, complex_refusal: Check) -> Promoting:
    def kernel(x: Any) -> Any:
        return x.copy() if x.dtype.kind in "iu" else ufunc(x)

    checks = (no_kernel("b", f"{name}_vml_cpu"), complex_refusal)
    return pointwise(
        name, kernel, promote="common", selects=True, checks=checks, x=lambda g: zeroed(g)
    )


def _unsupported(name: str) -> Check:
    return refuse("c", f"{name} is not supported for complex inputs", NotImplementedError)


ceil = _rounding("ceil", np.ceil, _unsupported("ceil"))
floor = _rounding("floor", np.floor, _unsupported("floor"))
trunc = _rounding("trunc", np.trunc, _unsupported("trunc"))
round_ = _rounding("round", np.rint, no_kernel("c", "round_vml_cpu"))


def _round_decimals(x: Any, decimals: int) -> Any:
    ten = np.asarray(10.0 ** abs(decimals), x.dtype)
    if decimals < 0:
        return np.rint(x / ten) * ten
    return np.rint(x * ten) / ten


round_decimals = pointwise(
    "round",
    _round_decimals,
    promote="common",
    checks=(no_kernel("bic", "round_cpu"),),
    node="RoundBackward1",
    x=lambda g: zeroed(g),
)
frac = pointwise(
    "frac",
    lambda x: x - np.trunc(x),
    promote="common",
    checks=(no_kernel("bic", "frac_cpu"),),
    x=lambda g: g,
)
