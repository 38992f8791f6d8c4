"""What the samplers know of a dtype: the names PyTorch's messages give it, and how exact it is."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np

Kind = Literal["bool", "signed", "unsigned", "float", "complex"]


class Scalar(NamedTuple):
    """A dtype as PyTorch's C++ sees it; a complex one has the numbers of its parts."""

    dtype: np.dtype[Any]
    real: np.dtype[Any]  # of the parts, for a complex dtype; else the dtype itself
    kind: Kind
    name: str  # in "not implemented for 'Long'"
    cpp: str  # in "out of bounds for long int"
    digits: int  # integers up to 2**digits are exact
    smallest: float
    largest: float


_TRAITS: dict[str, tuple[Kind, str, str, int]] = {
    "bool": ("bool", "Bool", "bool", 1),
    "uint8": ("unsigned", "Byte", "unsigned char", 8),
    "uint16": ("unsigned", "UInt16", "short unsigned int", 16),
    "uint32": ("unsigned", "UInt32", "unsigned int", 32),
    "uint64": ("unsigned", "UInt64", "long unsigned int", 64),
    "int8": ("signed", "Char", "signed char", 7),
    "int16": ("signed", "Short", "short int", 15),
    "int32": ("signed", "Int", "int", 31),
    "int64": ("signed", "Long", "long int", 63),
    "float16": ("float", "Half", "c10::Half", 11),
    "bfloat16": ("float", "BFloat16", "c10::BFloat16", 8),
    "float32": ("float", "Float", "float", 24),
    "float64": ("float", "Double", "double", 53),
    "complex64": ("complex", "ComplexFloat", "c10::complex<float>", 24),
    "complex128": ("complex", "ComplexDouble", "c10::complex<double>", 53),
}

_PARTS: dict[str, np.dtype[Any]] = {
    "complex64": np.dtype(np.float32),
    "complex128": np.dtype(np.float64),
}

# The power of two where infinity begins.
_INFINITY = {"float16": 16, "bfloat16": 128, "float32": 128, "float64": 1024}


@cache  # `dtype.name` takes NumPy two microseconds, as long as drawing a few numbers
def describe(dtype: Any) -> Scalar:
    """The `Scalar` of anything that names a NumPy dtype."""
    dtype = np.dtype(dtype)
    kind, name, cpp, digits = _TRAITS[dtype.name]
    real = _PARTS.get(dtype.name, dtype)
    largest: float = (1 << digits) - 1
    if real.name in _INFINITY:
        largest = float(((1 << digits) - 1) << (_INFINITY[real.name] - digits))
        smallest = -largest
    else:
        smallest = -(1 << digits) if kind == "signed" else 0
    return Scalar(dtype, real, kind, name, cpp, digits, smallest, largest)


def refuse(kernel: str, scalar: Scalar) -> NotImplementedError:
    """The error PyTorch raises for a dtype that a kernel was not compiled for."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{scalar.name}'")
