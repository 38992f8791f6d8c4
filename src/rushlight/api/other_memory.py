"""A tensor made to look at other memory: `set_`, which is recorded, and ``data =``, which isn't."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.arguments import int_tuple, invalid_combination, is_int, require_int
from rushlight.api.memory import grown
from rushlight.autograd.delayed import NotImplementedNode
from rushlight.autograd.engine import edge_of
from rushlight.autograd.forward_ad import no_forward_rule
from rushlight.autograd.inference import is_inference, mark_inference
from rushlight.autograd.modes import mode
from rushlight.kernels.flipped import like, memory
from rushlight.kernels.strides import buffer_of, check_bounds, on_buffer, packed_strides, reach
from rushlight.ops.inplace import check_writable, rebase
from rushlight.ops.outputs import type_name
from rushlight.storage import TypedStorage, UntypedStorage, is_storage
from rushlight.tensor import Tensor, new

METHODS = ("set_",)


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
    if self.dtype is not dtype:  # other gradients are to come, for another node
        self.__dict__.pop("_accumulator", None)
    self._array = value._array


def _delete_data(self: Tensor) -> None:
    raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")


ATTRIBUTES = {"data": property(_get_data, _set_data, _delete_data)}


# -- set_ ------------------------------------------------------------------------------------------

NOTHING: Any = object()  # stands for an argument that wasn't given
_OVERLOADS = (
    "",
    "torch.Storage source",
    "torch.Storage source, int storage_offset, tuple of ints size, tuple of ints stride = None",
    "Tensor source",
    "Tensor source, int storage_offset, tuple of ints size, tuple of ints stride = None",
)


def set_(
    input: Tensor,
    source: Any = NOTHING,
    storage_offset: Any = NOTHING,
    size: Any = NOTHING,
    stride: Any = NOTHING,
) -> Tensor:
    """Make the tensor look at other memory: a tensor's, a part of it or of a storage, or none.

    `storage_offset`, `size` and `stride` count elements from the start of the memory, which grows
    where it is too short for them. The tensor, or `source`, may belong to a graph: a backward pass
    that comes this way raises RuntimeError, since there is no derivative. So do another dtype, a
    leaf that requires grad, a view that must not be written.

    >>> import rushlight as torch
    >>> x = torch.empty(0).set_(torch.arange(6.0), 1, (2, 2), (3, 1))
    >>> x
    tensor([[1., 2.],
            [4., 5.]])
    """
    given = _check(source, storage_offset, size, stride)
    whole = storage_offset is NOTHING
    sources = (source,) if isinstance(source, Tensor) and whole else ()
    records = mode.grad and (input.requires_grad or any(s.requires_grad for s in sources))
    check_writable(input, records, overlap=False)
    _check_transforms(input, source if whole else None)
    if source is NOTHING:
        array = np.empty(0, input.dtype.numpy)
    elif isinstance(source, Tensor):
        if source.dtype is not input.dtype:
            raise RuntimeError(
                f"Could not set tensor of type {source.dtype.cpp_name} to a tensor of type "
                f"{input.dtype.cpp_name}"
            )
        array = memory(source._array)  # as it lies: `input` keeps its own bits
        if not whole:
            offset, shape, strides = given
            offset += source.storage_offset()
            array = _part(input, UntypedStorage(buffer_of(array)), offset, shape, strides)
    else:
        array = _part(input, _untyped(input, source), *given)
    edges = tuple([edge_of(t) for t in (input, *sources)]) if records else ()
    input._array = like(array, type(input._array))
    input._counter[0] += 1
    if records:
        rebase(input, NotImplementedNode("set_", edges))
    return input


def _check(*arguments: Any) -> tuple[Any, ...]:
    """Return offset, size and stride as numbers, or raise PyTorch's TypeError."""
    source, offset, size, stride = arguments
    known = source is NOTHING or isinstance(source, Tensor) or is_storage(source)
    placed = [a is not NOTHING for a in arguments[1:]]
    fits = placed in ([False, False, False], [True, True, False], [True, True, True])
    if placed[0] and fits:
        fits = source is not NOTHING and is_int(offset) and isinstance(size, (tuple, list))
        fits = fits and (stride in (NOTHING, None) or isinstance(stride, (tuple, list)))
        fits = fits and all(is_int(n) for n in (*size, *(stride if placed[2] and stride else ())))
    if not (known and fits):
        first = next((i for i, a in enumerate(arguments) if a is NOTHING), 4)
        names = ("source", "storage_offset", "size", "stride")
        named = {k: a for k, a in zip(names[first:], arguments[first:]) if a is not NOTHING}
        invalid_combination("set_", arguments[:first], named, *_OVERLOADS)
    if not placed[0]:
        return 0, None, None
    shape = int_tuple("set_", size, 3, "size")
    strides = int_tuple("set_", stride, 4, "stride") if placed[2] and stride else None
    return require_int("set_", offset, "storage_offset", 2), shape, strides


def _check_transforms(input: Tensor, source: Any) -> None:
    """Refuse tensors of transforms: they have no memory of their own that could be exchanged."""
    for t in (input, source):
        level = getattr(t, "_interpreter", None)
        if level is None:
            continue
        if getattr(t, "_mapped", None) is None:
            raise no_forward_rule("set_")
        if input._interpreter is None:
            raise RuntimeError(
                "vmap: aten::set_(self, *extra_args) is not possible because there exists a Tensor "
                "`other` in extra_args that has more elements than `self`. This happened due to "
                "`other` being vmapped over but `self` not being vmapped over at level "
                f"{level.level}. Please try to use out-of-place operators instead of "
                "aten::set_. If said operator is being called inside the PyTorch framework, please "
                "file a bug report instead."
            )
        raise NotImplementedError("set_() under vmap: an example has no memory of its own")


def _untyped(input: Tensor, source: Any) -> UntypedStorage:
    """The bytes of a storage whose elements are of the tensor's dtype."""
    if not isinstance(source, TypedStorage):
        return source  # type: ignore[no-any-return]
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"Expected a Storage of type {input.dtype.cpp_name} or an UntypedStorage, but got type "
            f"{source.dtype.scalar_name} for argument 1 'storage'"
        )
    return source.untyped()


def _part(
    input: Tensor,
    storage: UntypedStorage,
    offset: int,
    size: tuple[int, ...] | None,
    stride: tuple[int, ...] | None,
) -> Any:
    """A part of a storage, which grows where that is too large, as an array."""
    dtype = input.dtype.numpy
    item = dtype.itemsize
    if size is None:
        size = (storage.nbytes() // item,)
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if stride is not None and len(stride) != len(size):
        raise RuntimeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    if any(n < 0 for n in size):
        raise RuntimeError("numel: integer multiplication overflow")
    steps = packed_strides(size) if stride is None else stride
    if any(s < 0 for s in steps):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and strides={list(steps)}"
        )
    if 0 in size:
        return on_buffer(storage._owner, dtype, 0, size, steps)
    needed = (offset + reach(size, steps)) * item
    if needed > storage.nbytes():
        if size == input._array.shape and (stride is None or stride == input.stride()):
            check_bounds(size, stride or (), offset, item, needed, storage.nbytes())
        storage.look_at(grown(storage._owner, needed))
    return on_buffer(storage._owner, dtype, offset, size, steps)
