"""Where everything lies in a convolution: its geometry, and the windows of its input as matrices.

A window is what the kernel covers at one position of the output. Written out, the windows turn a
convolution into a matrix product, at the cost of copying every input element once per tap (a tap
is one position in the kernel). A copy costs about 10 ns per contiguous run plus 0.15 ns
an element, 1 ns where it skips some, so the layout is chosen for its runs:

- *planes*: (channel, tap, position), runs of a row of output, or of a whole plane where output and
  input are equally wide (conv_planes.py);
- *channels last*: (position, tap, channel), runs of `kernel width × channels`; input and output
  have to be transposed. For wide kernels on few channels, and for strides.
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

Array = NDArray[Any]
Ints = tuple[int, ...]

# Bytes that are written out at a time, some of which should still be in L2 when they are
# multiplied. Half as many gain nothing there, and each piece costs two threads 35 µs of waiting.
CACHED = 1 << 21

# Multiplications below which threads lose: those who copy windows at the same time wait 50 to 100
# µs for each other, again and again. 9 million (4 images of 32 × 16 × 16) take 0.25 ms by one and
# 0.31 by two. And as many as a piece has where there are more.
_WORTH_SHARING = 3 << 22
_PIECE = 1 << 25


# Positions of a plane, and elements of the weights.
_SMALL, _LARGE = 64, 1 << 16


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
    def lifted(self) -> bool:
        """Whether a tap along the first axis is a product of its own (see conv_planes).

        That spares copies, and costs sums as wide as the output.
        """
        depth = self.inner * prod(self.kernel[1:])
        fewest = 3 if len(self.kernel) > 1 else 16  # or there are many small products
        return self.kernel[0] > 1 and depth >= fewest and 2 * depth >= self.outer

    @property
    def spread(self) -> bool:
        """Whether the taps along the first axis are written out on planes."""
        return self.kernel[0] > 1 and not self.lifted

    @property
    def cropped(self) -> bool:
        """Whether to compute rows as wide as the input's, and crop them (see conv_planes)."""
        inner, size = self.out[1:], self.size[1:]
        if inner == size or max(self.stride) > 1 or any(o > n for o, n in zip(inner, size)):
            return False
        depth = self.inner * prod(self.kernel[self.lifted :])
        return self.outer < depth and 3 * prod(size) < 4 * prod(inner)

    @property
    def channels_last(self) -> bool:
        """Whether the windows cost less with the channels last, counted in ns for one sample."""
        result, size = prod(self.out), prod(self.size)
        if self.groups > 1 or self.pointwise:
            return False
        if self.lifted:
            # Products with planes of 7 × 7 take BLAS longer to prepare than to multiply.
            return result < _SMALL and self.depth * self.outer > _LARGE
        windows = self.depth * result
        row, each = self.out[-1], 0.15
        if max(self.stride) > 1:
            each = 1.0
        elif self.out[1:] == self.size[1:]:
            row = result
        run = self.inner * (self.kernel[-1] if self.dilation[-1] == 1 else 1)
        transposing = 0.5 * (self.inner * size + self.outer * result)
        return windows * (0.15 + 10 / run) + transposing < windows * (each + 10 / row)

    def pieces(self, row: int) -> list[Piece]:
        """The output in pieces for which scratch of `row` bytes for each row stays in cache.

        A whole number of samples, or some rows of one; several pieces where there is work for
        several threads. How many threads there are must not change a number.
        """
        height = self.out[0]
        fit = CACHED // max(1, row)
        if worth_sharing(self):
            want = -(-self.batch * height // max(2, self.multiplications // _PIECE))
        else:
            want = self.batch * height
        want = max(want, -(-_SMALL * 2 // prod(self.out[1:])))
        if min(fit, want) < height:
            count = -(-height // max(1, min(fit, want)))
            samples, rows = 1, -(-height // count)
        else:
            count = -(-self.batch // min(fit // height, -(-want // height)))
            samples, rows = -(-self.batch // (count + (count > 1 and count % 2))), height
        return [
            Piece(*parts) for parts in product(cuts(self.batch, samples), cuts(self.out[0], rows))
        ]

    def window_row(self, itemsize: int) -> int:
        """Bytes of the windows of one row of output."""
        return self.groups * self.depth * prod(self.out[1:]) * itemsize


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


def padded(x: Array, geo: Geometry, piece: Piece) -> Array:
    """The input under a piece's windows, channels last, with its zeros around; contiguous.

    A view where the input has that form already.
    """
    first, extent = rows_under(geo, piece)
    x = x[piece.samples].transpose(0, *range(2, x.ndim), 1)
    start = (first - geo.padding[0], *(-p for p in geo.padding[1:]))
    stop = tuple(a + e for a, e in zip(start, extent))
    covered = tuple(slice(max(0, a), max(0, min(b, n))) for a, b, n in zip(start, stop, geo.size))
    x = x[(slice(None), *covered)]
    whole = x.shape[1:-1] == extent
    if whole and x.flags.c_contiguous:
        return x
    block = scratch("padded", (len(x), *extent, x.shape[-1]), x.dtype)
    if whole:
        np.copyto(block, x)
        return block
    block.fill(0)
    middle = tuple(
        slice(c.start - a, c.start - a + length)
        for c, a, length in zip(covered, start, x.shape[1:-1])
    )
    block[(slice(None), *middle)] = x
    return block


def windows_last(x: Array, geo: Geometry, piece: Piece) -> Array:
    """The windows as (position, tap × channel)."""
    block = padded(x, geo, piece)
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
    windows = scratch("windows", view.shape, view.dtype)
    np.copyto(windows, view)
    return windows.reshape(-1, geo.depth)


def flat_length(box: Ints, extent: Ints) -> int:
    """From the first to the last element of a box, laid flat inside an extent."""
    length = 1
    step = 1
    for b, e in zip(reversed(box), reversed(extent)):
        length += (b - 1) * step
        step *= e
    return length


def each_tap(kernel: Ints) -> Iterator[Ints]:
    return product(*map(range, kernel))
