"""Sorting and order statistics: sort, topk, kthvalue, median, mode and relatives."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes, return_types
from rushlight.api.arguments import require_int
from rushlight.api.dims import require_bool
from rushlight.api.names import numpy_names
from rushlight.api.results import out_pair, require_dtype
from rushlight.api.sizes import wrap_dim
from rushlight.ops import order as ops
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = ["argsort", "kthvalue", "median", "mode", "msort", "nanmedian", "sort", "topk"]

METHODS = __all__

named = tuple.__new__

# -- in order ------------------------------------------------------------------------------------

_SORT = (
    "(Tensor input, *, bool stable, int dim = -1, bool descending = False, tuple of Tensors out = "
    "None)",
    "(Tensor input, int dim = -1, bool descending = False, *, tuple of Tensors out = None)",
)
_UNSORTABLE = " Sort does not support complex dtypes on CPU"


def _check_sort(function: str, input: Any, dim: Any, descending: Any, stable: Any) -> int:
    """Check the arguments of sort and argsort; return the wrapped dimension."""
    require_tensor(input, function, "input", 1)
    flags = type(descending) is bool and (stable is None or type(stable) is bool)
    if type(dim) is not int or not flags:
        given = {} if stable is None else {"stable": stable}
        try:
            require_int(function, dim, "dim", 2)
        except TypeError:
            flags = False
        if not flags:
            asked = [] if descending is False else [descending]
            raise no_overload(function, _SORT, input, dim, *asked, **given)
    d = wrap_dim(dim, input.ndim)
    if input.dtype.is_complex:
        raise RuntimeError(_UNSORTABLE)
    return d


@numpy_names
def sort(
    input: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    stable: bool | None = None,
    out: Any = None,
) -> Any:
    """Sort the elements along `dim`; return them and their indices, as `values` and `indices`.

    nan counts as the largest number. With `stable` equal elements keep their order; without, they
    come in the order that PyTorch's sort leaves them in. `out` is a pair of tensors, of the dtype
    of `input` and int64. Raises RuntimeError for complex tensors.

    >>> import rushlight as torch
    >>> torch.sort(torch.tensor([3.0, 1.0, 2.0]))
    torch.return_types.sort(
    values=tensor([1., 2., 3.]),
    indices=tensor([1, 2, 0]))
    """
    d = _check_sort("sort", input, dim, descending, stable)
    operator = ops.sort if stable is None else ops.sort_stable
    found = operator(input, d, descending, bool(stable))
    if out is None:
        return named(return_types.sort, found)
    if not isinstance(out, (tuple, list)):
        raise no_overload("sort", _SORT, input, out=out)
    position = 3 + (stable is not None)
    return out_pair("sort", return_types.sort_out, out, found, position=position, source=input)


_ARGSORT = (
    "(Tensor input, *, bool stable, int dim = -1, bool descending = False, Tensor out = None)",
    "(Tensor input, int dim = -1, bool descending = False)",
)


@numpy_names
def argsort(
    input: Tensor,
    dim: int = -1,
    descending: bool = False,
    *,
    stable: bool | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return the indices that sort the elements along `dim`: those of `sort`.

    >>> import rushlight as torch
    >>> torch.argsort(torch.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    if out is not None and stable is None:
        raise no_overload("argsort", _ARGSORT, input, out=out)
    d = _check_sort("argsort", input, dim, descending, stable)
    result: Tensor = ops.argsort(input, d, descending, bool(stable))
    if out is None:
        return result
    require_dtype(out, result.dtype)
    return into(out, result, "argsort")


def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Sort the elements along the first dimension; return the values alone.

    >>> import rushlight as torch
    >>> torch.msort(torch.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    result = ops.sort(input, _check_sort("msort", input, 0, False, None), False, False)[0]
    return result if out is None else into(out, result, "msort", input)


@numpy_names
def topk(
    input: Tensor,
    k: int,
    dim: int = -1,
    largest: bool = True,
    sorted: bool = True,
    *,
    out: Any = None,
) -> Any:
    """Return the `k` largest (or smallest) elements along `dim`, and their indices, in order.

    PyTorch leaves the order open without `sorted`; here it is the same. Raises RuntimeError where
    there are no `k` elements, and for bool and complex tensors.

    >>> import rushlight as torch
    >>> values, indices = torch.topk(torch.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor([3., 2.]), tensor([0, 2]))
    """
    require_tensor(input, "topk", "input", 1)
    k = require_int("topk", k, "k", 2)
    dim = require_int("topk", dim, "dim", 3)
    require_bool("topk", "largest", 4, largest)
    require_bool("topk", "sorted", 5, sorted)
    d = wrap_dim(dim, input.ndim)
    if not 0 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if input.dtype.is_complex:
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    if input.dtype.category == dtypes.BOOL:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    _check_kernel(input, "topk_cpu", dtypes.INTEGER)
    found = ops.topk(input, k, d, largest)
    if out is None:
        return named(return_types.topk, found)
    return out_pair("topk", return_types.topk_out, out, found, position=5, source=input)


# -- one of those along a dimension --------------------------------------------------------------


def _check_kernel(input: Tensor, kernel: str, lowest: int, needed: int = 1) -> None:
    """Raise PyTorch's error for a dtype that its kernel lacks: complex ones, and below `lowest`.

    The kernel may not be `needed` at all.
    """
    if not needed:
        return
    dtype = input.dtype
    if dtype.is_complex or dtype.category < lowest or dtype.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.scalar_name}'")


def _check_reduced(function: str, input: Tensor, dim: Any, keepdim: Any, position: int) -> int:
    """Check the dimension to reduce, which holds something; return it wrapped."""
    dim = require_int(function, dim, "dim", position)
    require_bool(function, "keepdim", position + 1, keepdim)
    d = wrap_dim(dim, input.ndim)
    if input.ndim and not input.shape[d]:
        name = function.removeprefix("nan")
        raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")
    return d


@numpy_names
def kthvalue(
    input: Tensor, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None
) -> Any:
    """Return the `k`-th smallest element along `dim`, counted from 1, and its index.

    Raises RuntimeError where there is no such element, IndexError where there is none at all,
    NotImplementedError for bool and complex tensors.

    >>> import rushlight as torch
    >>> torch.kthvalue(torch.tensor([3.0, 1.0, 2.0]), 2)
    torch.return_types.kthvalue(
    values=tensor(2.),
    indices=tensor(2))
    """
    require_tensor(input, "kthvalue", "input", 1)
    k = require_int("kthvalue", k, "k", 2)
    d = _check_reduced("kthvalue", input, dim, keepdim, 3)
    if not 1 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {d}")
    _check_kernel(input, "kthvalue_cpu", dtypes.INTEGER, input.ndim)
    found = ops.kthvalue(input, k, d, keepdim)
    if out is None:
        return named(return_types.kthvalue, found)
    return out_pair(
        "kthvalue",
        return_types.kthvalue_out,
        out,
        found,
        _kthvalue_mismatch,
        position=4,
        source=input,
        apart=True,
    )


def _kthvalue_mismatch(which: str, wanted: dtypes.dtype, got: dtypes.dtype) -> str:
    if which == "indices":
        return "output indices must be of scalar type Long"
    return "output values must be of same type as input"


@numpy_names
def median(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Return the median of all elements, or along `dim` the medians and their indices.

    Of an even number of elements it is the lower of the two in the middle; nan where there is one.
    Without `dim`, equal elements share the gradient. Raises IndexError where there is nothing along
    `dim`, NotImplementedError for bool and complex tensors.

    >>> import rushlight as torch
    >>> torch.median(torch.tensor([3.0, 1.0, 2.0, 5.0]))
    tensor(2.)
    >>> torch.median(torch.tensor([[3.0, 1.0, 2.0]]), dim=1)
    torch.return_types.median(
    values=tensor([2.]),
    indices=tensor([2]))
    """
    require_tensor(input, "median", "input", 1)
    if dim is None:
        _check_whole("median", input, keepdim, out)
        return ops.median_of_all(input)
    d = _check_reduced("median", input, dim, keepdim, 2)
    _check_kernel(input, "median_out", dtypes.INTEGER)
    found = ops.median(input, d, keepdim)
    if out is None:
        return named(return_types.median, found)
    return out_pair(
        "median", return_types.median_out, out, found, _median_mismatch, position=3, source=input
    )


@numpy_names
def nanmedian(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Return the median of what is not nan: as `median` in all else.

    >>> import rushlight as torch
    >>> torch.nanmedian(torch.tensor([3.0, float("nan"), 2.0]))
    tensor(2.)
    """
    require_tensor(input, "nanmedian", "input", 1)
    if dim is None:
        _check_whole("nanmedian", input, keepdim, out)
        return ops.nanmedian_of_all(input)
    d = _check_reduced("nanmedian", input, dim, keepdim, 2)
    _check_kernel(input, "median_out", dtypes.INTEGER)
    found = ops.nanmedian(input, d, keepdim)
    if out is None:
        return named(return_types.nanmedian, found)
    return out_pair(
        "nanmedian",
        return_types.nanmedian_out,
        out,
        found,
        _median_mismatch,
        position=3,
        source=input,
    )


def _check_whole(function: str, input: Tensor, keepdim: Any, out: Any) -> None:
    if keepdim is not False or out is not None:
        raise TypeError(f'{function}() missing 1 required positional arguments: "dim"')
    _check_kernel(input, "median_cpu", dtypes.INTEGER, input.numel())


def _median_mismatch(which: str, wanted: dtypes.dtype, got: dtypes.dtype) -> str:
    if which == "indices":
        return (
            "Expected tensor for argument #1 'indices' to have scalar type Long; but got torch."
            f"{got.scalar_name}Tensor instead (while checking arguments for median)"
        )
    return (
        "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but "
        f"type torch.{got.scalar_name}Tensor does not equal torch.{wanted.scalar_name}Tensor "
        "(while checking arguments for median)"
    )


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """Return the most frequent element along `dim`, the smallest of several, and an index of it.

    Raises IndexError where there is nothing along `dim`, NotImplementedError for complex tensors.

    >>> import rushlight as torch
    >>> torch.mode(torch.tensor([3, 1, 2, 1]))
    torch.return_types.mode(
    values=tensor(1),
    indices=tensor(3))
    """
    require_tensor(input, "mode", "input", 1)
    d = _check_reduced("mode", input, dim, keepdim, 2)
    _check_kernel(input, "mode_cpu", dtypes.BOOL, input.ndim * input.numel())
    found = ops.mode(input, d, keepdim)
    if out is None:
        return named(return_types.mode, found)
    return out_pair(
        "mode", return_types.mode_out, out, found, _mode_mismatch, position=3, source=input
    )


def _mode_mismatch(which: str, wanted: dtypes.dtype, got: dtypes.dtype) -> str:
    return (
        f"expected scalar type '{wanted.scalar_name}' but got '{got.scalar_name}' for {which} "
        "output"
    )
