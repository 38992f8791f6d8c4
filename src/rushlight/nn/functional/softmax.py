"""softmax, log_softmax, softmin, as functions of the package and as Tensor methods."""

from __future__ import annotations

import warnings
from typing import Any

from rushlight import dtypes
from rushlight.ops import softmax as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["log_softmax", "softmax", "softmin"]


def _dimension(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension that very old programs leave out, with PyTorch's warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def _prepare(input: Any, dim: int, dtype: Any, name: str) -> tuple[Tensor, int]:
    x: Tensor = require_tensor(input, name, "input", 1)
    dim = x._dim(dim)
    if dtype is not None:
        x = x.to(dtypes.as_dtype(dtype))
    if not x.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"{name}_kernel_impl\" not implemented for '{x.dtype.scalar_name}'"
            if name == "log_softmax"
            else f"\"{name}_lastdim_kernel_impl\" not implemented for '{x.dtype.scalar_name}'"
        )
    return x, dim


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` along `dim`.

    >>> import rushlight as torch
    >>> torch.nn.functional.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _dimension("softmax", input.dim(), _stacklevel)
    x, axis = _prepare(input, dim, dtype, "softmax")
    return ops.softmax(x, axis)  # type: ignore[no-any-return]


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return ``log(softmax(x))`` along `dim`, computed stably."""
    if dim is None:
        dim = _dimension("log_softmax", input.dim(), _stacklevel)
    x, axis = _prepare(input, dim, dtype, "log_softmax")
    return ops.log_softmax(x, axis)  # type: ignore[no-any-return]


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return ``softmax(-x)`` along `dim`."""
    if dim is None:
        dim = _dimension("softmin", input.dim(), _stacklevel)
    return softmax(-input, dim, dtype=dtype)
