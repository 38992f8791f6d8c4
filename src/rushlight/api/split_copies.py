"""Splits whose parts are no views: copies, and parts that autograd takes for no views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.api import splitting
from rushlight.api.sizes import as_int
from rushlight.api.view_copies import called
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.ops.view_copies import apart
from rushlight.tensor import Tensor

__all__ = [
    "split_copy",
    "split_with_sizes_copy",
    "unbind_copy",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
]

METHODS = ("unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes")

Tensors = tuple[Tensor, ...]


# -- copies ------------------------------------------------------------------------------------


def _into_all(out: Any, results: Tensors, function: str, resize: bool) -> None:
    if not isinstance(out, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'out' must be tuple of Tensors, not {type_name(out)}"
        )
    if len(out) != len(results):
        kind = {"split_copy": "_Tensor", "unbind_copy": "_int"}.get(function, "")
        raise RuntimeError(
            f"{function}{kind}_out() expected an out= argument of size {len(results)}, got size "
            f"{len(out)}"
        )
    for target, result in zip(out, results):
        if resize:
            into(target, result, function)
        else:
            target.copy_(result)


def split_copy(
    input: Tensor, split_size: int, dim: int = 0, *, out: Sequence[Tensor] | None = None
) -> Tensors | None:
    """Return contiguous copies of the parts of `split`, or write them to the tensors of `out`.

    >>> import rushlight as torch
    >>> torch.split_copy(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    require_tensor(input, "split_copy", "input", 1)
    size = as_int(split_size, "split_copy", "split_size", 2)
    views = called("split_copy", splitting.split, input, size, dim)
    parts = tuple([apart(part) for part in views])
    if out is None:
        return parts
    _into_all(out, parts, "split_copy", False)
    return None


def split_with_sizes_copy(
    input: Tensor, split_sizes: Any, dim: int = 0, *, out: Sequence[Tensor] | None = None
) -> Tensors | None:
    """As `split_copy`, for parts of the given sizes.

    >>> import rushlight as torch
    >>> torch.split_with_sizes_copy(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    views = called("split_with_sizes_copy", splitting.split_with_sizes, input, split_sizes, dim)
    parts = tuple([apart(part) for part in views])
    if out is None:
        return parts
    _into_all(out, parts, "split_with_sizes_copy", True)
    return None


def unbind_copy(
    input: Tensor, dim: int = 0, *, out: Sequence[Tensor] | None = None
) -> Tensors | None:
    """Return contiguous copies of the slices of `unbind`, or write them to the tensors of `out`.

    >>> import rushlight as torch
    >>> torch.unbind_copy(torch.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    parts = tuple([apart(part) for part in called("unbind_copy", splitting.unbind, input, dim)])
    if out is None:
        return parts
    _into_all(out, parts, "unbind_copy", True)
    return None


# -- parts that share memory, and don't know it ----------------------------------------------------


def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> Tensors:
    """As `split`, but autograd takes the parts for tensors of their own.

    So they may be written in place, which it wouldn't see in `input`.

    >>> import rushlight as torch
    >>> torch.unsafe_split(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    require_tensor(input, "unsafe_split", "input", 1)
    size = as_int(split_size, "unsafe_split", "split_size", 2)
    return _unsafe(called("unsafe_split", splitting.split, input, size, dim), "UnsafeSplit")


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> Tensors:
    """As `chunk`, but autograd takes the parts for tensors of their own: see `unsafe_split`.

    >>> import rushlight as torch
    >>> torch.unsafe_chunk(torch.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    require_tensor(input, "unsafe_chunk", "input", 1)
    parts = called("unsafe_chunk", splitting.chunk, input, chunks, dim)
    empty = not input.shape[dim]  # which has as many parts as it was asked for, not a size of them
    return _unsafe(parts, "UnsafeSplitWithSizes" if empty else "UnsafeSplit")


def unsafe_split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> Tensors:
    """As `split_with_sizes`, but autograd takes the parts for tensors of their own.

    >>> import rushlight as torch
    >>> torch.unsafe_split_with_sizes(torch.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    name = "unsafe_split_with_sizes"
    parts = called(name, splitting.split_with_sizes, input, split_sizes, dim)
    return _unsafe(parts, "UnsafeSplitWithSizes")


def _unsafe(parts: Tensors, node: str) -> Tensors:
    return tuple([apart(part, node + "Backward0", copy=False) for part in parts])
