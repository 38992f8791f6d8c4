"""Joining: cat and stack, and the stacks that first bring tensors to a number of dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.broadcasting import atleast_1d, atleast_2d, atleast_3d, meshgrid
from rushlight.api.sizes import as_int, wrap_dim
from rushlight.api.views import reshaped
from rushlight.kernels.sets import choices
from rushlight.ops import shape as ops
from rushlight.ops.fitting import cast_to
from rushlight.ops.gather import index_select
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor, wrap

__all__ = [
    "block_diag",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
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
    first = tensors[0]._array.dtype
    for t in tensors:
        if t._array.dtype is not first:
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
    return _joined("cat", tensors, dim, out, axis)


def _joined(function: str, tensors: Any, dim: Any, out: Tensor | None, axis: int | None) -> Tensor:
    xs = _tensors(tensors, function)
    if not xs:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    shapes: list[tuple[int, ...]] = [x._array.shape for x in xs]
    if () in shapes:
        raise RuntimeError(
            f"zero-dimensional tensor (at position {shapes.index(())}) cannot be concatenated"
        )
    first = next((s for s in shapes if s != (0,)), None)
    xs = _promoted(xs)
    if first is None:
        result = ops.cat(0, *xs)
        return result if out is None else _into(out, result, xs)
    d = wrap_dim(as_int(dim if axis is None else axis, function, "dim", 2), len(first))
    for i, shape in enumerate(shapes):
        if shape != first and shape != (0,):
            _check_alike(first, shape, d, i)
    result = ops.cat(d, *xs)
    return result if out is None else _into(out, result, xs)


def _into(out: Any, result: Tensor, xs: Any, function: str = "cat") -> Tensor:
    if isinstance(out, Tensor) and not dtypes.can_cast(result.dtype, out.dtype):
        raise TypeError(
            "torch.cat(): input types can't be cast to the desired output type "
            f"{out.dtype.scalar_name}"
        )
    return into(out, result, function, *xs, apart=True)


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


def concat(
    tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None
) -> Tensor:
    """Join tensors along an existing dimension: another name of `cat`.

    >>> import rushlight as torch
    >>> torch.concat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    return _joined("concat", tensors, dim, out, axis)


def concatenate(
    tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None
) -> Tensor:
    """Join tensors along an existing dimension: `cat` by NumPy's name.

    >>> import rushlight as torch
    >>> torch.concatenate([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    return _joined("concatenate", tensors, dim, out, axis)


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
    return result if out is None else _into(out, result, xs, "stack")


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


# -- combined --------------------------------------------------------------------------------------


def block_diag(*tensors: Any) -> Tensor:
    """Return the matrix that has tensors as blocks along its diagonal; vectors count as rows.

    Raises RuntimeError for tensors of more than two dimensions. Dtypes are promoted.

    >>> import rushlight as torch
    >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        raise TypeError(
            f"expected Tensor as element 0 in argument 0, but got {type_name(tensors[0])}"
        )
    xs = _tensors(tensors, "block_diag")
    for i, x in enumerate(xs):
        if x.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {i} has {x.ndim} dimensions"
            )
    if not xs:
        return wrap(np.empty((1, 0), dtypes.get_default_dtype().numpy))
    return ops.block_diag(*_promoted(xs))  # type: ignore[no-any-return]


def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all combinations of one element of each vector, a row each, the last varying fastest.

    One vector comes back as it is. Raises RuntimeError for other than vectors of one dtype.

    >>> import rushlight as torch
    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    xs = _tensors(tensors, "cartesian_prod")
    for x in xs:
        _check_vector(x)
    if len(xs) == 1:
        return xs[0]
    grids = meshgrid(*xs, indexing="ij")
    return stack([reshaped(grid, (-1,)) for grid in grids], 1)


def _check_vector(x: Tensor) -> None:
    if x.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.shape)}")


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all subsets of `r` elements of a vector, a row each, in the vector's order.

    `with_replacement` lets an element come more than once. Raises RuntimeError for other than
    vectors, and for a negative `r`.

    >>> import rushlight as torch
    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    require_tensor(input, "combinations", "input", 1)
    _check_vector(input)
    r = as_int(r, "combinations", "r", 2)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return wrap(np.empty(0, input._array.dtype))
    chosen = choices(input.numel(), r, with_replacement)
    columns = [index_select(input, 0, wrap(chosen[:, i])) for i in range(r)]
    return stack(columns, 1)
