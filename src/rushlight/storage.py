"""Storages: the memory behind tensors, as far as a Python program looks at it.

A storage is a face put on the buffer that a tensor's array is a view of; views of one tensor show
the same bytes. It can be looked at, written to and measured, but not resized or moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight import dtypes
from rushlight.device import device
from rushlight.dtypes import dtype as DType
from rushlight.kernels.shared_memory import bytes_of, memory_of
from rushlight.kernels.strides import buffer_of
from rushlight.tensor import wrap

__all__ = ["TypedStorage", "UntypedStorage", "is_storage"]
__all__ += ["BFloat16Storage", "BoolStorage", "ByteStorage", "CharStorage", "ComplexDoubleStorage"]
__all__ += ["ComplexFloatStorage", "DoubleStorage", "FloatStorage", "HalfStorage", "IntStorage"]
__all__ += ["LongStorage", "ShortStorage"]


class UntypedStorage:
    """The bytes of a tensor's memory.

    >>> import rushlight as torch
    >>> storage = torch.ones(2).untyped_storage()
    >>> storage.nbytes(), storage.device
    (8, device(type='cpu'))
    """

    def __init__(self, owner: NDArray[Any]) -> None:
        self._owner = owner
        self._bytes = bytes_of(owner)

    @property
    def device(self) -> device:
        """Where the bytes are."""
        return device("cpu")

    def data_ptr(self) -> int:
        """Return the address of the first byte."""
        return int(self._owner.__array_interface__["data"][0]) if self._owner.size else 0

    def nbytes(self) -> int:
        """Return the number of bytes."""
        return self._owner.nbytes

    size = __len__ = nbytes

    def element_size(self) -> int:
        """Return 1: the elements are bytes."""
        return 1

    def is_shared(self) -> bool:
        """Return whether other processes may see this memory."""
        return memory_of(self._owner) is not None

    def resizable(self) -> bool:
        """Return whether the storage can grow: NumPy's memory can't."""
        return False

    def tolist(self) -> list[int]:
        """Return the bytes as a list."""
        return self._bytes.tolist()  # type: ignore[no-any-return]

    def share_memory_(self) -> UntypedStorage:
        """Move the bytes, and the tensors on them, to memory that processes share; return self."""
        from rushlight.api.memory import share  # which makes storages

        on_it = wrap(self._bytes)
        share([on_it])
        self.look_at(buffer_of(on_it._array))
        return self

    def look_at(self, owner: NDArray[Any]) -> None:
        """Show other memory, to which the bytes were moved."""
        self._owner = owner
        self._bytes = bytes_of(owner)

    def clone(self) -> UntypedStorage:
        """Return a storage of a copy of the bytes."""
        return UntypedStorage(self._bytes.copy())

    def fill_(self, value: int) -> UntypedStorage:
        """Write `value` into every byte."""
        self._bytes.fill(value)
        return self

    def __getitem__(self, index: Any) -> Any:
        found = self._bytes[index]
        return UntypedStorage(found) if isinstance(index, slice) else int(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._bytes[index] = value

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, UntypedStorage) and other._owner is self._owner

    def __hash__(self) -> int:
        return id(self._owner)

    def __repr__(self) -> str:
        lines = "\n".join(f" {byte}" for byte in self.tolist())
        return f"{lines}\n[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"


class TypedStorage:
    """The elements of a tensor's memory, in one dtype. PyTorch deprecates it, and so warns."""

    def __init__(self, owner: NDArray[Any], dtype: DType) -> None:
        self._untyped = UntypedStorage(owner)
        self._elements = self._untyped._bytes.view(dtype.numpy)
        self.dtype = dtype

    @property
    def device(self) -> device:
        """Where the elements are."""
        return device("cpu")

    def untyped(self) -> UntypedStorage:
        """Return the same memory as bytes."""
        return self._untyped

    def data_ptr(self) -> int:
        """Return the address of the first element."""
        return self._untyped.data_ptr()

    def nbytes(self) -> int:
        """Return the number of bytes."""
        return self._untyped.nbytes()

    def size(self) -> int:
        """Return the number of elements."""
        return len(self._elements)

    __len__ = size

    def is_shared(self) -> bool:
        """Return whether other processes may see this memory."""
        return self._untyped.is_shared()

    def element_size(self) -> int:
        """Return the bytes per element."""
        return self.dtype.itemsize

    def tolist(self) -> list[Any]:
        """Return the elements as a list."""
        return wrap(self._elements).tolist()  # type: ignore[no-any-return]

    def __getitem__(self, index: Any) -> Any:
        return wrap(np.asarray(self._elements[index])).tolist()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._elements[index] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __repr__(self) -> str:
        lines = "\n".join(f" {element}" for element in self.tolist())
        end = f"dtype={self.dtype}, device=cpu"
        return f"{lines}\n[torch.storage.TypedStorage({end}) of size {len(self)}]"


class _OldKind(type):
    """The type of ``torch.FloatStorage`` and its kin: names for TypedStorages of one dtype."""

    dtype: DType

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def __call__(cls, elements: Any = 0) -> TypedStorage:
        """Make a storage of some elements, or of so many zeros."""
        if isinstance(elements, int):
            elements = np.zeros(elements, np.int8)
        return TypedStorage(np.asarray(elements).astype(cls.dtype.numpy), cls.dtype)


def _old_kind(name: str, dtype: DType) -> _OldKind:
    doc = f"The old name of storages of {dtype.name}."
    return _OldKind(name, (), {"dtype": dtype, "__module__": "torch", "__doc__": doc})


BFloat16Storage = _old_kind("BFloat16Storage", dtypes.bfloat16)
BoolStorage = _old_kind("BoolStorage", dtypes.bool)
ByteStorage = _old_kind("ByteStorage", dtypes.uint8)
CharStorage = _old_kind("CharStorage", dtypes.int8)
ComplexDoubleStorage = _old_kind("ComplexDoubleStorage", dtypes.complex128)
ComplexFloatStorage = _old_kind("ComplexFloatStorage", dtypes.complex64)
DoubleStorage = _old_kind("DoubleStorage", dtypes.float64)
FloatStorage = _old_kind("FloatStorage", dtypes.float32)
HalfStorage = _old_kind("HalfStorage", dtypes.float16)
IntStorage = _old_kind("IntStorage", dtypes.int32)
LongStorage = _old_kind("LongStorage", dtypes.int64)
ShortStorage = _old_kind("ShortStorage", dtypes.int16)


def is_storage(obj: Any) -> bool:
    """Return whether `obj` is a storage."""
    return isinstance(obj, (UntypedStorage, TypedStorage))
