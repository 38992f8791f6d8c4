"""Products of a small matrix with a long one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Multiplications. Up to 10**6 of them OpenBLAS (on AVX-512) reads both operands where they lie
# instead of packing them first. Cut to half of that, a tall product with 144×32 gains a quarter
# (81 → 106 GFLOP/s on one core), a 16×16 matrix times a wide one half. Cut shorter than 48 rows,
# it loses again.
_UNPACKED = 1 << 19
_SHORTEST = 48


def tall_matmul(a: Array, b: Array, out: Array) -> None:
    """Write `a @ b` into `out`, for 2-d C-contiguous arrays of which `a` has many rows."""
    length = len(a)
    rows = _UNPACKED // max(1, b.size) // 24 * 24
    if not _SHORTEST <= rows < length:
        np.matmul(a, b, out=out)
        return
    even = length // rows * rows
    pieces = out[:even].reshape(-1, rows, b.shape[1])
    np.matmul(a[:even].reshape(-1, rows, a.shape[1]), b, out=pieces)
    if even < length:
        np.matmul(a[even:], b, out=out[even:])


def wide_matmul(a: Array, b: Array, out: Array) -> None:
    """Write `a @ b` into `out`, for 2-d C-contiguous arrays of which `b` has many columns."""
    length = b.shape[1]
    columns = _UNPACKED // max(1, a.size)
    if not _SHORTEST <= columns < length:
        np.matmul(a, b, out=out)
        return
    even = length // columns * columns
    pieces = out[:, :even].reshape(len(out), -1, columns).swapaxes(0, 1)
    np.matmul(a, b[:, :even].reshape(len(b), -1, columns).swapaxes(0, 1), out=pieces)
    if even < length:
        np.matmul(a, b[:, even:], out=out[:, even:])
