"""From tensors to something else: other dtypes, NumPy arrays, Python numbers and lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.device import device as Device
from rushlight.ops.convert import cast_to
from rushlight.tensor import Tensor

__all__: list[str] = []

METHODS = ("item", "numpy", "to", "tolist")


def item(input: Tensor) -> Any:
    """Return the only element as a Python number; RuntimeError unless there is exactly one."""
    array = input._array
    if array.size != 1:
        raise RuntimeError(f"a Tensor with {array.size} elements cannot be converted to Scalar")
    return array.item()


def tolist(input: Tensor) -> Any:
    """Return the elements as nested lists of Python numbers, or as one number."""
    return input._array.tolist()


def numpy(input: Tensor, *, force: bool = False) -> np.ndarray[Any, Any]:
    """Return an ndarray of the same memory; RuntimeError for a tensor that requires grad.

    >>> import rushlight as torch
    >>> torch.ones(2).numpy()
    array([1., 1.], dtype=float32)
    """
    if input.requires_grad and not force:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. "
            "Use tensor.detach().numpy() instead."
        )
    return input._array.view()


def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return the tensor in another dtype."""
    dtype = kwargs.get("dtype")
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif isinstance(a, (str, Device)):
            Device(a)
        elif a is not None:
            dtype = dtypes.as_dtype(a)
    return _cast(input, dtype) if dtype is not None else input


def _cast(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    if input.dtype is dtype:
        return input
    result: Tensor = cast_to(input, dtype.numpy)
    return result


def _caster(name: str, dtype: dtypes.dtype) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return _cast(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Return the tensor in {dtype}."
    return method


for _name, _dtype in dtypes.ALIASES.items():
    setattr(Tensor, _name, _caster(_name, _dtype))
setattr(Tensor, "bool", _caster("bool", dtypes.bool_))
setattr(Tensor, "bfloat16", _caster("bfloat16", dtypes.bfloat16))


def _float(self: Tensor) -> float:
    return float(self.item())


def _int(self: Tensor) -> int:
    return int(self.item())


def _bool(self: Tensor) -> bool:
    array = self._array
    if array.size != 1:
        which = "more than one value" if array.size else "no values"
        raise RuntimeError(f"Boolean value of Tensor with {which} is ambiguous")
    return bool(array.item())


def _index(self: Tensor) -> int:
    array = self._array
    if array.size != 1 or array.dtype.kind not in "biu":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(array.item())


def _array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    return np.asarray(self.numpy(), dtype)


Tensor.__float__ = _float
Tensor.__int__ = _int
Tensor.__bool__ = _bool
Tensor.__index__ = _index
Tensor.__array__ = _array
