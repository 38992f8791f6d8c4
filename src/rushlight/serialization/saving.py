"""`save`: pickle an object, with its tensors' storages as records beside it."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

from rushlight import dtypes
from rushlight.api.pickling import _attributes
from rushlight.autograd.hooks import warn_if_has_hooks
from rushlight.kernels.shared_memory import bytes_of
from rushlight.kernels.strides import buffer_of
from rushlight.nn.parameter import is_lazy
from rushlight.parameter import Buffer, Parameter
from rushlight.serialization import rebuild
from rushlight.serialization.allowed import torchs_name
from rushlight.serialization.archive import Writer
from rushlight.serialization.files import replaced
from rushlight.serialization.rebuild import KINDS, Stored, UntypedStorage
from rushlight.storage import TypedStorage
from rushlight.storage import UntypedStorage as Bytes
from rushlight.tensor import Tensor

__all__ = ["save"]

PROTOCOL = 2  # in which GLOBAL instructions have their names as text, and nothing counts bytes


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write an object with all tensors in it to a file, in PyTorch's zip format.

    `f` is a path, or an object with ``write``. A path gets its file when that is complete: before,
    the old one stands. Raises RuntimeError for a folder that isn't there and for tensors that look
    at one memory as different types, NotImplementedError for other pickle modules or protocols.

    >>> import io
    >>> import rushlight as torch
    >>> torch.save(torch.nn.Linear(2, 1).state_dict(), io.BytesIO())
    """
    if pickle_module is not pickle or pickle_protocol != PROTOCOL:
        raise NotImplementedError("save(): Rushlight writes with pickle, and protocol 2, only")
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("save(): Rushlight writes the zip format only")
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise AttributeError(
                "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
            )
        _write(obj, f, "archive", not _disable_byteorder_record)
        return
    path = Path(os.fspath(f))
    if not path.parent.is_dir():
        raise RuntimeError(f"Parent directory {path.parent} does not exist.")
    with replaced(path) as file:
        _write(obj, file, path.stem or "archive", not _disable_byteorder_record)


def _write(obj: Any, file: Any, folder: str, byteorder: bool) -> None:
    pickled = io.BytesIO()
    pickler = _Pickler(pickled, PROTOCOL)
    pickler.dump(obj)  # before anything is written
    archive = Writer(file, folder)
    archive.write("data.pkl", in_torchs_names(pickled.getvalue()))
    archive.write(".format_version", b"1")
    archive.write(".storage_alignment", b"64")
    if byteorder:
        archive.write("byteorder", sys.byteorder.encode())
    for key, stored in enumerate(pickler.stored):
        archive.write(f"data/{key}", bytes_of(stored.owner).data)
    archive.write("version", b"3\n")
    archive.close()


class _Pickler(pickle.Pickler):
    """Pickles tensors by the functions of `rebuild`, and keeps their storages in a list."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self.stored: list[Stored] = []
        self._keys: dict[int, int] = {}  # by the memory's owner

    def persistent_id(self, obj: Any) -> Any:
        """Name a storage, which gets a record of its own; None for anything else."""
        if isinstance(obj, Stored):
            kind = KINDS.get(obj.dtype, UntypedStorage)
        elif isinstance(obj, Bytes):
            obj, kind = Stored(obj._owner, dtypes.uint8), UntypedStorage
        elif isinstance(obj, TypedStorage):
            obj, kind = Stored(obj._untyped._owner, obj.dtype), KINDS[obj.dtype]
        else:
            return None
        key = self._keys.setdefault(id(obj.owner), len(self.stored))
        if key == len(self.stored):
            self.stored.append(obj)
        elif self.stored[key].dtype != obj.dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types"
            )
        count = len(obj) if kind is not UntypedStorage else len(obj) * obj.dtype.itemsize
        return "storage", kind, str(key), "cpu", count

    def reducer_override(self, obj: Any) -> Any:
        """Say how a tensor is made; others say so themselves."""
        return reduced(obj) if isinstance(obj, Tensor) and not is_lazy(obj) else NotImplemented


def reduced(t: Tensor) -> tuple[Any, ...]:
    """The function and the arguments that make a tensor in PyTorch's files."""
    attributes = _attributes(t)
    if isinstance(t, Parameter):
        args: tuple[Any, ...] = (t.detach(), t.requires_grad, OrderedDict())
        if attributes:
            return rebuild._rebuild_parameter_with_state, (*args, attributes)
        return rebuild._rebuild_parameter, args
    warn_if_has_hooks(t)
    stored = Stored(buffer_of(t._array), t.dtype)
    geometry = (t.storage_offset(), tuple(t.shape), t.stride())
    args = (stored, *geometry, t.requires_grad, OrderedDict())
    make: Any = rebuild._rebuild_tensor_v2
    if t.dtype not in KINDS:
        make, args = rebuild._rebuild_tensor_v3, (*args, t.dtype)
    bits = {name: True for name, on in (("conj", t.is_conj()), ("neg", t.is_neg())) if on}
    if bits:
        args = (*args, bits)
    if isinstance(t, Buffer):
        state = {"persistent": t.persistent, "_is_buffer": True}
        return rebuild._rebuild_from_type_v2, (make, Tensor, args, state)
    if type(t) is not Tensor or attributes:
        return rebuild._rebuild_from_type_v2, (make, type(t), args, attributes)
    return make, args


def in_torchs_names(pickled: bytes) -> bytes:
    """Write PyTorch's names for ours into the instructions that name classes and functions."""
    parts, start = [], 0
    instructions: Any = pickletools.genops(pickled)
    for instruction, names, position in instructions:
        if instruction.name == "GLOBAL":
            module, name = names.split(" ", 1)
            ours = f"c{module}\n{name}\n".encode()
            theirs = "c{}\n{}\n".format(*torchs_name(module, name)).encode()
            parts += [pickled[start:position], theirs]
            start = position + len(ours)
    return b"".join((*parts, pickled[start:]))
