"""How tensors and storages are taken apart for another process, and put together there.

`multiprocessing` pickles what it sends with a pickler of its own. That is where the functions here
are registered; `pickle` itself, and files, know nothing of them.
"""

from __future__ import annotations

from multiprocessing.reduction import DupFd, ForkingPickler
from typing import Any

import numpy as np

from rushlight.api.memory import share
from rushlight.autograd.hooks import warn_if_has_hooks
from rushlight.dtypes import dtype as DType
from rushlight.kernels.shared_memory import attach, memory_of
from rushlight.kernels.strides import address, buffer_of
from rushlight.parameter import Parameter
from rushlight.storage import UntypedStorage
from rushlight.tensor import LEAF, Tensor, new

__all__ = [
    "init_reductions",
    "rebuild_storage",
    "rebuild_tensor",
    "reduce_storage",
    "reduce_tensor",
]


def _receive(handle: Any) -> Any:
    """The bytes that somebody sent: a descriptor, or None where there are none."""
    return np.empty(0, np.uint8) if handle is None else attach(handle.detach())


def rebuild_tensor(
    cls: type[Any],
    handle: Any,
    dtype: DType,
    start: int,
    size: tuple[int, ...],
    strides: tuple[int, ...],
    requires_grad: bool,
) -> Any:
    """Make a leaf of the memory that another process sent; `start` and `strides` are in bytes."""
    out = new(cls)
    out._array = np.ndarray(size, dtype.numpy, _receive(handle), start, strides)
    out._counter = [0]
    if requires_grad:
        out._edge = LEAF
    return out


def reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
    """Move a tensor's memory to where processes share it, and say how to look at it there.

    Raises RuntimeError for a tensor that is no leaf and requires grad.
    """
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd "
            "does not support crossing process boundaries.  If you just want to transfer the data, "
            "call detach() on the tensor before serializing (e.g., putting it on the queue)."
        )
    warn_if_has_hooks(tensor)
    share([tensor])
    array = tensor._array
    owner = buffer_of(array)
    handle = _handle(owner)
    start = 0 if handle is None else address(array) - address(owner)
    geometry = start, array.shape, array.strides
    args = (type(tensor), handle, tensor.dtype, *geometry, tensor.requires_grad)
    return rebuild_tensor, args


def _handle(owner: Any) -> Any:
    """What makes shared memory known to the process that is being started or written to."""
    memory = memory_of(owner)
    return None if memory is None else DupFd(memory.descriptor)


def rebuild_storage(handle: Any) -> UntypedStorage:
    """Make a storage of the memory that another process sent."""
    return UntypedStorage(_receive(handle))


def reduce_storage(storage: UntypedStorage) -> tuple[Any, ...]:
    """Move a storage to where processes share it, and say how to get at it there."""
    storage.share_memory_()
    return rebuild_storage, (_handle(storage._owner),)


def init_reductions() -> None:
    """Tell the pickler of `multiprocessing` about tensors, parameters and storages."""
    ForkingPickler.register(Tensor, reduce_tensor)
    ForkingPickler.register(Parameter, reduce_tensor)
    ForkingPickler.register(UntypedStorage, reduce_storage)
