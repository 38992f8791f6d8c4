"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from rushlight.api.create import empty
from rushlight.nn import functional as F
from rushlight.nn import init
from rushlight.nn.modules.module import Module
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def repeat(value: Any, n: int) -> tuple[Any, ...]:
    """Return `value` n times, or the n values that it is."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


class _Conv(Module):
    """What the convolutions of 1, 2 and 3 dimensions share."""

    ndim: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        n = self.ndim
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        stride = repeat(stride, n)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}"
                )
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(PADDING_MODES)}, but got "
                f"padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = repeat(kernel_size, n)
        self.stride = stride
        self.padding = padding if isinstance(padding, str) else repeat(padding, n)
        self.dilation = repeat(dilation, n)
        self.transposed = False
        self.output_padding = (0,) * n
        self.groups = groups
        self.padding_mode = padding_mode
        self._around = self._both_sides()
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _both_sides(self) -> list[int]:
        """The padding as F.pad takes it: last dimension first, left and right."""
        sides: list[int] = []
        for i in reversed(range(self.ndim)):
            if self.padding == "same":
                total = self.dilation[i] * (self.kernel_size[i] - 1)
                sides += [total // 2, total - total // 2]
            elif self.padding == "valid":
                sides += [0, 0]
            else:
                sides += [self.padding[i]] * 2
        return sides

    def reset_parameters(self) -> None:
        """Draw new parameters, uniform on (-k, k), k = 1 / sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._fans(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        parameters = self._parameters
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.ndim - 1]
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._around, mode=self.padding_mode)
            padding = (0,) * self.ndim
        return convolve(
            input,
            parameters["weight"],
            parameters["bias"],
            self.stride,
            padding,
            self.dilation,
            self.groups,
        )

    def extra_repr(self) -> str:
        """The options that differ from their defaults, as PyTorch prints them."""
        n = self.ndim
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * n:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * n:
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv1d(_Conv):
    """Cross-correlation over (N, C_in, L) or (C_in, L); weight (C_out, C_in / groups, k)."""

    ndim = 1


class Conv2d(_Conv):
    """Cross-correlation over (N, C_in, H, W) or (C_in, H, W); weight (C_out, C_in/groups, kH, kW).

    >>> import rushlight as torch
    >>> torch.nn.Conv2d(1, 8, 3, padding=1)(torch.zeros(2, 1, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    ndim = 2


class Conv3d(_Conv):
    """Cross-correlation over (N, C_in, D, H, W) or (C_in, D, H, W)."""

    ndim = 3
