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

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def repeat(value: Any, n: int) -> tuple[Any, ...]:
    """Return `value` n times, or the n values that it is."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


class _ConvNd(Module):
    """What the convolutions of 1, 2 and 3 dimensions and their transposes share."""

    ndim: int
    transposed = False

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
        self.padding: Any = padding if isinstance(padding, str) else repeat(padding, n)
        self.dilation = repeat(dilation, n)
        self.output_padding = (0,) * n
        self.groups = groups
        self.padding_mode = padding_mode
        self._around = self._both_sides()
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (channels[0], channels[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        if bias:
            self.bias = Parameter(empty(out_channels, dtype=dtype, device=device))
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
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        weight, bias = self._weight_and_bias()
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.ndim - 1]
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._around, mode=self.padding_mode)
            padding = (0,) * self.ndim
        return convolve(
            input,
            weight,
            bias,
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
        if self.output_padding != (0,) * n:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv1d(_ConvNd):
    """Cross-correlation over (N, C_in, L) or (C_in, L); weight (C_out, C_in / groups, k)."""

    ndim = 1


class Conv2d(_ConvNd):
    """Cross-correlation over (N, C_in, H, W) or (C_in, H, W); weight (C_out, C_in/groups, kH, kW).

    >>> import rushlight as torch
    >>> torch.nn.Conv2d(1, 8, 3, padding=1)(torch.zeros(2, 1, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    ndim = 2


class Conv3d(_ConvNd):
    """Cross-correlation over (N, C_in, D, H, W) or (C_in, D, H, W)."""

    ndim = 3


# -- transposed ----------------------------------------------------------------------------------


class _ConvTransposeNd(_ConvNd):
    """What the transposed convolutions share."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )
        self.output_padding = repeat(output_padding, self.ndim)

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Apply the layer; `output_size` chooses among the sizes that a stride leaves open."""
        spread = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.ndim - 1]
        extra = self.output_padding
        if output_size is not None:
            extra = self._output_padding(input, output_size)
        weight, bias = self._weight_and_bias()
        return spread(
            input,
            weight,
            bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def _output_padding(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """The padding that leads to `output_size`, or ValueError."""
        n = self.ndim
        wanted = list(output_size)
        lead = input.dim() - n
        if len(wanted) == lead + n:
            wanted = wanted[lead:]
        if len(wanted) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or "
                f"{lead + n} elements (got {len(wanted)})"
            )
        low = [
            (m - 1) * s - 2 * p + d * (k - 1) + 1
            for m, s, p, d, k in zip(
                input.shape[lead:], self.stride, self.padding, self.dilation, self.kernel_size
            )
        ]
        high = [m + s - 1 for m, s in zip(low, self.stride)]
        if any(not a <= m <= b for a, m, b in zip(low, wanted, high)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {low} to "
                f"{high} (for an input of {input.size()[2:]})"
            )
        return tuple(m - a for m, a in zip(wanted, low))


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of `Conv1d`: (N, C_in, L) to a longer (N, C_out, L')."""

    ndim = 1


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of `Conv2d`; weight (C_in, C_out / groups, kH, kW).

    >>> import rushlight as torch
    >>> torch.nn.ConvTranspose2d(8, 1, 2, stride=2)(torch.zeros(2, 8, 5, 5)).shape
    torch.Size([2, 1, 10, 10])
    """

    ndim = 2


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of `Conv3d`; weight (C_in, C_out / groups, kD, kH, kW)."""

    ndim = 3
