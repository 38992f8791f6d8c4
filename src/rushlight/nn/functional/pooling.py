"""Pooling over sliding windows, power means, and the way back from maxima."""

from __future__ import annotations

import math
from typing import Any

from rushlight.api import pooling as api
from rushlight.api.activation import relu
from rushlight.api.pooling import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from rushlight.kernels.windows import Ints
from rushlight.ops import pool as ops
from rushlight.tensor import Tensor, values_of

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """As `max_pool1d`, and the index along L where each maximum was found."""
    return api.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """As `max_pool2d`, and where in its flattened plane each maximum was found."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:
    """As `max_pool3d`, and where in its flattened volume each maximum was found."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


# -- power means ---------------------------------------------------------------------------------


def _lp_pool(
    n: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    if norm_type == math.inf:
        pool = (max_pool1d, max_pool2d, max_pool3d)[n - 1]
        return pool(input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[no-any-return]
    kernel = (kernel_size,) * n if isinstance(kernel_size, int) else tuple(kernel_size)
    if n == 1:
        out = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    else:
        out = (avg_pool2d, avg_pool3d)[n - 2](
            input.pow(norm_type), kernel_size, stride, 0, ceil_mode
        )
    signed: Tensor = out.sign() * relu(out.abs())
    return signed.mul(math.prod(kernel)).pow(1.0 / norm_type)  # type: ignore[no-any-return]


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return ``(sum x^p)^(1/p)`` of each window of (N, C, L) or (C, L), p = `norm_type`."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return ``(sum x^p)^(1/p)`` of each window of (N, C, H, W) or (C, H, W), p = `norm_type`.

    >>> import rushlight as torch
    >>> torch.nn.functional.lp_pool2d(torch.ones(1, 2, 2), 2, 2)
    tensor([[[2.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """Return ``(sum x^p)^(1/p)`` of each window of (N, C, D, H, W), p = `norm_type`."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# -- back from maxima ----------------------------------------------------------------------------


def _unpool_size(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, output_size: Any
) -> list[int]:
    """The size to unpool to: what pooling would have been given, or `output_size` near it."""
    n = len(kernel)
    default = [(size[d - n] - 1) * stride[d] + kernel[d] - 2 * padding[d] for d in range(n)]
    if output_size is None:
        return default
    wanted = list(output_size)
    if len(wanted) == n + 2:
        wanted = wanted[2:]
    if len(wanted) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
            f"length of '{len(wanted)}'"
        )
    for d in range(n):
        low, high = default[d] - stride[d], default[d] + stride[d]
        if not low < wanted[d] < high:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {d} must be between {low} and {high})'
            )
    return wanted


def _each(value: Any, n: int) -> Ints:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


def _unpool(
    n: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Tensor:
    kernel = _each(kernel_size, n)
    steps = kernel if stride is None else _each(stride, n)
    pads = _each(padding, n)
    out = _unpool_size(input.shape, kernel, steps, pads, output_size)
    below = next((d for d, size in enumerate(out) if size < 0), None)
    if below is not None:
        raise ValueError(
            "max_unpooling: output_size must contain non-negative spatial dimensions, but got "
            f"output_size[{below}]={out[below]}"
        )
    if n < 3:
        single, wanted, kind = "max_unpooling2d", (3 - (n == 1), 4 - (n == 1)), "3d or 4d"
    else:
        single, wanted, kind = "max_unpooling3d", (4, 5), "4d or 5d"
    if str(indices.dtype) != "torch.int64":
        got = f" but got: {indices.dtype.scalar_name}" if n < 3 else ""
        raise RuntimeError(f"elements in indices should be type int64{got}")
    if len(out) != n:
        given = len(out) + (n == 1)
        want = "two elements (height, width)" if n < 3 else "three elements (depth, height, width)"
        raise RuntimeError(
            f"There should be exactly {want} in output_size, but got {given} elements."
        )
    if input.dim() not in wanted:
        raise RuntimeError(
            f"Input to {single} should be a {kind} Tensor, but got a tensor with "
            f"{input.dim() + (n == 1)} dimensions."
        )
    if n == 3:
        for name, given in (("stride", len(steps)), ("padding", len(pads))):
            if given != 3:
                raise RuntimeError(
                    "There should be exactly three elements (depth, height, width) in "
                    f"{name}, but got: {given} elements."
                )
    if tuple(indices.shape) != tuple(input.shape):
        sizes = [[*t.shape, 1] if n == 1 else [*t.shape] for t in (input, indices)]
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({sizes[0]}) but got indices tensor with shape: {sizes[1]}"
        )
    empty = next((d for d in range(1, input.dim()) if not input.size(d)), None)
    if empty is not None:
        size = [*input.shape, 1] if n == 1 else [*input.shape]
        raise RuntimeError(
            f"{single}_forward_out_cpu(): Expected input to have non-zero "
            f"size for non-batch dimensions, but got {size} with dimension {empty} being empty."
        )
    if n == 3 and any(s <= 0 for s in steps):
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(steps)}")
    if not input.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"max_unpool{max(n, 2)}d\" not implemented for '{input.dtype.scalar_name}'"
        )
    index = values_of(indices)
    wrong = (index < 0) | (index >= math.prod(out))
    if wrong.any() and 0 not in out:
        volume = "x".join(map(str, [*out, 1] if n == 1 else out))
        raise RuntimeError(
            f"Found an invalid max index: {index[wrong][0]} (output volumes are of size {volume})"
        )
    shape = (*input.shape[:-n], *out)
    return ops.unpool[n](input, indices, shape, n)  # type: ignore[no-any-return]


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Put maxima back where `max_pool1d` found them, among zeros."""
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Put maxima back where `max_pool2d` found them, among zeros.

    `output_size` chooses among the sizes that pooling takes to the same one.

    >>> import rushlight as torch
    >>> F = torch.nn.functional
    >>> y, i = F.max_pool2d(torch.arange(4.0).view(1, 2, 2), 2, return_indices=True)
    >>> F.max_unpool2d(y, i, 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Put maxima back where `max_pool3d` found them, among zeros."""
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)
