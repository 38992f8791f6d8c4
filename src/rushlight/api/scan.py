"""Public functions that run along a dimension, and products."""

from __future__ import annotations

from typing import Any, NoReturn

from rushlight import dtypes, return_types
from rushlight.api.dims import is_int, require_bool
from rushlight.api.names import numpy_names
from rushlight.api.reduce import cast_first, checked
from rushlight.api.sizes import as_dim
from rushlight.ops import scan as ops
from rushlight.ops.inplace import overwrite
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, refuse_wide, require_tensor, wrong_type
from rushlight.tensor import Tensor

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp", "prod"]

METHODS = (*__all__, "cumprod_", "cumsum_")

_PROD = (
    "(Tensor input, *, torch.dtype dtype = None)",
    "(Tensor input, int dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None)",
    "(Tensor input, name dim, bool keepdim = False, *, torch.dtype dtype = None, "
    "Tensor out = None)",
)


def prod(
    input: Tensor,
    dim: Any = ...,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
    axis: Any = ...,
    keepdims: bool = False,
) -> Tensor:
    """Return the product of all elements, or along the dimension `dim`; int64 for integers.

    Zeros are exact in the derivatives of every order: nothing is divided. The input is first cast
    to `dtype`, or to that of `out`.

    >>> import rushlight as torch
    >>> x = torch.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> torch.autograd.grad(x.prod(), x)
    (tensor([0., 6., 0.]),)
    """
    dim = axis if dim is ... else dim
    keepdim = require_bool("prod", "keepdim", 3, keepdims or keepdim)
    checked("prod", _PROD, input, dim, keepdim, dtype, out, one_dim=True)
    at = None if dim is ... else as_dim(dim, input, "prod")
    x = cast_first(input, dtype, out)
    if x.numel() and (dtype is not None or out is not None):
        refuse_wide("prod_out_cpu", x)
    if at is None:
        result: Tensor = ops.prod_all(x)
    elif not x.ndim:
        result = ops.prod(x.reshape(1), 0, False)
    else:
        result = ops.prod(x, at, keepdim)
    result = result if dtype is None and out is None else result.to(x.dtype)
    return result if out is None else into(out, result, "prod")


# -- running sums and products -----------------------------------------------------------------


def cumsum(
    input: Tensor, dim: Any = ..., *, dtype: Any = None, out: Any = None, axis: Any = ...
) -> Tensor:
    """Return the running sums along `dim`; int64 for integers.

    >>> import rushlight as torch
    >>> torch.cumsum(torch.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    return _accumulated(ops.cumsum, input, axis if dim is ... else dim, dtype, out)


def cumprod(
    input: Tensor, dim: Any = ..., *, dtype: Any = None, out: Any = None, axis: Any = ...
) -> Tensor:
    """Return the running products along `dim`; int64 for integers. Zeros are exact, as in `prod`.

    >>> import rushlight as torch
    >>> torch.cumprod(torch.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    return _accumulated(ops.cumprod, input, axis if dim is ... else dim, dtype, out)


def _accumulated(op: Operator, input: Any, dim: Any, dtype: Any, out: Any) -> Tensor:
    at = _required_dim(op.name, input, dim)
    x = cast_first(input, dtype, out)
    if x.dtype in (dtypes.bool, *dtypes.WIDE_UNSIGNED) and (dtype is not None or out is not None):
        _no_kernel(f"{op.name}_out_cpu", x)
    result: Tensor = op(x, at)
    result = result if dtype is None and out is None else result.to(x.dtype)
    return result if out is None else into(out, result, op.name, input)


def _no_kernel(kernel: str, input: Tensor) -> NoReturn:
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")


def _required_dim(name: str, input: Any, dim: Any) -> int:
    require_tensor(input, name, "input", 1)
    if dim is ...:
        raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
    if not is_int(dim):
        raise wrong_type(name, "dim", 2, dim, "int")
    if name in ("cummax", "cummin") and not input.ndim and not -1 <= dim <= 0:
        raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
    return as_dim(dim, input, name)


def cumsum_(self: Tensor, dim: Any = ..., *, dtype: Any = None, axis: Any = ...) -> Tensor:
    """Replace the elements by their running sums along `dim`, in the tensor's own dtype."""
    return _accumulated_in_place("cumsum", self, axis if dim is ... else dim, dtype)


def cumprod_(self: Tensor, dim: Any = ..., *, dtype: Any = None, axis: Any = ...) -> Tensor:
    """Replace the elements by their running products along `dim`, in the tensor's own dtype."""
    return _accumulated_in_place("cumprod", self, axis if dim is ... else dim, dtype)


def _accumulated_in_place(name: str, self: Tensor, dim: Any, dtype: Any) -> Tensor:
    if dtype is not None and dtypes.as_dtype(dtype) is not self.dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {self.dtype.cpp_name} and output tensor dtype "
            f"{dtypes.as_dtype(dtype).cpp_name} should match"
        )
    if self.dtype in (dtypes.bool, *dtypes.WIDE_UNSIGNED):
        _no_kernel(f"{name}_out_cpu", self)
    function = cumsum if name == "cumsum" else cumprod
    return overwrite(self, function(self, dim, dtype=self.dtype))


@numpy_names
def logcumsumexp(input: Tensor, dim: Any = ..., *, out: Tensor | None = None) -> Tensor:
    """Return ``log(cumsum(exp(x)))`` along `dim`, with nothing overflowing on the way.

    >>> import rushlight as torch
    >>> torch.logcumsumexp(torch.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    at = _required_dim("logcumsumexp", input, dim)
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        _no_kernel("logcumsumexp_out_cpu", input)
    result: Tensor = ops.logcumsumexp(input, at)
    return result if out is None else into(out, result, "logcumsumexp", input)


# -- running extremes --------------------------------------------------------------------------


def cummax(input: Tensor, dim: Any = ..., *, out: Any = None, axis: Any = ...) -> Any:
    """Return the largest elements so far along `dim`, and the index of the latest of them.

    >>> import rushlight as torch
    >>> torch.cummax(torch.tensor([1.0, 3.0, 2.0]), dim=0).values
    tensor([1., 3., 3.])
    """
    return _running("cummax", ops.cummax, input, axis if dim is ... else dim, out)


def cummin(input: Tensor, dim: Any = ..., *, out: Any = None, axis: Any = ...) -> Any:
    """Return the smallest elements so far along `dim`, and the index of the latest of them.

    >>> import rushlight as torch
    >>> torch.cummin(torch.tensor([3.0, 1.0, 2.0]), dim=0).indices
    tensor([0, 1, 1])
    """
    return _running("cummin", ops.cummin, input, axis if dim is ... else dim, out)


def _running(name: str, op: Operator, input: Any, dim: Any, out: Any) -> Any:
    at = _required_dim(name, input, dim)
    unordered = input.dtype.is_complex or input.dtype in dtypes.WIDE_UNSIGNED
    if unordered and input.ndim and input.numel():
        _no_kernel(f"{name}_cpu", input)
    result = op(input, at)
    if out is None:
        return getattr(return_types, name)(result)
    for target, made in zip(out, result):
        require_tensor(target, name, "out", 3)
        if target.dtype is not made.dtype:
            raise RuntimeError(
                f"expected scalar_type {made.dtype.scalar_name} but found "
                f"{target.dtype.scalar_name}"
            )
    return getattr(return_types, name + "_out")([into(t, r, name) for t, r in zip(out, result)])
