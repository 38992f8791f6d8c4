"""Adaptive pooling: as many windows as the output is to have elements."""

from __future__ import annotations

from typing import Any

from rushlight.api import adaptive as api
from rushlight.api.adaptive import adaptive_avg_pool1d, average, largest, several
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
]


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of (H, W) `output_size` windows that share (N, C, H, W) out evenly.

    An int stands for both sizes, None for the input's own.

    >>> import rushlight as torch
    >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(4.0).view(1, 2, 2), 1)
    tensor([[[1.5000]]])
    """
    size = several(2, input, output_size)
    x: Tensor = require_tensor(input, "adaptive_avg_pool2d", "input", 1)
    return average(2, x, size, "AdaptiveAvgPool2DBackward0")


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of (D, H, W) `output_size` windows of (N, C, D, H, W) or (C, D, H, W)."""
    size = several(3, input, output_size)
    x: Tensor = require_tensor(input, "adaptive_avg_pool3d", "input", 1)
    return average(3, x, size, "AdaptiveAvgPool3DBackward0")


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of `output_size` windows of (N, C, L) or (C, L).

    With `return_indices` the int64 indices along L come along.

    >>> import rushlight as torch
    >>> torch.nn.functional.adaptive_max_pool1d(torch.arange(4.0).view(1, 4), 2)
    tensor([[1., 3.]])
    """
    y, indices = api.adaptive_max_pool1d(input, output_size)
    return (y, indices) if return_indices else y


def _largest(n: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    size = several(n, input, output_size)
    x: Tensor = require_tensor(input, f"adaptive_max_pool{n}d", "input", 1)
    y, indices = largest(n, x, size)
    return (y, indices) if return_indices else y


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of (H, W) `output_size` windows of (N, C, H, W) or (C, H, W)."""
    return _largest(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of (D, H, W) `output_size` windows of (N, C, D, H, W)."""
    return _largest(3, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """As `adaptive_max_pool1d`, and where the maxima are."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """As `adaptive_max_pool2d`, and where the maxima are."""
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """As `adaptive_max_pool3d`, and where the maxima are."""
    return adaptive_max_pool3d(input, output_size, True)
