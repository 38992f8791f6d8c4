"""What a checkpoint's pickle is made of: kinds of storage, and the functions that make tensors.

They stand in files under PyTorch's names: `NAMES` has those that differ from ours by more than
``torch`` in place of ``rushlight``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any

from numpy.typing import NDArray

from rushlight import dtypes
from rushlight.autograd.inference import fresh_counter
from rushlight.kernels.strides import on_buffer
from rushlight.parameter import Buffer, Parameter
from rushlight.tensor import LEAF, Tensor, new

__all__ = ["KINDS", "NAMES", "StorageKind", "Stored"]


class Stored:
    """The memory under tensors of a checkpoint: a buffer, and the dtype that it is counted in."""

    __slots__ = ("dtype", "owner")

    def __init__(self, owner: NDArray[Any], dtype: dtypes.dtype) -> None:
        self.owner = owner
        self.dtype = dtype

    def __len__(self) -> int:
        return self.owner.nbytes // self.dtype.itemsize


class StorageKind:
    """A name, such as ``torch.FloatStorage``, under which files have the storages of a dtype."""

    def __init__(self, name: str, dtype: dtypes.dtype) -> None:
        self.name = name
        self.dtype = dtype

    def __reduce__(self) -> str:
        return self.name  # pickles find it in this module


DoubleStorage = StorageKind("DoubleStorage", dtypes.float64)
FloatStorage = StorageKind("FloatStorage", dtypes.float32)
HalfStorage = StorageKind("HalfStorage", dtypes.float16)
BFloat16Storage = StorageKind("BFloat16Storage", dtypes.bfloat16)
LongStorage = StorageKind("LongStorage", dtypes.int64)
IntStorage = StorageKind("IntStorage", dtypes.int32)
ShortStorage = StorageKind("ShortStorage", dtypes.int16)
CharStorage = StorageKind("CharStorage", dtypes.int8)
ByteStorage = StorageKind("ByteStorage", dtypes.uint8)
BoolStorage = StorageKind("BoolStorage", dtypes.bool)
ComplexDoubleStorage = StorageKind("ComplexDoubleStorage", dtypes.complex128)
ComplexFloatStorage = StorageKind("ComplexFloatStorage", dtypes.complex64)
UntypedStorage = StorageKind("UntypedStorage", dtypes.uint8)

KINDS = {
    kind.dtype: kind
    for kind in (
        DoubleStorage,
        FloatStorage,
        HalfStorage,
        BFloat16Storage,
        LongStorage,
        IntStorage,
        ShortStorage,
        CharStorage,
        ByteStorage,
        BoolStorage,
        ComplexDoubleStorage,
        ComplexFloatStorage,
    )
}


# -- the functions that files call ---------------------------------------------------------------


def _rebuild_tensor_v2(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """Make a leaf that is a view of a storage; RuntimeError for one that would look outside."""
    if not isinstance(storage, Stored):
        raise UnpicklingError(f"a tensor of a checkpoint lies in a {type(storage).__name__}")
    _check_geometry(storage, offset, size, stride)
    made = new(Tensor)
    made._array = on_buffer(storage.owner, storage.dtype.numpy, offset, tuple(size), tuple(stride))
    made._counter = fresh_counter()
    if metadata and metadata.get("conj"):
        made = made.conj()
    if metadata and metadata.get("neg"):
        made = made._neg_view()
    if requires_grad:
        made._edge = LEAF
    return made


def _rebuild_tensor_v3(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Tensor:
    """Make a tensor of a type that no kind of storage is named for, on bytes."""
    if not (isinstance(storage, Stored) and isinstance(dtype, dtypes.dtype)):
        raise UnpicklingError(f"a tensor of a checkpoint is of {dtype}")
    stored = Stored(storage.owner, dtype)
    return _rebuild_tensor_v2(stored, offset, size, stride, requires_grad, backward_hooks, metadata)


def _check_geometry(storage: Stored, offset: Any, size: Any, stride: Any) -> None:
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in numbers):
        raise UnpicklingError(
            f"a tensor of a checkpoint has sizes {size}, strides {stride} and offset {offset}"
        )
    last = offset + sum((n - 1) * step for n, step in zip(size, stride))
    if math.prod(size) and last >= len(storage):
        item = storage.dtype.itemsize
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {item} requiring a storage size of {(last + 1) * item} are out of bounds "
            f"for storage of size {storage.owner.nbytes}"
        )


def _rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any) -> Parameter:
    """Make a parameter on the memory of a tensor."""
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(
    data: Any, requires_grad: Any, backward_hooks: Any, state: Any
) -> Parameter:
    """Make a parameter, and hang on it what users hung on the one that was saved."""
    made = Parameter(data, requires_grad)
    _hang(made, state)
    return made


def _rebuild_from_type_v2(func: Any, cls: Any, args: Any, state: Any) -> Any:
    """Make a tensor of a class of the program's own, or one with attributes."""
    if func not in (_rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_parameter):
        raise UnpicklingError(f"a tensor of a checkpoint is made by {func}")
    made = func(*args)
    if isinstance(state, dict) and state.get("_is_buffer"):
        state = {key: value for key, value in state.items() if key != "_is_buffer"}
        return Buffer(made, persistent=bool(state.get("persistent", True)))
    if type(made) is not cls:
        made = made.as_subclass(cls)
    _hang(made, state)
    return made


def _hang(made: Tensor, state: Any) -> None:
    """Set attributes. None may stand for what a Tensor has itself: its memory, or a method."""
    for name, value in dict(state or {}).items():
        if not isinstance(name, str) or hasattr(Tensor, name) or name == "_array":
            raise UnpicklingError(f"a tensor of a checkpoint has an attribute {name!r}")
        made.__dict__[name] = value


# -- names ---------------------------------------------------------------------------------------

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": _rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": _rebuild_parameter_with_state,
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type_v2,
}
NAMES: dict[str, Any] = {
    **_FUNCTIONS,
    **{f"torch.{kind.name}": kind for kind in KINDS.values()},
    **{f"torch.{name}": dtype for name, dtype in dtypes.DTYPES.items()},
    "torch.storage.UntypedStorage": UntypedStorage,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
}
