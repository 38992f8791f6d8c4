"""Nested sequences of numbers into arrays, by PyTorch's rules of shape, dtype and conversion.

PyTorch walks the data itself: the first elements tell the shape, all elements together the dtype,
and each is converted by Python's own protocols. So do we, but for the common case: where only
Python numbers are found, NumPy makes the array in one go.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight import dtypes
from rushlight.dtypes import dtype as DType
from rushlight.ops.outputs import type_name
from rushlight.tensor import Tensor, wrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["array_of"]

MAX_DIMENSIONS = 128
PYTHON_NUMBERS = frozenset((bool, int, float, complex))


def array_of(data: Any, dtype: DType | None) -> NDArray[Any]:
    """Return a fresh array of `data`: a number, or nested sequences of numbers and tensors.

    Raises PyTorch's errors: ValueError for ragged sequences, TypeError for strings and for what
    can't be converted, RuntimeError for objects that tell no dtype and numbers that don't fit.
    """
    kind = type(data)
    if kind in PYTHON_NUMBERS:
        return _store([data], dtype or _of_python({kind})).reshape(())
    if isinstance(data, (str, bytes)):
        raise _not_data(data)
    shape = _shape(data)
    if 0 in shape:
        return np.empty(shape, (dtype or _infer(data)).numpy)
    try:
        leaves, plain = _flatten(data, shape)
    except (TypeError, ValueError):
        if dtype is None:
            _infer(data)  # what can't be understood at all is the error to report
        raise
    types = set(map(type, leaves))
    if dtype is None:
        dtype = _of_python(types) if plain and types <= PYTHON_NUMBERS else _infer(data)
    if not types <= PYTHON_NUMBERS:
        leaves = list(map(_CONVERSIONS[dtype.category], leaves))
    return _store(leaves, dtype).reshape(shape)


def _not_data(data: Any) -> TypeError:
    return TypeError(f"new(): invalid data type '{type_name(data)}'")


# -- shape -------------------------------------------------------------------------------------


def _is_sequence(x: Any) -> bool:
    if isinstance(x, (list, tuple, np.ndarray)):
        return True
    return hasattr(type(x), "__getitem__") and not isinstance(x, (dict, np.generic, Tensor))


def _shape(data: Any) -> tuple[int, ...]:
    """Follow the first elements down."""
    shape: list[int] = []
    while _is_sequence(data):
        if isinstance(data, memoryview) and data.ndim > 1:
            raise ValueError("could not determine the shape of object type 'memoryview'")
        shape.append(len(data))
        if len(shape) > MAX_DIMENSIONS:
            raise ValueError(f"too many dimensions '{type_name(data)}'")
        if shape[-1] == 0:
            break
        if isinstance(data, (list, tuple)) and isinstance(data[0], np.ndarray):
            warnings.warn(
                "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please "
                "consider converting the list to a single numpy.ndarray with numpy.array() before "
                "converting to a tensor.",
                UserWarning,
                stacklevel=4,
            )
        data = data[0]
    return tuple(shape)


def _flatten(data: Any, shape: Sequence[int]) -> tuple[list[Any], bool]:
    """Return the leaves in order, and whether only lists and tuples led to them.

    Every sequence must have the length of the first at its level.
    """
    level, plain = [data], True
    for dim, length in enumerate(shape):
        below: list[Any] = []
        for item in level:
            if isinstance(item, (list, tuple)):
                elements = item
            else:
                elements, plain = _elements(item), False
            if len(elements) != length:
                raise ValueError(
                    f"expected sequence of length {length} at dim {dim} (got {len(elements)})"
                )
            below.extend(elements)
        level = below
    return level, plain


def _elements(item: Any) -> list[Any]:
    if isinstance(item, Tensor):
        if item.ndim:
            return [wrap(np.asanyarray(row)) for row in item._array]
    else:
        try:
            return list(item)
        except TypeError:
            pass  # the error to raise is PyTorch's, below
    raise TypeError("not a sequence")


# -- dtype -------------------------------------------------------------------------------------


def _of_python(types: set[Any]) -> DType:
    if complex in types:
        return dtypes.from_numpy(dtypes.default_complex())
    if float in types:
        return dtypes.get_default_dtype()
    return dtypes.int64 if int in types else dtypes.bool_


def _of_leaf(leaf: Any) -> DType:
    if isinstance(leaf, Tensor):
        return leaf.dtype
    if isinstance(leaf, (str, bytes)):
        raise _not_data(leaf)
    if isinstance(leaf, (np.generic, np.ndarray)):
        return dtypes.from_numpy(leaf.dtype)
    for kind in (bool, int, float, complex):
        if isinstance(leaf, kind):
            return _of_python({kind})
    raise RuntimeError(f"Could not infer dtype of {_full_name(leaf)}")


def _full_name(x: Any) -> str:
    """A type's name as C code sees it: with its module where C code defined it."""
    kind = type(x)
    written_in_c = not kind.__flags__ & (1 << 9)  # Py_TPFLAGS_HEAPTYPE
    if written_in_c and kind.__module__ != "builtins":
        return f"{kind.__module__}.{kind.__name__}"
    return kind.__name__


def _infer(data: Any) -> DType:
    """The dtype of nested data whatever its shape; an empty sequence counts as floats."""
    if not _is_sequence(data) or isinstance(data, (str, bytes, np.ndarray)):
        return _of_leaf(data)
    if not len(data):
        return dtypes.get_default_dtype()
    return reduce(dtypes.promote_types, map(_infer, data))


# -- values ------------------------------------------------------------------------------------


def _real(x: Any) -> Any:
    """Ask `x` for a float, as C code would."""
    if isinstance(x, (int, float)):
        return x
    if isinstance(x, complex) or not (hasattr(x, "__float__") or hasattr(x, "__index__")):
        raise TypeError(f"must be real number, not {type_name(x)}")
    return float(x)


def _complex(x: Any) -> Any:
    if isinstance(x, (int, float, complex)):
        return x
    if isinstance(x, (Tensor, np.generic)) and not isinstance(x, np.str_):
        return complex(x)
    return _real(x)


def _integer(x: Any) -> Any:
    return x if isinstance(x, (int, float)) else operator.index(x)


def _truth(x: Any) -> Any:
    return bool(x) if isinstance(x, (int, float, complex, np.bool_)) else operator.index(x)


_CONVERSIONS: dict[int, Callable[[Any], Any]] = {
    dtypes.BOOL: _truth,
    dtypes.INTEGER: _integer,
    dtypes.FLOAT: _real,
    dtypes.COMPLEX: _complex,
}


def _store(numbers: list[Any], dtype: DType) -> NDArray[Any]:
    """Make an array of Python numbers, each of which must have a value in `dtype`."""
    category = dtype.category
    if category == dtypes.INTEGER:
        return _store_integers(numbers, dtype)
    if category == dtypes.FLOAT:
        try:
            return _narrowed(np.array(numbers, np.float64), dtype)
        except TypeError:  # NumPy's text for a complex number differs from Python's
            for x in numbers:
                _real(x)
            raise
    if category == dtypes.COMPLEX:
        with np.errstate(over="ignore"):
            return np.array(numbers, np.complex128).astype(dtype.numpy)
    return np.array([bool(x) for x in numbers], np.bool_)


def _narrowed(wide: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """Round float64 as PyTorch does: to 16 bits by way of float32."""
    if dtype is dtypes.float64:
        return wide
    with np.errstate(over="ignore"):
        single = wide.astype(np.float32)
        return single if dtype is dtypes.float32 else single.astype(dtype.numpy)


def _store_integers(numbers: list[Any], dtype: DType) -> NDArray[Any]:
    if dtype is dtypes.uint64:
        return np.array([_unsigned(x) for x in numbers], np.uint64)
    bits = 8 * dtype.itemsize
    top = 2 ** (bits - 1) if dtype.is_signed else 2**bits
    lowest = -top if dtype.is_signed else 1 - top  # a negative int wraps around in uint8
    if any(isinstance(x, (float, complex)) for x in numbers):
        numbers = [_whole(x, top, dtype) for x in numbers]
    try:
        wide = np.array(numbers, np.int64)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    if dtype is dtypes.int64:
        return wide
    if wide.min() < lowest or wide.max() >= top:
        raise _does_not_fit(dtype)
    return wide.astype(dtype.numpy)


def _unsigned(x: Any) -> int:
    if not isinstance(x, int):
        raise TypeError("an integer is required")
    if x < 0:
        raise OverflowError("can't convert negative int to unsigned")
    if x >= 2**64:
        raise OverflowError("int too big to convert")
    return x


def _whole(x: Any, top: int, dtype: DType) -> Any:
    """Cut off a float's fraction; it must fit before that."""
    if not isinstance(x, float):
        return operator.index(x)
    lowest = -top if dtype.is_signed else 0
    # For int64 the limit is the float next to it, 2.0**63, which wraps around.
    if math.isnan(x) or not lowest <= x <= float(top - 1):
        raise _does_not_fit(dtype)
    return int(x) if x < 2.0**63 else -(2**63)


def _does_not_fit(dtype: DType) -> RuntimeError:
    return RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")
