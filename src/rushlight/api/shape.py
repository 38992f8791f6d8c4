"""Joining: cat and stack, and the stacks that first bring tensors to a number of dimensions."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.broadcasting import atleast_1d, atleast_2d, atleast_3d
from rushlight.api.sizes import as_int, wrap_dim
from rushlight.api.views import reshaped
from rushlight.ops import shape as ops
from rushlight.ops.fitting import cast_to
from rushlight.ops.outputs import into, type_name
from rushlight.tensor import Tensor

__all__ = [
    "cat",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "stack",
    "vstack",
]


def _tensors(tensors: Any, function: str) -> list[Tensor]:
    """Check a sequence of tensors."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, "
            f"not {type_name(tensors)}"
        )
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    return list(tensors)


def _promoted(tensors: list[Tensor]) -> list[Tensor]:
    """Bring tensors to their common dtype."""
    first = tensors[0].dtype
    for t in tensors:
        if t.dtype is not first:
            break
    else:
        return tensors
    target = dtypes.result_dtype([t._array for t in tensors])
    return [t if t._array.dtype == target else cast_to(t, target) for t in tensors]


def cat(
    tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None
) -> Tensor:
    """Join tensors along an existing dimension; all other sizes must be the same.

    Vectors without elements are skipped. Dtypes are promoted.

    >>> import rushlight as torch
    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = _tensors(tensors, "cat")
    if not xs:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    shapes = [x.shape for x in xs]
    if () in shapes:
        raise RuntimeError(
            f"zero-dimensional tensor (at position {shapes.index(())}) cannot be concatenated"
        )
    first = next((s for s in shapes if s != (0,)), None)
    xs = _promoted(xs)
    if first is None:
        result = ops.cat(0, *xs)
        return result if out is None else into(out, result, "cat")
    d = wrap_dim(as_int(dim if axis is None else axis, "cat", "dim", 2), len(first))
    for i, shape in enumerate(shapes):
        if shape != first and shape != (0,):
            _check_alike(first, shape, d, i)
    if len(first) > 1:
        xs = [x for x, shape in zip(xs, shapes) if shape != (0,)]
    result = ops.cat(d, *xs)
    return result if out is None else into(out, result, "cat")


def _check_alike(first: tuple[int, ...], shape: tuple[int, ...], dim: int, i: int) -> None:
    if len(shape) != len(first):
        raise RuntimeError(
            f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
        )
    for j, (m, n) in enumerate(zip(first, shape)):
        if m != n and j != dim:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {m} but "
                f"got size {n} for tensor number {i} in the list."
            )


concat = concatenate = cat


def stack(
    tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None
) -> Tensor:
    """Join tensors of one size along a new dimension. Dtypes are promoted.

    >>> import rushlight as torch
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _tensors(tensors, "stack")
    if not xs:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = xs[0].shape
    d = wrap_dim(as_int(dim if axis is None else axis, "stack", "dim", 2), len(first) + 1)
    for i, x in enumerate(xs):
        if x.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 "
                f"and {list(x.shape)} at entry {i}"
            )
    result = ops.stack(d, *_promoted(xs))
    return result if out is None else into(out, result, "stack")


def _some(tensors: Any, function: str) -> list[Tensor]:
    xs = _tensors(tensors, function)
    if not xs:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    return xs


def hstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along dimension 1, vectors along dimension 0.

    >>> import rushlight as torch
    >>> torch.hstack([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = [atleast_1d(x) for x in _some(tensors, "hstack")]
    return cat(xs, 0 if xs[0].ndim == 1 else 1, out=out)


def vstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along dimension 0; vectors become rows.

    >>> import rushlight as torch
    >>> torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in _some(tensors, "vstack")], 0, out=out)


row_stack = vstack


def dstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along dimension 2; those with fewer dimensions get them.

    >>> import rushlight as torch
    >>> torch.dstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in _some(tensors, "dstack")], 2, out=out)


def column_stack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along dimension 1; vectors become columns.

    >>> import rushlight as torch
    >>> torch.column_stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _some(tensors, "column_stack")
    columns = [reshaped(x, (x.numel(), 1)) if x.ndim < 2 else x for x in xs]
    return hstack(columns, out=out)
