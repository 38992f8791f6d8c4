"""A ufunc of two arrays that don't lie alike in memory, where the elements are many.

NumPy copies an operand that broadcasts through its buffers, and pays for every inner loop: short
rows cost most. 100,000 rows of 3 times one row took 440 us, which are 64 here, and 10,000 of 10
took 57, which are 22. Without the buffers 1,000 rows of 1,000 times a column take 132 us, not 212.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rushlight.kernels.blocks import Array, short_buffers

# Elements of a row that NumPy takes at full speed.
_LONG = 1 << 13


def uneven(kernel: Callable[..., Array], x: Array, y: Array) -> Array:
    """``kernel(x, y)``, of one dtype where the kernel is a ufunc, which is the result's too.

    Raises ValueError where the shapes don't broadcast.
    """
    alike = x.shape == y.shape and x.flags.c_contiguous and y.flags.c_contiguous
    if alike or not isinstance(kernel, np.ufunc):
        return kernel(x, y, out=...)
    whole = np.broadcast(x, y)
    shape = whole.shape
    full, row = (x, y) if x.shape == shape else (y, x)
    if (
        row.size == shape[-1] <= _LONG // 2
        and row.shape[-1:] == shape[-1:]
        and full.shape == shape
        and full.flags.c_contiguous
    ):
        return _rows(kernel, full, row, np.empty_like(full), first=full is x)
    with short_buffers(shape[-1], whole.size):
        return kernel(x, y, out=...)  # type: ignore[no-any-return]


def add_row(y: Array, row: Array) -> None:
    """Add a vector to every row of a C-contiguous matrix, in place.

    1,024 rows of 1,024 take 109 us, not 160.
    """
    if row.size > _LONG // 2:
        y += row
    else:
        _rows(np.add, y, row, y)


def _rows(ufunc: np.ufunc, full: Array, row: Array, out: Array, first: bool = True) -> Array:
    """All rows of `full` and one, several at a time."""
    columns = row.size
    several = _LONG // columns
    length = several * columns
    long = np.empty((several, columns), row.dtype)
    long[...] = row
    rows, results = full.reshape(-1, columns), out.reshape(-1, columns)
    even = len(rows) // several * several
    for part, beside, target in (
        (rows[:even].reshape(-1, length), long.reshape(-1), results[:even].reshape(-1, length)),
        (rows[even:], long[0], results[even:]),
    ):
        ufunc(*((part, beside) if first else (beside, part)), out=target)
    return out
