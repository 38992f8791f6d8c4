"""Rearrangements that copy: flip, roll, rot90, repeat and tile, triangles, diagonal matrices."""

from __future__ import annotations

import operator
from typing import Any

from rushlight.api.broadcasting import expand_to, unsqueeze
from rushlight.api.names import numpy_names
from rushlight.api.sizes import as_dim, as_int, int_list, sizes, wrap_dim, wrap_dims
from rushlight.api.views import flatten, reshaped
from rushlight.ops import rearrange as ops
from rushlight.ops.gather import index_select
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "repeat_interleave",
    "roll",
    "rot90",
    "tile",
    "tril",
    "triu",
]

METHODS = (
    "diag",
    "diag_embed",
    "diagflat",
    "fliplr",
    "flipud",
    "repeat_interleave",
    "roll",
    "rot90",
    "tril",
    "triu",
)
INPLACE = ("tril", "triu")


# -- order ---------------------------------------------------------------------------------------


def flip(input: Tensor, dims: Any) -> Tensor:
    """Return a copy with the order of elements along `dims` reversed.

    >>> import rushlight as torch
    >>> torch.flip(torch.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    require_tensor(input, "flip", "input", 1)
    return _flipped(input, int_list(dims, "flip", "dims", 2))


def _flip_method(self: Tensor, *dims: Any, **named: Any) -> Tensor:
    """As `torch.flip`; dimensions may be given one by one."""
    if named:
        dims = (named.pop("dims"),)
    elif not dims:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    return _flipped(self, sizes(dims, "flip", "dims"))


def _flipped(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    return ops.flip(input, wrap_dims(dims, input.ndim))  # type: ignore[no-any-return]


def fliplr(input: Tensor) -> Tensor:
    """Return a copy with the order along dimension 1 reversed.

    >>> import rushlight as torch
    >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    require_tensor(input, "fliplr", "input", 1)
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flipped(input, (1,))


def flipud(input: Tensor) -> Tensor:
    """Return a copy with the order along dimension 0 reversed.

    >>> import rushlight as torch
    >>> torch.flipud(torch.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    require_tensor(input, "flipud", "input", 1)
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flipped(input, (0,))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Return a copy with elements shifted along `dims`, those at the end coming first again.

    Without `dims` the flattened tensor is rolled.

    >>> import rushlight as torch
    >>> torch.roll(torch.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    require_tensor(input, "roll", "input", 1)
    moves = _one_or_more(shifts, "roll", "shifts", 2)
    along = () if dims is None else _one_or_more(dims, "roll", "dims", 3)
    if not moves:
        raise RuntimeError("`shifts` required")
    if len(moves) != len(along) and not (not along and len(moves) == 1):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(moves)}, dims:{len(along)}"
        )
    if along and input.ndim == 0:
        raise IndexError(f"Dimension specified as {along[0]} but tensor has no dimensions")
    along = tuple([wrap_dim(d, input.ndim) for d in along])
    return ops.roll(input, moves, along)  # type: ignore[no-any-return]


def _one_or_more(value: Any, function: str, argument: str, position: int) -> tuple[int, ...]:
    if isinstance(value, (tuple, list)) or not hasattr(value, "__index__"):
        return int_list(value, function, argument, position)
    return (operator.index(value),)


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Return a copy turned `k` times by 90 degrees from the first of `dims` to the second.

    >>> import rushlight as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    require_tensor(input, "rot90", "input", 1)
    pair = int_list(dims, "rot90", "dims", 3)
    turns = as_int(k, "rot90", "k", 2)
    if len(pair) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(pair)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = (wrap_dim(d, input.ndim) for d in pair)
    if a == b:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {pair[0]} and dim1 = {pair[1]}"
        )
    return ops.rot90(input, turns, (a, b))  # type: ignore[no-any-return]


# -- copies side by side ---------------------------------------------------------------------------


def _repeat(self: Tensor, *repeats: Any, **named: Any) -> Tensor:
    """Return copies of this tensor side by side: `repeats` times along each dimension.

    >>> import rushlight as torch
    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    if named:
        repeats = (named.pop("repeats"),)
    elif not repeats:
        raise TypeError('repeat() missing 1 required positional arguments: "repeats"')
    return repeated(self, sizes(repeats, "repeat", "repeats"))


def repeated(input: Tensor, repeats: tuple[int, ...]) -> Tensor:
    """Return copies of `input` side by side."""
    if len(repeats) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    shape = (*(1,) * (len(repeats) - input.ndim), *input.shape)
    target = [r * n for r, n in zip(repeats, shape)]
    for n in target:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {target}")
    return ops.repeat(input, repeats)  # type: ignore[no-any-return]


def tile(input: Tensor, dims: Any) -> Tensor:
    """Return copies of `input` side by side; missing `dims`, at the front, are 1.

    >>> import rushlight as torch
    >>> torch.tile(torch.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    require_tensor(input, "tile", "input", 1)
    return _tiled(input, int_list(dims, "tile", "dims", 2))


def _tile_method(self: Tensor, *dims: Any) -> Tensor:
    """As `torch.tile`; numbers may be given one by one."""
    if not dims:
        raise TypeError('tile() missing 1 required positional arguments: "dims"')
    return _tiled(self, sizes(dims, "tile", "dims"))


def _tiled(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    return repeated(input, (1,) * (input.ndim - len(dims)) + dims)


_REPEATS = (
    "(Tensor input, Tensor repeats, int dim = None, *, int output_size = None)",
    "(Tensor input, int repeats, int dim = None, *, int output_size = None)",
    "(Tensor repeats, *, int output_size = None)",
)


@numpy_names
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Return each element (of the flattened tensor, or of `dim`) `repeats` times in a row.

    `repeats` is a number or a tensor with one for each element. Given `repeats` alone, returns
    each index as often as it says.

    >>> import rushlight as torch
    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> torch.repeat_interleave(torch.tensor([1, 2]), torch.tensor([1, 2]))
    tensor([1, 2, 2])
    """
    require_tensor(input, "repeat_interleave", "input", 1)
    if repeats is None:
        return _indices(input, None, output_size)  # type: ignore[no-any-return]
    if not hasattr(repeats, "__index__") or (dim is not None and not hasattr(dim, "__index__")):
        given = (input, repeats) if dim is None else (input, repeats, dim)
        raise no_overload("repeat_interleave", _REPEATS, *given)
    if isinstance(repeats, Tensor) and repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    x = input if dim is not None else flatten(input)
    d = 0 if dim is None else as_dim(dim, input, "repeat_interleave", position=3)
    if x.ndim == 0:
        x = reshaped(x, (1,))
    n = x.shape[d]
    if isinstance(repeats, Tensor) and repeats.ndim == 1 and repeats.numel() != 1:
        if repeats.numel() != n:
            raise RuntimeError(
                "repeats must have the same size as input along dim, but got repeats.size(0) = "
                f"{repeats.numel()} and input.size({d}) = {n}"
            )
        return index_select(x, d, _indices(repeats, None, output_size))  # type: ignore[no-any-return]
    if isinstance(repeats, Tensor):
        return index_select(x, d, _indices(repeats, n, output_size))  # type: ignore[no-any-return]
    times = operator.index(repeats)
    if times < 0:
        raise RuntimeError("Repeats must be non-negative")
    if output_size is not None and output_size != n * times:
        raise RuntimeError(
            f"repeat_interleave: Invalid output_size, expected {n * times} but got {output_size}"
        )
    shape = tuple(x.shape)
    wide = expand_to(unsqueeze(x, d + 1), (*shape[: d + 1], times, *shape[d + 1 :]))
    copied = wide.clone(memory_format=None).contiguous()
    return flatten(copied, d, d + 1)


def _indices(repeats: Tensor, n: int | None, output_size: int | None) -> Any:
    """The index of each element of a repeat_interleave."""
    kind = repeats._array.dtype
    if kind.kind not in "i" or kind.itemsize < 4:
        raise NotImplementedError(
            f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.scalar_name}'"
        )
    return ops.repeated(repeats, n, output_size)


# -- triangles and diagonals -----------------------------------------------------------------------


def _triangle(input: Any, diagonal: Any, function: str, op: Any) -> Tensor:
    require_tensor(input, function, "input", 1)
    diagonal = as_int(diagonal, function, "diagonal", 2)
    if input.ndim < 2:
        raise RuntimeError(f"{function}: input tensor must have at least 2 dimensions")
    return op(input, diagonal)  # type: ignore[no-any-return]


def tril(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Return the lower triangles of matrices: zeros above a diagonal.

    >>> import rushlight as torch
    >>> torch.tril(torch.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    result = _triangle(input, diagonal, "tril", ops.tril)
    return result if out is None else into(out, result, "tril")


def triu(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Return the upper triangles of matrices: zeros below a diagonal.

    >>> import rushlight as torch
    >>> torch.triu(torch.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    result = _triangle(input, diagonal, "triu", ops.triu)
    return result if out is None else into(out, result, "triu")


def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Return a copy of a matrix' diagonal, or the matrix that has a vector as its diagonal.

    >>> import rushlight as torch
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    require_tensor(input, "diag", "input", 1)
    diagonal = as_int(diagonal, "diag", "diagonal", 2)
    if input.ndim == 1:
        result = ops.diag_embed(input, diagonal, 0, 1)
    elif input.ndim == 2:
        result = ops.diagonal_copy(input, diagonal, 0, 1)
    else:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return result if out is None else into(out, result, "diag")


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Return the matrix that has the elements of `input` on a diagonal.

    >>> import rushlight as torch
    >>> torch.diagflat(torch.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    require_tensor(input, "diagflat", "input", 1)
    offset = as_int(offset, "diagflat", "offset", 2)
    return diag(reshaped(input.contiguous(), (-1,)), offset)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices, in dimensions `dim1` and `dim2`, with the last dimension as diagonals.

    >>> import rushlight as torch
    >>> torch.diag_embed(torch.tensor([[1, 2]])).shape
    torch.Size([1, 2, 2])
    """
    require_tensor(input, "diag_embed", "input", 1)
    n = input.ndim + 1
    a = wrap_dim(as_int(dim1, "diag_embed", "dim1", 3), n)
    b = wrap_dim(as_int(dim2, "diag_embed", "dim2", 4), n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return ops.diag_embed(input, as_int(offset, "diag_embed", "offset", 2), a, b)  # type: ignore[no-any-return]


ATTRIBUTES = {"flip": _flip_method, "repeat": _repeat, "tile": _tile_method}
