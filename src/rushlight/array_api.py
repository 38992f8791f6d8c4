"""The array API standard (2024.12) on tensors, for code that asks an array for its namespace.

``x.__array_namespace__()`` is this module. Its functions are NumPy's, which follow the standard and
answer in tensors when they are given tensors, recorded for the derivative; what makes tensors,
types, and what NumPy calls otherwise is defined here. Where PyTorch's tensors differ from the
standard (docs/coverage.md says where), they stay PyTorch's.

>>> import rushlight as torch
>>> x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
>>> xp = x.__array_namespace__()
>>> xp.sum(xp.sort(x, descending=True)[:2])
tensor(5., grad_fn=<SumBackward0>)
>>> xp.zeros((2,), dtype=xp.int64)
tensor([0, 0])
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

import rushlight
from rushlight import dtypes, limits
from rushlight.device import device
from rushlight.tensor import Tensor

__array_api_version__ = "2024.12"

e, inf, nan, newaxis, pi = np.e, np.inf, np.nan, None, np.pi

DTYPES = """
    bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128
"""
OF_NUMPY = """
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert
    bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp
    expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal
    log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum minimum
    multiply negative nextafter not_equal positive pow real reciprocal remainder round sign signbit
    sin sinh square sqrt subtract tan tanh trunc
    empty_like full_like meshgrid ones_like tril triu zeros_like
    astype broadcast_arrays broadcast_shapes broadcast_to
    take take_along_axis matmul tensordot matrix_transpose
    concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack tile unstack
    argmax argmin nonzero count_nonzero searchsorted where
    unique_all unique_counts unique_inverse unique_values isin
    cumulative_sum cumulative_prod max mean min prod std sum var all any diff
"""
OF_LINALG = """
    cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank
    matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm
"""
OF_FFT = """
    fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftshift ifftshift
"""
DEFINED = """
    __array_api_version__ __array_namespace_info__ arange argsort asarray can_cast e empty eye fft
    finfo from_dlpack full iinfo inf isdtype linalg linspace nan newaxis ones pi result_type sort
    vecdot zeros
"""

globals().update({name: getattr(rushlight, name) for name in DTYPES.split()})
globals().update({name: getattr(np, name) for name in OF_NUMPY.split()})
linalg = SimpleNamespace(**{name: getattr(np.linalg, name) for name in OF_LINALG.split()})
vecdot = linalg.vecdot
fft = SimpleNamespace(
    **{name: getattr(np.fft, name) for name in OF_FFT.split()},
    fftfreq=lambda n, *, d=1.0, dtype=None, device=None: rushlight.fft.fftfreq(n, d, dtype=dtype),
    rfftfreq=lambda n, *, d=1.0, dtype=None, device=None: rushlight.fft.rfftfreq(n, d, dtype=dtype),
)

__all__ = sorted({*DTYPES.split(), *OF_NUMPY.split(), *DEFINED.split()})


# -- making tensors --------------------------------------------------------------------------------

asarray = rushlight.asarray
from_dlpack = rushlight.from_dlpack


def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None
) -> Any:
    """Return the numbers from `start` (0 where it is the only one) to before `stop`."""
    first, end = (0, start) if stop is None else (start, stop)
    if (end - first) * step <= 0:  # PyTorch has no range that goes the other way
        first = end
    return rushlight.arange(first, end, step, dtype=dtype, device=device)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of this shape, whatever its memory holds."""
    return rushlight.empty(shape, dtype=dtype, device=device)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return zeros of this shape."""
    return rushlight.zeros(shape, dtype=dtype, device=device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return ones of this shape."""
    return rushlight.ones(shape, dtype=dtype, device=device)


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Return a tensor of this shape with one number everywhere."""
    size = (shape,) if isinstance(shape, int) else tuple(shape)
    return rushlight.full(size, fill_value, dtype=dtype, device=device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Return a matrix with ones on its diagonal number `k`."""
    wanted = dtypes.get_default_dtype() if dtype is None else dtype
    return rushlight.asarray(np.eye(n_rows, n_cols, k), dtype=wanted, device=device)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Any:
    """Return `num` numbers at equal distances, the last of them `stop` unless `endpoint` is off."""
    found = rushlight.linspace(start, stop, num + (not endpoint), dtype=dtype, device=device)
    return found[:num]


# -- types -----------------------------------------------------------------------------------------

finfo = limits.finfo
iinfo = limits.iinfo


def _dtype_of(x: Any) -> Any:
    return x.dtype if isinstance(x, Tensor) else x


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion may lead from one dtype to the other; what doesn't meet may not."""
    try:
        return dtypes.promote_types(_dtype_of(from_), to) is to
    except RuntimeError:
        return False


def result_type(*arrays_and_dtypes: Any) -> Any:
    """Return the dtype in which these meet; Python's numbers decide over the kind only."""
    types = [_dtype_of(x) for x in arrays_and_dtypes if isinstance(x, (Tensor, dtypes.dtype))]
    found = reduce(dtypes.promote_types, types)
    for number in arrays_and_dtypes:
        if not isinstance(number, (Tensor, dtypes.dtype)):
            found = rushlight.result_type(rushlight.empty(1, dtype=found), number)
    return found


KINDS: dict[str, Callable[[dtypes.dtype], builtins.bool]] = {
    "bool": lambda d: d.category == dtypes.BOOL,
    "signed integer": lambda d: d.category == dtypes.INTEGER and d.is_signed,
    "unsigned integer": lambda d: d.category == dtypes.INTEGER and not d.is_signed,
    "integral": lambda d: d.category == dtypes.INTEGER,
    "real floating": lambda d: d.is_floating_point,
    "complex floating": lambda d: d.is_complex,
    "numeric": lambda d: d.category != dtypes.BOOL,
}


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind: a name of the standard's, a dtype, or one of several."""
    if isinstance(kind, tuple):
        return True in [isdtype(dtype, k) for k in kind]
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of dtypes; they are {', '.join(KINDS)}")
        return KINDS[kind](dtype)
    return dtype is kind


# -- order -----------------------------------------------------------------------------------------


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the elements in order along `axis`."""
    return x.sort(dim=axis, descending=descending, stable=stable).values


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the indices that put the elements along `axis` in order."""
    return x.argsort(dim=axis, descending=descending, stable=stable)


# -- what there is ---------------------------------------------------------------------------------


class __array_namespace_info__:
    """What this namespace can do, in the standard's words."""

    def capabilities(self) -> dict[str, Any]:
        """Masks may index, results may depend on values, and 64 is where dimensions end."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """Return the CPU, the only device."""
        return device("cpu")

    def devices(self) -> list[Any]:
        """Return the CPU alone."""
        return [device("cpu")]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of new tensors of floats, complex numbers, integers and indices."""
        floating = dtypes.get_default_dtype()
        whole = dtypes.int64
        return {
            "real floating": floating,
            "complex floating": floating.to_complex(),
            "integral": whole,
            "indexing": whole,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Return the dtypes by name, those of a kind where one is given."""
        every = {name: getattr(rushlight, name) for name in DTYPES.split()}
        return {n: d for n, d in every.items() if kind is None or isdtype(d, kind)}
