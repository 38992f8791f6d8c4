"""The memory under a tensor: storages, `resize_`, shared memory, and what can't be had of it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from rushlight.api.arguments import allocate, check_format, sizes
from rushlight.api.convert import layout_of
from rushlight.autograd.forward_ad import tangent
from rushlight.autograd.function import Function
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import mode
from rushlight.kernels.copies import in_layout
from rushlight.kernels.flipped import like, memory
from rushlight.kernels.shared_memory import bytes_of, memory_of, shared_copy
from rushlight.kernels.strides import address, buffer_of, resized
from rushlight.layout import contiguous_format
from rushlight.ops.outputs import require_tensor
from rushlight.storage import TypedStorage, UntypedStorage, is_storage
from rushlight.tensor import Tensor

__all__ = ["is_storage", "resize_as_"]

METHODS = (
    "is_pinned",
    "is_set_to",
    "is_shared",
    "pin_memory",
    "resize",
    "resize_",
    "resize_as",
    "resize_as_",
    "share_memory_",
    "storage",
    "untyped_storage",
)


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


def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Return whether two tensors look at the same memory in the same way.

    As in PyTorch a view of conjugates or negatives never does.
    """
    require_tensor(tensor, "is_set_to", "tensor", 1)
    return (
        type(input._array) is type(tensor._array) is np.ndarray
        and input.data_ptr() == tensor.data_ptr()
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
    input._array = like(resized(memory(array), shape, allocate), type(array))
    if memory_format is not None:
        old = input._array
        input._array = in_layout(old, old.dtype, layout_of(input, memory_format))
        np.copyto(input._array, old)
    input._counter[0] += 1
    return input


def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Give `input` the sizes of `the_template`."""
    require_tensor(the_template, "resize_as_", "the_template", 2)
    return resize_(input, tuple(the_template.shape), memory_format=memory_format)


class Resize(Function):
    """Another shape of the same elements."""

    @staticmethod
    def forward(ctx: Any, tensor: Any, shape: Any) -> Any:
        ctx.shape = tuple(tensor.shape)
        return tensor.contiguous().view(shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.contiguous().view(ctx.shape), None


def resize(input: Tensor, *sizes: Any) -> Tensor:
    """Return a tensor of other sizes and as many elements. Deprecated: use `reshape`.

    >>> import rushlight as torch
    >>> torch.arange(4).resize(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    warnings.warn("non-inplace resize is deprecated", UserWarning, stacklevel=2)
    return _other_sizes(input, sizes)


def resize_as(input: Tensor, tensor: Tensor) -> Tensor:
    """Return a tensor with the sizes of `tensor`: see `resize`."""
    warnings.warn("non-inplace resize_as is deprecated", UserWarning, stacklevel=2)
    return _other_sizes(input, tuple(tensor.shape))


def _other_sizes(input: Tensor, sizes: tuple[Any, ...]) -> Tensor:
    count: Any = 1
    for n in sizes:
        count = count * n
    if count != input.numel():
        wanted, own = ("x".join(map(str, s)) for s in (sizes, input.shape))
        raise RuntimeError(
            f"requested resize to {wanted} ({count} elements in total), but the given tensor has a "
            f"size of {own} ({input.numel()} elements). autograd's resize can only change the "
            "shape of a given tensor, while preserving the number of elements. "
        )
    return Resize.apply(input, sizes)  # type: ignore[no-any-return]


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


def is_alias_of(input: Any, other: Any) -> bool:
    """Return whether both are tensors that look at one buffer."""
    if not (isinstance(input, Tensor) and isinstance(other, Tensor)):
        return False
    return buffer_of(input._array) is buffer_of(other._array)


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
    moved = {key: shared_copy(bytes_of(owner)) for key, owner in owners.items()}
    move(owners, moved)


def move(owners: dict[int, NDArray[Any]], moved: dict[int, NDArray[Any]]) -> None:
    """Let all tensors that look at a buffer, known by its `id`, look at what it was moved to."""
    # Nobody keeps a list of who looks at a buffer; the collector knows all tensors that there are.
    for t in gc.get_objects():
        if issubclass(type(t), Tensor):
            old: Any = None
            with suppress(AttributeError, ValueError):  # it is being made; it has no size yet
                old = t._array
            if old is not None and (key := id(buffer_of(old))) in owners:
                start = address(old) - address(owners[key])
                t._array = type(old)(old.shape, old.dtype, moved[key], start, old.strides)


def grown(owner: NDArray[Any], size: int) -> NDArray[Any]:
    """Move a buffer, and all tensors that look at it, to a larger one of `size` bytes.

    Raises RuntimeError for memory that is not NumPy's own.
    """
    if owner.base is not None:
        raise RuntimeError("Trying to resize storage that is not resizable")
    count = -(-size // owner.dtype.itemsize)
    larger = np.empty(count, owner.dtype)
    bytes_of(larger)[: owner.nbytes] = bytes_of(owner)
    move({id(owner): owner}, {id(owner): larger})
    return larger
