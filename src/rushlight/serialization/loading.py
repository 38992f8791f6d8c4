"""`load`: read what `save`, or PyTorch's, has written."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

import numpy as np

from rushlight.device import device
from rushlight.serialization.archive import Reader
from rushlight.serialization.rebuild import StorageKind, Stored
from rushlight.serialization.restricted import Refused, globals_of, unpickle
from rushlight.storage import UntypedStorage

__all__ = ["get_unsafe_globals_in_checkpoint", "load"]

SIGNATURE = b"PK\x03\x04"
REFUSED = (
    "Weights only load failed. Rushlight makes tensors, numbers, strings and containers from a "
    "file, and runs no code from it. If you trust the source of the file, allow the classes and "
    "functions that it needs.\n\tWeightsUnpickler error: {}\n\nCheck the documentation of "
    "torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read an object from a file that `save` or PyTorch has written.

    `f` is a path, or an object with ``read``, ``seek`` and ``tell``. With `mmap` (paths only)
    storages are mapped: read where they are used, and private to this process. Tensors of other
    devices need a `map_location` of ``"cpu"``.

    Code in a file is never run, whatever `weights_only` says: a file that needs other classes than
    PyTorch's is refused with UnpicklingError until `add_safe_globals` allows them. RuntimeError
    tells of a damaged archive. Either comes before anything is returned.

    >>> import io
    >>> import rushlight as torch
    >>> file = io.BytesIO()
    >>> torch.save([torch.arange(3), "text"], file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    [tensor([0, 1, 2]), 'text']
    """
    if pickle_module not in (None, pickle):
        raise NotImplementedError("load(): Rushlight reads pickles by an interpreter of its own")
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        with open(path, "rb") as file:
            return _load(file, path, map_location, bool(mmap))
    if mmap:
        raise ValueError("f must be a file path in order to use the mmap argument")
    return _load(_seekable(f), None, map_location, False)


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """Return the names of classes and functions that a file needs and that are not allowed."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file, _archive(file, None) as archive:
            return globals_of(archive.read("data.pkl").tobytes())
    with _archive(_seekable(f), None) as archive:
        return globals_of(archive.read("data.pkl").tobytes())


def _seekable(f: Any) -> Any:
    for method in ("seek", "tell", "read", "readline"):
        if not hasattr(f, method):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{method}'. You can only torch.load "
                "from a file that is seekable. Please pre-load the data into a buffer like "
                "io.BytesIO and try to load from it instead."
            )
    return f


def _archive(file: Any, path: str | None) -> Reader:
    start = file.tell()
    signature = file.read(len(SIGNATURE))
    file.seek(start)
    if not signature:
        raise EOFError("Ran out of input")
    if signature != SIGNATURE:
        raise UnpicklingError(
            "Invalid magic number; corrupt file? Rushlight reads the zip format, which PyTorch "
            "writes since 1.6"
        )
    return Reader(file, path)


def _load(file: Any, path: str | None, map_location: Any, mapped: bool) -> Any:
    with _archive(file, path) as archive:
        if "constants.pkl" in archive:
            raise RuntimeError(
                "Cannot use ``weights_only=True`` with TorchScript archives passed to "
                "``torch.load``. Rushlight has no TorchScript"
            )
        pickled = archive.read("data.pkl").tobytes()
        if "version" not in archive:
            raise RuntimeError('Expected hasRecord("version") to be true, but got false.')
        storages = _Storages(archive, map_location, mapped)
        try:
            return unpickle(pickled, storages)
        except Refused as error:
            raise UnpicklingError(REFUSED.format(error)) from None


class _Storages:
    """Answers a pickle's requests for storages, each read once."""

    def __init__(self, archive: Reader, map_location: Any, mapped: bool) -> None:
        self._archive = archive
        self._read: Callable[[str], Any] = archive.map if mapped else archive.read
        self._place = _places(map_location)
        self._found: dict[str, Stored] = {}
        order = archive.read("byteorder").tobytes() if "byteorder" in archive else b"little"
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order.decode(errors='replace')}")
        self._swapped = order.decode() != sys.byteorder

    def __call__(self, request: Any) -> Any:
        """Return the storage that a persistent id ``("storage", kind, key, place, n)`` names."""
        tag, kind, key, place, count = request
        if tag != "storage" or not isinstance(kind, StorageKind):
            raise Refused(f"Only persistent_load of storage is allowed, but got {tag}")
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._load(kind, key, place, count)
        if found.dtype != kind.dtype:
            raise Refused(f"storage {key} has two types")
        return found

    def _load(self, kind: StorageKind, key: str, place: str, count: int) -> Stored:
        item = kind.dtype.itemsize
        size = self._archive.size(f"data/{key}")
        if size != count * item:
            raise RuntimeError(
                f"record size ({size} bytes) does not match expected size ({count * item} bytes = "
                f"{count} elements * {item} bytes/element) for dtype {kind.dtype.scalar_name}"
            )
        content = self._read(f"data/{key}")
        if self._swapped:
            part = item // 2 if kind.dtype.is_complex else item
            content = content.view(np.dtype(f"u{part}")).byteswap().view(np.uint8)
        stored = Stored(content, kind.dtype)
        self._place(stored, place)
        return stored


def _places(map_location: Any) -> Callable[[Stored, str], None]:
    """Return what checks that a storage of some device may come to the CPU."""
    if callable(map_location):

        def place(stored: Stored, tag: str) -> None:
            moved = map_location(UntypedStorage(stored.owner), tag)
            if moved is None:
                _check_place(tag)
            elif not isinstance(moved, UntypedStorage):
                raise TypeError(f"map_location returned a {type(moved).__name__}, not a storage")
            else:
                stored.owner = moved._owner

        return place
    if isinstance(map_location, dict):
        table = {str(key): str(value) for key, value in map_location.items()}
        return lambda stored, tag: _check_place(table.get(tag, tag))
    if map_location is None:
        return lambda stored, tag: _check_place(tag)
    if not isinstance(map_location, (str, bytes, device)):
        raise TypeError(f"'{type(map_location).__name__}' object is not callable")
    return lambda stored, tag: _check_place(str(map_location))


def _check_place(tag: str) -> None:
    if tag.startswith("cuda"):
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        )
    if tag != "cpu":
        raise RuntimeError(
            "don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
            f"{tag})"
        )
