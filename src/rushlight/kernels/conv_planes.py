"""Convolutions on planes as they lie, (channel, row, column); only a cotangent is ever transposed.

The windows are written out for taps along the inner axes only, each a shifted copy of the input.
A tap along the first axis is the same copy some rows further on, where a matrix product can begin
as well, so a 3×3 kernel takes three copies and three products that are added up. BLAS gains by it:
OpenBLAS (on AVX-512) multiplies small matrices where they lie, so 32 channels come to 111 GFLOP/s
of one core where the product of all nine taps comes to 82. Rows around the input have no part in
these products, a twentieth of them all for 14 × 14 planes, two thirteenths of those that lead back
from 11 × 11 to 13 × 13. Where channels are so few that the sums would cost more than the copies,
all taps are written out, in two steps: the longer runs of the second are one call.

Where output and input are equally wide, a copy is one run of memory for each channel, shifted,
with zeros where it wrapped around: 16 × 32 planes of 16 × 16 are written in 81 µs instead of 140.
Where the output is narrower, its rows may be computed as wide as the input's and cropped.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from rushlight.kernels.conv_layout import Geometry, Ints, Piece
from rushlight.kernels.gemm import tall_matmul, wide_matmul
from rushlight.kernels.scratch import scratch

Array = NDArray[Any]


class _Copy(NamedTuple):
    """Where a copy's elements come from along the inner axes."""

    inside: tuple[slice, ...]  # those that lie in the input
    source: tuple[slice, ...]  # where they lie there
    outside: list[tuple[Any, ...]]  # those that don't
    shift: int  # how much further on in memory, where the copy is as wide as the input


class _Part(NamedTuple):
    """A matrix product, which adds to the rows of the output whose tap lies in the input."""

    tap: int
    group: int
    windows: slice  # positions in the group's copies
    out: slice  # positions of the output


class _Plan(NamedTuple):
    """How to go through the taps: every group of rows is copied for each of the inner taps."""

    groups: list[int]  # the input row where each begins
    height: int  # how many rows each has
    copies: list[_Copy]
    parts: list[_Part]  # those of the most rows first
    extent: Ints  # the inner axes of a copy

    @property
    def length(self) -> int:
        """Elements of a row."""
        return prod(self.extent)


@lru_cache(64)
def _plan(geo: Geometry, first: int, stop: int) -> _Plan:
    """The plan for some rows of the output."""
    extent = geo.size[1:] if geo.cropped else geo.out[1:]
    copies = []
    for place in product(*map(range, geo.kernel[1:])):
        inside, source, outside, shift = [], [], [], 0
        for axis, i in enumerate(place, 1):
            start = i * geo.dilation[axis] - geo.padding[axis]
            size, n = geo.size[axis], extent[axis - 1]
            to, come = _overlap(start, geo.stride[axis], size, n)
            inside.append(to)
            source.append(come)
            rest = (slice(None),) * (len(extent) - axis)
            beyond = [slice(to.start)] * (to.start > 0) + [slice(to.stop, n)] * (to.stop < n)
            outside += [(..., part, *rest) for part in beyond]
            shift = shift * size + start
        copies.append(_Copy(tuple(inside), tuple(source), outside, shift))
    step, length, rows = geo.stride[0], prod(extent), stop - first
    starts = [first * step + i * geo.dilation[0] - geo.padding[0] for i in range(geo.kernel[0])]
    if geo.spread:
        height, whole = starts[-1] - starts[0] + (rows - 1) * step + 1, slice(0, rows * length)
        return _Plan(starts[:1], height, copies, [_Part(0, 0, whole, whole)], extent)
    # With a stride of s, every s-th row is a tap's: rows of one remainder make a group.
    parts: list[_Part] = []
    groups: list[int] = []
    height = 0
    for phase in sorted({start % step for start in starts}):
        count = -((phase - geo.size[0]) // step)  # of the input's rows
        found = [
            (tap, *_overlap(start // step, 1, count, rows))
            for tap, start in enumerate(starts)
            if start % step == phase
        ]
        top = min([come.start for _, to, come in found if to.start < to.stop], default=0)
        for tap, to, come in found:
            if to.start < to.stop:
                windows, out = _positions(come, length, top), _positions(to, length)
                parts.append(_Part(tap, len(groups), windows, out))
                height = max(height, come.stop - top)
        groups.append(phase + top * step)
    parts.sort(key=lambda part: part.out.start - part.out.stop)
    return _Plan(groups, height, copies, parts, extent)


def _positions(rows: slice, length: int, top: int = 0) -> slice:
    """Where rows of a length lie that begins with row `top`."""
    return slice((rows.start - top) * length, (rows.stop - top) * length)


def _overlap(start: int, step: int, size: int, count: int) -> tuple[slice, slice]:
    """Which of start, start + step, … (`count` of them) exist: where they go, where they are."""
    low = min(count, max(0, -(start // step)))
    high = max(low, min(count, -((start - size) // step)))
    first = start + low * step
    return slice(low, high), slice(first, max(first, start + (high - 1) * step + 1), step)


def row_bytes(geo: Geometry, itemsize: int) -> int:
    """What is written for a row of output, copies and products."""
    p = _plan(geo, 0, geo.out[0])
    taps = geo.kernel[0] + geo.stride[0] if geo.spread else len(p.groups)
    copies = taps * len(p.copies) * geo.inner
    return geo.groups * (copies + 2 * geo.outer) * p.length * itemsize


def weights_in_order(w: Array, geo: Geometry) -> Array:
    """The weights as (product, group, out channel, copy × channel)."""
    products = 1 if geo.spread else geo.kernel[0]
    w = w.reshape(geo.groups, geo.outer, geo.inner, products, -1).transpose(3, 0, 1, 4, 2)
    return np.ascontiguousarray(w).reshape(products, geo.groups, geo.outer, -1)


def weights_back(total: Array, geo: Geometry) -> Array:
    """The cotangent of the weights from what `add_weight` added up."""
    taps = total.reshape(len(total), geo.groups, -1, geo.inner, geo.outer)
    back = np.ascontiguousarray(taps.transpose(1, 4, 3, 0, 2))
    return back.reshape(geo.groups * geo.outer, geo.inner, *geo.kernel)


def forward(x: Array, weights: Array, out: Array, geo: Geometry, piece: Piece) -> None:
    """Write a piece of the output; `weights` are in order."""
    p = _plan(geo, piece.rows.start, piece.rows.stop)
    stack = (len(out), geo.groups, geo.outer, out.shape[2] * p.length)
    total = scratch("product", stack, out.dtype) if geo.cropped else out.reshape(stack)
    windows = _windows(x, geo, p, piece)
    if not p.parts:
        total.fill(0)
    for part in p.parts:
        columns, target = windows[:, :, part.group, :, part.windows], total[..., part.out]
        if part is p.parts[0]:
            wide_matmul(weights[part.tap], columns, target)
            total[..., : part.out.start] = total[..., part.out.stop :] = 0
        else:
            product = scratch("part", target.shape, out.dtype)
            wide_matmul(weights[part.tap], columns, product)
            np.add(target, product, out=target)
    if geo.cropped:
        rows = total.reshape(*out.shape[:3], *p.extent)
        corner: tuple[Any, ...] = (..., *map(slice, out.shape[3:]))
        np.copyto(out, rows[corner])


def add_weight(g: Array, x: Array, total: Array, geo: Geometry, piece: Piece) -> None:
    """Add a piece's part to the cotangent of the weights: (product, group, copy × channel, out)."""
    p = _plan(geo, piece.rows.start, piece.rows.stop)
    g = g[piece.samples, :, piece.rows]
    g = g.reshape(len(g), geo.groups, geo.outer, *g.shape[2:])
    last = _last(g, geo, p)
    windows = _windows(x, geo, p, piece)
    products = scratch("product", (len(g), *total.shape[1:]), g.dtype)
    for part in p.parts:
        columns = windows[:, :, part.group, :, part.windows]
        tall_matmul(columns, last[:, :, part.out], products)
        added = products[0] if len(products) == 1 else np.add.reduce(products, axis=0)
        np.add(total[part.tap], added, out=total[part.tap])


# Terms of a sum, from which on a product of rows by columns, 111 GFLOP/s rather than 75 for one of
# rows by rows, saves more than the transposed copy takes, 0.4 ns an element (and several where
# rows are powers of two apart).
_WORTH_TRANSPOSING = 100


def _last(part: Array, geo: Geometry, p: _Plan) -> Array:
    """A cotangent as (sample, group, position, out channel), rows as wide as the copies'."""
    order = (0, 1, *range(3, part.ndim), 2)
    if geo.depth < _WORTH_TRANSPOSING and not geo.cropped:
        return part.reshape(*part.shape[:3], -1).swapaxes(2, 3)
    last = scratch("cotangent", (*part.shape[:2], part.shape[3], *p.extent, geo.outer), part.dtype)
    if geo.cropped:
        last.fill(0)
    inside = last[(slice(None), slice(None), slice(None), *map(slice, geo.out[1:]))]
    np.copyto(inside, part.transpose(order))
    return last.reshape(*part.shape[:2], -1, geo.outer)


def _windows(x: Array, geo: Geometry, p: _Plan, piece: Piece) -> Array:
    """The copies as (sample, group of channels, group of rows, copy × channel, position)."""
    x = x[piece.samples].reshape(-1, geo.groups, geo.inner, *geo.size)
    lead = x.shape[:2]
    if geo.pointwise:
        return x[:, :, :, piece.rows].reshape(*lead, 1, geo.inner, -1)
    height, step, length = p.height, 1 if geo.spread else geo.stride[0], p.length
    shape = (*lead, len(p.groups), len(p.copies), geo.inner)
    windows = scratch("windows", (*shape, height, *p.extent), x.dtype)
    runs = windows.reshape(*shape, -1)
    flat = max(geo.stride) == 1 and p.extent == geo.size[1:] and x.flags.c_contiguous
    source = x.reshape(*x.shape[:3], -1) if flat else x
    for group, start in enumerate(p.groups):
        inside, there = _overlap(start, step, geo.size[0], height)
        if inside.start:
            runs[:, :, group, ..., : inside.start * length] = 0
        if inside.stop < height:
            runs[:, :, group, ..., inside.stop * length :] = 0
        for i, copy in enumerate(p.copies):
            target = windows[:, :, group, i]
            if flat:
                offset = start * length + copy.shift
                low = max(inside.start * length, -offset)
                high = min(inside.stop * length, source.shape[-1] - offset)
                if low < high:
                    run = source[..., low + offset : high + offset]
                    runs[:, :, group, i, :, low:high] = run
            else:
                to: tuple[Any, ...] = (..., inside, *copy.inside)
                come: tuple[Any, ...] = (..., there, *copy.source)
                target[to] = source[come]
            for part in copy.outside:
                target[part] = 0
    if geo.spread:
        return _each_tap(runs, geo, p, piece)
    return runs.reshape(*lead, len(p.groups), len(p.copies) * geo.inner, height * length)


def _each_tap(runs: Array, geo: Geometry, p: _Plan, piece: Piece) -> Array:
    """The copies again for every tap along the first axis."""
    *lead, _, copies, inner, _ = runs.shape
    *far, near = runs.strides
    row = p.length * near
    shape = (*lead, geo.kernel[0], copies, inner, piece.rows.stop - piece.rows.start, p.length)
    steps = (*far[:2], geo.dilation[0] * row, *far[3:], geo.stride[0] * row, near)
    taps = scratch("taps", shape, runs.dtype)
    np.copyto(taps, as_strided(runs, shape, steps))
    return taps.reshape(*lead, 1, geo.depth, -1)
