"""Windows that slide over the last dimensions of an array: where they lie, one tap at a time.

A tap is one position inside the kernel. What all windows have at one tap is a strided view of
the padded input, so a kernel of k taps is k passes of a ufunc over such views, and nothing is
written out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Ints = tuple[int, ...]


class Windows(NamedTuple):
    """The numbers of one sliding window, one of each kind for each dimension."""

    size: Ints
    out: Ints
    kernel: Ints
    stride: Ints
    padding: Ints
    dilation: Ints

    @property
    def extent(self) -> Ints:
        """How far all windows reach together, from the first padded element on."""
        return tuple(
            (o - 1) * s + d * (k - 1) + 1
            for o, s, d, k in zip(self.out, self.stride, self.dilation, self.kernel)
        )

    @property
    def fitting(self) -> bool:
        """The windows stay inside the input."""
        return not any(self.padding) and all(e <= n for e, n in zip(self.extent, self.size))

    @property
    def disjoint(self) -> bool:
        """No input element is in two windows."""
        return all(s >= d * (k - 1) + 1 for s, d, k in zip(self.stride, self.dilation, self.kernel))

    @property
    def taps(self) -> Iterator[tuple[Any, ...]]:
        """For each tap, the part of the padded input that the windows have there."""
        return product(
            *[
                [slice(i * d, i * d + (o - 1) * s + 1, s) for i in range(k)]
                for o, s, d, k in zip(self.out, self.stride, self.dilation, self.kernel)
            ]
        )

    @property
    def middle(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Where the input lies in the padded one, and the part of it that is there."""
        inside, part = [], []
        for n, p, e in zip(self.size, self.padding, self.extent):
            count = max(0, min(n, e - p))
            inside.append(slice(p, p + count))
            part.append(slice(0, count))
        return tuple(inside), tuple(part)

    def padded(self, x: Array, value: Any) -> Array:
        """The input with `value` around it, as far as the windows reach; itself if they fit."""
        if self.fitting:
            return x
        out = np.full((*x.shape[: -len(self.size)], *self.extent), value, x.dtype)
        inside, part = self.middle
        out[(..., *inside)] = x[(..., *part)]
        return out

    def cropped(self, padded: Array) -> Array:
        """The part of a padded array that is the input, zero where no window reaches."""
        inside, part = self.middle
        if all(i.stop - i.start == n for i, n in zip(inside, self.size)):
            return padded[(..., *inside)]
        out = np.zeros((*padded.shape[: -len(self.size)], *self.size), padded.dtype)
        out[(..., *part)] = padded[(..., *inside)]
        return out


def pooled_size(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """How many windows there are; with `ceil_mode` the last may hang over, but starts inside."""
    span = n + 2 * p - d * (k - 1) - 1
    out = (span + (s - 1 if ceil_mode else 0)) // s + 1
    if ceil_mode and (out - 1) * s >= n + p:
        out -= 1
    return out


def sliding(
    size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Windows:
    """The windows over an input of that size."""
    out = tuple(
        pooled_size(*numbers, ceil_mode) for numbers in zip(size, kernel, stride, padding, dilation)
    )
    return Windows(size, out, kernel, stride, padding, dilation)
