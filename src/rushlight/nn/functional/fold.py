"""Sliding windows as columns, and columns as images."""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.api.native import native_channel_shuffle
from rushlight.api.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle
from rushlight.kernels.windows import Ints, Windows
from rushlight.ops import fold as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "assert_int_or_pair",
    "channel_shuffle",
    "fold",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
]


def _pair(value: Any, function: str, argument: str, position: int) -> Ints:
    values = value if isinstance(value, (tuple, list)) else (value, value)
    ints = int_tuple(function, values, position, argument)
    if len(ints) != 2:
        raise RuntimeError(f"It is expected {argument} equals to 2, but got size {len(ints)}")
    return ints


def _check_positive(**options: Ints) -> None:
    for name, (height, width) in options.items():
        low = 0 if name == "padding" else 1
        if height < low or width < low:
            what, short = name.replace("_", " "), "pad" if name == "padding" else name[:6]
            short = {"kernel": "kernel", "dilati": "dilation"}.get(short, short)
            bound = "non-negative" if low == 0 else "greater than zero"
            raise RuntimeError(
                f"{what} should be {bound}, but got {short}_height: {height} {short}_width: {width}"
            )


def _blocks(size: Ints, kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> Ints:
    return tuple(
        (n + 2 * p - (d * (k - 1) + 1)) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride)
    )


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Return the windows of (N, C, H, W) as columns: (N, C × kernel elements, positions).

    >>> import rushlight as torch
    >>> torch.nn.functional.unfold(torch.arange(6.0).view(1, 1, 2, 3), (2, 2))
    tensor([[[0., 1.],
             [1., 2.],
             [3., 4.],
             [4., 5.]]])
    """
    x: Tensor = require_tensor(input, "im2col", "input", 1)
    kernel = _pair(kernel_size, "im2col", "kernel_size", 2)
    gaps = _pair(dilation, "im2col", "dilation", 3)
    around = _pair(padding, "im2col", "padding", 4)
    steps = _pair(stride, "im2col", "stride", 5)
    _check_positive(kernel_size=kernel, dilation=gaps, padding=around, stride=steps)
    shape = tuple(x.shape)
    if len(shape) < 3:
        x.size(len(shape))
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}"
        )
    out = _blocks(shape[-2:], kernel, gaps, around, steps)
    if min(out) < 1:
        raise RuntimeError(
            f"Given input with spatial size {shape[-2:]}, kernel_size={kernel}, dilation={gaps}, "
            f"padding={around}, calculated shape of the array of sliding blocks as {out}, but its "
            "components must be at least one."
        )
    if x.dtype.category == 1:
        raise NotImplementedError(f"\"im2col_out_cpu\" not implemented for '{x.dtype.scalar_name}'")
    windows = Windows(shape[-2:], out, kernel, steps, around, gaps)
    return ops.im2col(x, windows)  # type: ignore[no-any-return]


def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Return the image ``(N, C, *output_size)`` that `unfold` made such columns of, overlaps added.

    >>> import rushlight as torch
    >>> torch.nn.functional.fold(torch.ones(1, 4, 2), (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    x: Tensor = require_tensor(input, "col2im", "input", 1)
    size = _pair(output_size, "col2im", "output_size", 2)
    kernel = _pair(kernel_size, "col2im", "kernel_size", 3)
    gaps = _pair(dilation, "col2im", "dilation", 4)
    around = _pair(padding, "col2im", "padding", 5)
    steps = _pair(stride, "col2im", "stride", 6)
    _check_positive(kernel_size=kernel, dilation=gaps, padding=around, stride=steps)
    shape = tuple(x.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(shape)}"
        )
    axis = len(shape) - 2
    if shape[axis] % (kernel[0] * kernel[1]):
        raise RuntimeError(
            f"Expected size of input's dimension {axis} to be divisible by the product of "
            f"kernel_size, but got input.size({axis})={shape[axis]} and kernel_size={kernel}."
        )
    out = _blocks(size, kernel, gaps, around, steps)
    if shape[-1] != out[0] * out[1]:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel}, dilation={gaps}, padding={around}, "
            f"stride={steps}, expected size of input's dimension {axis + 1} to match the "
            f"calculated number of sliding blocks {out[0]} * {out[1]} = {out[0] * out[1]}, but "
            f"got input.size({axis + 1})={shape[-1]}."
        )
    if x.dtype.category == 1:
        raise NotImplementedError(f"\"col2im_out_cpu\" not implemented for '{x.dtype.scalar_name}'")
    windows = Windows(size, out, kernel, steps, around, gaps)
    return ops.col2im(x, windows)  # type: ignore[no-any-return]


def assert_int_or_pair(arg: Any, arg_name: str, message: str) -> None:
    """Raise AssertionError of `message`, with the name in it, unless `arg` is an int or a pair."""
    if not (isinstance(arg, int) or len(arg) == 2):
        raise AssertionError(message.format(arg_name))
