"""The old ways to make tensors: ``torch.Tensor(2, 3)``, ``torch.FloatTensor([1, 2])``, ``x.new()``.

Old code tells types by such names; each of these classes has one dtype, and ``isinstance`` sees a
tensor of that dtype as its instance.
"""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import allocate, invalid_combination, made, sizes
from rushlight.api.data import copied
from rushlight.dtypes import dtype as DType
from rushlight.ops.outputs import require_device, type_name
from rushlight.ops.views import alias
from rushlight.size import Size
from rushlight.tensor import Tensor, new

__all__ = ["set_default_tensor_type"]


def type_name_of(dtype: DType) -> str:
    """The old name of the type of a tensor of this dtype: ``torch.FloatTensor``."""
    return f"torch.{dtype.scalar_name}Tensor"


class tensortype(type):
    """The type of ``torch.FloatTensor`` and its kin."""

    dtype: DType
    is_cuda = False
    is_sparse = False

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor) and x.dtype is cls.dtype

    def __call__(cls, *args: Any, **named: Any) -> Tensor:
        return construct(cls.dtype, args, named, strict=True)


def _make_type(dtype: DType) -> tensortype:
    name = f"{dtype.scalar_name}Tensor"
    doc = f"Makes tensors of {dtype} in the old way, of sizes or of data."
    return tensortype(name, (), {"__module__": "torch", "__doc__": doc, "dtype": dtype})


TYPES = {
    f"{d.scalar_name}Tensor": _make_type(d)
    for d in dtypes.DTYPES.values()
    if not d.is_complex and d not in dtypes.WIDE_UNSIGNED  # PyTorch has no such names for these
}
globals().update(TYPES)
__all__ += TYPES
_BY_NAME = {type_name_of(d): d for d in dtypes.DTYPES.values()}


def dtype_of_type(kind: Any) -> DType:
    """The dtype of ``torch.FloatTensor`` or of its name; ValueError for anything else."""
    if isinstance(kind, tensortype):
        return kind.dtype
    if isinstance(kind, str) and kind in _BY_NAME:
        return _BY_NAME[kind]
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", type_name(kind))
    raise ValueError(f"invalid type: '{name}'")


def set_default_tensor_type(t: Any) -> None:
    """Make a tensor type's dtype the default one. Use `set_default_dtype` instead."""
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives.",
        UserWarning,
        stacklevel=2,
    )
    dtypes.set_default_dtype(dtype_of_type(t))


def construct(
    dtype: DType, args: tuple[Any, ...], named: dict[str, Any], strict: bool = False
) -> Tensor:
    """Make a tensor of sizes, of data or of another tensor; with `strict` that has this dtype."""
    device = named.pop("device", None)
    if device is not None:
        require_device("new", device)
    if "data" in named and not args:
        args = (named.pop("data"),)
    if named:
        _no_such_new(args, named)
    if not args:
        return made(allocate((0,), dtype.numpy))
    first = args[0]
    if len(args) == 1:
        if isinstance(first, Tensor):
            return _alias(first, dtype, strict)
        if isinstance(first, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type_name(first)}'")
        if not isinstance(first, Size) and not _counts(first):
            if isinstance(first, (dict, np.generic)) or not hasattr(type(first), "__getitem__"):
                raise TypeError(f"new(): data must be a sequence (got {type_name(first)})")
            return made(copied(first, dtype.numpy))
    elif not _counts(first):
        _no_such_new(args, named)
    return made(allocate(sizes("new", args), dtype.numpy))


def _counts(x: Any) -> bool:
    return hasattr(x, "__index__") and not isinstance(x, (bool, np.ndarray))


def _no_such_new(args: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    invalid_combination(
        "new",
        args,
        named,
        "*, torch.device device = None",
        "torch.Storage storage",
        "Tensor other",
        "tuple of ints size, *, torch.device device = None",
        "object data, *, torch.device device = None",
    )


def _alias(other: Tensor, dtype: DType, strict: bool) -> Tensor:
    if strict and other.dtype is not dtype:
        raise TypeError(f"{_options(dtype)} (got {_options(other.dtype)[9:]})")
    result: Tensor = alias(other)
    return result


def _options(dtype: DType) -> str:
    return (
        f"expected TensorOptions(dtype={dtype.cpp_name}, device=cpu, layout=Strided, "
        "requires_grad=false (default), pinned_memory=false (default), memory_format=(nullopt))"
    )


def new_(cls: Any, *args: Any, **named: Any) -> Any:
    """``torch.Tensor(2, 3)``: uninitialised sizes; ``torch.Tensor([1, 2])``: data as floats."""
    made_ = construct(dtypes.get_default_dtype(), args, named)
    return made_ if cls is Tensor else make_subclass(cls, made_)


def make_subclass(cls: Any, data: Tensor, require_grad: bool = False) -> Any:
    """Return a tensor of class `cls` that shares the memory of `data`, a leaf."""
    if not isinstance(data, Tensor):
        raise TypeError(f"cls must be given a Tensor, not {type_name(data)}")
    out = new(cls)
    out._array = data._array
    out._counter = data._counter
    return out.requires_grad_() if require_grad else out


def new_tensor_of_type(input: Tensor, *args: Any, **named: Any) -> Tensor:
    """``x.new(2, 3)``: as ``torch.Tensor(2, 3)``, in the dtype of `x`."""
    return construct(input.dtype, args, named, strict=True)


def as_subclass(self: Tensor, cls: Any) -> Any:
    """Return a tensor of the subclass `cls` that shares this one's memory and history."""
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type_name(cls)})")
    if not issubclass(cls, Tensor):
        raise TypeError(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not "
            "possible. Make sure your class inherits from Tensor."
        )
    out = alias(self)
    out.__class__ = cls
    return out


ATTRIBUTES = {
    "__new__": staticmethod(new_),
    "_make_subclass": staticmethod(make_subclass),
    "as_subclass": as_subclass,
    "new": new_tensor_of_type,
}
