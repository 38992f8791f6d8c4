"""Convolutions of 1 to 3 dimensions: forward, and the cotangents of input and weight.

Each of the three is linear in its two arrays, and their derivatives are again these three:

    conv_backward_input(g, w)  is the forward of a transposed convolution,
    conv_backward_weight(g, x) correlates input and cotangent.

`x` is (batch, channels, *size), `w` is (out channels, channels / groups, *kernel); `stride`,
`padding` and `dilation` have an int for each dimension. The caller has run `check_conv`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels import conv_planes
from rushlight.kernels.channels import follow
from rushlight.kernels.conv_layout import (
    CACHED,
    Geometry,
    Ints,
    Piece,
    cuts,
    each_tap,
    flat_length,
    geometry,
    windows_last,
    worth_sharing,
)
from rushlight.kernels.gemm import tall_matmul
from rushlight.kernels.reduce import is_half
from rushlight.kernels.scratch import scratch
from rushlight.kernels.threads import for_each

Array = NDArray[Any]
Item = TypeVar("Item")

# Elements of a matrix that OpenBLAS never multiplies where it lies.
_PACKED = 1 << 19


def conv_forward(
    x: Array,
    w: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """Correlate `x` with `w`: (batch, out channels, *out), contiguous."""
    if is_half(dtype := x.dtype):
        x, w = x.astype(np.float32), w.astype(np.float32)
        bias = bias if bias is None else bias.astype(np.float32)
        return conv_forward(x, w, bias, stride, padding, dilation, groups).astype(dtype)
    out = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], stride, padding, dilation)
    )
    geo = geometry(x.shape, w.shape, out, stride, padding, dilation, groups)
    y = _correlate(x, w, bias, geo)
    # PyTorch's volumes follow where oneDNN convolves them.
    return follow(y, x, w) if len(out) == 2 or x.dtype == np.float32 else y


def _correlate(x: Array, w: Array, bias: Array | None, geo: Geometry) -> Array:
    y = np.empty((geo.batch, geo.groups * geo.outer, *geo.out), x.dtype)
    if bias is not None:
        bias = bias.reshape(-1, *(1,) * len(geo.out))
    if y.size == 0 or geo.depth == 0:
        y[...] = 0 if bias is None else bias
        return y
    if geo.channels_last:
        forward, weights = _forward_last, _weights_last(w, geo)
        pieces = geo.pieces(geo.window_row(x.itemsize))
    else:
        x = np.ascontiguousarray(x)
        forward, weights = conv_planes.forward, conv_planes.weights_in_order(w, geo)
        pieces = geo.pieces(conv_planes.row_bytes(geo, x.itemsize))

    def work(piece: Piece) -> None:
        part = y[piece.samples, :, piece.rows]
        forward(x, weights, part, geo, piece)
        if bias is not None:
            np.add(part, bias, out=part)

    _each(work, pieces, geo)
    return y


def _each(work: Callable[[Item], object], items: Iterable[Item], geo: Geometry) -> None:
    """Call `work` on every item, on several threads where that pays."""
    if worth_sharing(geo):
        for_each(work, items, products=True)
    else:
        for item in items:
            work(item)


def _weights_last(w: Array, geo: Geometry) -> Array:
    """The weights as (tap × channel, out channel)."""
    w = w.reshape(geo.outer, geo.inner, geo.taps).swapaxes(1, 2)
    rows = np.ascontiguousarray(w).reshape(geo.outer, geo.depth).T
    # BLAS packs large ones anyhow, and they take 4 ns an element to transpose.
    return rows if geo.depth * geo.outer > _PACKED else np.ascontiguousarray(rows)


def _forward_last(x: Array, weights: Array, out: Array, geo: Geometry, piece: Piece) -> None:
    last = scratch("product", (len(out) * prod(out.shape[2:]), geo.outer), out.dtype)
    tall_matmul(windows_last(x, geo, piece), weights, last)
    last = last.reshape(len(out), *out.shape[2:], geo.outer)
    np.copyto(out, last.transpose(0, last.ndim - 1, *range(1, last.ndim - 1)))


def conv_backward_input(
    g: Array,
    w: Array,
    x_shape: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """The cotangent of `x` from the cotangent `g` of the result; contiguous.

    `x_shape` says which of the sizes that lead to `g`'s is meant; what no window reaches is zero.
    """
    if is_half(dtype := g.dtype):
        g, w = g.astype(np.float32), w.astype(np.float32)
        wide = conv_backward_input(g, w, x_shape, stride, padding, dilation, groups)
        return wide.astype(dtype)
    out = tuple(g.shape[2:])
    geo = geometry(x_shape, w.shape, out, stride, padding, dilation, groups)
    if max(stride) == 1:
        turned = _turned_geometry(geo)
        if geo.outer <= 6 * geo.inner:
            return _correlate(g, _turned(w, geo), None, turned)
    reached = all(e * s >= n + p for e, s, n, p in zip(geo.grid, stride, geo.size, padding))
    dx = (np.empty if reached else np.zeros)(x_shape, g.dtype)
    if dx.size == 0 or g.size == 0:
        dx.fill(0)
        return dx
    weights = w.reshape(groups, geo.outer, geo.inner, geo.taps)

    def work(block: _Block) -> None:
        _scatter(g, weights, dx, geo, block)

    _each(work, _blocks(geo, g.itemsize), geo)
    return dx


def conv_transpose_forward(
    x: Array,
    w: Array,
    bias: Array | None,
    size: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """Spread `x` by `w`, (channels, out channels / groups, *kernel), over an output of `size`."""
    shape = (x.shape[0], w.shape[1] * groups, *size)
    y = conv_backward_input(x, w, shape, stride, padding, dilation, groups)
    if bias is not None:
        np.add(y, bias.reshape(-1, *(1,) * len(size)), out=y)
    return follow(y, x, w) if len(size) == 2 or x.dtype == np.float32 else y


def _turned(w: Array, geo: Geometry) -> Array:
    """The weights that lead back: in and out channels exchanged, every kernel point-reflected."""
    w = w.reshape(geo.groups, geo.outer, geo.inner, *geo.kernel).swapaxes(1, 2)
    backwards: tuple[Any, ...] = (slice(None, None, -1),) * len(geo.kernel)
    w = w[(..., *backwards)]
    return w.reshape(geo.groups * geo.inner, geo.outer, *geo.kernel)


def _turned_geometry(geo: Geometry) -> Geometry:
    reach = (d * (k - 1) - p for d, k, p in zip(geo.dilation, geo.kernel, geo.padding))
    return geo._replace(
        inner=geo.outer, outer=geo.inner, size=geo.out, out=geo.size, padding=tuple(reach)
    )


class _Block(NamedTuple):
    """A part of the input's cotangent that is worked on at a time."""

    samples: slice
    groups: slice
    channels: slice  # of each group


# Channels. With fewer of them at a time, laying out the cotangent would cost more than it is
# multiplied.
_FEWEST = 8


def _blocks(geo: Geometry, itemsize: int) -> list[_Block]:
    """Blocks whose products fit in cache: samples, or groups of one, or channels of one."""
    shares = 4 if worth_sharing(geo) else 1
    all_channels = geo.groups * geo.inner
    fit = max(_FEWEST, CACHED // (geo.taps * prod(geo.grid) * itemsize))
    if geo.batch < shares:
        fit = min(fit, -(-all_channels * geo.batch // shares))
    samples = max(1, min(fit // all_channels, -(-geo.batch // shares)))
    groups = max(1, min(fit // geo.inner, geo.groups))
    channels = max(1, min(fit, geo.inner))
    return [
        _Block(*parts)
        for parts in product(
            cuts(geo.batch, samples), cuts(geo.groups, groups), cuts(geo.inner, channels)
        )
    ]


def _scatter(g: Array, weights: Array, dx: Array, geo: Geometry, block: _Block) -> None:
    """Multiply the cotangent by every tap, and add the products up where the taps came from.

    With a stride of s, input positions of equal remainder modulo s only meet taps of one
    remainder: each of these phases is a plane of its own, and in it every tap is a shift. Rows
    of the cotangent are laid out as wide as the planes, with zeros between them, so that a whole
    plane of products is added at once.
    """
    grid = geo.grid
    weights = weights[block.groups, :, block.channels]
    groups, _, inner, taps = weights.shape
    weights = weights.reshape(groups, geo.outer, inner * taps).swapaxes(1, 2)
    wide = _widened(g[block.samples], geo)[:, block.groups]
    length = wide.shape[-1]
    products = scratch("product", (len(wide), groups, inner * taps, length), g.dtype)
    np.matmul(weights, wide, out=products)
    products = products.reshape(len(wide), groups * inner, taps, length)
    channels = slice(
        block.groups.start * geo.inner + block.channels.start,
        (block.groups.stop - 1) * geo.inner + block.channels.stop,
    )
    target = dx[block.samples, channels]
    in_place = grid == geo.size and max(geo.stride) == 1 and not any(geo.padding)
    if in_place:
        planes = target.reshape(*target.shape[:2], -1)[None]
    else:
        shape = (prod(geo.stride), *target.shape[:2], prod(grid))
        planes = scratch("planes", shape, g.dtype)
    planes.fill(0)
    for tap, place in enumerate(each_tap(geo.kernel)):
        phase = offset = 0
        for i, d, s, extent in zip(place, geo.dilation, geo.stride, grid):
            phase = phase * s + i * d % s
            offset = offset * extent + i * d // s
        part = planes[phase, :, :, offset : offset + length]
        np.add(part, products[:, :, tap], out=part)
    if not in_place:
        _interleave(planes.reshape(*planes.shape[:3], *grid), target, geo)


def _widened(g: Array, geo: Geometry) -> Array:
    """The cotangent as (sample, group, out channel, position), rows as wide as the grid's."""
    length = flat_length(geo.out, geo.grid)
    shape = (len(g), geo.groups, geo.outer, -1)
    if geo.out[1:] == geo.grid[1:]:
        return g.reshape(shape)
    wide = scratch("cotangent", (*g.shape[:2], geo.out[0], *geo.grid[1:]), g.dtype)
    wide.fill(0)
    corner: tuple[Any, ...] = tuple(map(slice, geo.out))
    wide[(..., *corner)] = g
    return wide.reshape(shape)[..., :length]


def _interleave(planes: Array, target: Array, geo: Geometry) -> None:
    """Copy the phases to where they belong in the input."""
    for phase, place in zip(planes, each_tap(geo.stride)):
        to: list[Any] = []
        source: list[Any] = []
        for r, s, p, size, extent in zip(place, geo.stride, geo.padding, geo.size, geo.grid):
            first = (r - p) % s
            q = (first + p) // s
            count = max(0, min(len(range(first, size, s)), extent - q))
            to.append(slice(first, first + count * s, s))
            source.append(slice(q, q + count))
        target[(..., *to)] = phase[(..., *source)]


def conv_backward_weight(
    g: Array,
    x: Array,
    w_shape: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Array:
    """The cotangent of `w` from the cotangent `g` of the result; contiguous."""
    if is_half(dtype := g.dtype):
        g, x = g.astype(np.float32), x.astype(np.float32)
        wide = conv_backward_weight(g, x, w_shape, stride, padding, dilation, groups)
        return wide.astype(dtype)
    geo = geometry(x.shape, w_shape, tuple(g.shape[2:]), stride, padding, dilation, groups)
    if g.size == 0 or geo.depth == 0:
        return np.zeros(w_shape, g.dtype)
    if geo.channels_last:
        total = _add_up(_add_weight_last, (geo.outer, geo.depth), g, x, geo)
        total = total.reshape(geo.outer, geo.taps, geo.inner).swapaxes(1, 2)
        return np.ascontiguousarray(total).reshape(w_shape)
    products = 1 if geo.spread else geo.kernel[0]
    shape = (products, groups, geo.depth // products, geo.outer)
    x = np.ascontiguousarray(x)
    return conv_planes.weights_back(_add_up(conv_planes.add_weight, shape, g, x, geo), geo)


# Bytes of sums.
_SHARES = 1 << 22


def _add_up(
    add: Callable[[Array, Array, Array, Geometry, Piece], None],
    shape: Ints,
    g: Array,
    x: Array,
    geo: Geometry,
) -> Array:
    """The sum of what `add` adds for every piece.

    Pieces have their sums in a few shares, and these are added in order: the same numbers each
    time, whatever the number of threads.
    """
    if add is conv_planes.add_weight:
        pieces = geo.pieces(conv_planes.row_bytes(geo, x.itemsize))
    else:
        pieces = geo.pieces(geo.window_row(x.itemsize))
    shares = min(len(pieces), max(2, _SHARES // (prod(shape) * g.itemsize)), 8)
    each = -(-len(pieces) // shares)
    shared = [pieces[i : i + each] for i in range(0, len(pieces), each)]
    sums = np.zeros((len(shared), *shape), g.dtype)

    def work(share: int) -> None:
        for piece in shared[share]:
            add(g, x, sums[share], geo, piece)

    _each(work, range(len(shared)), geo)
    total: Array = np.add.reduce(sums, axis=0) if len(sums) > 1 else sums[0]
    return total


def _add_weight_last(g: Array, x: Array, total: Array, geo: Geometry, piece: Piece) -> None:
    part = g[piece.samples, :, piece.rows]
    part = part.transpose(0, *range(2, part.ndim), 1)
    windows = windows_last(x, geo, piece)
    last = scratch("cotangent", part.shape, g.dtype)
    np.copyto(last, part)
    product = scratch("product", total.shape, g.dtype)
    np.matmul(last.reshape(-1, geo.outer).T, windows, out=product)
    np.add(total, product, out=total)
