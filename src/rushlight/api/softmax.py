"""softmax and log_softmax, as functions of the package and as Tensor methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight import dtypes
from rushlight.api.arguments import numpy_dtype
from rushlight.api.sizes import as_dim
from rushlight.ops import softmax as ops
from rushlight.ops.fast import with_parameters
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["log_softmax", "softmax"]

METHODS = __all__

_softmax = with_parameters(ops.softmax)
_log_softmax = with_parameters(ops.log_softmax)


def _normalized(
    run: Callable[..., Tensor], name: str, input: Any, dim: Any, dtype: Any, out: Any
) -> Tensor:
    """Softmax of anything but a float tensor and a good dimension; errors among them."""
    x: Tensor = require_tensor(input, name, "input", 1)
    if dim is ...:
        raise TypeError(f'{name}() missing 1 required positional arguments: "dim"')
    axis = as_dim(dim, x, name)
    if dtype is not None:
        wanted = numpy_dtype(name, dtype, None)
        x = x.to(dtypes.from_numpy(wanted)) if wanted is not None else x
    if not x.dtype.is_floating_point and x.numel():
        raise NotImplementedError(
            f"\"{name}_lastdim_kernel_impl\" not implemented for '{x.dtype.scalar_name}'"
            if axis == max(x.ndim, 1) - 1
            else f"\"{name}_kernel_impl\" not implemented for '{x.dtype.scalar_name}'"
        )
    result = run(x, axis)
    return result if out is None else into(out, result, name)


def softmax(
    input: Tensor,
    dim: Any = ...,
    dtype: dtypes.dtype | None = None,
    *,
    out: Tensor | None = None,
    axis: Any = ...,
) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` along `dim`, computed in `dtype` where one is given.

    >>> import rushlight as torch
    >>> torch.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dtype is None and out is None and type(dim) is int and isinstance(input, Tensor):
        x = input._array
        if x.dtype.kind == "f" and -x.ndim <= dim < x.ndim:
            return _softmax(input, dim)
    if dim is ...:
        dim = axis
    return _normalized(_softmax, "softmax", input, dim, dtype, out)


def log_softmax(
    input: Tensor,
    dim: Any = ...,
    dtype: dtypes.dtype | None = None,
    *,
    out: Tensor | None = None,
    axis: Any = ...,
) -> Tensor:
    """Return ``log(softmax(x))`` along `dim`, which neither overflows nor cancels.

    >>> import rushlight as torch
    >>> torch.log_softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    if dtype is None and out is None and type(dim) is int and isinstance(input, Tensor):
        x = input._array
        if x.dtype.kind == "f" and -x.ndim <= dim < x.ndim:
            return _log_softmax(input, dim)
    if dim is ...:
        dim = axis
    return _normalized(_log_softmax, "log_softmax", input, dim, dtype, out)
