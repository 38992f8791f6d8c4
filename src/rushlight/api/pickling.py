"""Copies and pickles of whole tensors: `copy.copy`, `copy.deepcopy`, `pickle`.

All keep sizes, strides and offset by taking the buffer along that a tensor is a view of. Tensors
that share one in memory share it in a deep copy, and in a pickle, where the buffer is written once.
"""

from __future__ import annotations

import weakref
from copy import deepcopy
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.autograd.forward_ad import Dual
from rushlight.autograd.hooks import warn_if_has_hooks
from rushlight.autograd.inference import fresh_counter
from rushlight.kernels.flipped import FLIPPED, bits_of, flip, resolved
from rushlight.kernels.strides import buffer_of, element_strides, in_memory_order, on_buffer
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, new

# What a tensor's __dict__ holds besides what its users put there.
_OURS = frozenset(
    ("_accumulator", "_array", "_counter", "_edge", "_grad", "_leaf_hooks", "_name", "_retains")
)
_OURS |= {"_level", "_plain", "_tangent"}  # a dual tensor's: its copies have no tangent


def _attributes(self: Tensor) -> dict[str, Any]:
    """What users hung on a tensor."""
    return {key: value for key, value in self.__dict__.items() if key not in _OURS}


def _type(self: Tensor) -> type[Tensor]:
    return self._plain if type(self) is Dual else type(self)


def _geometry(self: Tensor) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    return self.storage_offset(), self._array.shape, element_strides(self._array)


def rebuild_tensor(
    cls: type[Any],
    owner: np.ndarray[Any, Any],
    dtype: dtypes.dtype,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    bits: tuple[bool, bool] = (False, False),
) -> Any:
    """Make a leaf of class `cls` that is a view of `owner`; pickles call this.

    `bits` say whether it is one of conjugates, and of negatives.
    """
    out = new(cls)
    out._array = flip(on_buffer(owner, dtype.numpy, offset, size, stride), *bits)
    out._counter = fresh_counter()
    if requires_grad:
        out._edge = LEAF
    return out


# While a pickler remembers them, the turned buffers of tensors that share one.
_turned: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _in_memory_order(owner: Any) -> Any:
    """A buffer as NumPy pickles it with its bytes in order: only in C or Fortran order does it."""
    if owner.flags.forc:
        return owner
    turned = _turned.get(id(owner))
    if turned is None:
        turned = _turned[id(owner)] = in_memory_order(owner)
    return turned


def _reduce_ex(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    if not isinstance(self, Parameter):  # of which PyTorch says nothing
        warn_if_has_hooks(self)
    owner = _in_memory_order(buffer_of(self._array))
    args: Any = (_type(self), owner, self.dtype, *_geometry(self), self.requires_grad)
    if type(self._array) in FLIPPED:
        args += (bits_of(type(self._array)),)
    return rebuild_tensor, args, _attributes(self) or None


def _deepcopy(self: Tensor, memo: dict[int, Any]) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
            "because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    if type(self._array) in FLIPPED:  # the values only, as in PyTorch
        array = resolved(self._array)
        geometry = 0, array.shape, element_strides(array)
        out = rebuild_tensor(_type(self), array, self.dtype, *geometry, self.requires_grad)
    else:
        owner = buffer_of(self._array)
        copied = memo.get(id(owner))
        if copied is None:
            copied = memo[id(owner)] = owner.copy(order="K")
        out = rebuild_tensor(_type(self), copied, self.dtype, *_geometry(self), self.requires_grad)
    memo[id(self)] = out
    if self._grad is not None:
        out._grad = _deepcopy(self._grad, memo)
    for key, value in _attributes(self).items():
        out.__dict__[key] = deepcopy(value, memo)
    return out


ATTRIBUTES = {"__deepcopy__": _deepcopy, "__reduce_ex__": _reduce_ex}
