"""Random integers, permutations, coin tosses and choices, drawn as PyTorch draws them on the CPU.

Each function takes a :class:`~rushlight.kernels.streams.Stream`, returns a new C-contiguous array,
and leaves the stream where PyTorch would. All of them but `multinomial` without replacement (which
takes logarithms) and `geometric` depend on nothing but the words, to the bit. Bad arguments raise
PyTorch's error before a word is drawn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.samplers import exponential, fill
from rushlight.kernels.scalars import Scalar, describe, refuse
from rushlight.kernels.streams import Stream

Array = NDArray[Any]
Shape = Sequence[int]

# Ranges from here on take two words a number.
_WIDE_RANGE = 1 << 28

# What PyTorch's kernels for random integers are not compiled for, besides.
_NEVER = frozenset({"ComplexFloat", "ComplexDouble", "UInt16", "UInt32", "UInt64"})

# Up to here torch.randperm takes one word a swap; beyond, two, and goes another way about it.
_LONG_PERMUTATION = (2**32 - 1) // 20


def randint(stream: Stream, low: int, high: int, shape: Shape, dtype: Any = np.int64) -> Array:
    """Integers in [low, high): ``torch.randint`` and ``Tensor.random_(low, high)``.

    Any real dtype. One word modulo the range below 2**28, else two.

    >>> randint(Stream(0), 0, 10, (5,))
    array([4, 9, 3, 0, 3])
    """
    scalar = describe(dtype)
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if scalar.kind == "complex":
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    if scalar.kind == "float":
        low, high = _reachable_from(low, scalar), _reachable_to(high, scalar)
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={low} >= to={high}"
            )
    _check_range(low, high - 1, scalar)
    return _integers(stream, low, high - low, shape, scalar)


def random_(stream: Stream, shape: Shape, dtype: Any = np.int64, low: int | None = None) -> Array:
    """Integers in [0, the largest of the dtype]: ``Tensor.random_()``, ``random_(low, None)``.

    For a float dtype the largest is the last integer before gaps: 2**24 for float32.
    """
    scalar = describe(dtype)
    largest = (1 << scalar.digits) - (scalar.kind != "float")
    if low is None:
        _check_kernel("random_kernel_cpu", shape, scalar)
        return _integers(stream, 0, largest + 1, shape, scalar, wide=scalar.digits >= 32)
    if low == -(1 << 63):
        kernel = "random_full_64_bits_range_kernel_cpu"
        _check_kernel(kernel, shape, scalar, {"Bool", "Half"})
        if math.prod(shape) > 0 and scalar.name in ("Byte", "Char", "Short", "Int"):
            raise RuntimeError(f"{kernel} handles only int64, double, float and bfloat16")
        return _integers(stream, 0, 1 << 64, shape, scalar)
    if scalar.kind == "complex":
        raise RuntimeError(
            "random_from_to_impl handles only integral, floating-point and boolean types"
        )
    if scalar.kind == "float":
        low = _reachable_from(low, scalar)
        if low > largest:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                f"casted to dtype, but got from={low} > to_inc={largest}"
            )
    if scalar.name == "UInt64":
        largest = -1  # PyTorch counts in int64: no `low` passes
    _check_range(low, largest, scalar)
    return _integers(stream, low, largest + 1 - low, shape, scalar)


def _check_kernel(kernel: str, shape: Shape, scalar: Scalar, also: Set[str] = frozenset()) -> None:
    # PyTorch finds out in the loop over the elements, so that an empty tensor passes.
    if (scalar.name in _NEVER or scalar.name in also) and math.prod(shape) > 0:
        raise refuse(kernel, scalar)


def _reachable_from(low: int, scalar: Scalar) -> int:
    # Beyond 2**digits some integers have no float, and rounding could leave the range.
    above = _rounded(low + 1, scalar)
    if above < low:
        low = above + (1 << abs(low + 1).bit_length() - scalar.digits)
    return low


def _reachable_to(high: int, scalar: Scalar) -> int:
    below = _rounded(high - 1, scalar)
    if below >= high:
        high = below - (1 << abs(high - 1).bit_length() - scalar.digits)
    return high


def _rounded(value: int, scalar: Scalar) -> int:
    if abs(value) <= 1 << scalar.digits:
        return value
    with np.errstate(over="ignore"):
        rounded = float(np.array(float(value)).astype(scalar.dtype))
    # What the processor answers when a float does not fit an int64.
    return int(rounded) if -(2.0**63) <= rounded < 2.0**63 else -(1 << 63)


def _check_range(low: int, last: int, scalar: Scalar) -> None:
    for name, value in (("from", low), ("to - 1", last)):
        if not scalar.smallest <= value <= scalar.largest:
            raise RuntimeError(f"{name} is out of bounds for {scalar.cpp}")
        if scalar.kind == "float" and abs(value) > 1 << scalar.digits:
            warnings.warn(
                f"{name} is out of bounds [-(2^{scalar.digits}), 2^{scalar.digits}]. Due to "
                f"precision limitations {scalar.cpp} can support discrete uniform distribution "
                "only within this range. This warning will become an error in version 1.7 "
                "release, please fix the code in advance",
                stacklevel=4,
            )


def _integers(
    stream: Stream,
    low: int,
    extent: int,
    shape: Shape,
    scalar: Scalar,
    wide: bool | None = None,
) -> Array:
    """``low`` plus words modulo ``extent``, wrapped to int64 and converted."""
    count = math.prod(shape)
    if extent >= _WIDE_RANGE if wide is None else wide:
        pairs = stream.random64(count)
        if extent < 1 << 64:
            _modulo_(pairs, extent)
        pairs += np.uint64(low & ((1 << 64) - 1))
        integers = pairs.view(np.int64)
    else:
        words = stream.random_raw32(count)
        _modulo_(words, extent)
        integers = words.astype(np.int64)
        integers += low
    if scalar.kind == "float" and scalar.digits < 24:
        integers = integers.astype(np.float32)
    return integers.astype(scalar.dtype, copy=False).reshape(shape)


def _modulo_(words: Array, extent: int) -> None:
    if extent & (extent - 1):
        words %= words.dtype.type(extent)
    else:
        words &= words.dtype.type(extent - 1)


def randperm(stream: Stream, count: int, dtype: Any = np.int64) -> Array:
    """The numbers below ``count`` in random order, shape (count,): ``torch.randperm``.

    >>> randperm(Stream(0), 5)
    array([4, 0, 1, 3, 2])
    """
    scalar = describe(dtype)
    _check_permutation(count, scalar)
    make = _shuffled if count < _LONG_PERMUTATION else _grown
    return make(stream, count).astype(scalar.dtype, copy=False)


def _check_permutation(count: int, scalar: Scalar) -> None:
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    if scalar.kind == "float":
        if count > (1 << scalar.digits) + 1 and scalar.name != "BFloat16":
            exact = "2049" if scalar.name == "Half" else f"2^{scalar.digits}+1"
            raise RuntimeError(f"n cannot be greater than {exact} for {scalar.name} type.")
    elif scalar.kind in ("signed", "unsigned") and count > 1 << scalar.digits:
        name = "int" if scalar.name == "Int" else f"{scalar.dtype.name}_t"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    if scalar.name in _NEVER or scalar.kind == "bool":
        raise refuse("randperm", scalar)


def _shuffled(stream: Stream, count: int) -> NDArray[np.int64]:
    """Fisher and Yates: for i from 0 on, swap place i with one of the places from i on."""
    if count < 2:
        return np.arange(count)
    offsets = stream.random_raw32(count - 1)
    offsets %= np.arange(count, 1, -1, dtype=np.uint32)
    steps = np.arange(count - 1)
    chosen = offsets + steps

    # All swaps at once. Step i moves what lies at place i to the place it chose, and what lay
    # there to place i, for good. What lies at place i when its step comes: whatever the last
    # earlier step that chose i moved there, else i itself. Following that back leads to a number.
    origin = np.arange(count + 1)
    idle = np.flatnonzero(chosen == steps)
    chosen[idle] = count  # a step that chose its own place moves nothing
    origin[chosen] = steps  # the last of several assignments stays
    chosen[idle] = idle
    origin[count] = count
    unsettled = np.flatnonzero(origin[origin] != origin)
    while len(unsettled):
        origin[unsettled] = origin[origin[unsettled]]
        unsettled = unsettled[origin[origin[unsettled]] != origin[unsettled]]

    # What lay at the chosen place: whatever the step before that chose the same place moved there.
    bits = count.bit_length()
    by_place = chosen << bits
    by_place |= steps
    by_place.sort()
    step = by_place & ((1 << bits) - 1)
    place = by_place >> bits
    again = np.flatnonzero(place[1:] == place[:-1])
    shuffled = np.append(chosen, origin[count - 1])
    shuffled[step[again + 1]] = origin[step[again]]
    return shuffled


def _grown(stream: Stream, count: int) -> NDArray[np.int64]:
    """The same from the inside out: number i goes to a random place, what lay there to place i."""
    grown = np.empty(count, np.int64)
    places = grown.data
    for start in range(0, count, 1 << 16):
        numbers = np.arange(start, min(start + (1 << 16), count), dtype=np.uint64)
        chosen = stream.random64(len(numbers)) % (numbers + np.uint64(1))
        for number, place in enumerate(chosen.tolist(), start):
            places[number] = places[place]
            places[place] = number
    return grown


def bernoulli(
    stream: Stream, p: float | Array, shape: Shape | None = None, dtype: Any = np.float32
) -> Array:
    """Ones with probability ``p``, else zeros: ``Tensor.bernoulli_``, ``torch.bernoulli``, dropout.

    A number draws two words an element. An array (float; broadcast to ``shape``, by default its
    own) draws one, or two in float64. ``F.dropout(x, q)`` keeps where ``bernoulli(1 - q)`` is one.

    >>> bernoulli(Stream(0), 0.5, (4,))
    array([0., 0., 1., 0.], dtype=float32)
    """
    scalar = describe(dtype)
    if isinstance(p, np.ndarray):
        return _tosses(stream, p, p.shape if shape is None else shape, scalar)
    if shape is None:
        raise TypeError("bernoulli() needs a shape when p is a number")
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    _check_kernel("bernoulli_scalar_cpu_", shape, scalar)
    # u < p, with u and p both as counts of 2**-53: no need to make floats of the words.
    bits = stream.random64(math.prod(shape))
    bits &= np.uint64((1 << 53) - 1)
    hits = bits < np.uint64(math.ceil(math.ldexp(p, 53)))
    return hits.astype(scalar.dtype).reshape(shape)


def _tosses(stream: Stream, p: Array, shape: Shape, scalar: Scalar) -> Array:
    _check_kernel("bernoulli_tensor_cpu_self_", shape, scalar)
    if describe(p.dtype).kind != "float":
        raise refuse("bernoulli_tensor_cpu_p_", describe(p.dtype))
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error "
            "message be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    unit = stream.unit64 if p.dtype == np.float64 else stream.unit32
    units: Array = unit(math.prod(shape)).reshape(shape)
    hits = units < p.astype(units.dtype, copy=False)
    return hits.astype(scalar.dtype)


def geometric(stream: Stream, shape: Shape, p: float, dtype: Any = np.float32) -> Array:
    """Tosses until the first success, its own included: ``Tensor.geometric_``."""
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    scalar = describe(dtype)
    _check_kernel("geometric_cpu", shape, scalar, {"Bool"})
    tosses = stream.unit64(math.prod(shape))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        np.log(tosses, out=tosses)
        tosses /= math.log1p(-p)
        np.ceil(tosses, out=tosses)
        # As C converts: small integers by way of int32, half precision by way of float32.
        if scalar.dtype.itemsize < 4:
            tosses = tosses.astype(np.float32 if scalar.kind == "float" else np.int32)
        return tosses.astype(scalar.dtype).reshape(shape)


def multinomial(
    stream: Stream, weights: Array, count: int, replacement: bool = False
) -> NDArray[np.int64]:
    """Indices drawn with the odds of ``weights``, a row each: ``torch.multinomial``.

    ``weights``: float, (categories,) or (rows, categories), at least 0, of any sum above 0.
    Returns int64 of (count,) or (rows, count). Without replacement, categories whose
    draws tie (rounded to the dtype, so mostly in half precision) may come in another order than
    PyTorch's.

    >>> multinomial(Stream(0), np.array([0.1, 0.2, 0.7], np.float32), 4, replacement=True)
    array([2, 2, 2, 2])
    """
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    scalar = describe(weights.dtype)
    if scalar.kind != "float":
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {scalar.name}"
        )
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and count > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if weights.shape[-1] > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if weights.size == 0:
        return np.empty((*weights.shape[:-1], count), np.int64)
    if replacement and count > 1:
        return _with_replacement(stream, weights, count)
    if not (weights.max() < np.inf and weights.min() >= 0):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (weights.sum(-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    # A race: each category takes exponential time, the fastest win.
    times = np.empty_like(weights)
    fill(times, exponential(stream, (weights.size,), weights.dtype))
    speed = weights / times
    if count == 1:
        return np.asarray(speed.argmax(-1, keepdims=True))
    return np.asarray((-speed).argsort(-1, kind="stable")[..., :count])


def _with_replacement(stream: Stream, weights: Array, count: int) -> NDArray[np.int64]:
    rows = weights.reshape(-1, weights.shape[-1])
    # Added up one by one, which shows in the rounding; half precision in float32.
    sums = np.add.accumulate(rows, axis=1, dtype=np.result_type(rows, np.float32))
    for row, total in zip(rows, sums[:, -1]):
        if not (row >= 0).all():
            raise RuntimeError(
                "invalid multinomial distribution (encountering probability entry < 0)"
            )
        if not (row < np.inf).all():
            raise RuntimeError(
                "invalid multinomial distribution (encountering probability entry = infinity "
                "or NaN)"
            )
        if not total > 0:
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    sums /= sums[:, -1:]
    sums[:, -1] = 1
    units = stream.unit64(len(rows) * count).reshape(-1, count)
    drawn = [total.astype(np.float64).searchsorted(unit) for total, unit in zip(sums, units)]
    return np.stack(drawn).reshape(*weights.shape[:-1], count)
