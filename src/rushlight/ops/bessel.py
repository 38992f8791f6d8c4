"""Bessel functions and Airy's; PyTorch differentiates i0, i0e, i1 and i1e only.

That is, a result of the others doesn't require grad, whatever its argument does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.kernels import bessel
from rushlight.ops.complexes import sign
from rushlight.ops.declare import constant, pointwise
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Promoting, no_kernel

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "spherical_bessel_j0",
]


def _real(name: str) -> Any:
    return (no_kernel("c", name),)


# -- with derivatives --------------------------------------------------------------------------


def _slope_at_0(slope: Any, x: Any) -> Any:
    """A slope in which something is divided by x; about 0 its limit ½ takes over."""
    return kept(slope - 0.5, abs(x) > 1e-8) + 0.5


def _i1_slope(x: Any, y: Any) -> Any:
    """I₀(x) - I₁(x) / x."""
    return _slope_at_0(i0(x) - y / (x + (x == 0)), x)


def _i1e_slope(x: Any, y: Any) -> Any:
    """As for I₁, and the derivative of exp(-|x|)."""
    return _slope_at_0(i0e(x) - y * (sign(x) + 1 / (x + (x == 0))), x)


i0: Operator = pointwise("i0", bessel.i0, checks=_real("i0_vml_cpu"), x=lambda g, x: g * i1(x))
i1: Operator = pointwise(
    "special_i1",
    bessel.i1,
    checks=_real("i1_cpu"),
    x=lambda g, x, y: g * _i1_slope(x, y),
)
i0e: Operator = pointwise(
    "special_i0e",
    bessel.i0e,
    checks=_real("i0e_cpu"),
    node="SpecialI0EBackward0",
    x=lambda g, x, y: g * (i1e(x) - sign(x) * y),
)
i1e: Operator = pointwise(
    "special_i1e",
    bessel.i1e,
    checks=_real("i1e_cpu"),
    node="SpecialI1EBackward0",
    x=lambda g, x, y: g * _i1e_slope(x, y),
)

# -- without -----------------------------------------------------------------------------------


def _constant(name: str, kernel: Callable[..., Any]) -> Promoting:
    return constant(
        f"special_{name}", kernel, promote="float", checks=(no_kernel("ch", f"{name}_cpu"),)
    )


airy_ai = _constant("airy_ai", bessel.airy_ai)
bessel_j0 = _constant("bessel_j0", bessel.j0)
bessel_j1 = _constant("bessel_j1", bessel.j1)
bessel_y0 = _constant("bessel_y0", bessel.y0)
bessel_y1 = _constant("bessel_y1", bessel.y1)
modified_bessel_i0 = _constant("modified_bessel_i0", bessel.i0)
modified_bessel_i1 = _constant("modified_bessel_i1", bessel.i1)
modified_bessel_k0 = _constant("modified_bessel_k0", bessel.k0)
modified_bessel_k1 = _constant("modified_bessel_k1", bessel.k1)
scaled_modified_bessel_k0 = _constant("scaled_modified_bessel_k0", bessel.k0e)
scaled_modified_bessel_k1 = _constant("scaled_modified_bessel_k1", bessel.k1e)
spherical_bessel_j0 = _constant("spherical_bessel_j0", bessel.spherical_j0)
