"""Random tensors to test with."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from rushlight import dtypes
from rushlight.api.create import empty
from rushlight.api.random import randint
from rushlight.api.reinterpret import view_as_real
from rushlight.device import device as Device
from rushlight.layout import memory_format as MemoryFormat
from rushlight.limits import finfo, iinfo
from rushlight.tensor import Tensor

__all__ = ["make_tensor"]


def make_tensor(
    *shape: int | Sequence[int],
    dtype: dtypes.dtype,
    device: str | Device,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """Return a tensor of random numbers, drawn uniformly from ``[low, high)``.

    Args:
        shape: the sizes, one by one or in one sequence.
        dtype: any one that tensors have.
        device: "cpu".
        low: the lower end; -9 without it, 0 for booleans. Ends out of the dtype's range are moved
            into it. Complex numbers have both of their parts in the interval.
        high: the upper end; 9 for floating-point and complex numbers, 10 for integers and 2 for
            booleans without it.
        requires_grad: whether the result, a leaf, requires grad.
        noncontiguous: take every other element of a tensor of twice the last size. Doesn't go with
            `memory_format`, and does nothing with fewer than two elements.
        exclude_zero: put 1, or the smallest normal number of the dtype, in the place of zeros.
        memory_format: how the result lies in memory.

    Raises:
        TypeError: the dtype isn't one.
        ValueError: `low` and `high` are nan, or no interval, or out of the dtype's range;
            `requires_grad` of integers; `noncontiguous` with a `memory_format`.

    Example:
        >>> import rushlight as torch
        >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
        <rushlight.random.Generator object at 0x...>
        >>> torch.testing.make_tensor(2, 3, dtype=torch.float32, device="cpu", low=-1, high=1)
        tensor([[-0.0075,  0.5364, -0.8230],
                [-0.7359, -0.3852,  0.2682]])
    """
    size: Any = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    size = tuple(size) if not isinstance(size, str) else (size,)
    exact = _is_exact(dtype)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, "
            f"but got {noncontiguous=} and {memory_format=}"
        )
    if requires_grad and exact:
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, "
            f"but got {dtype=}"
        )
    low, high = _interval(dtype, low, high)
    spread = noncontiguous and math.prod(size) > 1
    result = _draw((*size[:-1], size[-1] * 2) if spread else size, dtype, device, low, high)
    if spread:
        result = result[..., 1::2]
    if memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = 1 if exact else finfo(dtype).tiny
    if requires_grad:
        result.requires_grad_()
    return result


def _is_exact(dtype: Any) -> bool:
    """Whether a dtype is of booleans or integers, which draw otherwise; raise if it is none."""
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError(
            f"The requested dtype '{dtype}' is not supported by torch.testing.make_tensor(). "
            "To request support, file an issue at: https://github.com/pytorch/pytorch/issues"
        )
    return not (dtype.is_floating_point or dtype.is_complex)


def _interval(dtype: dtypes.dtype, low: float | None, high: float | None) -> tuple[float, float]:
    """Return the ends to draw between: as given or the usual ones, within the dtype's range."""
    exact = _is_exact(dtype)
    lowest: float
    highest: float
    if dtype is dtypes.bool:
        usual: tuple[int, int] = (0, 2)
        lowest, highest = 0, 2
    elif exact:
        usual = (-9, 10)
        limits = iinfo(dtype)
        lowest, highest = limits.min, limits.max + (dtype is not dtypes.int64)
    else:
        usual = (-9, 9)
        limit = finfo(dtype.to_real())
        lowest, highest = limit.min, limit.max
    low = usual[0] if low is None else low
    high = usual[1] if high is None else high
    if any(isinstance(end, float) and math.isnan(end) for end in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and not exact:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types "
            "is deprecated since 2.1 and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), "
            f"but {dtype} only supports [{lowest}, {highest})"
        )
    low, high = max(low, lowest), min(high, highest)
    if exact:
        return math.ceil(low), math.ceil(high)
    return low, high


def _draw(
    size: tuple[int, ...], dtype: dtypes.dtype, device: Any, low: float, high: float
) -> Tensor:
    if _is_exact(dtype):
        return randint(int(low), int(high), size, device=device, dtype=dtype)
    result = empty(size, device=device, dtype=dtype)
    parts = view_as_real(result) if dtype.is_complex else result
    if low == high:
        parts.fill_(low)
    elif high - low > finfo(parts.dtype).max:  # too wide to be drawn from
        parts.uniform_(low / 2, high / 2).mul_(2)
    else:
        parts.uniform_(low, high)
    return result
