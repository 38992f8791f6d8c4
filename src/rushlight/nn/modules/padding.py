"""Padding layers: a constant, or the input's own elements, around the last 1 to 3 dimensions."""

from __future__ import annotations

from typing import Any

from rushlight.nn import functional as F
from rushlight.nn.modules.module import Module
from rushlight.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """`padding` is one int for all sides, or (left, right) of the last dimension, and so on."""

    ndim: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        several = isinstance(padding, (tuple, list))
        self.padding = tuple(padding) if several else (padding,) * (2 * self.ndim)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The options."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPadNd):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class ConstantPad1d(_ConstantPadNd):
    """Put `value` around the last dimension.

    >>> import rushlight as torch
    >>> torch.nn.ConstantPad1d(1, 5.0)(torch.zeros(1, 2))
    tensor([[5., 0., 0., 5.]])
    """

    ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """Put `value` around the last two dimensions."""

    ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """Put `value` around the last three dimensions."""

    ndim = 3


class ZeroPad1d(_ZeroPad):
    """Put zeros around the last dimension."""

    ndim = 1


class ZeroPad2d(_ZeroPad):
    """Put zeros around the last two dimensions."""

    ndim = 2


class ZeroPad3d(_ZeroPad):
    """Put zeros around the last three dimensions."""

    ndim = 3


class _ReflectionPadNd(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirror (N, C, L) or (C, L) at its ends, which are not repeated."""

    ndim = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirror (N, C, H, W) or (C, H, W) at its edges, which are not repeated."""

    ndim = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirror (N, C, D, H, W) or (C, D, H, W) at its faces, which are not repeated."""

    ndim = 3


class _ReplicationPadNd(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the end elements of (N, C, L) or (C, L)."""

    ndim = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the edges of (N, C, H, W) or (C, H, W)."""

    ndim = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the faces of (N, C, D, H, W) or (C, D, H, W)."""

    ndim = 3


class _CircularPadNd(_Pad):
    mode = "circular"


class CircularPad1d(_CircularPadNd):
    """Continue (N, C, L) or (C, L) from its other end."""

    ndim = 1


class CircularPad2d(_CircularPadNd):
    """Continue (N, C, H, W) or (C, H, W) from its other edges."""

    ndim = 2


class CircularPad3d(_CircularPadNd):
    """Continue (N, C, D, H, W) or (C, D, H, W) from its other faces."""

    ndim = 3
