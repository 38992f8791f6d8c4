"""Masks: masked_fill, masked_select, masked_scatter; and where the mask holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import masks
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.fitting import sum_to
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator

__all__ = [
    "masked_fill",
    "masked_fill_with",
    "masked_scatter",
    "masked_select",
    "nonzero",
    "one_hot",
]


def _masked_fill(x: Any, mask: Any, value: Any) -> Any:
    if mask.shape == x.shape:
        out = np.array(x, order="C")  # also of a NumPy scalar
    else:
        out = np.array(np.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape)), order="C")
    np.copyto(out, value, where=mask, casting="unsafe")
    return out


def _masked_zeros(g: Any, size: tuple[int, ...], mask: Any) -> Any:
    """Zeros with `g` where the mask holds, summed to `size`: the adjoint of masked_select."""
    shape = np.broadcast_shapes(size, mask.shape)
    out = np.zeros(shape, g.dtype)
    out[np.broadcast_to(mask, shape)] = g
    return sum_to.kernel(out, size) if shape != size else out


def _masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    shape = np.broadcast_shapes(x.shape, mask.shape)
    out = np.array(np.broadcast_to(x, shape), order="C")
    mask = np.broadcast_to(mask, shape)
    out[mask] = source.reshape(-1)[: np.count_nonzero(mask)]
    return out


def _masked_source(g: Any, mask: Any, size: tuple[int, ...]) -> Any:
    """The elements of `g` under the mask at the front of zeros of shape `size`."""
    out = np.zeros(size, g.dtype)
    picked = g[np.broadcast_to(mask, g.shape)]
    out.reshape(-1)[: picked.size] = picked
    return out


masked_fill: Operator = general(
    "masked_fill",
    _masked_fill,
    x=lambda g, mask: kept(g, ~mask),
    jvp=lambda x_t, mask: masked_fill(x_t, mask, 0),
)
masked_fill_with: Operator = linear(
    "masked_fill",
    _masked_fill,
    x=lambda g, mask: kept(g, ~mask),
    value=lambda g, mask: kept(g, mask).sum(),
    node="MaskedFillBackward1",
)
masked_select: Operator = linear(
    "masked_select", masks.masked_select, x=lambda g, x_shape, mask: masked_zeros(g, x_shape, mask)
)
masked_zeros: Operator = linear(
    "masked_select_backward", _masked_zeros, g=lambda g, mask: masked_select(g, mask)
)
masked_scatter: Operator = linear(
    "masked_scatter",
    _masked_scatter,
    x=lambda g, mask: kept(g, ~mask),
    source=lambda g, mask, source_shape: masked_source(g, mask, source_shape),
)
masked_source: Operator = linear(
    "masked_scatter_backward",
    _masked_source,
    g=lambda g, mask, g_shape: _unmasked(g, mask, g_shape),
)


def _unmasked(g: Any, mask: Any, size: tuple[int, ...]) -> Any:
    zeros = np.zeros(size, g.dtype if isinstance(g, np.ndarray) else g.dtype.numpy)
    return masked_scatter(zeros, mask, g)


# -- no derivative -----------------------------------------------------------------------------


def _one_hot(x: Any, num_classes: int) -> Any:
    out = np.zeros((*x.shape, num_classes), np.int64)
    if x.size:
        out.reshape(-1)[np.arange(x.size) * num_classes + x.reshape(-1)] = 1
    return out


nonzero: Operator = constant("nonzero", masks.nonzero)
one_hot: Operator = constant("one_hot", _one_hot)
