"""Views of all parts: split, chunk, unbind and their relatives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rushlight.api.names import numpy_names
from rushlight.api.sizes import as_dim, as_int, int_list
from rushlight.api.slicing import sliced
from rushlight.ops import shape as ops
from rushlight.ops.outputs import no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "vsplit",
]

METHODS = (*__all__, "__iter__")

Tensors = tuple[Tensor, ...]


@numpy_names
def unbind(input: Tensor, dim: int = 0) -> Tensors:
    """Return views of all slices along a dimension.

    >>> import rushlight as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    require_tensor(input, "unbind", "input", 1)
    d = as_dim(dim, input, "unbind")
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {d} but tensor has no dimensions")
    return ops.unbind(input, d)  # type: ignore[no-any-return]


def __iter__(input: Tensor) -> Iterator[Tensor]:
    """Iterate over the slices along the first dimension."""
    if input.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(input, 0))


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> Tensors:
    """Cut a tensor into views of a size each (the last may be smaller), or of given sizes.

    >>> import rushlight as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not isinstance(tensor, Tensor):  # PyTorch's is a Python function that calls the method
        raise AttributeError(f"'{type(tensor).__name__}' object has no attribute 'split'")
    if not hasattr(split_size_or_sections, "__index__"):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    size = as_int(split_size_or_sections, "split", "split_size", 2)
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = as_dim(dim, tensor, "split")
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    return _split_evenly(tensor, size, d)


def _split_evenly(tensor: Tensor, size: int, dim: int) -> Tensors:
    n = tensor.shape[dim]
    if size == 0 and n != 0:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
        )
    count = max(-(-n // size), 1) if size else 1
    sizes = (*(size,) * (count - 1), n - size * (count - 1))
    return ops.split(tensor, sizes, dim)  # type: ignore[no-any-return]


@numpy_names
def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> Tensors:
    """Cut a tensor into views of the given sizes along a dimension.

    >>> import rushlight as torch
    >>> torch.split_with_sizes(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    require_tensor(input, "split_with_sizes", "input", 1)
    sizes = int_list(split_sizes, "split_with_sizes", "split_sizes", 2)
    if input.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = as_dim(dim, input, "split_with_sizes")
    n = input.shape[d]
    if any(s < 0 for s in sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(sizes)}"
        )
    if sum(sizes) != n:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at "
            f"dimension {dim}), but got split_sizes={list(sizes)}"
        )
    return ops.split_with_sizes(input, sizes, d)  # type: ignore[no-any-return]


@numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> Tensors:
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
    d = as_dim(dim, input, "chunk", position=3)
    n = input.shape[d]
    if n == 0:
        return ops.split_with_sizes(input, (0,) * chunks, d)  # type: ignore[no-any-return]
    return _split_evenly(input, -(-n // chunks), d)


_TENSOR_SPLITS = (
    "(Tensor input, tuple of ints indices, int dim = 0)",
    "(Tensor input, Tensor tensor_indices_or_sections, int dim = 0)",
    "(Tensor input, int sections, int dim = 0)",
)


def _either(*names: Any) -> Any:
    """What was given, under whichever of its names."""
    return next((value for value in names if value is not None), None)


@numpy_names
def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    sections: int | None = None,
    indices: Any = None,
    tensor_indices_or_sections: Tensor | None = None,
) -> Tensors:
    """Cut a tensor into sections of nearly the same size, or before the given indices.

    >>> import rushlight as torch
    >>> torch.tensor_split(torch.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    >>> torch.tensor_split(torch.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    require_tensor(input, "tensor_split", "input", 1)
    indices_or_sections = _either(
        indices_or_sections, sections, indices, tensor_indices_or_sections
    )
    if input.ndim == 0:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    if isinstance(indices_or_sections, Tensor):
        if indices_or_sections.dtype.numpy != "int64":
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{indices_or_sections.dtype.scalar_name}"
            )
        indices_or_sections = indices_or_sections.tolist()
    if not isinstance(indices_or_sections, (tuple, list)) and not hasattr(
        indices_or_sections, "__index__"
    ):
        raise no_overload("tensor_split", _TENSOR_SPLITS, input, indices_or_sections)
    d = as_dim(dim, input, "tensor_split", position=3)
    n = input.shape[d]
    if isinstance(indices_or_sections, (tuple, list)):
        cuts = int_list(indices_or_sections, "tensor_split", "indices", 2)
        spans = list(zip((0, *cuts), (*cuts, n)))
    else:
        sections = as_int(indices_or_sections, "tensor_split", "sections", 2)
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        small, larger = divmod(n, sections)
        ends = [i * small + min(i, larger) for i in range(sections + 1)]
        spans = list(pairwise(ends))
    return tuple([_span(input, d, start, stop, n) for start, stop in spans])


def _span(input: Tensor, dim: int, start: int, stop: int, n: int) -> Tensor:
    """The slice from `start` to `stop` by Python's rules; empty where they cross."""
    start, stop, _ = slice(start, stop).indices(n)
    return sliced(input, dim, start, max(start, stop))


def _split_along(input: Tensor, parts: Any, dim: int, function: str, least: int) -> Tensors:
    require_tensor(input, function, "input", 1)
    if not isinstance(parts, (tuple, list)) and not hasattr(parts, "__index__"):
        forms = ("(Tensor input, int sections)", "(Tensor input, tuple of ints indices)")
        raise no_overload(function, forms, input, parts)
    if input.ndim < least:
        raise RuntimeError(
            f"torch.{function} requires a tensor with at least {least} dimension, but got a "
            f"tensor with {input.ndim} dimensions!"
        )
    if isinstance(parts, int):
        n = input.shape[dim]
        if parts <= 0 or n % parts:
            raise RuntimeError(
                f"torch.{function} attempted to split along dimension {dim}, but the size of the "
                f"dimension {n} is not divisible by the split_size {parts}!"
            )
    return tensor_split(input, parts, dim)


def hsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    sections: int | None = None,
    indices: Any = None,
) -> Tensors:
    """Cut along dimension 1 (0 for vectors) into equal sections, or before given indices.

    >>> import rushlight as torch
    >>> [p.shape for p in torch.zeros(2, 4).hsplit(2)]
    [torch.Size([2, 2]), torch.Size([2, 2])]
    """
    dim = 1 if isinstance(input, Tensor) and input.ndim > 1 else 0
    return _split_along(input, _either(indices_or_sections, sections, indices), dim, "hsplit", 1)


def vsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    sections: int | None = None,
    indices: Any = None,
) -> Tensors:
    """Cut along dimension 0 into equal sections, or before given indices.

    >>> import rushlight as torch
    >>> [p.shape for p in torch.zeros(2, 4).vsplit(2)]
    [torch.Size([1, 4]), torch.Size([1, 4])]
    """
    return _split_along(input, _either(indices_or_sections, sections, indices), 0, "vsplit", 2)


def dsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    sections: int | None = None,
    indices: Any = None,
) -> Tensors:
    """Cut along dimension 2 into equal sections, or before given indices.

    >>> import rushlight as torch
    >>> [p.shape for p in torch.zeros(1, 2, 4).dsplit((1,))]
    [torch.Size([1, 2, 1]), torch.Size([1, 2, 3])]
    """
    return _split_along(input, _either(indices_or_sections, sections, indices), 2, "dsplit", 3)
