"""Convolutions of one, two and three dimensions."""

from __future__ import annotations

from typing import Any

from rushlight.api.shape import cat
from rushlight.ops import conv as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["conv1d", "conv2d", "conv3d"]


def _ints(value: Any, n: int, name: str) -> tuple[int, ...]:
    """Return an option as n ints, or raise PyTorch's error for another number of them."""
    values = (value,) * n if isinstance(value, int) else tuple(value)
    if len(values) == 1:
        values *= n
    if len(values) != n:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the "
            f"convolution dimensions, but got {name}={list(values)}"
        )
    return values


def _check(
    x: Tensor,
    w: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> None:
    """Raise PyTorch's error for sizes that do not fit."""
    size, weight = list(x.shape), list(w.shape)
    if any(p < 0 for p in padding):
        raise RuntimeError("negative padding is not supported")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if w.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {weight} instead"
        )
    if w.shape[0] % groups != 0:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{weight}] instead"
        )
    if x.shape[1] != w.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {weight}, expected input{size} to have "
            f"{w.shape[1] * groups} channels, but got {x.shape[1]} channels instead"
        )
    if bias is not None and tuple(bias.shape) != (w.shape[0],):
        raise RuntimeError(
            f"Given weight of size {weight}, expected bias to be 1-dimensional with {w.shape[0]} "
            f"elements, but got bias of size {list(bias.shape)} instead"
        )
    padded = [n + 2 * p for n, p in zip(x.shape[2:], padding)]
    kernel = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation)]
    if any(k > n for k, n in zip(kernel, padded)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, kernel))}). Kernel size can't be greater than actual "
            "input size"
        )


def _convolve(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    name = f"conv{n}d"
    x: Tensor = require_tensor(input, name, "input", 1)
    w: Tensor = require_tensor(weight, name, "weight", 2)
    if x.dtype is not w.dtype:
        raise RuntimeError(
            f"expected scalar type {x.dtype.scalar_name} but found {w.dtype.scalar_name}"
        )
    if bias is not None and bias.dtype is not x.dtype:
        raise RuntimeError(
            f"Input type ({x.dtype.cpp_name}) and bias type ({bias.dtype.cpp_name}) should be the "
            "same"
        )
    if x.dim() not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input "
            f"of size: {list(x.shape)}"
        )
    steps = _ints(stride, n, "stride")
    gaps = _ints(dilation, n, "dilation")
    single = x.dim() == n + 1
    if single:
        x = x.unsqueeze(0)
    if isinstance(padding, str):
        x, around = _named_padding(x, w, padding, steps, gaps)
    else:
        around = _ints(padding, n, "padding")
    _check(x, w, bias, steps, around, gaps, groups)
    out = ops.conv(x, w, bias, steps, around, gaps, groups)
    return out.squeeze(0) if single else out  # type: ignore[no-any-return]


def _named_padding(
    x: Tensor, w: Tensor, padding: str, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Tensor, tuple[int, ...]]:
    """Resolve "valid" and "same"; an odd total pads the right side first, before the call."""
    n = len(stride)
    if padding == "valid":
        return x, (0,) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(w.shape[2:], dilation)]
    if any(t % 2 for t in totals):
        for i, total in enumerate(totals):
            if total % 2:
                size = list(x.shape)
                size[2 + i] = 1
                x = cat([x, x.new_zeros(size)], 2 + i)
    return x, tuple(t // 2 for t in totals)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, L) or (C, L) with weight (O, C / groups, k).

    `padding` is a number of zeros on both sides, "valid" or "same".
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, H, W) or (C, H, W) with weight (O, C / groups, kH, kW).

    >>> import rushlight as torch
    >>> x = torch.ones(1, 1, 3, 3)
    >>> torch.nn.functional.conv2d(x, torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, D, H, W) or (C, D, H, W) with weight (O, C / groups, kD, kH, kW)."""
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)
