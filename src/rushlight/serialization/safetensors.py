"""Dictionaries of tensors in the safetensors format, through the library of that name.

A safetensors file holds numbers and names only, and other programs read it as well
(https://github.com/huggingface/safetensors). The functions are those of ``safetensors.torch``. They
need the extra ``io``: ``pip install 'rushlight[io]'``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.device import device as Device
from rushlight.serialization.files import replaced
from rushlight.tensor import Tensor, values_of, wrap

__all__ = ["load", "load_file", "save", "save_file"]

DTYPES = {
    "F64": dtypes.float64,
    "F32": dtypes.float32,
    "F16": dtypes.float16,
    "BF16": dtypes.bfloat16,
    "I64": dtypes.int64,
    "I32": dtypes.int32,
    "I16": dtypes.int16,
    "I8": dtypes.int8,
    "U8": dtypes.uint8,
    "BOOL": dtypes.bool,
    "C64": dtypes.complex64,
}


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            "safetensors is not installed; reading and writing its files needs it: "
            "pip install 'rushlight[io]'"
        ) from error


def save(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a file with these tensors; each is packed, and written once a name.

    >>> import rushlight as torch
    >>> from rushlight.serialization import safetensors
    >>> safetensors.load(safetensors.save({"x": torch.ones(2)}))
    {'x': tensor([1., 1.])}
    """
    arrays = {}
    for name, t in tensors.items():
        if not isinstance(t, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected Tensor but received {type(t)}")
        if t.dtype not in DTYPES.values():
            raise ValueError(f"Key `{name}` is invalid: the format has no {t.dtype}")
        arrays[name] = np.ascontiguousarray(values_of(t.detach())).reshape(t.shape)
    packed: bytes = _library("safetensors.numpy").save(arrays, metadata)
    return packed


def load(data: bytes) -> dict[str, Tensor]:
    """Return the tensors of a file's bytes, in memory of their own; ValueError for other bytes."""
    library = _library("safetensors")
    try:
        found = library.deserialize(data)
    except library.SafetensorError as error:
        raise ValueError(f"these are no safetensors: {error}") from error
    tensors = {}
    for name, entry in found:
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"`{name}` has a type that Rushlight lacks: {entry['dtype']}")
        array = np.frombuffer(bytearray(entry["data"]), DTYPES[entry["dtype"]].numpy)
        tensors[name] = wrap(array.reshape(entry["shape"]))
    return tensors


def save_file(
    tensors: Mapping[str, Tensor],
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
) -> None:
    """Write tensors to a file, which gets its name when it is complete."""
    content = save(tensors, metadata)
    with replaced(Path(filename)) as file:
        file.write(content)


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """Return the tensors of a file."""
    Device(device)  # says what is wrong with another
    return load(Path(filename).read_bytes())
