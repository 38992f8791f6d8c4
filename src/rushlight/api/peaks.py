"""Public functions of the largest and the smallest elements, and of where they are."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes, return_types
from rushlight.api.dims import is_int, reduced_dims, require_bool
from rushlight.api.extremes import maximum, minimum
from rushlight.api.names import numpy_names
from rushlight.api.results import out_pair, require_dtype
from rushlight.api.sizes import as_dim, wrap_dim
from rushlight.ops import peaks as ops
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]

METHODS = __all__

# -- max and min: of all, along a dimension, or of two tensors ---------------------------------

_SIGNATURES = (
    "(Tensor input, *, Tensor out = None)",
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None)",
    "(Tensor input, name dim, bool keepdim = False, *, tuple of Tensors out = None)",
)


def max(
    input: Tensor,
    dim: Any = ...,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Any:
    """Return the largest element; or ``(values, indices)`` along `dim`; or `maximum` of two.

    Without `dim` equals share the gradient; with it the element that is told gets all. nan counts
    as the largest. Raises RuntimeError or IndexError where there is no element.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 5.0], [3.0, 2.0]])
    >>> x.max()
    tensor(5.)
    >>> x.max(dim=1).indices
    tensor([1, 0])
    >>> torch.max(x, torch.tensor([2.0, 2.0]))
    tensor([[2., 5.],
            [3., 2.]])
    """
    if type(input) is Tensor and type(dim) is int and type(keepdim) is bool and out is None:
        array = input._array
        if array.dtype.kind != "c":
            at = wrap_dim(dim, array.ndim)
            found = ops.max_along(input, at, keepdim or keepdims)
            return tuple.__new__(return_types.max, found)
    return _max_or_min("max", input, dim, keepdim, other, out, axis, keepdims)


def min(
    input: Tensor,
    dim: Any = ...,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Any:
    """Return the smallest element; or ``(values, indices)`` along `dim`; or `minimum` of two.

    Without `dim` equals share the gradient; with it the element that is told gets all. nan counts
    as the smallest. Raises RuntimeError or IndexError where there is no element.

    >>> import rushlight as torch
    >>> torch.tensor([[1.0, 5.0], [3.0, 2.0]]).min(dim=0).values
    tensor([1., 2.])
    """
    if type(input) is Tensor and type(dim) is int and type(keepdim) is bool and out is None:
        array = input._array
        if array.dtype.kind != "c":
            at = wrap_dim(dim, array.ndim)
            found = ops.min_along(input, at, keepdim or keepdims)
            return tuple.__new__(return_types.min, found)
    return _max_or_min("min", input, dim, keepdim, other, out, axis, keepdims)


def _max_or_min(
    name: str,
    input: Any,
    dim: Any,
    keepdim: Any,
    other: Any,
    out: Any,
    axis: Any,
    keepdims: bool,
) -> Any:
    require_tensor(input, name, "input", 1)
    dim = axis if dim is ... and axis is not None else dim
    keepdim = keepdims or keepdim
    if dim is ... and keepdim is False:
        if other is None:
            return _of_all(name, input, out)
        dim = other
    if isinstance(dim, Tensor):
        return (maximum if name == "max" else minimum)(input, dim, out=out)
    if not is_int(dim) or not isinstance(keepdim, bool) or isinstance(out, Tensor):
        given = () if dim is ... else (dim,)
        named = {"keepdim": keepdim} if dim is ... else {}
        if out is not None:
            named["out"] = out
        raise no_overload(name, _SIGNATURES, input, *given, **named)
    at = as_dim(dim, input, name)
    if input.dtype.is_complex and (input.numel() or (input.ndim and input.shape[at])):
        raise RuntimeError(f"{name}(): does not support complex input")
    result = (ops.max_along if name == "max" else ops.min_along)(input, at, keepdim)
    if out is None:
        return getattr(return_types, name)(result)
    return out_pair(
        name, getattr(return_types, name + "_out"), out, result, position=3, source=input
    )


def _of_all(name: str, input: Tensor, out: Tensor | None) -> Tensor:
    if _unordered(input) and input.numel():
        _no_kernel(f"{name}_all", input)
    result = (ops.max_all if name == "max" else ops.min_all)(input)
    return result if out is None else into(out, result, name)


def _unordered(x: Tensor) -> bool:
    """Whether PyTorch doesn't compare elements of this type."""
    return x.dtype.is_complex or x.dtype in dtypes.WIDE_UNSIGNED


def _no_kernel(kernel: str, input: Tensor) -> None:
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")


# -- amax, amin, aminmax -----------------------------------------------------------------------


def amax(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the largest elements over `dim`, one or several; equals share the gradient.

    Raises RuntimeError or IndexError where there is no element.

    >>> import rushlight as torch
    >>> torch.amax(torch.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=(0, 1))
    tensor(5.)
    """
    dim = axis if dim is None else dim
    return _extreme(ops.amax, "max_values_cpu", input, dim, keepdim or keepdims, out)


def amin(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the smallest elements over `dim`, one or several; equals share the gradient.

    Raises RuntimeError or IndexError where there is no element.

    >>> import rushlight as torch
    >>> torch.amin(torch.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1., 2.])
    """
    dim = axis if dim is None else dim
    return _extreme(ops.amin, "min_values_cpu", input, dim, keepdim or keepdims, out)


def _extreme(op: Operator, kernel: str, input: Any, dim: Any, keepdim: bool, out: Any) -> Tensor:
    x = require_tensor(input, op.name, "input", 1)
    if out is not None and out.dtype is not x.dtype:
        raise RuntimeError(
            "Expected the dtype for input and out to match, but got "
            f"{x.dtype.scalar_name} for input's dtype and {out.dtype.scalar_name} for out's dtype."
        )
    dims = reduced_dims(op.name, dim, x.ndim)
    if _unordered(x) and x.numel():
        _no_kernel(kernel, x)
    result: Tensor = op(x, dims, keepdim)
    return result if out is None else into(out, result, op.name)


@numpy_names
def aminmax(
    input: Tensor, *, dim: int | None = None, keepdim: bool = False, out: Any = None
) -> Any:
    """Return the smallest and the largest elements, of all or along `dim`, as ``(min, max)``.

    >>> import rushlight as torch
    >>> torch.aminmax(torch.tensor([2.0, 7.0, 1.0])).max
    tensor(7.)
    """
    x = require_tensor(input, "aminmax", "input", 1)
    at = None if dim is None else as_dim(dim, x, "aminmax")
    if _unordered(x):
        if at is not None and not x.ndim:
            raise RuntimeError(f"aminmax not implemented for {x.dtype.scalar_name}")
        _no_kernel("aminmax_cpu", x)
    result = ops.aminmax(x, at if x.ndim else None, keepdim)
    if out is None:
        return return_types.aminmax(result)
    return out_pair("aminmax", return_types.aminmax_out, out, result, position=3, source=x)


# -- argmax and argmin -------------------------------------------------------------------------


def argmax(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the index of the largest element along `dim`, or in the flattened tensor.

    The first of equals and of nans is told. Raises IndexError where there is no element.

    >>> import rushlight as torch
    >>> torch.argmax(torch.tensor([[1.0, 5.0], [3.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _place(ops.argmax, input, axis if dim is None else dim, keepdim or keepdims, out)


def argmin(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Tensor:
    """Return the index of the smallest element along `dim`, or in the flattened tensor.

    The first of equals and of nans is told. Raises IndexError where there is no element.

    >>> import rushlight as torch
    >>> torch.argmin(torch.tensor([[1.0, 5.0], [3.0, 2.0]]))
    tensor(0)
    """
    return _place(ops.argmin, input, axis if dim is None else dim, keepdim or keepdims, out)


def _place(op: Operator, input: Any, dim: Any, keepdim: bool, out: Any) -> Tensor:
    x = require_tensor(input, op.name, "input", 1)
    if dim is None or is_int(dim):
        require_bool(op.name, "keepdim", 3, keepdim)
    if x._array.dtype.kind in "bc":
        if not (dim is None or is_int(dim)):
            as_dim(dim, x, op.name)
        kind = "bool" if x._array.dtype.kind == "b" else "complex"
        raise RuntimeError(f"{op.name}(): does not support {kind} input")
    at = None if dim is None else as_dim(dim, x, op.name)
    if out is not None:
        require_dtype(out, dtypes.int64)
    result: Tensor = op(x, at, keepdim)
    return result if out is None else into(out, result, op.name)
