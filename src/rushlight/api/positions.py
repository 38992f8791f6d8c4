"""Where elements are: a fixed number of those that aren't zero, and coordinates of flat indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight import dtypes
from rushlight.api.arguments import require_int
from rushlight.ops import masks as ops
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["nonzero_static", "unravel_index"]

METHODS = ("nonzero_static",)


def nonzero_static(
    input: Tensor, *, size: Any = ..., fill_value: int = -1, out: Tensor | None = None
) -> Tensor:
    """Return the indices of the first `size` elements that aren't zero, a row each.

    Where there are fewer, rows of `fill_value` follow: the shape doesn't depend on the values.

    >>> import rushlight as torch
    >>> torch.nonzero_static(torch.tensor([0, 5, 0, 7]), size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    require_tensor(input, "nonzero_static", "input", 1)
    if size is ...:
        raise TypeError('nonzero_static() missing 1 required positional arguments: "size"')
    size = require_int("nonzero_static", size, "size", None)
    fill_value = require_int("nonzero_static", fill_value, "fill_value", None)
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = ops.nonzero(input)[:size]
    result: Tensor = found.new_full((size, input.ndim), fill_value)
    result[: len(found)] = found
    if out is None:
        return result
    if out.dtype is not dtypes.int64:
        raise RuntimeError(
            "nonzero_static: Expected out tensor to have scalar type Long but got scalar type"
            f"{out.dtype.scalar_name}"
        )
    return into(out, result, "nonzero_static")


def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Return the coordinates, a tensor a dimension, of indices into a flattened tensor of `shape`.

    Indices past the end start again at the front. Raises TypeError for indices that are no
    integers, ValueError for a shape with negative sizes.

    >>> import rushlight as torch
    >>> torch.unravel_index(torch.tensor([4, 5]), (2, 3))
    (tensor([1, 1]), tensor([1, 2]))
    """
    if indices.is_complex() or indices.is_floating_point() or indices.dtype is dtypes.bool_:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    if not isinstance(shape, (int, Sequence)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for n in sizes:
        if not isinstance(n, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(n)}")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    indices = indices.to(dtypes.int64)
    places = []
    for n in reversed(sizes):
        places.append(indices.remainder(n))
        indices = indices.floor_divide(n)
    return tuple(reversed(places))
