"""Channels made pixels and back, and channels dealt out over groups."""

from __future__ import annotations

from rushlight.api.arguments import require_int
from rushlight.ops import fold as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def _check(x: Tensor, function: str, name: str, factor: int) -> None:
    if x.dim() < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with "
            f"{x.dim()} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{function} expects a positive {name}, but got {factor}")


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Return (..., C × r², H, W) as (..., C, H × r, W × r), r = `upscale_factor`.

    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network" (2016).

    >>> import rushlight as torch
    >>> torch.pixel_shuffle(torch.arange(4.0).view(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    x: Tensor = require_tensor(input, "pixel_shuffle", "input", 1)
    factor = require_int("pixel_shuffle", upscale_factor, "upscale_factor", 2)
    _check(x, "pixel_shuffle", "upscale_factor", factor)
    if x.shape[-3] % factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={x.shape[-3]} is not divisible by {factor**2}"
        )
    return ops.pixel_shuffle(x, factor)  # type: ignore[no-any-return]


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Return (..., C, H × r, W × r) as (..., C × r², H, W): `pixel_shuffle` undone.

    >>> import rushlight as torch
    >>> torch.pixel_unshuffle(torch.arange(4.0).view(1, 2, 2), 2).flatten()
    tensor([0., 1., 2., 3.])
    """
    x: Tensor = require_tensor(input, "pixel_unshuffle", "input", 1)
    factor = require_int("pixel_unshuffle", downscale_factor, "downscale_factor", 2)
    _check(x, "pixel_unshuffle", "downscale_factor", factor)
    for what, axis in (("height", -2), ("width", -1)):
        if x.shape[axis] % factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, but "
                f"input.size({axis})={x.shape[axis]} is not divisible by {factor}"
            )
    return ops.pixel_unshuffle(x, factor)  # type: ignore[no-any-return]


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Return (N, C, ...) with its channels dealt out over `groups`, as ShuffleNet does.

    >>> import rushlight as torch
    >>> torch.channel_shuffle(torch.arange(4.0).view(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    return shuffled("channel_shuffle", input, groups)


def shuffled(function: str, input: Tensor, groups: int) -> Tensor:
    """`channel_shuffle`, under the name of the `function` that errors tell of."""
    x: Tensor = require_tensor(input, function, "input", 1)
    groups = require_int(function, groups, "groups", 2)
    if x.dim() <= 2:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(x.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if x.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {x.shape[1]} channels and "
            f"{groups} groups."
        )
    return ops.channel_shuffle(x, groups)  # type: ignore[no-any-return]
