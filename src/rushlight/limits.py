"""What a dtype can hold: `finfo` for floating-point and complex types, `iinfo` for integers."""

from __future__ import annotations

from typing import Any, Final, final

from rushlight.dtypes import (
    FLOAT,
    INTEGER,
    Constant,
    as_dtype,
    bfloat16,
    bool_,
    float16,
    float32,
    float64,
    get_default_dtype,
)
from rushlight.dtypes import dtype as DType

# Of each binary format: the bits of the fraction, and those of the exponent. Everything else
# follows, and bfloat16 needs no carrier for it.
_FORMATS: Final = {float16: (10, 5), bfloat16: (7, 8), float32: (23, 8), float64: (52, 11)}
_DEFAULT: Any = object()


@final
class finfo(Constant):
    """The numerical limits of a floating-point dtype; of its parts, where it is complex.

    Without an argument, those of the default dtype. Raises TypeError for bool and integers.

    >>> import rushlight as torch
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """

    __module__ = "rushlight"
    __slots__ = (
        "bits",
        "dtype",
        "eps",
        "max",
        "min",
        "resolution",
        "smallest_normal",
        "tiny",
    )

    bits: int
    dtype: str  # "float32"
    eps: float  # from 1 to the next larger number
    max: float
    min: float
    resolution: float  # 10 to the minus number of decimal digits that survive
    smallest_normal: float
    tiny: float  # the same

    def __init__(self, type: DType = _DEFAULT) -> None:
        d = get_default_dtype() if type is _DEFAULT else as_dtype(type, "finfo", "type", 1)
        if d.category < FLOAT:
            raise TypeError(
                "torch.finfo() requires a floating point input type. "
                "Use torch.iinfo to handle 'torch.finfo'"
            )
        d = d.to_real()
        fraction, exponent = _FORMATS[d]
        largest_exponent = 2 ** (exponent - 1) - 1
        largest = (2.0 - 2.0**-fraction) * 2.0**largest_exponent
        smallest = 2.0 ** (1 - largest_exponent)
        decimal_digits = fraction * 30103 // 100000  # log10(2), rounded
        self._fill(
            bits=8 * d.itemsize,
            dtype=d.name,
            eps=2.0**-fraction,
            max=largest,
            min=-largest,
            resolution=float(f"1e-{decimal_digits}"),
            smallest_normal=smallest,
            tiny=smallest,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


@final
class iinfo(Constant):
    """The numerical limits of an integer dtype. Raises TypeError for every other dtype.

    >>> import rushlight as torch
    >>> torch.iinfo(torch.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    __module__ = "rushlight"
    __slots__ = ("bits", "dtype", "max", "min")

    bits: int
    dtype: str  # "int8"
    max: int
    min: int

    def __init__(self, type: DType) -> None:
        d = as_dtype(type, "iinfo", "type", 1)
        if d is bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if d.category != INTEGER:
            raise TypeError(
                "torch.iinfo() requires an integer input type. "
                "Use torch.finfo to handle 'torch.iinfo'"
            )
        bits = 8 * d.itemsize
        values = 2**bits
        lowest = -values // 2 if d.is_signed else 0
        self._fill(bits=bits, dtype=d.name, max=lowest + values - 1, min=lowest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        # torch prints these as floating-point numbers of six digits, and so do we.
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
