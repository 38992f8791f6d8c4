"""Element types, which one is the default, and how they combine.

A `dtype` is torch's name for the type of a tensor's elements; `dtype.numpy` is the NumPy dtype
that carries it in an array. What each of them can hold is told by rushlight.limits.

Note [bfloat16]. It is carried by the NumPy type of the package ml_dtypes, which is imported when
the first such array is asked for. What that type may be trusted with, found beside PyTorch:

- Honest: casts, storage, indexing, comparisons, sorting, and pointwise ufuncs: each computes in
  float32 and rounds once, to PyTorch's bits. (`floor_divide`, `fmod` and `remainder` differ where
  the quotient is past bfloat16's integers; `sinh` near overflow.)
- Not honest: what accumulates (`sum`, `var`, `cumsum`, `dot`) rounds after every term: a thousand
  ones sum to 256. Widen to float32, and round at the end. So `matmul`, `clip`; `einsum` refuses.

Note [Promotion]. NumPy's rules are not torch's: for NumPy `float32[3] * float64[]` is float64, and
`int32 + float32` too. So an operator with mixed operands asks `result_dtype`, and casts to what it
says. Operands have ranks: a dimensioned array's type comes before that of a 0-d array, and that
one before a Python number's. An operand of a lower rank can raise the result's category (bool,
integer, float, complex), but has no say in the size within one.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, final

import numpy as np
from numpy import ndarray

NumpyDtype: TypeAlias = np.dtype[Any]

BOOL, INTEGER, FLOAT, COMPLEX = range(4)


class Constant:
    """What dtype, finfo and iinfo share: nothing can be assigned, and torch's words say so."""

    __slots__ = ()

    def _fill(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object = None) -> NoReturn:
        kind = f"torch.{type(self).__name__}"
        if hasattr(type(self), name):
            raise AttributeError(f"attribute '{name}' of '{kind}' objects is not writable")
        raise AttributeError(f"'{kind}' object has no attribute '{name}'")

    __delattr__ = __setattr__

    if not TYPE_CHECKING:  # or mypy would believe in every attribute

        def __getattr__(self, name):
            raise AttributeError(f"'torch.{type(self).__name__}' object has no attribute '{name}'")


@final
class dtype(Constant):
    """The type of a tensor's elements. There is one object a type, and `is` compares them.

    >>> import rushlight as torch
    >>> torch.float32, torch.float32.itemsize, torch.float32.to_complex()
    (torch.float32, 4, torch.complex64)
    """

    __module__ = "rushlight"
    __slots__ = ("abbr", "category", "cpp_name", "is_complex", "is_floating_point",
                 "is_signed", "itemsize", "name", "numpy", "scalar_name")  # fmt: skip

    abbr: str  # "f32"
    category: int  # BOOL, INTEGER, FLOAT or COMPLEX
    cpp_name: str  # "float", and below "Float": some of torch's errors use one, some the other
    is_complex: builtins.bool
    is_floating_point: builtins.bool
    is_signed: builtins.bool
    itemsize: int
    name: str  # "float32"
    numpy: NumpyDtype  # raises where there is no NumPy type to carry this one
    scalar_name: str

    def __new__(cls, *args: object, **kwargs: object) -> dtype:
        raise TypeError("cannot create 'torch.dtype' instances")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'torch.dtype' is not an acceptable base type")

    def to_real(self) -> dtype:
        """The type of this type's real part: itself, unless it is complex."""
        return _REAL_PART.get(self, self)

    def to_complex(self) -> dtype:
        """The complex type whose parts have this type; RuntimeError for bool and integers."""
        if self.category == FLOAT:
            return _WITH_PARTS[self]
        if self.category == COMPLEX:
            return self
        raise RuntimeError(f"Unknown Complex ScalarType for {self.scalar_name}")

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # copies and pickles find the one object in this module by its name

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name == "numpy":  # an empty slot: one of the two types that NumPy lacks
                return _find_carrier(self)
            return super().__getattr__(name)


DTYPES: Final[dict[str, dtype]] = {}
_BY_NUMPY: Final[dict[NumpyDtype, dtype]] = {}


def _declare(name: str, category: int, bits: int, scalar_name: str, cpp_name: str) -> dtype:
    self: dtype = object.__new__(dtype)
    self._fill(
        abbr=("bf" if name == "bfloat16" else name[0]) + str(bits),
        category=category,
        cpp_name=cpp_name,
        is_complex=category == COMPLEX,
        is_floating_point=category == FLOAT,
        is_signed=name[0] not in "bu" or name == "bfloat16",
        itemsize=bits // 8,
        name=name,
        scalar_name=scalar_name,
    )
    if name not in ("bfloat16", "complex32"):
        self._fill(numpy=np.dtype(name))
        _BY_NUMPY[self.numpy] = self
    DTYPES[name] = self
    return self


bool_ = _declare("bool", BOOL, 8, "Bool", "bool")
uint8 = _declare("uint8", INTEGER, 8, "Byte", "unsigned char")
int8 = _declare("int8", INTEGER, 8, "Char", "signed char")
int16 = _declare("int16", INTEGER, 16, "Short", "short int")
int32 = _declare("int32", INTEGER, 32, "Int", "int")
int64 = _declare("int64", INTEGER, 64, "Long", "long int")
float16 = _declare("float16", FLOAT, 16, "Half", "c10::Half")
bfloat16 = _declare("bfloat16", FLOAT, 16, "BFloat16", "c10::BFloat16")
float32 = _declare("float32", FLOAT, 32, "Float", "float")
float64 = _declare("float64", FLOAT, 64, "Double", "double")
# No array can be complex32, but types lead there: `torch.float16.to_complex()`.
complex32 = _declare("complex32", COMPLEX, 32, "ComplexHalf", "c10::complex<c10::Half>")
complex64 = _declare("complex64", COMPLEX, 64, "ComplexFloat", "c10::complex<float>")
complex128 = _declare("complex128", COMPLEX, 128, "ComplexDouble", "c10::complex<double>")
uint16 = _declare("uint16", INTEGER, 16, "UInt16", "short unsigned int")
uint32 = _declare("uint32", INTEGER, 32, "UInt32", "unsigned int")
uint64 = _declare("uint64", INTEGER, 64, "UInt64", "long unsigned int")
WIDE_UNSIGNED: Final = (uint16, uint32, uint64)  # they meet no others but floating-point ones

ALIASES: Final[dict[str, dtype]] = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "chalf": complex32,
    "cfloat": complex64,
    "cdouble": complex128,
}

_REAL_PART: Final = {complex32: float16, complex64: float32, complex128: float64}
_WITH_PARTS: Final = {float16: complex32, float32: complex64, float64: complex128}
_WITH_PARTS[bfloat16] = complex64  # it has the range of float32
_BY_PYTHON: Final = {builtins.bool: bool_, int: int64, float: float64, complex: complex128}


def _find_carrier(self: dtype) -> NumpyDtype:
    if self is complex32:
        raise NotImplementedError(
            "torch.complex32 has no values in Rushlight, because NumPy has no complex number of "
            "two float16 parts; use torch.complex64"
        )
    try:
        import ml_dtypes
    except ImportError as missing:
        raise ImportError(
            "torch.bfloat16 needs the package ml_dtypes, which is not installed; "
            "the extra rushlight[bfloat16] brings it"
        ) from missing
    self._fill(numpy=np.dtype(ml_dtypes.bfloat16))
    _BY_NUMPY[self.numpy] = self
    return self.numpy


def from_numpy(numpy_dtype: NumpyDtype) -> dtype:
    """The dtype that `numpy_dtype` carries; TypeError for none, ValueError for swapped bytes."""
    try:
        return _BY_NUMPY[numpy_dtype]
    except KeyError:
        return _from_rare_numpy(numpy_dtype)


def _from_rare_numpy(numpy_dtype: NumpyDtype) -> dtype:
    kind = f"{numpy_dtype.type.__module__}.{numpy_dtype.type.__name__}"
    if kind == "ml_dtypes.bfloat16" and numpy_dtype == bfloat16.numpy:
        return bfloat16
    if numpy_dtype.newbyteorder("=") in _BY_NUMPY:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
    raise TypeError(
        f"can't convert np.ndarray of type {kind}. The only supported types are: float64, "
        "float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, "
        "uint16, uint8, and bool."
    )


def as_dtype(
    x: object, function: str = "as_dtype", argument: str = "dtype", position: int | None = None
) -> dtype:
    """The dtype that `x` stands for: a dtype, Python's number types, or NumPy's.

    The TypeError for all else names `function` and `argument`, and `position` unless it is None.
    """
    if isinstance(x, dtype):
        return x
    if isinstance(x, type):
        if x in _BY_PYTHON:
            return _BY_PYTHON[x]
        if issubclass(x, np.generic):
            return from_numpy(np.dtype(x))
    elif isinstance(x, np.dtype):
        return from_numpy(x)
    place = "" if position is None else f" (position {position})"
    raise TypeError(
        f"{function}(): argument '{argument}'{place} must be torch.dtype, not {type(x).__name__}"
    )


_default: dtype = float32


def get_default_dtype() -> dtype:
    """The dtype that Python floats become: float32, unless `set_default_dtype` chose another."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d` the dtype that Python floats become; TypeError unless it is a floating-point one.

    >>> import rushlight as torch
    >>> torch.set_default_dtype(torch.float64)
    >>> torch.get_default_dtype()
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
    global _default
    reason = "only floating-point types are supported as the default type"
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: {reason}")
    if not d.is_floating_point:
        raise TypeError(reason)
    _ = d.numpy  # bfloat16 without its carrier raises here, before anything changes
    _default = d
    _PAIRS.clear()


def default_float() -> NumpyDtype:
    """The NumPy dtype that Python floats become."""
    return _default.numpy


def default_complex() -> NumpyDtype:
    """The NumPy dtype that Python complex numbers become; RuntimeError if bfloat16 is default."""
    if _default is bfloat16:
        raise RuntimeError("invalid default scalar type for complex")
    return _default.to_complex().numpy


def promotes_to_float(numpy_dtype: NumpyDtype) -> NumpyDtype:
    """What `exp` and its like compute in: bool and integers become the default dtype."""
    return _default.numpy if numpy_dtype.kind in "biu" else numpy_dtype


def sum_dtype(numpy_dtype: NumpyDtype) -> NumpyDtype:
    """What a sum or product of many is held in: int64 for bool and every integer type."""
    return int64.numpy if numpy_dtype.kind in "biu" else numpy_dtype


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that both operands, of the same rank, can be cast to.

    >>> import rushlight as torch
    >>> torch.promote_types(torch.int64, torch.float16)
    torch.float16
    >>> torch.promote_types(torch.uint8, torch.int8)
    torch.int16
    """
    a = as_dtype(type1, "promote_types", "type1", 1)
    return _promote(a, as_dtype(type2, "promote_types", "type2", 2))


def can_cast(from_: dtype, to: dtype) -> builtins.bool:
    """Whether a result of one dtype may be stored in a tensor of the other (`out=`, in-place).

    >>> import rushlight as torch
    >>> torch.can_cast(torch.float64, torch.float16), torch.can_cast(torch.float16, torch.int64)
    (True, False)
    """
    source = as_dtype(from_, "can_cast", "from_", 1)
    return source.category <= as_dtype(to, "can_cast", "to", 2).category


def _promote(a: dtype, b: dtype) -> dtype:
    if a is b:
        return a
    if (a in WIDE_UNSIGNED or b in WIDE_UNSIGNED) and FLOAT not in (a.category, b.category):
        which = f"attempted to promote {a.scalar_name} and {b.scalar_name}"
        raise RuntimeError(f"Promotion for uint16, uint32, uint64 types is not supported, {which}")
    if a.category < b.category:
        a, b = b, a
    if a.category == COMPLEX and b.category >= FLOAT:
        return _promote(a.to_real(), b.to_real()).to_complex()
    if a.category > b.category or a.itemsize > b.itemsize:
        return a
    if a.itemsize < b.itemsize:
        return b
    return float32 if a.category == FLOAT else int16  # float16 and bfloat16, or uint8 and int8


def _outrank(lower: dtype, higher: dtype) -> dtype:
    if lower.category <= higher.category:
        return higher
    if lower.category == COMPLEX and higher.category == FLOAT:
        return higher.to_complex()
    return _promote(higher, lower) if higher is bool_ else lower


# An operand's code is its rank and type in one number; _PAIRS has the answers for two codes.
_NUMBER, _ZERO_DIM, _DIMENSIONED = range(3)
_NUMBER_CODES: Final[dict[type, int]] = {}
_ZERO_DIM_CODES: Final[dict[NumpyDtype, int]] = {}
_DIMENSIONED_CODES: Final[dict[NumpyDtype, int]] = {}
_PAIRS: Final[dict[int, NumpyDtype]] = {}
_ORDER: Final = tuple(DTYPES.values())


def result_dtype(operands: Sequence[Any]) -> NumpyDtype:
    """The NumPy dtype that an operator casts its operands to, see Note [Promotion].

    Operands are ndarrays and Python numbers, as which NumPy's scalars count too: so torch does it.
    Anything else, and an array of a type that torch does not have, is a TypeError.
    """
    if len(operands) != 2:
        return _resolve(*map(_code, operands)).numpy
    a, b = operands
    try:
        if type(a) is ndarray:
            i = _DIMENSIONED_CODES[a.dtype] if a.ndim else _ZERO_DIM_CODES[a.dtype]
        else:
            i = _NUMBER_CODES[type(a)]
        if type(b) is ndarray:
            j = _DIMENSIONED_CODES[b.dtype] if b.ndim else _ZERO_DIM_CODES[b.dtype]
        else:
            j = _NUMBER_CODES[type(b)]
        return _PAIRS[i << 6 | j]
    except KeyError:  # types that were not met before, or an array of a subclass
        i, j = _code(a), _code(b)
        answer = _PAIRS[i << 6 | j] = _resolve(i, j).numpy
        return answer


def _code(operand: Any) -> int:
    if isinstance(operand, ndarray):
        codes = _DIMENSIONED_CODES if operand.ndim else _ZERO_DIM_CODES
        rank = _DIMENSIONED if operand.ndim else _ZERO_DIM
        return codes.setdefault(operand.dtype, rank << 4 | _ORDER.index(from_numpy(operand.dtype)))
    if isinstance(operand, np.generic):
        # np.bool_ is no int, so torch asks it for its __float__.
        d = (float64, int64, float64, complex128)[from_numpy(operand.dtype).category]
    elif isinstance(operand, complex | float | int):
        d = next(d for t, d in _BY_PYTHON.items() if isinstance(operand, t))
    else:
        raise TypeError(f"operands are ndarrays and numbers, not {type(operand).__name__}")
    return _NUMBER_CODES.setdefault(type(operand), _NUMBER << 4 | _ORDER.index(d))


def _resolve(*codes: int) -> dtype:
    """Combine the types within each rank, then the ranks from the lowest to the highest."""
    by_rank: dict[int, dtype] = {}
    for code in sorted(codes, key=lambda code: code >> 4):
        rank, d = code >> 4, _ORDER[code & 15]
        if rank == _NUMBER and d.category >= FLOAT:
            d = _default if d.category == FLOAT else _default.to_complex()
        by_rank[rank] = _promote(by_rank[rank], d) if rank in by_rank else d
    return reduce(_outrank, by_rank.values())


bool = bool_  # torch's name, under which dtypes are pickled; `builtins.bool` is meant above
