"""Public reductions: sums and means."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.ops import reduce as ops
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["mean", "sum"]

METHODS = __all__

_sum_all = ops.full(ops.sum_all)
_mean_all = ops.full(ops.mean_all)


def normalize_dims(dim: Any, ndim: int) -> tuple[int, ...] | None:
    """Return `dim` (None, an int or several) as sorted non-negative dimensions, None for all."""
    if dim is None:
        return None
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    n = max(ndim, 1)
    found = []
    for d in dims:
        if not -n <= d < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {d})"
            )
        if d % n in found:
            raise RuntimeError(f"dim {d % n} appears multiple times in the list of dims")
        found.append(d % n)
    return tuple(sorted(found)) if found and ndim else None


def _asks(dim: Any, keepdim: bool, dtype: Any, out: Any, axis: Any, keepdims: bool) -> bool:
    """Whether any option of a reduction was given: without, the whole tensor is reduced."""
    if dim is None and dtype is None and out is None and axis is None:
        return keepdim or keepdims
    return True


def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the sum of all elements, or over the dimensions `dim`; integers sum to int64.

    >>> import rushlight as torch
    >>> torch.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    if type(input) is Tensor and not _asks(dim, keepdim, dtype, out, axis, keepdims):
        return _sum_all(input)
    x = require_tensor(input, "sum", "input", 1)
    if dtype is not None:
        x = x.to(dtypes.as_dtype(dtype))
    dim = axis if dim is None else dim
    keep = keepdim or keepdims
    dims = normalize_dims(dim, x.ndim)
    result = ops.sum_all(x) if dim is None and not keep else ops.sum_(x, dims, keep)
    return result if out is None else into(out, result, "sum")


def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the mean of all elements, or over the dimensions `dim`.

    Raises RuntimeError for integer and bool tensors without a floating `dtype`.

    >>> import rushlight as torch
    >>> torch.tensor([1.0, 2.0, 6.0]).mean()
    tensor(3.)
    """
    whole = type(input) is Tensor and not _asks(dim, keepdim, dtype, out, axis, keepdims)
    if whole and input._array.dtype.kind in "fc":
        return _mean_all(input)
    x = require_tensor(input, "mean", "input", 1)
    if dtype is not None:
        x = x.to(dtypes.as_dtype(dtype))
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        what = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {what} dtype must be either a floating point "
            f"or complex dtype. Got: {x.dtype.scalar_name}"
        )
    dim = axis if dim is None else dim
    keep = keepdim or keepdims
    dims = normalize_dims(dim, x.ndim)
    result = ops.mean_all(x) if dim is None and not keep else ops.mean(x, dims, keep)
    return result if out is None else into(out, result, "mean")
