"""Tensors of given data: tensor, as_tensor, asarray, from_numpy, frombuffer, from_dlpack."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import check_options, made, numpy_dtype, require_int
from rushlight.api.nested import array_of
from rushlight.ops.convert import cast_to
from rushlight.ops.convert import clone as clone_op
from rushlight.ops.outputs import require_device, type_name
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_tensor", "asarray", "from_dlpack", "from_numpy", "frombuffer", "tensor"]


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Make a tensor of a copy of `data`: numbers, nested sequences, ndarrays or tensors.

    Python's floats become the default dtype, its integers int64. Raises ValueError for ragged
    sequences, TypeError for strings, RuntimeError for other objects and for numbers that `dtype`
    can't hold.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> torch.tensor(0.5, requires_grad=True)
    tensor(0.5000, requires_grad=True)
    """
    if device is not None or pin_memory is not False or requires_grad is not False:
        check_options("tensor", None, device, pin_memory, requires_grad)
    kind = None if dtype is None else numpy_dtype("tensor", dtype)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    return made(copied(data, kind), requires_grad)


def copied(data: Any, kind: np.dtype[Any] | None) -> NDArray[Any]:
    """Return a fresh array of `data` in the dtype `kind`, or the one that the data tells."""
    if isinstance(data, Tensor):
        array = data._array
    elif isinstance(data, np.ndarray):
        array = checked_array(data)
    elif isinstance(data, np.generic) and not isinstance(data, (str, bytes)) and kind is None:
        array = checked_array(np.asarray(data))
    else:
        return array_of(data, None if kind is None else dtypes.from_numpy(kind))
    if kind is None or kind == array.dtype:
        return clone_op(array)  # type: ignore[no-any-return]
    return cast_to(array, kind)  # type: ignore[no-any-return]


def from_numpy(ndarray: Any) -> Tensor:
    """Make a tensor that shares memory with an ndarray.

    Raises TypeError for other objects and for dtypes that torch doesn't have, ValueError for
    negative strides and swapped bytes. A read-only array gives a warning and a tensor that can't
    be written to either, where PyTorch's would write behind NumPy's back.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> a = np.zeros(2, np.float32)
    >>> t = torch.from_numpy(a)
    >>> a[0] = 5
    >>> t
    tensor([5., 0.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    array = checked_array(ndarray)
    if not array.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. This means writing to this tensor will result in undefined behavior. You "
            "may want to copy the array to protect its data or make it writable before "
            "converting it to a tensor. This type of warning will be suppressed for the rest of "
            "this program.",
            UserWarning,
            stacklevel=2,
        )
    return made(_own_storage(array))


def checked_array(array: Any) -> NDArray[Any]:
    """Return `array` as a plain ndarray, or raise PyTorch's error where a tensor can't be one."""
    dtypes.from_numpy(array.dtype)
    item = array.dtype.itemsize
    for stride in array.strides:
        if stride < 0:
            raise ValueError(
                "At least one stride in the given numpy array is negative, and tensors with "
                "negative strides are not currently supported. (You can probably work around this "
                "by making a copy of your array  with array.copy().) "
            )
        if stride % item:
            raise ValueError(
                "given numpy array strides not a multiple of the element byte size. Copy the "
                "numpy array to reallocate the memory."
            )
    return array.view(np.ndarray)  # type: ignore[no-any-return]


class _Span:
    """Keeps an ndarray alive and shows its memory as one that nobody else owns."""

    def __init__(self, array: NDArray[Any], length: int) -> None:
        self.array = array
        self.__array_interface__ = {
            "data": (array.__array_interface__["data"][0], not array.flags.writeable),
            "shape": (length,),
            "typestr": f"|V{array.dtype.itemsize}",
            "version": 3,
        }


def _own_storage(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` as a view of a buffer that starts where it does.

    A tensor's storage begins at the array it was made of, also where that is a part of a larger
    one, so that offsets and `as_strided` count from there.
    """
    owner = array.base
    if (isinstance(owner, np.ndarray) and owner.base is None and owner.size == array.size) or (
        array.size == 0
    ):
        return array
    item = array.dtype.itemsize
    length = 1 + sum((n - 1) * s for n, s in zip(array.shape, array.strides)) // item
    flat = np.asarray(_Span(array, length)).view(array.dtype)
    return np.ndarray(array.shape, array.dtype, flat, 0, array.strides)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor: itself or sharing memory where possible, else a copy.

    >>> import rushlight as torch
    >>> t = torch.tensor([1, 2])
    >>> torch.as_tensor(t) is t
    True
    """
    if device is not None:
        require_device("as_tensor", device)
    kind = numpy_dtype("as_tensor", dtype)
    if isinstance(data, Tensor):
        return _in_dtype(data, kind)
    if isinstance(data, np.ndarray):
        return _in_dtype(from_numpy(data), kind)
    return made(copied(data, kind))


def _in_dtype(t: Tensor, kind: np.dtype[Any] | None) -> Tensor:
    return t if kind is None or t.dtype.numpy == kind else cast_to(t, kind)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """Return `obj` as a tensor; with `copy` False only if that shares its memory.

    Takes tensors, ndarrays, buffers and whatever `tensor` takes. Raises ValueError where a copy
    would be needed but isn't allowed.

    >>> import rushlight as torch
    >>> torch.asarray(bytearray(b"ab"), dtype=torch.uint8)
    tensor([97, 98], dtype=torch.uint8)
    """
    check_options("asarray", None, device, False, bool(requires_grad))
    if copy is not None and not isinstance(copy, bool):
        raise TypeError(f"asarray(): argument 'copy' must be bool, not {type_name(copy)}")
    kind = numpy_dtype("asarray", dtype)
    if requires_grad is None and isinstance(obj, Tensor) and obj.requires_grad:
        warnings.warn(
            "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead "
            "of False. Pass requires_grad=False explicitly to get the old behavior and silence "
            "this warning.",
            UserWarning,
            stacklevel=2,
        )
    shared = _shared(obj, kind, copy)
    if shared is None:
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return made(copied(obj, kind), bool(requires_grad))
    if kind is not None and shared.dtype.numpy != kind and copy is False:
        raise ValueError(
            f"can't alias tensor with dtype '{shared.dtype.scalar_name}' into dtype "
            f"'{dtypes.from_numpy(kind).scalar_name}'."
        )
    result = _in_dtype(shared, kind)
    if copy and result is shared:
        result = clone_op(shared)
    if requires_grad is False and result.requires_grad:
        return result.detach()  # type: ignore[no-any-return]
    return _requiring(result) if requires_grad else result


def _requiring(t: Tensor) -> Tensor:
    if not (t.dtype.is_floating_point or t.dtype.is_complex):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return t if t.requires_grad else t.requires_grad_()


def _shared(obj: Any, kind: np.dtype[Any] | None, copy: bool | None) -> Tensor | None:
    """Return a tensor of the memory of `obj`, or None if it has none to share."""
    if isinstance(obj, Tensor):
        return obj
    if isinstance(obj, np.ndarray):
        return from_numpy(obj)
    if isinstance(obj, np.generic):
        if copy is False:
            raise RuntimeError(
                "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. "
            )
        return made(copied(obj, None))
    if isinstance(obj, str):
        return None
    try:
        memoryview(obj)
    except TypeError:
        return None
    wanted = dtypes.get_default_dtype() if kind is None else dtypes.from_numpy(kind)
    return frombuffer(obj, dtype=wanted)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Make a one-dimensional tensor of the memory of a buffer (bytearray, memoryview, mmap).

    `count` elements (all, if negative) from byte `offset` on. Raises ValueError where the bytes
    don't make up whole elements or there are too few of them.

    >>> import rushlight as torch
    >>> torch.frombuffer(bytearray([1, 0, 2, 0]), dtype=torch.int16)
    tensor([1, 2], dtype=torch.int16)
    """
    check_options("frombuffer", None, None, False, requires_grad)
    kind = numpy_dtype("frombuffer", dtype)
    if kind is None:
        raise TypeError('frombuffer() missing 1 required positional arguments: "dtype"')
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    if not view.c_contiguous:
        raise RuntimeError("could not retrieve buffer from object")
    count = require_int("frombuffer", count, "count", 3)
    length = _elements(view.nbytes, kind.itemsize, count, offset)
    if view.readonly:
        warnings.warn(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. "
            "This means you can write to the underlying (supposedly non-writable) buffer using the "
            "tensor. You may want to copy the buffer to protect its data or make it writable "
            "before converting it to a tensor. This type of warning will be suppressed for the "
            "rest of this program.",
            UserWarning,
            stacklevel=2,
        )
    array = np.frombuffer(view, np.uint8, length * kind.itemsize, offset).view(kind)
    return made(_own_storage(array), requires_grad)


def _elements(size: int, item: int, count: int, offset: int) -> int:
    """How many elements to take of `size` bytes, or PyTorch's error."""
    if size == 0 or count == 0:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
            f"({size} bytes) minus 1"
        )
    if count > 0:
        if offset + count * item > size:
            raise ValueError(
                f"requested buffer length ({count} * {item} bytes) after offset ({offset} bytes) "
                f"must not be greater than actual buffer length ({size} bytes)"
            )
        return count
    if (size - offset) % item:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a "
            f"multiple of element size ({item})"
        )
    return (size - offset) // item


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Make a tensor that shares memory with an array of another library, by DLPack.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> torch.from_dlpack(np.arange(3.0, dtype=np.float32))
    tensor([0., 1., 2.])
    """
    if device is not None:
        require_device("from_dlpack", device)
    if type(ext_tensor).__name__ != "PyCapsule" and not hasattr(ext_tensor, "__dlpack__"):
        raise RuntimeError(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed "
            "only once, so you might have already constructed a tensor from it once."
        )
    from rushlight.api.capsules import read

    return made(checked_array(read(ext_tensor, copy)))
