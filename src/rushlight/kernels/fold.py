"""Windows written out as columns, and columns added up to an image: im2col and col2im."""

from __future__ import annotations

import numpy as np

from rushlight.kernels.channels import follow
from rushlight.kernels.copies import contiguous
from rushlight.kernels.windows import Array, Windows


def im2col(x: Array, windows: Windows) -> Array:
    """The windows of (..., C, H, W) as (..., C × taps, positions)."""
    *lead, channels = x.shape[:-2]
    x = windows.padded(x, 0)
    taps = list(windows.taps)
    out = np.empty((*lead, channels, len(taps), *windows.out), x.dtype)
    for tap, place in enumerate(taps):
        out[..., tap, :, :] = x[(..., *place)]
    return out.reshape(*lead, channels * len(taps), windows.out[0] * windows.out[1])


def col2im(columns: Array, windows: Windows) -> Array:
    """The sum, for each element of (..., C, H, W), of what the windows over it have there."""
    taps = list(windows.taps)
    *lead, depth, _ = columns.shape
    columns = columns.reshape(*lead, depth // len(taps), len(taps), *windows.out)
    padded = np.zeros((*lead, depth // len(taps), *windows.extent), columns.dtype)
    for tap, place in enumerate(taps):
        padded[(..., *place)] += columns[..., tap, :, :]
    if windows.fitting and windows.extent == windows.size:
        return padded
    return contiguous(windows.cropped(padded))


def pixel_shuffle(x: Array, factor: int) -> Array:
    """(..., C × r², H, W) as (..., C, H × r, W × r)."""
    *lead, channels, height, width = x.shape
    apart = x.reshape(*lead, channels // factor**2, factor, factor, height, width)
    n = len(lead)
    turned = apart.transpose(*range(n + 1), n + 3, n + 1, n + 4, n + 2)
    out = contiguous(turned)
    return follow(out.reshape(*lead, channels // factor**2, height * factor, width * factor), x)


def pixel_unshuffle(x: Array, factor: int) -> Array:
    """(..., C, H × r, W × r) as (..., C × r², H, W)."""
    *lead, channels, height, width = x.shape
    height, width = height // factor, width // factor
    apart = x.reshape(*lead, channels, height, factor, width, factor)
    n = len(lead)
    turned = apart.transpose(*range(n + 1), n + 2, n + 4, n + 1, n + 3)
    out = contiguous(turned).reshape(*lead, channels * factor**2, height, width)
    return follow(out, x)


def channel_shuffle(x: Array, groups: int) -> Array:
    """The channels of (N, C, ...) dealt out: the first of every group, then the second, ..."""
    batch, channels, *size = x.shape
    apart = x.reshape(batch, groups, channels // groups, *size).swapaxes(1, 2)
    return follow(contiguous(apart).reshape(x.shape), x)
