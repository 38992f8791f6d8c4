"""Bags of embeddings."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight.api.embedding import (
    bags_of,
    check_index,
    check_types,
    padding_row,
    renormalize,
)
from rushlight.kernels.embedding_bag import Options
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor, wrap

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
        offsets = wrap(np.arange(input.shape[0]) * input.shape[1])
        include_last_offset = False
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    _check_mode(mode, scale_grad_by_freq, sparse)
    if max_norm is not None:
        renormalize(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    check_index("embedding_bag", input, offsets)
    padding = padding_row(padding_idx, weight.shape[0])
    check_types(weight, per_sample_weights)
    options = Options(mode, padding, include_last_offset, scale_grad_by_freq)
    return bags_of(weight, input, offsets, per_sample_weights, options)[0]


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
