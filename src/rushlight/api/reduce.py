"""Public reductions: sums and means, also without nan, and log(sum(exp))."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.dims import fits_dims, is_int, reduced_dims, require_bool, some_dims
from rushlight.api.names import numpy_names
from rushlight.api.results import require_dtype
from rushlight.ops import reduce as ops
from rushlight.ops.outputs import (
    into,
    no_overload,
    refuse_wide,
    require_tensor,
    type_name,
    wrong_type,
)
from rushlight.tensor import Tensor

__all__ = ["logsumexp", "mean", "nanmean", "nansum", "sum"]

METHODS = __all__

_sum_all = ops.full(ops.sum_all)
_sum_over = ops.over(ops.sum_)
_mean_all = ops.full(ops.mean_all)
_mean_over = ops.over(ops.mean)

_SUM = (
    "(Tensor input, *, torch.dtype dtype = None)",
    "(Tensor input, tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None, "
    "Tensor out = None)",
    "(Tensor input, tuple of names dim, bool keepdim = False, *, torch.dtype dtype = None, "
    "Tensor out = None)",
)
_MEAN = ("(Tensor input, *, torch.dtype dtype = None, Tensor out = None)", *_SUM[1:])


def checked(
    function: str,
    signatures: tuple[str, ...],
    input: Any,
    dim: Any,
    keepdim: Any,
    dtype: Any = None,
    out: Any = None,
    *,
    one_dim: bool = False,
) -> None:
    """Raise PyTorch's TypeError for arguments of a reduction that fit none of its forms.

    `dim` is ``...`` where none was given; `one_dim` says that it has to be an int.
    """
    require_tensor(input, function, "input", 1)
    if out is not None and not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type_name(out)}")
    options = {}
    if dim is ... and keepdim is not False:
        options["keepdim"] = keepdim
    if dtype is not None:
        options["dtype"] = dtype
    if out is not None:
        options["out"] = out
    if (
        "keepdim" in options
        or (dim is not ... and not (is_int(dim) if one_dim else fits_dims(dim)))
        or not isinstance(keepdim, bool)
        or not isinstance(dtype, (type(None), dtypes.dtype, type))
        or (dim is ... and out is not None and "out" not in signatures[0])
    ):
        given = [dim] if dim is not ... else []
        if given and keepdim is not False:
            given.append(keepdim)
        raise no_overload(function, signatures, input, *given, **options)


def sum(
    input: Tensor,
    dim: Any = ...,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = ...,
    keepdims: bool = False,
) -> Tensor:
    """Return the sum of all elements, or over the dimensions `dim`; integers sum to int64.

    The input is first cast to `dtype`, or to that of `out`. Raises IndexError for a dimension that
    is not there and RuntimeError for one that comes twice.

    >>> import rushlight as torch
    >>> torch.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    if dtype is None and out is None and type(input) is Tensor and axis is ...:
        if dim is ... and keepdim is False:
            return _sum_all(input)
        if type(dim) is int and type(keepdim) is bool:
            dims = some_dims(dim, input._array.ndim)
            return _sum_over(input, dims, keepdim or keepdims)
    dim = axis if dim is ... else dim
    keepdim = keepdims or keepdim
    require_bool("sum", "keepdim", 3, keepdim)
    checked("sum", _SUM, input, dim, keepdim, dtype, out)
    dims = reduced_dims("sum", None if dim is ... else dim, input.ndim)
    x = cast_first(input, dtype, out)
    if x.numel() and (dtype is not None or out is not None):
        refuse_wide("sum_cpu", x)
    result = ops.sum_all(x) if dim is ... else ops.sum_(x, dims, keepdim)
    result = result if dtype is None and out is None else result.to(x.dtype)
    return result if out is None else into(out, result, "sum")


def cast_first(input: Tensor, dtype: Any, out: Tensor | None) -> Tensor:
    """Cast the input of a sum or a product to the dtype that was asked for."""
    if dtype is not None:
        if out is not None:
            require_dtype(out, dtypes.as_dtype(dtype))
        return input.to(dtypes.as_dtype(dtype))  # type: ignore[no-any-return]
    return input if out is None else input.to(out.dtype)


def mean(
    input: Tensor,
    dim: Any = ...,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = ...,
    keepdims: bool = False,
) -> Tensor:
    """Return the mean of all elements, or over the dimensions `dim`.

    Raises RuntimeError for integer and bool tensors without a floating `dtype`.

    >>> import rushlight as torch
    >>> torch.tensor([1.0, 2.0, 6.0]).mean()
    tensor(3.)
    """
    if dtype is None and out is None and type(input) is Tensor and axis is ...:
        kind = input._array.dtype.kind
        if dim is ... and keepdim is False and kind == "f":
            return _mean_all(input)
        if type(dim) is int and type(keepdim) is bool and kind == "f":
            dims = some_dims(dim, input._array.ndim)
            return _mean_over(input, dims, keepdim or keepdims)
    dim = axis if dim is ... else dim
    keepdim = keepdims or keepdim
    checked("mean", _MEAN, input, dim, keepdim, dtype, out)
    x = input if dtype is None else cast_first(input, dtype, out)
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        what = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {what} dtype must be either a floating point "
            f"or complex dtype. Got: {x.dtype.scalar_name}"
        )
    dims = reduced_dims("mean", None if dim is ... else dim, x.ndim)
    result = ops.mean_all(x) if dim is ... else ops.mean(x, dims, keepdim)
    return (
        result
        if out is None
        else into(out, result, "mean", rule="mean_all" if dim is ... else None)
    )


# -- passing over nan --------------------------------------------------------------------------


def nansum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the sum of the elements that are not nan.

    Raises RuntimeError for complex tensors.

    >>> import rushlight as torch
    >>> torch.nansum(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    x = require_tensor(input, "nansum", "input", 1)
    dims = reduced_dims("nansum", axis if dim is None else dim, x.ndim)
    if x.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    whole = not x.dtype.is_floating_point
    if out is not None and dtype is None and not whole and out.dtype is not x.dtype:
        raise RuntimeError(
            "nansum: provided dtype must match dtype of result. Got "
            f"{x.dtype.scalar_name} and {out.dtype.scalar_name}."
        )
    x = cast_first(x, dtype, out)
    if x.dtype.is_complex and not whole:
        raise NotImplementedError(f"\"nansum_cpu\" not implemented for '{x.dtype.scalar_name}'")
    keepdim = require_bool("nansum", "keepdim", 3, keepdims or keepdim)
    result: Tensor = ops.nansum(x, dims, keepdim)
    result = result if dtype is None and out is None else result.to(x.dtype)
    return result if out is None else into(out, result, "nansum")


def nanmean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the mean of the elements that are not nan; nan where there is none.

    Raises RuntimeError for integer and bool tensors.

    >>> import rushlight as torch
    >>> torch.nanmean(torch.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    x = require_tensor(input, "nanmean", "input", 1)
    dim = axis if dim is None else dim
    if not fits_dims(dim):
        reduced_dims("nanmean", dim, x.ndim)
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{x.dtype.scalar_name}"
        )
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(
            "nanmean(): could not infer output dtype. Optional dtype must be either a floating "
            f"point or complex dtype. Got: {dtype.scalar_name}"
        )
    reduced_dims("nanmean", dim, x.ndim)
    keepdim = keepdims or keepdim
    count = sum(~x.isnan(), dim, keepdim)
    result = nansum(x, dim, keepdim, dtype=dtype) / count
    if out is not None and out.dtype is not result.dtype:
        raise RuntimeError(
            "nansum: provided dtype must match dtype of result. Got "
            f"{result.dtype.scalar_name} and {out.dtype.scalar_name}."
        )
    return result if out is None else into(out, result, "nanmean")


# -- log(sum(exp)) -----------------------------------------------------------------------------


@numpy_names
def logsumexp(
    input: Tensor,
    dim: Any,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    keepdims: bool = False,
) -> Tensor:
    """Return ``log(sum(exp(x)))`` over `dim`, one or several, with nothing overflowing on the way.

    >>> import rushlight as torch
    >>> torch.logsumexp(torch.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    x = require_tensor(input, "logsumexp", "input", 1)
    if dim is None:
        raise wrong_type("logsumexp", "dim", 2, dim, "tuple of ints")
    keepdim = require_bool("logsumexp", "keepdim", 3, keepdims or keepdim)
    dims = reduced_dims("logsumexp", dim, x.ndim)
    if out is not None and not (out.dtype.is_floating_point or out.dtype.is_complex):
        raise RuntimeError(
            "logsumexp(): Expected floating point type for result tensor, but got: "
            f"{out.dtype.scalar_name}"
        )
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        x = x.to(dtypes.get_default_dtype())
    result: Tensor = ops.logsumexp(x, dims, keepdim)
    return result if out is None else into(out, result, "logsumexp")
