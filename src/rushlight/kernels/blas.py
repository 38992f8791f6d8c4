"""Routines of NumPy's OpenBLAS that NumPy itself doesn't call: transposes, and y + a·x in one pass.

A copy that turns axes around takes NumPy 0.7 to 3.5 ns an element, as it reads or writes one at a
time, and OpenBLAS 0.15 to 0.4. Where NumPy has another BLAS it does the work itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from rushlight.kernels.blocks import MANY, Array
from rushlight.kernels.threads import openblas

_LETTERS = {np.dtype(np.float32): "s", np.dtype(np.float64): "d"}
_ROW_MAJOR, _TURNED = 101, 112  # CBLAS's names for them

# Elements of a matrix that are worth a call of 3 us.
_MATRIX = 1 << 10


@cache
def _routine(name: str, dtype: np.dtype[Any], arguments: str) -> Callable[..., None] | None:
    """A CBLAS routine: `arguments` are e for enums, i for sizes, x for numbers, p for arrays."""
    blas = openblas()
    if blas is None or dtype not in _LETTERS:
        return None
    number = ctypes.c_float if dtype == np.float32 else ctypes.c_double
    for pattern, size in (
        ("scipy_cblas_{}64_", ctypes.c_int64),
        ("cblas_{}64_", ctypes.c_int64),
        ("cblas_{}", ctypes.c_int),
    ):
        routine = getattr(blas.library, pattern.format(_LETTERS[dtype] + name), None)
        if routine is not None:
            kinds = {"e": ctypes.c_int, "i": size, "x": number, "p": ctypes.c_void_p}
            routine.argtypes = [kinds[letter] for letter in arguments]
            routine.restype = None
            return routine  # type: ignore[no-any-return]
    return None


def add_scaled(y: Array, a: float, x: Array) -> bool:
    """y += a·x with one rounding, where BLAS can do it and these are many; whether it was done.

    200,000 elements take 19 us, in two passes of NumPy 45. One thread does it: another may have to
    be woken, for 100 us.
    """
    if y.size < MANY or x.dtype != y.dtype or not (y.flags.c_contiguous and x.flags.c_contiguous):
        return False
    routine, blas = _routine("axpy", y.dtype, "ixpipi"), openblas()
    if routine is None or blas is None:
        return False
    threads = blas.get_num_threads()
    blas.set_num_threads(1)
    try:
        routine(y.size, a, x.ctypes.data, 1, y.ctypes.data, 1)
    finally:
        blas.set_num_threads(threads)
    return True


def copy(target: Array, source: Array) -> None:
    """Write `source` over `target`, of the same dtype; where it is smaller it broadcasts.

    16 x 32 x 1024 to 16 x 1024 x 32: 0.15 ms, which take NumPy 0.99.
    """
    alike = target.shape == source.shape and not np.may_share_memory(target, source)
    if not alike or not _transpose(target, source):
        np.copyto(target, source)


def _transpose(target: Array, source: Array) -> bool:
    """Copy matrix by matrix, if one array has rows in sequence where the other has columns."""
    routine = _routine("omatcopy", source.dtype, "eeiixpipi")
    if routine is None:
        return False
    axes = _merged(target, source)
    item = source.itemsize
    rows = [axis for axis in axes if axis[1] == item]
    columns = [axis for axis in axes if axis[2] == item]
    if len(rows) != 1 or len(columns) != 1 or rows == columns:
        return False
    (m, _, lead), (n, target_lead, _) = rows[0], columns[0]
    outer = [axis for axis in axes if axis is not rows[0] and axis is not columns[0]]
    leads = lead // item, target_lead // item
    strides = [stride for axis in axes for stride in axis[1:]]
    if m * n < _MATRIX or leads[0] < n or leads[1] < m or any(s < 0 or s % item for s in strides):
        return False
    if item == 8 and n < m:  # OpenBLAS has only a plain loop for doubles, which then stumbles
        return False
    to, origin = target.ctypes.data, source.ctypes.data
    for place in product(*[range(size) for size, _, _ in outer]):
        there = to + sum(i * axis[1] for i, axis in zip(place, outer))
        here = origin + sum(i * axis[2] for i, axis in zip(place, outer))
        routine(_ROW_MAJOR, _TURNED, m, n, 1.0, here, leads[0], there, leads[1])
    return True


def _merged(target: Array, source: Array) -> list[tuple[int, int, int]]:
    """Size, stride in `target` and stride in `source` of as few axes as both can be read by."""
    axes = sorted(
        (axis for axis in zip(source.shape, target.strides, source.strides) if axis[0] > 1),
        key=lambda axis: -axis[1],
    )
    merged: list[tuple[int, int, int]] = []
    for size, to, origin in axes:
        if merged and merged[-1][1:] == (size * to, size * origin):
            size *= merged.pop()[0]
        merged.append((size, to, origin))
    return merged
