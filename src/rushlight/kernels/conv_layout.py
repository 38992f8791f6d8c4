"""Where everything lies in a convolution: its geometry, and the windows of its input as matrices.

A window is what the kernel covers at one position of the output. Written out, the windows turn a
convolution into a matrix product, at the cost of copying every input element once per tap (a tap
is one position in the kernel). A copy costs about 10 ns per contiguous run plus 0.15 ns
an element, so the layout is chosen for its runs:

- *channels last*: (position, tap, channel), runs of `kernel width × channels`; the product with
  the weights is tall, which BLAS likes best, but input and output have to be transposed;
- *planes*: (channel, tap, position), runs of a row of output, or of nearly the whole plane when
  rows are widened to the input's width and cropped after the product; nothing is transposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from rushlight.kernels.scratch import scratch
from rushlight.kernels.threads import get_num_threads

Array = NDArray[Any]
Ints = tuple[int, ...]

# Bytes that are written out at a time; they should still be in L2 when they are multiplied.
CACHED = 1 << 20

# Multiplications below which handing work to another thread costs more than it saves.
_WORTH_SHARING = 1 << 20


class Piece(NamedTuple):
    """A part of the output that is worked on at a time: some samples, some rows."""

    samples: slice
    rows: slice


class Geometry(NamedTuple):
    """The numbers of one convolution; `padding` may be negative, which crops."""

    batch: int
    groups: int
    inner: int  # input channels of a group
    outer: int  # output channels of a group
    size: Ints
    kernel: Ints
    out: Ints
    stride: Ints
    padding: Ints
    dilation: Ints

    @property
    def taps(self) -> int:
        return prod(self.kernel)

    @property
    def depth(self) -> int:
        """Input elements that make one output element."""
        return self.inner * prod(self.kernel)

    @property
    def multiplications(self) -> int:
        return self.batch * self.groups * self.outer * self.depth * prod(self.out)

    @property
    def grid(self) -> Ints:
        """How far the windows reach in each dimension, counted in strides."""
        return tuple(
            out + dilation * (kernel - 1) // stride
            for out, dilation, kernel, stride in zip(
                self.out, self.dilation, self.kernel, self.stride
            )
        )

    @property
    def pointwise(self) -> bool:
        """The windows are the input as it lies."""
        return (
            self.out == self.size
            and max(self.kernel) == max(self.stride) == 1
            and not any(self.padding)
        )

    @property
    def channels_last(self) -> bool:
        """Whether the windows cost less with the channels last, counted in ns for one sample."""
        positions = prod(self.out)
        windows = self.groups * self.depth * positions
        result = self.groups * self.outer * positions
        row = self.out[-1] if self.stride[-1] == 1 else max(1, self.out[-1] // 4)
        if self.widened:
            planes = _copying(windows, positions) + _copying(result, row)
        else:
            planes = _copying(windows, row)
        run = self.inner * (self.kernel[-1] if self.dilation[-1] == 1 else 1)
        transposing = prod(self.size) * self.inner + 0.5 * positions * self.outer
        weights = self.depth * self.outer / max(1, self.batch)
        # What a tall product gains, and what the calls for each group cost.
        product = 0.007 * self.depth * self.outer * positions - 5000 / max(1, self.batch)
        last = _copying(windows, run) + self.groups * (transposing + weights - product)
        return last < planes

    @property
    def widened(self) -> bool:
        """Whether to copy rows at the input's width, and crop the product's rows instead."""
        return max(self.stride) == 1 and 2 * self.outer < self.depth and self.kernel[-1] > 1

    def pieces(self, row: int, step: int = 1, shares: int | None = None) -> list[Piece]:
        """The output in pieces for which scratch of `row` bytes for each row stays in cache.

        A whole number of samples, or some rows of one, a multiple of `step`; at least `shares`
        pieces if that can be, by default as many as there are threads worth waking.
        """
        if shares is None:
            shares = get_num_threads() if worth_sharing(self) else 1
        samples = CACHED // max(1, row * self.out[0])
        if samples:
            samples = max(1, min(samples, -(-self.batch // shares)))
            rows = self.out[0]
        else:
            samples, rows = 1, max(step, CACHED // row // step * step)
        if self.batch < shares:
            share = -(-self.out[0] * self.batch // shares)
            rows = min(rows, -(-share // step) * step)
        return [
            Piece(*parts) for parts in product(cuts(self.batch, samples), cuts(self.out[0], rows))
        ]

    def window_row(self, itemsize: int) -> int:
        """Bytes of the windows of one row of output."""
        return self.groups * self.depth * prod(self.out[1:]) * itemsize


def _copying(elements: int, run: int) -> float:
    return elements * (0.15 + 10 / run)


def worth_sharing(geo: Geometry) -> bool:
    return geo.multiplications > _WORTH_SHARING


def cuts(length: int, step: int) -> list[slice]:
    return [slice(i, min(i + step, length)) for i in range(0, length, step)]


def geometry(
    x_shape: Ints,
    w_shape: Ints,
    out: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> Geometry:
    return Geometry(
        batch=x_shape[0],
        groups=groups,
        inner=w_shape[1],
        outer=w_shape[0] // groups,
        size=tuple(x_shape[2:]),
        kernel=tuple(w_shape[2:]),
        out=out,
        stride=stride,
        padding=padding,
        dilation=dilation,
    )


def rows_under(geo: Geometry, piece: Piece) -> tuple[int, Ints]:
    """The part of the padded input that a piece's windows cover: its first row, and its extent."""
    first = piece.rows.start * geo.stride[0]
    rows = piece.rows.stop - piece.rows.start
    extent = tuple(
        (out - 1) * stride + dilation * (kernel - 1) + 1
        for out, stride, dilation, kernel in zip(
            (rows, *geo.out[1:]), geo.stride, geo.dilation, geo.kernel
        )
    )
    return first, extent


def padded(x: Array, geo: Geometry, piece: Piece, last: bool) -> Array:
    """The input under a piece's windows with its zeros around, contiguous; channels last if asked.

    A view where the input has that form already.
    """
    first, extent = rows_under(geo, piece)
    x = x[piece.samples]
    if last:
        x = x.transpose(0, *range(2, x.ndim), 1)
    spatial = slice(1, -1) if last else slice(2, None)
    start = (first - geo.padding[0], *(-p for p in geo.padding[1:]))
    stop = tuple(a + e for a, e in zip(start, extent))
    covered = tuple(slice(max(0, a), max(0, min(b, n))) for a, b, n in zip(start, stop, geo.size))
    lead = (slice(None),) if last else (slice(None), slice(None))
    x = x[lead + covered]
    whole = x.shape[spatial] == extent
    if whole and x.flags.c_contiguous:
        return x
    shape = (len(x), *extent, x.shape[-1]) if last else (*x.shape[:2], *extent)
    block = scratch("padded", shape, x.dtype)
    if whole:
        np.copyto(block, x)
        return block
    block.fill(0)
    middle = tuple(
        slice(c.start - a, c.start - a + length)
        for c, a, length in zip(covered, start, x.shape[spatial])
    )
    block[lead + middle] = x
    return block


def windows_last(x: Array, geo: Geometry, piece: Piece, group: int) -> Array:
    """The windows of one group as (position, tap × channel)."""
    block = padded(x, geo, piece, last=True)
    channels = slice(group * geo.inner, (group + 1) * geo.inner)
    block = block[..., channels]
    count, *steps, step = block.strides
    out = (piece.rows.stop - piece.rows.start, *geo.out[1:])
    view = as_strided(
        block,
        (len(block), *out, *geo.kernel, geo.inner),
        (
            count,
            *(s * b for s, b in zip(geo.stride, steps)),
            *(d * b for d, b in zip(geo.dilation, steps)),
            step,
        ),
    )
    return _written(view).reshape(-1, geo.depth)


def windows_planes(x: Array, geo: Geometry, piece: Piece) -> Array:
    """The windows as (sample, group, channel × tap, position)."""
    block = padded(x, geo, piece, last=False)
    count, channel, *steps = block.strides
    out = (piece.rows.stop - piece.rows.start, *geo.out[1:])
    view = as_strided(
        block,
        (*block.shape[:2], *geo.kernel, *out),
        (
            count,
            channel,
            *(d * b for d, b in zip(geo.dilation, steps)),
            *(s * b for s, b in zip(geo.stride, steps)),
        ),
    )
    return _written(view).reshape(len(block), geo.groups, geo.depth, -1)


def windows_widened(x: Array, geo: Geometry, piece: Piece) -> tuple[Array, Ints]:
    """The same with rows of output as far apart as the input's; and the extent they lie in.

    A position is an offset into the input plane, so the run from the first to the last of them
    is one copy per tap. What lies between the rows is never looked at.
    """
    block = padded(x, geo, piece, last=False)
    extent = block.shape[2:]
    out = (piece.rows.stop - piece.rows.start, *geo.out[1:])
    count, channel, *steps = block.strides
    length = flat_length(out, extent)
    view = as_strided(
        block,
        (*block.shape[:2], *geo.kernel, length),
        (count, channel, *(d * b for d, b in zip(geo.dilation, steps)), block.itemsize),
    )
    return _written(view).reshape(len(block), geo.groups, geo.depth, length), extent


def _written(view: Array) -> Array:
    windows = scratch("windows", view.shape, view.dtype)
    np.copyto(windows, view)
    return windows


def flat_length(box: Ints, extent: Ints) -> int:
    """From the first to the last element of a box, laid flat inside an extent."""
    length = 1
    step = 1
    for b, e in zip(reversed(box), reversed(extent)):
        length += (b - 1) * step
        step *= e
    return length


def boxes(flat: Array, box: Ints, extent: Ints) -> Array:
    """See the last axis, of `flat_length(box, extent)`, as the box."""
    steps = [flat.itemsize]
    for e in reversed(extent[1:]):
        steps.append(steps[-1] * e)
    return as_strided(flat, (*flat.shape[:-1], *box), (*flat.strides[:-1], *reversed(steps)))


def each_tap(kernel: Ints) -> Iterator[Ints]:
    return product(*map(range, kernel))
