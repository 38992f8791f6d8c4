"""Copies, casts and overwriting: what keeps a tensor's values or throws them all away.

The cast itself, `cast_to`, lives in rushlight.ops.fitting, because every edge may need it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.ops.declare import constant, linear
from rushlight.ops.fitting import cast_to, sum_to
from rushlight.ops.operator import Operator

__all__ = [
    "cast_to",
    "clone",
    "copy_over",
    "detached",
    "fill",
    "fill_with",
    "in_layout",
    "zero",
    "zeroed",
]

Array = NDArray[Any]


def in_layout(x: Array, dtype: np.dtype[Any], layout: str) -> Array:
    """Return fresh memory for values shaped like `x`: ``"preserve"`` keeps the order of its axes.

    NumPy's order "K" is PyTorch's but for expanded axes, whose stride of 0 says nothing of their
    place: they stay outside of the axes behind them.
    """
    if layout == "channels_last":
        return _channels_last(x.shape, dtype)
    if layout == "contiguous" or x.flags.c_contiguous:
        return np.empty(x.shape, dtype)
    if 0 in x.strides:
        order = _axis_order(x.shape, x.strides)
        fresh = np.empty([x.shape[axis] for axis in order], dtype)
        return fresh.transpose(sorted(range(x.ndim), key=order.__getitem__))
    return np.empty_like(x, dtype)


def _axis_order(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    """The axes from the outermost to the innermost; those of stride 0 take part in no swap."""
    order: list[int] = []
    for axis in range(len(shape) - 1, -1, -1):
        place = 0
        for i, other in enumerate(order):
            if strides[axis] == 0 or strides[other] == 0:
                continue
            if (strides[axis], shape[axis]) >= (strides[other], shape[other]):
                break
            place = i + 1
        order.insert(place, axis)
    return order


def _channels_last(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Fresh memory with the channels (axis 1) innermost; of 4 or 5 dimensions."""
    fresh = np.empty((shape[0], *shape[2:], shape[1]), dtype)
    return fresh.transpose(0, len(shape) - 1, *range(1, len(shape) - 1))


def _clone(x: Array, layout: str = "preserve") -> Array:
    if x.flags.c_contiguous and layout != "channels_last":
        return x.copy()
    out = in_layout(x, x.dtype, layout)
    out[...] = x
    return out


def _zero(x: Array) -> Array:
    return np.zeros(x.shape, x.dtype)


def _fill(x: Array, value: Any) -> Array:
    return np.full(x.shape, value, x.dtype)


def _copy_over(x: Array, source: Array) -> Array:
    out = np.empty(x.shape, x.dtype)
    np.copyto(out, source, casting="unsafe")
    return out


clone = linear("clone", _clone, x=lambda g: g)
detached = constant("detach", lambda x: x)

# In-place operators forget the values they write over: their cotangent is zero.
zeroed = linear("zeros_like", _zero, x=lambda g: zeroed(g))
zero = linear("zero", _zero, x=lambda g: zeroed(g))


def _declare_fill(by_number: str, by_tensor: str) -> tuple[Operator, Operator]:
    """PyTorch counts the overloads of `fill` and `fill_` through, and shows the number."""
    number = linear("fill", _fill, x=lambda g: zeroed(g), node=by_number)
    tensor = linear(
        "fill",
        _fill,
        x=lambda g: zeroed(g),
        value=lambda g: sum_to(g, ()),
        node=by_tensor,
    )
    return number, tensor


fill, fill_with = _declare_fill("FillBackward0", "FillBackward1")
fill_inplace, fill_inplace_with = _declare_fill("FillBackward2", "FillBackward3")

copy_over = linear(
    "copy",
    _copy_over,
    x=lambda g: zeroed(g),
    source=lambda g: g,
    node="CopyBackwards",
)
