"""Copies, casts and overwriting: what keeps a tensor's values or throws them all away.

The cast itself, `cast_to`, lives in rushlight.ops.fitting, because every edge may need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rushlight.kernels import copies
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.fitting import cast_to, sum_to
from rushlight.ops.operator import Operator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "cast_to",
    "clone",
    "clone_in",
    "copy_over",
    "detached",
    "fill",
    "fill_inplace",
    "fill_inplace_with",
    "fill_with",
    "zero",
    "zeroed",
]

Array: TypeAlias = "NDArray[Any]"


def _zero(x: Array) -> Array:
    return np.zeros(x.shape, x.dtype)


def _fill(x: Array, value: Any) -> Array:
    out = np.empty(x.shape, x.dtype)
    copies.write(out, np.asarray(value))
    return out


def _copy_over(x: Array, source: Array) -> Array:
    out = np.empty(x.shape, x.dtype)
    copies.write(out, source)
    return out


clone: Operator = linear("clone", lambda x: copies.clone(x), x=lambda g: g)
clone_in: Operator = linear("clone", copies.clone, x=lambda g: g)  # and the layout to copy to
detached: Operator = constant("detach", lambda x: x)

# In-place operators forget the values they write over: their cotangent is zero.
zeroed: Operator = constant("zeros_like", _zero)
zero: Operator = linear("zero", _zero, x=lambda g: zeroed(g))


def _declare_fill(by_number: str, by_tensor: str) -> tuple[Operator, Operator]:
    """PyTorch counts the overloads of `fill` and `fill_` through, and shows the number."""
    number = general(
        "fill", _fill, x=lambda g: zeroed(g), jvp=lambda x_t: zeroed(x_t), node=by_number
    )
    tensor = linear(
        "fill", _fill, x=lambda g: zeroed(g), value=lambda g: sum_to(g, ()), node=by_tensor
    )
    return number, tensor


fill, fill_with = _declare_fill("FillBackward0", "FillBackward1")
fill_inplace, fill_inplace_with = _declare_fill("FillBackward2", "FillBackward3")

copy_over: Operator = linear(
    "copy",
    _copy_over,
    x=lambda g: zeroed(g),
    source=lambda g: g,
    node="CopyBackwards",
)
