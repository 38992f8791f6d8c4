"""Bags of embeddings."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight.kernels.embedding_bag import bag_winners
from rushlight.nn.functional.sparse import check_index, renormalize
from rushlight.ops import embedding_bag as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["embedding_bag"]


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return the sum, mean or maximum of bags of rows of `weight` (V, D): (bags, D).

    `input` (B, N) has B bags of N indices; `input` (N) has bags that start at `offsets`, of which
    the last is the end with `include_last_offset`. `per_sample_weights` are factors of the rows
    under "sum". The row `padding_idx` is left out of every bag; an empty bag is zero. Raises
    PyTorch's errors, and NotImplementedError for sparse gradients.

    >>> import rushlight as torch
    >>> table = torch.tensor([[1.0], [2.0], [4.0]])
    >>> index, starts = torch.tensor([0, 2, 1]), torch.tensor([0, 2])
    >>> torch.nn.functional.embedding_bag(index, table, starts, mode="sum")
    tensor([[5.],
            [2.]])
    """
    require_tensor(input, "embedding_bag", "indices", 2)
    require_tensor(weight, "embedding_bag", "weight", 1)
    if str(weight.dtype) == "torch.int64" and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag("
            "weight, input, ...)` is deprecated, and should now be `embedding_bag(input, weight, "
            "...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    _check_shapes(input, weight, offsets, per_sample_weights)
    if input.ndim == 2:
        starts = np.arange(input.shape[0]) * input.shape[1]
        include_last_offset = False
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    else:
        starts = offsets._array  # type: ignore[union-attr]
    _check_mode(mode, scale_grad_by_freq, sparse)
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    check_index("embedding_bag", input, offsets)
    padding = _padding(padding_idx, weight.shape[0])
    _check_types(weight, per_sample_weights)
    # Copies: the graph keeps them, and the caller may write over the originals.
    index = input._array.astype(np.int64)
    fast = mode != "max" and weight.itemsize < 8 and padding is None
    _check_places(index, starts, weight.shape[0], fast)
    bags = len(starts) - include_last_offset
    ends = starts[1:] if include_last_offset else np.append(starts[1:], len(index))[:bags]
    counts = ends - starts[:bags]
    bag = np.repeat(np.arange(bags), counts)
    index = index[: len(bag)]
    scale: Any = None if per_sample_weights is None else per_sample_weights[: len(bag)]
    if padding is not None:
        real = np.flatnonzero(index != padding)
        index, bag = index[real], bag[real]
        scale = None if scale is None else scale[real]
    if mode == "max":
        winners = bag_winners(weight._array, index, bag, bags)
        return ops.bag_max(weight, winners)  # type: ignore[no-any-return]
    if mode == "mean":
        real_counts = np.bincount(bag, minlength=bags)
        scale = (1 / real_counts[bag]).astype(weight._array.dtype)
    return ops.bag_sum(weight, scale, index, bag, bags, scale_grad_by_freq)  # type: ignore[no-any-return]


def _check_shapes(input: Tensor, weight: Tensor, offsets: Any, factors: Tensor | None) -> None:
    if factors is not None and input.shape != factors.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({factors.shape}) is not None, then it must "
            f"have the same shape as the input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2:
        if offsets is not None:
            kind = str(type(offsets)).replace("rushlight.tensor", "torch")
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {kind}"
            )
    elif input.ndim == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.ndim != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}"
        )


def _check_mode(mode: str, by_frequency: bool, sparse: bool) -> None:
    if mode == "max":
        if by_frequency:
            raise ValueError("max mode does not support scaling the gradient by the frequency")
        if sparse:
            raise ValueError("max mode does not support sparse weights")
    elif mode not in ("sum", "mean"):
        raise ValueError("mode has to be one of sum, mean or max")
    if sparse:
        raise NotImplementedError("embedding_bag: Rushlight has no sparse gradients")


def _padding(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, but "
            f"got {padding_idx}"
        )
    return padding_idx % rows


def _check_types(weight: Tensor, factors: Tensor | None) -> None:
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: "
            f"Half, BFloat16, Float, Double; but got {weight.type()} instead (while checking "
            "arguments for embedding_bag)"
        )
    if factors is not None and factors.dtype is not weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument "
            f"#1 'per_sample_weights'; but type {weight.type()} does not equal {factors.type()} "
            "(while checking arguments for embedding_bag)"
        )


def _check_places(index: Any, starts: Any, rows: int, fast: bool) -> None:
    """The bags begin at the first index and end at the last, and indices are rows.

    `fast` says whether PyTorch would run its fast kernel, which has a text of its own."""
    if len(starts):
        if starts[0] != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start "
                f"from position 0. However, got {starts[0]}"
            )
        if starts[-1] > len(index):
            raise RuntimeError(
                f"offsets[-1] can not be greater than input's length {len(index)} but got "
                f"offsets[-1] of {starts[-1]}"
            )
        if (np.diff(starts) < 0).any():
            raise RuntimeError("embedding_bag: offsets have to be in ascending order")
    wrong = np.flatnonzero((index < 0) | (index >= rows))
    if len(wrong):
        if not fast:
            raise RuntimeError(
                "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be "
                f"{index[wrong[0]]}"
            )
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {index[wrong[0]]} which is not in the valid "
            f"range [0, {rows})"
        )
