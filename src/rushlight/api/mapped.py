"""Tensors whose memory is a file."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import made, numpy_dtype, require_int
from rushlight.ops.outputs import require_device, type_name
from rushlight.tensor import Tensor

__all__ = ["from_file"]


def from_file(
    filename: str,
    shared: bool | None = None,
    size: int = 0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a vector of `size` elements whose memory is mapped from a file.

    With `shared`, writes go to the file, which is made and grows where it has to; without, they
    stay with the tensor. Raises RuntimeError where a file that isn't shared is too small.

    >>> import os, tempfile
    >>> import rushlight as torch
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = os.path.join(folder, "numbers")
    ...     _ = torch.from_file(name, True, 2, dtype=torch.int16).fill_(7)
    ...     print(torch.from_file(name, size=2, dtype=torch.int16))
    tensor([7, 7], dtype=torch.int16)
    """
    if not isinstance(filename, str):
        raise TypeError(
            f"from_file(): argument 'filename' (position 1) must be str, not {type_name(filename)}"
        )
    size = require_int("from_file", size, "size", 3)
    kind = numpy_dtype("from_file", dtype) or dtypes.default_float()
    if device is not None:
        require_device("from_file", device)
    bytes_ = size * kind.itemsize
    if bytes_ < 0:
        raise RuntimeError(
            f"unable to mmap {bytes_} bytes from file <{filename}>: Cannot allocate memory (12)"
        )
    if not bytes_:
        return made(np.empty(0, kind), requires_grad)
    flags = os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY
    try:
        descriptor = os.open(filename, flags, 0o600)
    except OSError as error:
        raise RuntimeError(
            f"unable to open file <{filename}> in {'read-write' if shared else 'read-only'} mode: "
            f"{error.strerror} ({error.errno})"
        ) from None
    try:
        there = os.fstat(descriptor).st_size
        if there < bytes_ and not shared:
            raise RuntimeError(
                f"file <{filename}> size <{there}> is smaller than the required mapping size "
                f"<{bytes_}>"
            )
        if there < bytes_:
            os.ftruncate(descriptor, bytes_)
        access = mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY
        memory = mmap.mmap(descriptor, bytes_, access=access)
    finally:
        os.close(descriptor)
    return made(np.frombuffer(memory, kind), requires_grad)
