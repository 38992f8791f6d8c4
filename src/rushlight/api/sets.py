"""Distinct values, counts, places in sorted sequences: unique, bincount, searchsorted, isin."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import require_int
from rushlight.api.results import require_dtype
from rushlight.api.scalars import as_number
from rushlight.kernels.sets import check_bins
from rushlight.ops import sets as ops
from rushlight.ops.convert import cast_to
from rushlight.ops.outputs import into, no_overload, require_tensor, type_name
from rushlight.ops.promotion import NUMBERS
from rushlight.tensor import Tensor, wrap

__all__ = [
    "bincount",
    "bucketize",
    "histc",
    "isin",
    "searchsorted",
    "unique",
    "unique_consecutive",
]

METHODS = ("bincount", "histc", "unique", "unique_consecutive")

UNSIGNED = ("uint16", "uint32", "uint64")


def _require_bool(function: str, argument: str, value: Any) -> None:
    if value is not True and value is not False:
        raise TypeError(f"{function}(): argument '{argument}' must be bool, not {type_name(value)}")


def _no_kernel(kernel: str, dtype: dtypes.dtype) -> NotImplementedError:
    return NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.scalar_name}'")


# -- distinct values -----------------------------------------------------------------------------


def _slices_along(function: str, input: Tensor, dim: Any, place: str) -> int:
    """Return the dimension along which slices are compared, checked."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{function}(): argument 'dim'{place} must be int, not {type_name(dim)}")
    if input.dtype.is_complex:
        alone = function == "unique_consecutive" and input.ndim == 1 and dim in (0, -1)
        raise _no_kernel("unique" if alone else "unique_dim", input.dtype)
    n = input.ndim
    if n == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return int(dim) % n


def _one_or_more(found: tuple[Tensor, ...]) -> Any:
    return found[0] if len(found) == 1 else found


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct elements, or with `dim` the distinct slices along it, in order.

    With `return_inverse` also the index of each element's value, with `return_counts` how often
    each value occurs, both int64. Every nan is distinct. Without `sorted` PyTorch leaves the order
    open; here it is the same. Raises NotImplementedError for complex tensors, and in a backward
    pass.

    >>> import rushlight as torch
    >>> torch.unique(torch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    function = "_unique2" if dim is None else "unique_dim"
    require_tensor(input, function, "input", 1)
    d = None if dim is None else _slices_along(function, input, dim, " (position 2)")
    _require_bool(function, "sorted", sorted)
    _require_bool(function, "return_inverse", return_inverse)
    _require_bool(function, "return_counts", return_counts)
    if input.dtype.is_complex:
        raise _no_kernel("unique", input.dtype)
    if d is None:
        return _one_or_more(ops.unique(input, return_inverse, return_counts))
    return _one_or_more(ops.unique_dim(input, d, return_inverse, return_counts))


def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """As `unique`, but only neighbours are compared, and the order stays.

    >>> import rushlight as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    require_tensor(input, "unique_consecutive", "input", 1)
    _require_bool("unique_consecutive", "return_inverse", return_inverse)
    _require_bool("unique_consecutive", "return_counts", return_counts)
    d = None if dim is None else _slices_along("unique_consecutive", input, dim, "")
    if input.dtype.is_complex:
        raise _no_kernel("unique", input.dtype)
    return _one_or_more(ops.unique_consecutive(input, d, return_inverse, return_counts))


# -- counts --------------------------------------------------------------------------------------


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """Count how often each of 0, 1, 2, ... occurs in a vector, or sum its `weights` where it does.

    Counts are int64; sums are float32 for float32 weights, otherwise float64. There are at least
    `minlength` of them. Raises RuntimeError for negative or not one-dimensional input.

    >>> import rushlight as torch
    >>> torch.bincount(torch.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    require_tensor(input, "bincount", "input", 1)
    if weights is not None and not isinstance(weights, Tensor):
        raise TypeError(
            f"bincount(): argument 'weights' (position 2) must be Tensor, not {type_name(weights)}"
        )
    if isinstance(minlength, bool) or not hasattr(minlength, "__index__"):
        raise TypeError(f"bincount(): argument 'minlength' must be int, not {type_name(minlength)}")
    if input.dtype.category != dtypes.INTEGER or input.dtype.name in UNSIGNED:
        raise _no_kernel("bincount_cpu", input.dtype)
    if weights is None:
        return ops.bincount(input, minlength)  # type: ignore[no-any-return]
    if weights.dtype.is_complex:
        weights = weights.to(dtypes.float64)  # which warns
    return ops.weighted_bincount(input, weights, minlength)  # type: ignore[no-any-return]


def histc(
    input: Tensor, bins: int = 100, min: Any = 0, max: Any = 0, *, out: Tensor | None = None
) -> Tensor:
    """Count the elements in each of `bins` equal intervals from `min` to `max`.

    Where both are equal the intervals go from the smallest to the largest element. The counts have
    the dtype of `input`; what lies outside, and nan, is not counted. Raises RuntimeError for a
    range that is empty or not finite, NotImplementedError for integers.

    >>> import rushlight as torch
    >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    require_tensor(input, "histc", "input", 1)
    bins = require_int("histc", bins, "bins", 2)
    low = _real("histc", min, "min", 3)
    high = _real("histc", max, "max", 4)
    if not input.dtype.is_floating_point:
        check_bins(bins, low, high)
        if input.dtype.is_complex and low == high and input.numel():
            raise _no_kernel("aminmax_cpu", input.dtype)
        if low == high and not (input.numel() and bool((input != 0).any())):
            low -= 1
        if input.dtype is dtypes.uint8 and low < 0:
            raise RuntimeError("value cannot be converted to type uint8_t without overflow")
        boolean = input.dtype.category == dtypes.BOOL
        raise _no_kernel("linspace_cpu" if boolean else "histogram_cpu", input.dtype)
    result = ops.histc(input, bins, low, high)
    if out is None:
        return result  # type: ignore[no-any-return]
    if isinstance(out, Tensor) and out.dtype is not input.dtype:
        raise RuntimeError(
            "torch.histogram: input tensor and hist tensor should have the same dtype, but got "
            f"input {input.dtype.cpp_name} and hist {out.dtype.cpp_name}"
        )
    return into(out, result, "histc")


def _real(function: str, value: Any, argument: str, position: int) -> float:
    number = as_number(value, function, argument, position)
    if isinstance(number, complex):
        raise RuntimeError("value cannot be converted to type double without overflow")
    return float(number)


# -- places in a sorted sequence -----------------------------------------------------------------

_SEARCH = tuple(
    f"(Tensor sorted_sequence, {second}, *, bool out_int32 = False, bool right = False, "
    "str side = None, Tensor sorter = None, Tensor out = None)"
    for second in ("Tensor input", "Number self")
)
_BUCKETS = tuple(
    f"({first}, Tensor boundaries, *, bool out_int32 = False, bool right = False, "
    "Tensor out = None)"
    for first in ("Tensor input", "Number self")
)


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return where the elements of `input` belong in a sequence that ascends.

    That is before their equals, or behind them with `right` (or ``side="right"``). A sequence of
    several dimensions holds one for each row of `input`, which may be a number beside a vector.
    `sorter` holds the indices that sort the sequence. The result is int64, or int32. Raises
    RuntimeError for shapes that don't fit together.

    >>> import rushlight as torch
    >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
    tensor([1, 3])
    """
    flags = isinstance(out_int32, bool) and isinstance(right, bool)
    named: dict[str, Any] = {"right": right} if not isinstance(right, bool) else {}
    tensors = all(isinstance(t, Tensor) for t in (sorter, out) if t is not None)
    if (
        not isinstance(sorted_sequence, Tensor)
        or not isinstance(input, (Tensor, *NUMBERS))
        or not flags
        or not tensors
    ):
        raise no_overload("searchsorted", _SEARCH, sorted_sequence, input, **named)
    if side is not None:
        if side not in ("left", "right"):
            raise RuntimeError(
                f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
            )
        if side == "left" and right:
            raise RuntimeError(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left "
                "while right was True"
            )
    return _search(sorted_sequence, input, out_int32, right or side == "right", sorter, out)


def _search(
    sequence: Tensor, input: Any, out_int32: bool, right: bool, sorter: Any, out: Any
) -> Tensor:
    if sorter is not None and sorter.dtype is not dtypes.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{sorter.dtype.scalar_name}"
        )
    kind = dtypes.int32 if out_int32 else dtypes.int64
    if out is not None and out.dtype is not kind:
        raise RuntimeError(
            "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or "
            "Long(int64) depending on whether out_int32 flag is True, but we got output tensor's "
            f"dtype {out.dtype.scalar_name} and out_int32 flag is {out_int32}"
        )
    sequence, values = _in_common(sequence, input)
    result = ops.searchsorted(sequence, values, right, sorter, kind.numpy)
    unknown = values.dtype.is_complex or values.dtype.category == dtypes.BOOL
    if unknown and values.numel():
        raise _no_kernel("searchsorted_out_cpu", values.dtype)
    return result if out is None else into(out, result, "searchsorted")


def _in_common(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Two tensors (or a tensor and a number) as tensors of their common dtype."""
    arrays = [x._array if isinstance(x, Tensor) else x for x in (a, b)]
    common = dtypes.result_dtype(arrays)
    first, second = [
        wrap(np.asarray(x).astype(common)) if not isinstance(t, Tensor) else _cast(t, common)
        for t, x in zip((a, b), arrays)
    ]
    return first, second


def _cast(t: Tensor, dtype: np.dtype[Any]) -> Tensor:
    return t if t._array.dtype == dtype else cast_to(t.detach(), dtype)


def bucketize(
    input: Any,
    boundaries: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return the index of the bucket between ascending `boundaries` that each element is in.

    A value on a boundary is in the bucket below it, or with `right` in the one above. The result
    is int64, or int32.

    >>> import rushlight as torch
    >>> torch.bucketize(torch.tensor([0.5, 1.0, 7.0]), torch.tensor([1.0, 2.0]))
    tensor([0, 0, 2])
    """
    flags = isinstance(out_int32, bool) and isinstance(right, bool)
    if (
        not isinstance(input, (Tensor, *NUMBERS))
        or not isinstance(boundaries, Tensor)
        or not flags
        or not (out is None or isinstance(out, Tensor))
    ):
        named: dict[str, Any] = {"right": right} if not isinstance(right, bool) else {}
        raise no_overload("bucketize", _BUCKETS, input, boundaries, **named)
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return _search(boundaries, input, out_int32, right, None, out)


# -- membership ----------------------------------------------------------------------------------

_ISIN = tuple(
    f"({first}, {second}, *, bool assume_unique = False, bool invert = False, Tensor out = None)"
    for first, second in (
        ("Tensor elements", "Tensor test_elements"),
        ("Number element", "Tensor test_elements"),
        ("Tensor elements", "Number test_element"),
    )
)


def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Return for each of `elements` whether it is among `test_elements`, or with `invert` not.

    One of both may be a number. `assume_unique` promises that neither holds an element twice, which
    changes nothing here. Raises RuntimeError for bool and complex tensors.

    >>> import rushlight as torch
    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 5]))
    tensor([False,  True, False])
    """
    known = (Tensor, *NUMBERS)
    tensors = isinstance(elements, Tensor) or isinstance(test_elements, Tensor)
    if not tensors or not isinstance(elements, known) or not isinstance(test_elements, known):
        raise no_overload("isin", _ISIN, elements, test_elements)
    for argument, flag in (("assume_unique", assume_unique), ("invert", invert)):
        if not isinstance(flag, bool):
            raise no_overload("isin", _ISIN, elements, test_elements, **{argument: flag})
    for x in (elements, test_elements):
        dtype = x.dtype if isinstance(x, Tensor) else dtypes.from_numpy(dtypes.result_dtype((x, x)))
        if not isinstance(x, Tensor) and isinstance(x, complex):
            dtype = dtypes.complex128
        if dtype.is_complex or dtype.category == dtypes.BOOL:
            raise RuntimeError(
                f"Unsupported input type encountered for isin(): {dtype.scalar_name}"
            )
    first, second = _in_common(elements, test_elements)
    if first.dtype.name in UNSIGNED:
        raise _no_kernel("isin_default_cpu", first.dtype)
    result = ops.isin(first, second, invert)
    if out is None:
        return result  # type: ignore[no-any-return]
    require_dtype(out, dtypes.bool_)
    return into(out, result, "isin")
