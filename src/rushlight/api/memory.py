"""The memory under a tensor: `data`, `set_`, `resize_`, storages, and what can't be had of it."""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rushlight.api.arguments import allocate, check_format, int_tuple, sizes
from rushlight.api.convert import layout_of
from rushlight.autograd.forward_ad import no_forward_rule, tangent
from rushlight.autograd.inference import check_update, is_inference, mark_inference
from rushlight.autograd.modes import mode
from rushlight.kernels.copies import in_layout
from rushlight.kernels.shared_memory import bytes_of, memory_of, shared_copy
from rushlight.kernels.strides import address, buffer_of
from rushlight.layout import contiguous_format
from rushlight.ops.inplace import check_writable
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.storage import TypedStorage, UntypedStorage, is_storage
from rushlight.tensor import Tensor, new

__all__ = ["is_storage", "resize_as_"]

METHODS = (
    "is_pinned",
    "is_set_to",
    "is_shared",
    "pin_memory",
    "resize_",
    "resize_as_",
    "set_",
    "share_memory_",
    "storage",
    "untyped_storage",
)


# -- data ------------------------------------------------------------------------------------------


def _get_data(self: Tensor) -> Tensor:
    """The same memory without a history, and without the version counter that watches it."""
    out = new(Tensor)
    out._array = self._array
    out._counter = [0]
    if is_inference(self):
        mark_inference(out)
    return out


def _set_data(self: Tensor, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type_name(value)}")
    dtype = value.dtype
    if self.requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    self._array = value._array


ATTRIBUTES = {"data": property(_get_data, _set_data)}


# -- storages --------------------------------------------------------------------------------------


def untyped_storage(input: Tensor) -> UntypedStorage:
    """Return the bytes that this tensor is a view of.

    >>> import rushlight as torch
    >>> x = torch.ones(2, 3)
    >>> x[1].untyped_storage().data_ptr() == x.data_ptr(), x[1].untyped_storage().nbytes()
    (True, 24)
    """
    return UntypedStorage(buffer_of(input._array))


def storage(input: Tensor) -> TypedStorage:
    """Return the memory that this tensor is a view of, in its dtype. Use `untyped_storage`."""
    warnings.warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be "
        "the only storage class. This should only matter to you if you are using storages "
        "directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead of "
        "tensor.storage()",
        UserWarning,
        stacklevel=2,
    )
    return TypedStorage(buffer_of(input._array), input.dtype)


def on_buffer(
    owner: NDArray[Any],
    dtype: np.dtype[Any],
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
) -> NDArray[Any]:
    """View a buffer; offset and strides count elements."""
    item = dtype.itemsize
    flat = owner if owner.flags.c_contiguous else owner.T
    return np.ndarray(size, dtype, flat, offset * item, tuple(s * item for s in stride))


def set_(
    input: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
) -> Tensor:
    """Make the tensor look at other memory: a tensor's, or a part of a storage.

    Raises RuntimeError for another dtype, and for a tensor that requires grad.
    """
    check_writable(input, input.requires_grad, overlap=False)
    if tangent(input) is not None or tangent(source) is not None:
        raise no_forward_rule("set_")
    if isinstance(source, Tensor):
        if source.dtype is not input.dtype:
            raise RuntimeError(
                f"Could not set tensor of type {source.dtype.cpp_name} to a tensor of type "
                f"{input.dtype.cpp_name}"
            )
        array = source._array
        if size is not None:
            shape = int_tuple("set_", size, 3, "size")
            array = on_buffer(
                buffer_of(array), array.dtype, storage_offset, shape, _strides(shape, stride)
            )
    elif source is None:
        array = np.empty(0, input._array.dtype)
    elif is_storage(source):
        untyped = source if isinstance(source, UntypedStorage) else source.untyped()
        kind = input._array.dtype
        shape = (len(untyped) // kind.itemsize,) if size is None else tuple(size)
        array = on_buffer(untyped._owner, kind, storage_offset, shape, _strides(shape, stride))
    else:
        raise TypeError(
            f"set_(): argument 'source' (position 1) must be Tensor or Storage, "
            f"not {type_name(source)}"
        )
    input._array = array
    input._counter[0] += 1
    return input


def _strides(shape: tuple[int, ...], stride: Any) -> tuple[int, ...]:
    """`stride`, or the strides of a contiguous tensor."""
    if stride is not None:
        return tuple(stride)
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Return whether two tensors look at the same memory in the same way."""
    require_tensor(tensor, "is_set_to", "tensor", 1)
    return (
        input.data_ptr() == tensor.data_ptr()
        and input.shape == tensor.shape
        and input.stride() == tensor.stride()
    )


# -- resizing --------------------------------------------------------------------------------------


def resize_(input: Tensor, *args: Any, size: Any = None, memory_format: Any = None) -> Tensor:
    """Give the tensor other sizes, over the memory that it has or, if that is short, fresh one.

    What is new in it is uninitialised. Other tensors keep the old memory, where PyTorch's would
    move along. Raises RuntimeError for a tensor that requires grad.

    >>> import rushlight as torch
    >>> torch.arange(4).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if input.requires_grad and not mode.inference:
        raise RuntimeError("cannot resize variables that require grad")
    if tangent(input) is not None:
        raise RuntimeError("cannot resize variables that has a forward grad")
    check_update(input)
    if memory_format is not None:
        check_format("resize_", memory_format)
    try:
        shape = sizes("resize_", args, size)
    except RuntimeError:
        raise RuntimeError("numel: integer multiplication overflow") from None
    array = input._array
    if shape == array.shape and memory_format in (None, contiguous_format):
        return input
    input._array = _resized(array, shape)
    if memory_format is not None:
        old = input._array
        input._array = in_layout(old, old.dtype, layout_of(input, memory_format))
        np.copyto(input._array, old)
    input._counter[0] += 1
    return input


def _resized(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    owner, kind = buffer_of(array), array.dtype
    item = kind.itemsize
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    if start + math.prod(shape) * item <= owner.nbytes:
        return on_buffer(owner, kind, start // item, shape, _strides(shape, None))
    if owner.base is not None:
        raise RuntimeError("Trying to resize storage that is not resizable")
    fresh = allocate(shape, kind)
    available = (owner.nbytes - start) // item
    fresh.reshape(-1)[:available] = on_buffer(owner, kind, start // item, (available,), (1,))
    return fresh


def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Give `input` the sizes of `the_template`."""
    require_tensor(the_template, "resize_as_", "the_template", 2)
    return resize_(input, tuple(the_template.shape), memory_format=memory_format)


# -- memory of other kinds -------------------------------------------------------------------------


def is_pinned(input: Tensor, device: Any = None) -> bool:
    """Return whether the memory is pinned for an accelerator: there is none."""
    return False


def pin_memory(input: Tensor, device: Any = None) -> NoReturn:
    """Raise the RuntimeError of a PyTorch that has no accelerator to pin memory for."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


def is_shared(input: Tensor) -> bool:
    """Return whether other processes may see this memory."""
    return memory_of(buffer_of(input._array)) is not None


def share_memory_(input: Tensor) -> Tensor:
    """Move the memory that the tensor is a view of to where processes share it; return the tensor.

    Every tensor that shares the memory moves along; an ndarray that does keeps the old one. A
    process that is forked off sees what the others write, and so does one that is sent the tensor
    through `rushlight.multiprocessing`; a pickle is a copy. A tensor without elements stays.

    >>> import rushlight as torch
    >>> torch.zeros(2).share_memory_().is_shared()
    True
    """
    share([input])
    return input


def share(tensors: Sequence[Tensor]) -> None:
    """Move the memory of tensors, and of all that look at it, to where processes share it."""
    owners = {}
    for t in tensors:
        owner = buffer_of(t._array)
        if owner.nbytes and memory_of(owner) is None:
            owners[id(owner)] = owner
    if not owners:
        return
    # Nobody keeps a list of who looks at a buffer; the collector knows all tensors that there are.
    family: dict[int, list[Tensor]] = {key: [] for key in owners}
    for t in gc.get_objects():
        if issubclass(type(t), Tensor):
            key = id(buffer_of(getattr(t, "_array", None)))  # None while it is being made
            if key in family:
                family[key].append(t)
    for key, owner in owners.items():
        moved = shared_copy(bytes_of(owner))
        for t in family[key]:
            old = t._array
            start = address(old) - address(owner)
            t._array = np.ndarray(old.shape, old.dtype, moved, start, old.strides)
