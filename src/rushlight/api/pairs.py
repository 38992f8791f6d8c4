"""Public distances of all pairs of vectors."""

from __future__ import annotations

from typing import Any

from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.scalars import as_float
from rushlight.ops import distances as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["cdist", "pdist"]

_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)
_FEW = 25  # up to so many rows PyTorch computes differences


def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """Return the distances of order `p` of each row of `x1` from each row of `x2`.

    Leading dimensions broadcast. Where there are more than 25 rows, or `compute_mode` is
    "use_mm_for_euclid_dist", Euclidean distances come of a product of matrices.

    >>> import rushlight as torch
    >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [1.0, 0.0]]))
    tensor([[5., 1.]])
    """
    require_tensor(x1, "cdist", "x1", 1)
    require_tensor(x2, "cdist", "x2", 2)
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    order = as_float(p, "cdist", "p", 3)
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    columns = x1.shape[-1], x2.shape[-1]
    if columns[0] != columns[1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {columns[0]} X2: {columns[1]}"
        )
    for name, x in (("X1", x1), ("X2", x2)):
        if not x.dtype.is_floating_point:
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, {name} got: {x.dtype.scalar_name}"
            )
    if order < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    broadcast_pair(tuple(x1.shape[:-2]), tuple(x2.shape[:-2]))
    if x1.dtype is not x2.dtype:
        raise RuntimeError(
            f"expected scalar type {x1.dtype.scalar_name} but found {x2.dtype.scalar_name}"
        )
    many = max(x1.shape[-2], x2.shape[-2]) > _FEW
    product = order == 2 and (compute_mode == _MODES[1] or (compute_mode == _MODES[0] and many))
    if x1.dtype.itemsize == 2 and not product:
        raise NotImplementedError(f"\"cdist\" not implemented for '{x1.dtype.scalar_name}'")
    op: Any = ops.cdist_by_product if product else ops.cdist
    return op(x1, x2, order, product)  # type: ignore[no-any-return]


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """Return the distances of order `p` of each row of a matrix from those after it.

    >>> import rushlight as torch
    >>> torch.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    require_tensor(input, "pdist", "input", 1)
    order = as_float(p, "pdist", "p", 2)
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.dtype.is_floating_point:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if order < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if input.dtype.itemsize == 2:
        raise NotImplementedError(f"\"pdist\" not implemented for '{input.dtype.scalar_name}'")
    return ops.pdist(input, order)  # type: ignore[no-any-return]
