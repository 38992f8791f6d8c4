"""Rows of tables, and bags of them, as `torch` itself has them: by numbers, without defaults.

`rushlight.nn.functional` has the same with names and checks of its own.
"""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import require_int
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import mode as grad_mode
from rushlight.autograd.modes import no_grad
from rushlight.dtypes import DTYPES
from rushlight.kernels.embedding import renormalize_
from rushlight.kernels.embedding_bag import Options
from rushlight.ops import embedding as ops
from rushlight.ops import embedding_bag as bag_ops
from rushlight.ops.inplace import check_history
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["embedding", "embedding_bag", "embedding_renorm_"]

int64, int32 = DTYPES["int64"], DTYPES["int32"]
METHODS = ()
MODES = ("sum", "mean", "max")


def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return rows of `weight` (V, D): shape ``indices.shape + (D,)``, for int64 or int32 indices.

    The row `padding_idx` gets no gradient, where it is one; with `scale_grad_by_freq` each row's
    is divided by how often it was looked up. IndexError for an index out of range.

    >>> import rushlight as torch
    >>> torch.embedding(torch.tensor([[1.0], [2.0]]), torch.tensor([1, 0]))
    tensor([[2.],
            [1.]])
    """
    require_tensor(weight, "embedding", "weight", 1)
    require_tensor(indices, "embedding", "indices", 2)
    padding = require_int("embedding", padding_idx, "padding_idx", 3)
    if sparse:
        raise NotImplementedError("embedding: Rushlight has no sparse gradients")
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    check_index("embedding", indices)
    padding = padding if padding < len(weight) else -1
    return ops.embedding(weight, indices, padding, scale_grad_by_freq)  # type: ignore[no-any-return]


def embedding_renorm_(input: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Shrink those rows of `input` (V, D) at `indices` that are longer than `max_norm`, in place.

    Nothing is recorded; RuntimeError for a leaf that requires grad.

    >>> import rushlight as torch
    >>> torch.embedding_renorm_(torch.tensor([[3.0, 4.0], [6.0, 8.0]]), torch.tensor([1]), 5.0, 2.0)
    tensor([[3., 4.],
            [3., 4.]])
    """
    require_tensor(input, "embedding_renorm_", "input", 1)
    require_tensor(indices, "embedding_renorm_", "indices", 2)
    if grad_mode.grad:
        check_history(input)
    if input.ndim != 2:
        raise RuntimeError(
            f"Expected 2-dimensional tensor, but got {input.ndim}-dimensional tensor for argument "
            "#1 'self' (while checking arguments for embedding_renorm_)"
        )
    check_index("embedding_renorm_", indices, position=2)
    if indices.numel():
        renormalize(input, indices, max_norm, norm_type)
    return input


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return bags (bags, D) of rows of `weight` (V, D), and what they were made of.

    `mode` 0 sums, 1 takes the mean and 2 the maximum of the rows at `indices` (N) from each of the
    `offsets` on. Behind the bags come the bag of each index, the bags' sizes, and these again or
    the rows of the maxima; a sum tells zeros, and in float32 no bags. See
    `rushlight.nn.functional.embedding_bag` for the rest.

    >>> import rushlight as torch
    >>> table, index = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([0, 2, 1])
    >>> torch.embedding_bag(table, index, torch.tensor([0, 2]), mode=1)[:3]
    (tensor([[2.5000],
            [2.0000]]), tensor([0, 0, 1]), tensor([2, 1]))
    """
    require_tensor(weight, "embedding_bag", "weight", 1)
    require_tensor(indices, "embedding_bag", "indices", 2)
    require_tensor(offsets, "embedding_bag", "offsets", 3)
    require_int("embedding_bag", mode, "mode", 5)
    if sparse:
        raise NotImplementedError("embedding_bag: Rushlight has no sparse gradients")
    for name, t, ndim in (("weight", weight, 2), ("input", indices, 1), ("offsets", offsets, 1)):
        if t.ndim != ndim:
            raise RuntimeError(
                f"{name} has to be a {ndim}D Tensor, but got Tensor of dimension {t.ndim}"
            )
    if not 0 <= mode <= 2:
        raise RuntimeError("`mode` must be sum, mean, or max.")
    check_index("embedding_bag", indices, offsets)
    check_types(weight, per_sample_weights)
    if per_sample_weights is not None:
        if mode != 0:
            raise RuntimeError("embedding_bag: per_sample_weights only supported with mode='sum'")
        if per_sample_weights.numel() != indices.numel():
            raise RuntimeError(
                "Expected per_sample_weights.value().numel() == indices.numel() to be true, but "
                "got false.  (Could this error message be improved?  If so, please report an "
                "enhancement request to PyTorch.)"
            )
    if include_last_offset and not len(offsets):
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    padding = padding_row(padding_idx, len(weight))
    options = Options(MODES[mode], padding, include_last_offset, scale_grad_by_freq and mode != 2)
    y, winners = bags_of(weight, indices, offsets, per_sample_weights, options)
    of, sizes = bag_ops.bag_facts(weight.detach(), indices, offsets, options)
    return y, of, sizes, sizes.clone() if winners is None else winners.clamp_min(0)


# -- shared with nn.functional ---------------------------------------------------------------------


def bags_of(
    weight: Tensor, index: Tensor, offsets: Any, factors: Tensor | None, options: Options
) -> tuple[Tensor, Tensor | None]:
    """The bags, and the rows of the maxima where these were asked for."""
    if options.mode == "max":
        winners = bag_ops.bag_winners(weight.detach(), index, offsets, options)
        return bag_ops.bag_max(weight, winners), winners
    return bag_ops.bag_sum(weight, factors, index, offsets, options), None


def check_index(function: str, *indices: Tensor | None, position: int = 1) -> None:
    """Indices are int64 or int32."""
    for index in indices:
        if index is not None and index.dtype not in (int64, int32):
            raise RuntimeError(
                f"Expected tensor for argument #{position} 'indices' to have one of the following "
                f"scalar types: Long, Int; but got {index.type()} instead (while checking "
                f"arguments for {function})"
            )


def check_types(weight: Tensor, factors: Tensor | None) -> None:
    """Tables of bags are of floats, and their factors of the same dtype."""
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


def padding_row(padding_idx: int | None, rows: int) -> int | None:
    """The row that is left out, counted from the front."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, but "
            f"got {padding_idx}"
        )
    return padding_idx % rows


def renormalize(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Shrink the rows about to be looked up to the largest norm allowed, without recording."""
    if weight._array.dtype.kind not in "fcV":
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got "
            f"{weight.dtype.scalar_name} instead."
        )
    check_update(weight)
    if weight._interpreter is None and input._interpreter is None:
        renormalize_(weight._array, input._array, max_norm, norm_type)
        weight._counter[0] += 1
        return
    with no_grad():
        weight.copy_(ops.renormalized(weight, input, max_norm, norm_type))
