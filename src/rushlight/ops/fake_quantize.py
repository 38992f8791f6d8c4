"""What a number becomes on its way through a few levels and back, as training for them needs it.

The level of x is round(x / scale) + zero_point, held between the lowest and the highest; its number
is (level - zero_point) * scale. Gradients pass where the level was within its bounds
("straight-through": B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.declare import constant, pointwise
from rushlight.ops.masking import kept
from rushlight.ops.promotion import no_kernel

__all__ = ["by_channel", "by_numbers", "by_tensors"]


def _level(x: Any, scale: Any, zero_point: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        steps = x * (np.float32(1) / scale)
        if zero_point.dtype.kind == "f":  # between two levels, it takes part in the rounding
            return np.rint(steps + zero_point)
        return np.rint(steps) + zero_point


def _through(x: Any, scale: Any, zero_point: Any, low: int, high: int) -> Any:
    level = np.fmin(np.fmax(_level(x, scale, zero_point), low), high)
    return ((level - zero_point).astype(np.float32) * scale).astype(x.dtype)


def _held(x: Any, scale: Any, zero_point: Any, low: int, high: int) -> Any:
    level = _level(x, scale, zero_point)
    return (level >= low) & (level <= high)


within = constant("fake_quantize_mask", _held, promote="bool")


def _declare(node: str, kernel: str) -> Any:
    return pointwise(
        "fake_quantize",
        _through,
        promote="common",
        operands=("x",),
        checks=(no_kernel("bic", kernel),),
        node=node,
        x=lambda g, x, scale, zero_point, low, high: kept(
            g, within(x, scale, zero_point, low, high)
        ),
    )


_TENSOR = "fake_quantize_tensor_cachemask_kernel_type_handling"
by_numbers = _declare("FakeQuantizePerTensorAffineCachemaskBackward0", _TENSOR)
by_tensors = _declare("FakeQuantizePerTensorAffineCachemaskTensorQparamsBackward0", _TENSOR)
by_channel = _declare(
    "FakeQuantizePerChannelAffineCachemaskBackward0",
    "fake_quantize_channel_cachemask_cpu_type_handling",
)
