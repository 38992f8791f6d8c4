"""Batch normalisation, forward and backward, in training and in evaluation.

An input (N, C, ...) is looked at as (N, C, L). NumPy pays some 10 ns for each inner loop, so images
of few pixels are (N, C·L) instead, and what belongs to a channel is repeated L times. Sums are
BLAS's, over pieces of the batch that stay in cache; the output is x·scale + shift, one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from rushlight.kernels.blocks import Array, share, short_buffers
from rushlight.kernels.channels import follow
from rushlight.kernels.norm import widened
from rushlight.kernels.scratch import scratch
from rushlight.kernels.softmax import ones

# Channels of fewer pixels than this are repeated rather than broadcast: 0.14 ns an element against
# 0.22, which short buffers make 0.10 for longer ones.
NARROW = 512

# Elements of a block, and how many of them here are as much work as one where several threads pay:
# passes are few, and take 0.1 ns an element each.
_BLOCK = 1 << 17
_LIGHT = 4


def batch_norm(
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """(x - mean) · rstd · weight + bias by channel of (N, C, ...); and mean, rstd of the channels.

    The running estimates are moved towards the mean and the unbiased variance, in place.
    """
    if x.itemsize < 4:
        return _batch_norm_half(x, weight, bias, running_mean, running_var, momentum, eps)
    images = _images(x)
    mean, rstd = _statistics(images, x.shape[1], running_mean, running_var, momentum, eps)
    return _line(x, images, mean, rstd, weight, bias), mean, rstd


def _statistics(
    images: Array,
    channels: int,
    running_mean: Array | None,
    running_var: Array | None,
    momentum: float,
    eps: float,
) -> tuple[Array, Array]:
    """The mean and rstd of the channels; the running estimates are moved."""
    count = images.size // channels
    mean = _added(images, channels, lambda part: (_sums(images[part], channels),))[0]
    mean /= count
    centre = _spread(mean, images)

    def squared(part: slice) -> tuple[Array]:
        centred = _centred(images[part], centre)
        return (_products(centred, centred, channels),)

    (squares,) = _added(images, channels, squared)
    if running_mean is not None:
        running_mean += momentum * (mean - running_mean)
    if running_var is not None:
        running_var += momentum * (squares / (count - 1) - running_var)
    squares /= count
    squares += eps
    return mean, np.reciprocal(np.sqrt(squares, out=squares), out=squares)


def _batch_norm_half(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    running_mean: Array | None,
    running_var: Array | None,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    """In float32; running estimates of half precision are written back.

    Where no parameter is float32, mean and rstd are halves too, and x is normalised by these."""
    estimates = (running_mean, running_var)
    wide = [None if a is None else a.astype(np.float32) for a in (weight, bias, *estimates)]
    w, b, wide_mean, wide_var = wide
    single = x.astype(np.float32)
    images = _images(single)
    mean, rstd = _statistics(images, x.shape[1], wide_mean, wide_var, momentum, eps)
    for narrow, a in zip(estimates, wide[2:]):
        if narrow is not None and a is not None:
            narrow[...] = a.astype(narrow.dtype)
    if all(a is None or a.dtype == x.dtype for a in (weight, bias, *estimates)):
        mean, rstd = (a.astype(x.dtype).astype(np.float32) for a in (mean, rstd))
    return _line(single, images, mean, rstd, w, b).astype(x.dtype), mean, rstd


def batch_norm_backward(
    g: Array, x: Array, mean: Array, rstd: Array, weight: Array | None = None
) -> tuple[Array, Array, Array]:
    """The cotangents of x, weight and bias in training.

    With h = (x - mean)·rstd: gw = Σ g·h, gb = Σ g, gx = weight·rstd · (g - gb/n - h·gw/n).
    """
    if x.itemsize < 4:
        gx, gw, gb = widened(batch_norm_backward, g, x, mean, rstd, weight)
        return gx, gw, gb
    images, gates = _images(x), _images(g)
    gw, gb = _weight_and_bias(gates, images, mean, rstd)
    count = x.size // x.shape[1]
    a = rstd if weight is None else rstd * weight
    b = a * rstd * gw / -count
    c = -b * mean - a * gb / count
    a, b, c = (_spread(v, images) for v in (a, b, c))
    gx = np.empty(images.shape, x.dtype)

    def work(part: slice) -> None:
        image, gate, out = images[part], gates[part], gx[part]
        with short_buffers(image.shape[-1], image.size):
            np.multiply(image, b, out=out)
            out += c
            out += np.multiply(gate, a, out=scratch("centred", gate.shape, gate.dtype))

    share(work, _parts(images), images.size // _LIGHT)
    return gx.reshape(x.shape), gw, gb


def batch_norm_eval(
    x: Array,
    weight: Array | None,
    bias: Array | None,
    mean: Array,
    var: Array,
    eps: float = 1e-5,
) -> Array:
    """(x - mean) / sqrt(var + eps) · weight + bias by channel of (N, C, ...)."""
    if x.itemsize < 4:
        w, b, m, v = (
            None if a is None else a.astype(np.float32) for a in (weight, bias, mean, var)
        )
        y = batch_norm_eval(x.astype(np.float32), w, b, m, v, eps)  # type: ignore[arg-type]
        return y.astype(x.dtype)
    return _line(x, _images(x), mean, 1 / np.sqrt(var + eps), weight, bias)


def _line(
    x: Array, images: Array, mean: Array, rstd: Array, weight: Array | None, bias: Array | None
) -> Array:
    """x·scale + shift, which is (x - mean)·rstd·weight + bias."""
    scale = rstd if weight is None else rstd * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    scale, shift = _spread(scale, images), _spread(shift, images)
    y = np.empty(images.shape, x.dtype)

    def work(part: slice) -> None:
        image, out = images[part], y[part]
        with short_buffers(image.shape[-1], image.size):
            np.multiply(image, scale, out=out)
            out += shift

    share(work, _parts(images), images.size // _LIGHT)
    return follow(y.reshape(x.shape), x)


def _weight_and_bias(gates: Array, images: Array, mean: Array, rstd: Array) -> tuple[Array, Array]:
    """Σ g·(x - mean)·rstd and Σ g by channel."""
    channels = len(mean)
    centre = _spread(mean, images)

    def both(part: slice) -> tuple[Array, Array]:
        gate = gates[part]
        return _products(_centred(images[part], centre), gate, channels), _sums(gate, channels)

    products, sums = _added(images, channels, both)
    products *= rstd
    return products, sums


def _added(
    images: Array, channels: int, work: Callable[[slice], tuple[Array, ...]]
) -> tuple[Array, ...]:
    """The sums over all blocks of what `work` gives for each, in their order."""
    parts = _parts(images)
    if len(parts) == 1:
        return work(parts[0])
    found: list[tuple[Array, ...]] = [()] * len(parts)

    def one(i: int) -> None:
        found[i] = work(parts[i])

    share(one, range(len(parts)), images.size // _LIGHT)
    return tuple(np.add.reduce(np.stack(of_one), axis=0) for of_one in zip(*found))


def _centred(images: Array, centre: Array) -> Array:
    out = scratch("centred", images.shape, images.dtype)
    with short_buffers(images.shape[-1], images.size):
        return np.subtract(images, centre, out=out)  # type: ignore[no-any-return]


def _products(a: Array, b: Array, channels: int) -> Array:
    """The sums of a·b by channel; `a` is ours to write to."""
    n, inner = len(a), a[0].size // channels
    if inner < 64:
        return _sums(np.multiply(a, b, out=a), channels)
    shape = (n, channels, inner)
    dots: Array = np.vecdot(a.reshape(shape), b.reshape(shape))
    return np.add.reduce(dots, axis=0)  # type: ignore[no-any-return]


def _images(x: Array) -> Array:
    """(N, C, ...) as (N, C·L), or as (N, C, L) where L is large."""
    inner = prod(x.shape[2:])
    shape = (len(x), x.shape[1] * inner) if inner < NARROW else (len(x), x.shape[1], inner)
    return x.reshape(shape)


def _spread(v: Array, images: Array) -> Array:
    """What belongs to a channel, in a shape that broadcasts against images."""
    if images.ndim == 3:
        return v[:, None]
    inner = images.shape[1] // len(v) if len(v) else 1
    return v if inner == 1 else v.repeat(inner)


def _sums(images: Array, channels: int) -> Array:
    """The sums by channel."""
    if images.ndim == 3:
        n, _, inner = images.shape
        rows: Array = images.reshape(n * channels, inner).dot(ones(inner, images.dtype))
        return np.add.reduce(rows.reshape(n, channels), axis=0)  # type: ignore[no-any-return]
    sums: Array = ones(len(images), images.dtype).dot(images)
    if len(sums) == channels:
        return sums
    inner = len(sums) // channels
    return sums.reshape(channels, inner).dot(ones(inner, images.dtype))  # type: ignore[no-any-return]


def _parts(images: Array) -> list[slice]:
    """Blocks of images."""
    step = max(1, _BLOCK // max(1, prod(images.shape[1:])))
    return [slice(n, n + step) for n in range(0, len(images), step)]
