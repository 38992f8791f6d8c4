"""Pooling over sliding windows: maxima and means."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.api.windows import window_ints, windows_over
from rushlight.kernels.windows import Ints, Windows, sliding
from rushlight.ops import pool as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["avg_pool1d", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d"]


def _last(windows: Windows) -> Windows:
    """Windows of one dimension less, where the first has nothing but one element."""
    return Windows(*[part[1:] for part in windows])


def refuse(x: Tensor, function: str, refused: tuple[str, ...]) -> None:
    """Raise PyTorch's error for complex numbers and the other dtypes that are `refused`."""
    if x.dtype.is_complex or x.dtype.scalar_name in refused:
        raise NotImplementedError(f"\"{function}\" not implemented for '{x.dtype.scalar_name}'")


def _indexed(function: str, x: Any, windows: Windows, indices: bool) -> Any:
    y, taps = ops.max_pool[len(windows.size)](x, windows)
    if not indices:
        return y
    return y, ops.max_pool_indices(taps, windows)


# -- maxima --------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _windows1d(shape: Ints, k: int, s: int, p: int, d: int, ceil_mode: bool) -> Windows:
    """The windows of max_pool1d, which words its errors in its own way."""
    for value, name, zero in ((k, "kernel_size", 0), (s, "stride", 0)):
        if value <= zero:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if p < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if p > k // 2:
        raise RuntimeError(
            "max_pool1d() padding should be at most half of kernel size, but got "
            f"padding={p} and kernel_size={k}"
        )
    if d <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {d}")
    windows = sliding(shape[-1:], (k,), (s,), (p,), (d,), ceil_mode)
    if windows.out[0] <= 0:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {windows.out[0]}")
    return windows


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of (N, C, L) or (C, L).

    `stride` is `kernel_size` by default; `padding` counts as minus infinity. With `ceil_mode` a
    last window may hang over the end. With `return_indices` the places of the maxima come along.

    >>> import rushlight as torch
    >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    x: Tensor = require_tensor(input, "max_pool1d", "input", 1)
    shape = x._array.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(shape)}"
        )
    if return_indices:
        return max_pool1d_with_indices(x, kernel_size, stride, padding, dilation, ceil_mode)
    (k,) = window_ints(kernel_size, 1, "max_pool1d", "kernel_size", 2)
    (s,) = _stride(stride, (k,), 1, "max_pool1d")
    (p,) = window_ints(padding, 1, "max_pool1d", "padding", 4)
    (d,) = window_ints(dilation, 1, "max_pool1d", "dilation", 5)
    windows = _windows1d(shape, k, s, p, d, bool(ceil_mode))
    if not x.dtype.is_floating_point:
        refuse(x, "max_pool1d_impl", (x.dtype.scalar_name,))
    return _indexed("max_pool1d", x, windows, False)


def _stride(stride: Any, kernel: Ints, n: int, function: str) -> Ints:
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        return kernel
    return window_ints(stride, n, function, "stride", 3)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """As `max_pool1d`, and the int64 index along L where each maximum was found."""
    x: Tensor = require_tensor(input, "max_pool1d", "input", 1)
    sizes = []
    for value, argument, position in (
        (kernel_size, "kernel_size", 2),
        (kernel_size if stride is None or stride in ([], ()) else stride, "stride", 3),
        (padding, "padding", 4),
        (dilation, "dilation", 5),
    ):
        values = (
            (value,)
            if isinstance(value, int)
            else int_tuple("max_pool1d", value, position, argument)
        )
        if len(values) != 1:
            raise RuntimeError(
                f"max_pool1d() argument '{argument}' should contain one int (got {len(values)})"
            )
        sizes.append(values)
    shape = (*x.shape[:-1], 1, x.shape[-1])
    one = [(1, *sizes[0]), (1, *sizes[1]), (0, *sizes[2]), (1, *sizes[3])]
    windows = windows_over("max_pool2d", shape, *one, bool(ceil_mode))
    refuse(x, "max_pool2d", ("Bool",))
    return _indexed("max_pool1d", x, _last(windows), True)


def _max_pool(
    n: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    function = f"max_pool{n}d"
    x: Tensor = require_tensor(input, function, "input", 1)
    kernel = window_ints(kernel_size, n, function, "kernel_size", 2)
    steps = _stride(stride, kernel, n, function)
    around = window_ints(padding, n, function, "padding", 4)
    gaps = window_ints(dilation, n, function, "dilation", 5)
    shape = x._array.shape
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
    windows = windows_over(function, shape, kernel, steps, around, gaps, bool(ceil_mode))
    if not x.dtype.is_floating_point:
        refuse(x, function, ("Bool",))
    return _indexed(function, x, windows, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of (N, C, H, W) or (C, H, W).

    The options are ints or pairs of ints; `stride` is `kernel_size` by default. With
    `return_indices`, also the int64 index of each maximum in its flattened plane.

    >>> import rushlight as torch
    >>> torch.nn.functional.max_pool2d(torch.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of (N, C, D, H, W) or (C, D, H, W)."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# -- means ---------------------------------------------------------------------------------------


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window of (N, C, L) or (C, L).

    >>> import rushlight as torch
    >>> torch.nn.functional.avg_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    x: Tensor = require_tensor(input, "avg_pool1d", "input", 1)
    _check_dimensions("avg_pool1d", x)
    kernel = window_ints(kernel_size, 1, "avg_pool1d", "kernel_size", 2)
    steps = _stride(stride, kernel, 1, "avg_pool1d")
    around = window_ints(padding, 1, "avg_pool1d", "padding", 4)
    shape = (*x.shape[:-1], 1, x.shape[-1])
    windows = windows_over(
        "avg_pool2d", shape, (1, *kernel), (1, *steps), (0, *around), (1, 1), bool(ceil_mode)
    )
    if not x.dtype.is_floating_point:
        refuse(x, "avg_pool2d", NO_MEAN)
    return ops.avg_pool[1](x, _last(windows), count_include_pad, None)  # type: ignore[no-any-return]


NO_MEAN = ("Bool", "Byte", "Char", "Short", "Int")


def _check_dimensions(function: str, x: Tensor) -> None:
    if x.dim() not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {x.dim()}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {function})"
        )


def _avg_pool(
    n: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    function = f"avg_pool{n}d"
    x: Tensor = require_tensor(input, function, "input", 1)
    kernel = window_ints(kernel_size, n, function, "kernel_size", 2)
    steps = _stride(stride, kernel, n, function)
    around = window_ints(padding, n, function, "padding", 4)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    shape = x._array.shape
    if len(shape) not in (n + 1, n + 2):
        if n == 3:
            raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
        if len(shape) < 3:
            x.size(-3)
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(shape)}"
        )
    windows = windows_over(function, shape, kernel, steps, around, (1,) * n, bool(ceil_mode))
    if n == 3:
        refuse(x, "avg_pool3d_out_frame", (*NO_MEAN, "Half", "BFloat16"))
    elif not x.dtype.is_floating_point:
        refuse(x, function, NO_MEAN)
    return ops.avg_pool[n](x, windows, count_include_pad, divisor_override)  # type: ignore[no-any-return]


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window of (N, C, H, W) or (C, H, W).

    Padding counts as zeros, or not at all without `count_include_pad`; `divisor_override` is
    divided by instead of the number of elements.

    >>> import rushlight as torch
    >>> torch.nn.functional.avg_pool2d(torch.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window of (N, C, D, H, W) or (C, D, H, W)."""
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
