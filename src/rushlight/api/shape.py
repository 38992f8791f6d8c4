"""Joining and taking apart: cat, stack, split, chunk, unbind."""

from __future__ import annotations

from typing import Any

from rushlight.api.sizes import as_dim, as_int, int_list, wrap_dim
from rushlight.ops import shape as ops
from rushlight.ops.fitting import cast_to
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["cat", "chunk", "split", "stack", "unbind"]

METHODS = ("chunk", "split", "unbind", "__iter__")


def _tensors(tensors: Any, function: str) -> list[Tensor]:
    """Check a sequence of tensors."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, (tuple, list)):
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
    if all(t.dtype is first for t in tensors):
        return tensors
    from rushlight import dtypes

    target = dtypes.result_dtype([t._array for t in tensors])
    return [t if t._array.dtype == target else cast_to(t, target) for t in tensors]


def cat(tensors: Any, dim: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along an existing dimension; all other sizes must be the same.

    >>> import rushlight as torch
    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = _tensors(tensors, "cat")
    if not xs:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, x in enumerate(xs):
        if x.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    lead = next((x for x in xs if x.shape != (0,)), xs[0])
    d = as_dim(dim, lead, "cat")
    first = lead.shape
    for i, x in enumerate(xs):
        shape = x.shape
        if shape == (0,):
            continue
        if len(shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            )
        for j, (m, n) in enumerate(zip(first, shape)):
            if m != n and j != d:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected size {m} but "
                    f"got size {n} for tensor number {i} in the list."
                )
    xs = _promoted(xs)
    if len(first) != 1:
        kept = [x for x in xs if x.shape != (0,)]
        xs = kept or xs
    result = ops.cat(d, *xs)
    return result if out is None else into(out, result, "cat")


def stack(tensors: Any, dim: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Join tensors of one size along a new dimension.

    >>> import rushlight as torch
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _tensors(tensors, "stack")
    if not xs:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = xs[0].shape
    d = wrap_dim(as_int(dim, "stack", "dim", 2), len(first) + 1)
    for i, x in enumerate(xs):
        if x.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 "
                f"and {list(x.shape)} at entry {i}"
            )
    result = ops.stack(d, *_promoted(xs))
    return result if out is None else into(out, result, "stack")


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of all slices along a dimension.

    >>> import rushlight as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    require_tensor(input, "unbind", "input", 1)
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return ops.unbind(input, as_dim(dim, input, "unbind"))  # type: ignore[no-any-return]


def __iter__(input: Tensor) -> Any:
    """Iterate over the slices along the first dimension."""
    if input.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(input, 0))


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor into views of a size each (the last may be smaller), or of given sizes.

    >>> import rushlight as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    require_tensor(tensor, "split", "tensor", 1)
    d = as_dim(dim, tensor, "split")
    n = tensor.shape[d]
    if isinstance(split_size_or_sections, (tuple, list)):
        sizes = int_list(split_size_or_sections, "split_with_sizes", "split_sizes", 2)
        if sum(sizes) != n or any(s < 0 for s in sizes):
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size "
                f"at dimension {dim}), but got split_sizes={list(sizes)}"
            )
        return ops.split_with_sizes(tensor, sizes, d)  # type: ignore[no-any-return]
    size = as_int(split_size_or_sections, "split", "split_size", 2)
    return _split_evenly(tensor, size, n, d)


def _split_evenly(tensor: Tensor, size: int, n: int, dim: int) -> tuple[Tensor, ...]:
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and n != 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
        )
    count = max(-(-n // size), 1) if size else 1
    sizes = (*(size,) * (count - 1), n - size * (count - 1))
    return ops.split(tensor, sizes, dim)  # type: ignore[no-any-return]


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor into at most `chunks` views of the same size (the last may be smaller).

    >>> import rushlight as torch
    >>> [c.shape for c in torch.zeros(5, 2).chunk(2)]
    [torch.Size([3, 2]), torch.Size([2, 2])]
    """
    require_tensor(input, "chunk", "input", 1)
    chunks = as_int(chunks, "chunk", "chunks", 2)
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    d = as_dim(dim, input, "chunk")
    n = input.shape[d]
    size = -(-n // chunks)
    if size == 0:
        return ops.split_with_sizes(input, (0,) * chunks, d)  # type: ignore[no-any-return]
    return _split_evenly(input, size, n, d)
