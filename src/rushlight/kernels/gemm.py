"""Products of a small matrix with a long one, or of stacks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Multiplications. Up to 10**6 of them OpenBLAS (on AVX-512) reads both operands where they lie
# instead of packing them first: 111 rather than 82 to 97 GFLOP/s on one core, so a longer product
# is cut. Too short a piece loses again, and elsewhere cutting makes no difference.
_UNPACKED = 900_000
_FEWEST_ROWS, _FEWEST_COLUMNS = 8, 16


def tall_matmul(a: Array, b: Array, out: Array) -> None:
    """Write `a @ b` into `out`, where the matrices of `a` have many rows; stacks broadcast."""
    length, inner, columns = *a.shape[-2:], b.shape[-1]
    rows = _share(length, _UNPACKED // max(1, inner * columns), _FEWEST_ROWS)
    if rows == length:
        np.matmul(a, b, out=out)
        return
    even = length // rows * rows
    cut = a[..., :even, :].reshape(*a.shape[:-2], -1, rows, inner)
    pieces = out[..., :even, :].reshape(*out.shape[:-2], -1, rows, columns)
    np.matmul(cut, b[..., None, :, :], out=pieces)
    if even < length:
        np.matmul(a[..., even:, :], b, out=out[..., even:, :])


def wide_matmul(a: Array, b: Array, out: Array) -> None:
    """Write `a @ b` into `out`, where the matrices of `b` have many columns."""
    rows, inner, length = *a.shape[-2:], b.shape[-1]
    columns = _share(length, _UNPACKED // max(1, rows * inner), _FEWEST_COLUMNS)
    if columns == length:
        np.matmul(a, b, out=out)
        return
    even = length // columns * columns
    pieces = out[..., :even].reshape(*out.shape[:-1], -1, columns).swapaxes(-2, -3)
    cut = b[..., :even].reshape(*b.shape[:-1], -1, columns).swapaxes(-2, -3)
    np.matmul(a[..., None, :, :], cut, out=pieces)
    if even < length:
        np.matmul(a, b[..., even:], out=out[..., even:])


def _share(length: int, most: int, fewest: int) -> int:
    """Of what length to make pieces: all equal, no longer than `most`; one if they'd be short."""
    if length <= most or most < fewest:
        return length
    count = -(-length // (most // fewest * fewest))
    return -(-length // (count * fewest)) * fewest
