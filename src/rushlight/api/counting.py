"""Public functions that look whether elements are zero: any, all, count_nonzero."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.comparison import ne
from rushlight.api.dims import fits_dims, reduced_dims
from rushlight.api.names import numpy_names
from rushlight.ops import reduce as ops
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = ["all", "any", "count_nonzero"]

METHODS = __all__

_SIGNATURES = (
    "(Tensor input, *, Tensor out = None)",
    "(Tensor input, tuple of ints dim = None, bool keepdim = False, *, Tensor out = None)",
    "(Tensor input, int dim, bool keepdim = False, *, Tensor out = None)",
    "(Tensor input, name dim, bool keepdim = False, *, Tensor out = None)",
)


def any(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return whether any element (over `dim`) is not zero: bool, but uint8 for uint8.

    Over no dimensions at all, ``dim=()``, each element is looked at alone.

    >>> import rushlight as torch
    >>> torch.any(torch.tensor([[0, 1], [0, 0]]), dim=1)
    tensor([ True, False])
    """
    return _logic(ops.any_, input, axis if dim is None else dim, keepdims or keepdim, out)


def all(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Return whether no element (over `dim`) is zero: bool, but uint8 for uint8.

    Over no dimensions at all, ``dim=()``, each element is looked at alone.

    >>> import rushlight as torch
    >>> torch.all(torch.tensor([[0, 1], [2, 3]]), dim=1)
    tensor([False,  True])
    """
    return _logic(ops.all_, input, axis if dim is None else dim, keepdims or keepdim, out)


def _logic(op: Operator, input: Any, dim: Any, keepdim: Any, out: Any) -> Tensor:
    if not isinstance(input, Tensor) or not fits_dims(dim) or not isinstance(keepdim, bool):
        given = [a for a, default in ((dim, None), (keepdim, False)) if a is not default]
        raise no_overload(op.name, _SIGNATURES, input, *given)
    if out is not None and out.dtype.name not in ("bool", "uint8"):
        raise RuntimeError(
            f"{op.name} only supports bool tensor for result, got: {out.dtype.scalar_name}"
        )
    dims = reduced_dims(op.name, dim, input.ndim)
    result: Tensor
    if isinstance(dim, (tuple, list)) and not dim:
        result = ne(input, 0)
        if input.dtype is dtypes.uint8:
            result = result.to(dtypes.uint8)
    else:
        result = op(input, dims, keepdim)
    return result if out is None else into(out, result, op.name)


@numpy_names
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """Return how many elements (over `dim`) are not zero, as int64.

    >>> import rushlight as torch
    >>> torch.count_nonzero(torch.tensor([[0, 1], [2, 3]]), dim=0)
    tensor([1, 2])
    """
    require_tensor(input, "count_nonzero", "input", 1)
    if not fits_dims(dim):
        signatures = ("(Tensor input, int dim = None)", "(Tensor input, tuple of ints dim)")
        raise no_overload("count_nonzero", signatures, input, dim)
    dims = reduced_dims("count_nonzero", dim, input.ndim)
    return ops.count_nonzero(input, dims)  # type: ignore[no-any-return]
