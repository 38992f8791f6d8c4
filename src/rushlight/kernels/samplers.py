"""Random numbers of continuous distributions, drawn as PyTorch draws them on the CPU.

Each function takes a :class:`~rushlight.kernels.streams.Stream`, a shape and a dtype (a float one;
complex too for `uniform` and `normal`), returns a new C-contiguous array, and leaves the stream
where PyTorch would. bfloat16 is the dtype of ``ml_dtypes``. Bad arguments raise PyTorch's error
before a word is drawn.

PyTorch fills a tensor in the order of its memory: the rows and columns of a transposed tensor
change places. `fill` puts numbers into an existing array in that order.

Where numbers come from a function of the C library (`normal` in float64 or of fewer than sixteen,
`exponential`, `cauchy`, `log_normal`), the bits are those of PyTorch as far as both find the same
C library; the rest depends on nothing but the words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.boxmuller import ROW, c_library, one_by_one, rows32, rows64
from rushlight.kernels.fma import scale_shift_
from rushlight.kernels.scalars import Scalar, describe, refuse
from rushlight.kernels.streams import Stream

Array = NDArray[Any]
Shape = Sequence[int]


def uniform(
    stream: Stream, shape: Shape, dtype: Any = np.float32, low: float = 0.0, high: float = 1.0
) -> Array:
    """Uniform in [low, high): ``torch.rand`` and ``Tensor.uniform_``.

    >>> uniform(Stream(0), (2, 2))
    array([[0.4962566 , 0.7682218 ],
           [0.08847743, 0.13203049]], dtype=float32)
    """
    scalar = describe(dtype)
    _check_bounds(scalar, low, high)
    real = scalar.real
    count = math.prod(shape) * (2 if scalar.kind == "complex" else 1)
    flat: Array = stream.unit64(count) if scalar.digits == 53 else stream.unit32(count)
    standard = low == 0.0 and high == 1.0
    if not standard:
        kind = flat.dtype.type
        scale_shift_(flat, float(kind(high) - kind(low)), low)
    flat = flat.astype(real, copy=False)
    if not standard or real.itemsize == 2:
        # Rounding may have reached the end that is left out; PyTorch wraps it to the other.
        end, start = np.array([high, low], real)
        reached = flat == end
        if reached.any():
            flat[reached] = start
    return np.asarray(flat.view(scalar.dtype)).reshape(shape)


def _check_bounds(scalar: Scalar, low: float, high: float) -> None:
    scalar = describe(scalar.real)
    if scalar.kind != "float":
        raise refuse("check_uniform_bounds", scalar)
    largest = scalar.largest
    for name, value in (("from", low), ("to", high)):
        if not -largest <= value <= largest:
            raise RuntimeError(f"{name} is out of bounds for {scalar.cpp}")
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{scalar.name}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def normal(
    stream: Stream,
    shape: Shape,
    dtype: Any = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    strided: bool = False,
) -> Array:
    """Normal with one mean and one standard deviation: ``torch.randn`` and ``Tensor.normal_``.

    ``strided`` says that the target is not contiguous: PyTorch then goes one by one at any size.
    Complex numbers have ``std / sqrt(2)`` in each part, and ``mean`` in both.

    >>> normal(Stream(0), (3,))
    array([ 1.5409961, -0.2934289, -2.1787894], dtype=float32)
    """
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    scalar = describe(dtype)
    count = math.prod(shape)
    if count == 0:
        return np.empty(shape, scalar.dtype)
    if scalar.kind == "complex":
        count *= 2
        std /= math.sqrt(2.0)
    elif scalar.kind != "float":
        raise refuse("normal_kernel_cpu", scalar)
    flat: Array
    if count < ROW or strided:
        flat = scale_shift_(one_by_one(stream, count), std, mean)
    elif scalar.digits == 53:
        flat = rows64(stream, count, mean, std)
    else:
        flat = rows32(stream, count, mean, std, spill=scalar.digits == 24)
    return np.asarray(_narrow(flat, scalar.real).view(scalar.dtype)).reshape(shape)


def exponential(stream: Stream, shape: Shape, dtype: Any = np.float32, rate: float = 1.0) -> Array:
    """Exponential with mean ``1 / rate``: ``Tensor.exponential_``."""
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    scalar = describe(dtype)
    if scalar.kind != "float":
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {scalar.name}"
        )
    units = stream.unit64(math.prod(shape))
    flat = _evaluate(math.log1p, np.log1p, np.negative(units, out=units), scalar)
    flat *= -1.0 / rate
    return _narrow(flat, scalar.dtype).reshape(shape)


def cauchy(
    stream: Stream, shape: Shape, dtype: Any = np.float32, median: float = 0.0, sigma: float = 1.0
) -> Array:
    """Cauchy: ``Tensor.cauchy_``."""
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    scalar = describe(dtype)
    if scalar.kind != "float":
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {scalar.cpp}"
        )
    angles = stream.unit64(math.prod(shape))
    angles -= 0.5
    angles *= math.pi
    flat = scale_shift_(_evaluate(math.tan, np.tan, angles, scalar), sigma, median)
    return _narrow(flat, scalar.dtype).reshape(shape)


def log_normal(
    stream: Stream, shape: Shape, dtype: Any = np.float32, mean: float = 1.0, std: float = 2.0
) -> Array:
    """``exp`` of a normal number with ``mean`` and ``std``: ``Tensor.log_normal_``."""
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    scalar = describe(dtype)
    if scalar.kind != "float":
        raise refuse("log_normal_cpu", scalar)
    exponents = scale_shift_(one_by_one(stream, math.prod(shape)), std, mean)
    flat = _evaluate(_exp, np.exp, exponents, scalar)
    return _narrow(flat, scalar.dtype).reshape(shape)


def _evaluate(
    exact: Callable[[float], float], fast: Callable[[Array], Array], values: Array, scalar: Scalar
) -> Array:
    # NumPy's float64 functions may miss the C library's last bit, which only float64 would show.
    return c_library(exact, values) if scalar.digits == 53 else fast(values)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _narrow(values: Array, dtype: np.dtype[Any]) -> Array:
    # PyTorch's half precision numbers come out of float32, so that they are rounded twice.
    if dtype.itemsize == 2 and values.itemsize == 8:
        values = values.astype(np.float32)
    return values if values.dtype == dtype else values.astype(dtype)


def memory_order(array: Array) -> Array:
    """A view of ``array`` with its axes in the order of its memory, the widest stride first.

    Iterating over it in C order visits the elements as PyTorch does when it fills a tensor.
    """
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    return array.transpose(order)


def fill(target: Array, values: Array) -> None:
    """Put ``values``, in the order they were drawn, into ``target`` as PyTorch fills a tensor."""
    view = memory_order(target)
    view[...] = values.reshape(view.shape)
