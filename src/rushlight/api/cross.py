"""The cross product: ``torch.linalg.cross``, and ``torch.cross`` which looks for the dimension."""

from __future__ import annotations

import warnings
from typing import Any

from rushlight import dtypes
from rushlight.api.arguments import require_int
from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.names import numpy_names
from rushlight.api.sizes import wrap_dim
from rushlight.ops.cross import cross as op
from rushlight.ops.outputs import into, require_tensor, wrong_type
from rushlight.tensor import Tensor

__all__ = ["cross"]

METHODS = __all__


@numpy_names
def cross(
    input: Tensor, other: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Return the cross products of vectors of three along `dim`; other dimensions broadcast.

    Without `dim` it is the first of size 3, with a warning. Raises RuntimeError for vectors of
    another size, operands of different dtypes or numbers of dimensions.

    >>> import rushlight as torch
    >>> torch.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]), dim=0)
    tensor([0, 0, 1])
    """
    require_tensor(input, "cross", "input", 1)
    require_tensor(other, "cross", "other", 2)
    if dim is None:
        warnings.warn(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass "
            "the dim explicitly or simply use torch.linalg.cross.\nThe default value of dim will "
            "change to agree with that of linalg.cross in a future release.",
            UserWarning,
            stacklevel=2,
        )
        if 3 not in input.shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = list(input.shape).index(3)
    else:
        dim = require_int("cross", dim, "dim", 3)
    return _cross(input, other, dim, out)


@numpy_names
def linalg_cross(
    input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None
) -> Tensor:
    """Return the cross products of vectors of three along `dim`; other dimensions broadcast.

    This is ``linalg.cross``.

    >>> import rushlight as torch
    >>> torch.linalg.cross(torch.tensor([1, 0, 0]), torch.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    require_tensor(input, "linalg_cross", "input", 1)
    require_tensor(other, "linalg_cross", "other", 2)
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise wrong_type("linalg_cross", "dim", 3, dim, "int")
    return _cross(input, other, dim, out)


def _cross(input: Tensor, other: Tensor, dim: int, out: Any) -> Tensor:
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    d = wrap_dim(dim, input.ndim)
    if input.shape[d] != 3 or other.shape[d] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[d]} and "
            f"{other.shape[d]}"
        )
    broadcast_pair(tuple(input.shape), tuple(other.shape))
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.scalar_name} but found {other.dtype.scalar_name}"
        )
    if input.dtype.category == dtypes.BOOL or input.dtype.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"cross\" not implemented for '{input.dtype.scalar_name}'")
    result = op(input, other, d - input.ndim)
    return result if out is None else into(out, result, "linalg_cross", input, other, apart=True)
