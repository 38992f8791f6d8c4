"""Memory that processes share, and its descriptors: what `share_memory_` moves tensors to.

On Linux it is an anonymous file in memory (``memfd_create``), elsewhere a temporary file without a
name. Either is known by a file descriptor, which `multiprocessing` can hand to another process, and
is gone with its last mapping and descriptor: nothing is left behind by a process that is killed.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SharedMemory", "attach", "bytes_of", "memory_of", "shared_copy"]

# What this process has mapped, by the file's device and inode, so that a tensor that comes back,
# or comes twice, is found in the memory where it already is.
_mapped: weakref.WeakValueDictionary[tuple[int, int], SharedMemory] = weakref.WeakValueDictionary()


class SharedMemory(mmap.mmap):
    """A mapping that other processes see, and the descriptor that makes it known to them."""

    descriptor: int


def _anonymous_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("rushlight")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


def _map(descriptor: int) -> SharedMemory:
    """Map a descriptor, which now belongs to the mapping."""
    status = os.fstat(descriptor)
    if sys.version_info >= (3, 13):  # one descriptor is enough
        memory = SharedMemory(descriptor, status.st_size, trackfd=False)
    else:
        memory = SharedMemory(descriptor, status.st_size)
    memory.descriptor = descriptor
    weakref.finalize(memory, os.close, descriptor).atexit = False
    _mapped[status.st_dev, status.st_ino] = memory
    return memory


def attach(descriptor: int) -> NDArray[Any]:
    """Return the bytes behind a descriptor that came from another process, and take it over."""
    status = os.fstat(descriptor)
    memory = _mapped.get((status.st_dev, status.st_ino))
    if memory is None:
        memory = _map(descriptor)
    else:
        os.close(descriptor)
    return np.frombuffer(memory, np.uint8)


def shared_copy(data: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of flat bytes, of which there is at least one, in memory to share."""
    memory = _map(_anonymous_file(data.nbytes))
    copied = np.frombuffer(memory, np.uint8)
    copied[:] = data
    return copied


def memory_of(owner: NDArray[Any]) -> SharedMemory | None:
    """Return the shared memory that an ndarray without an ndarray below it shows, or None."""
    base = owner.base
    found = base.obj if isinstance(base, memoryview) else None
    return found if isinstance(found, SharedMemory) else None


def bytes_of(owner: NDArray[Any]) -> NDArray[Any]:
    """View the memory of an ndarray that owns it as flat bytes.

    Raises ValueError for foreign memory that has gaps.
    """
    order = sorted(range(owner.ndim), key=lambda d: -owner.strides[d])
    flat = owner.transpose(order)
    if not flat.flags.c_contiguous:
        raise ValueError("memory with gaps can't be looked at as bytes")
    return np.ndarray((owner.nbytes,), np.uint8, flat)
