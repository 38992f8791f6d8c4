"""Buffers that a kernel fills and forgets, kept so that the next call finds their pages mapped.

A fresh 40 MB array costs 8 ms to touch for the first time, five times what writing it costs, and
a buffer that was just used may still be in cache.
"""

from __future__ import annotations

import threading
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Bytes. Kernels work in pieces that stay in cache; what is larger is not worth holding on to.
KEEP = 4 << 20

_ALIGN = 64


class _Buffers(threading.local):
    """Each thread's own, so that two kernels never meet in one."""

    def __init__(self) -> None:
        self.by_name: dict[str, NDArray[Any]] = {}


_buffers = _Buffers()


def scratch(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """An uninitialised array of this thread, overwritten by the next call with the same name."""
    size = prod(shape) * dtype.itemsize
    buffer = _buffers.by_name.get(name)
    if buffer is None or buffer.nbytes < size:
        raw = np.empty(size + _ALIGN, np.uint8)
        start = -raw.ctypes.data % _ALIGN
        buffer = raw[start : start + size]
        if size <= KEEP:
            _buffers.by_name[name] = buffer
    return buffer[:size].view(dtype).reshape(shape)
