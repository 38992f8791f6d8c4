"""Losses: input and target first, then options; `reduction` is "mean", "sum" or "none"."""

from __future__ import annotations

import warnings

from rushlight.api.broadcasting import broadcast_tensors
from rushlight.dtypes import promote_types
from rushlight.nn.functional.softmax import log_softmax
from rushlight.nn.modules.reduction import legacy_reduction
from rushlight.ops import losses as ops
from rushlight.ops.cross_entropy import cross_entropy_of
from rushlight.tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "smooth_l1_loss",
]


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def _pair(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Warn of sizes that differ, as PyTorch does, and broadcast and promote the two."""
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
        input, target = broadcast_tensors(input, target)
    if input.dtype is not target.dtype:
        common = promote_types(input.dtype, target.dtype)
        input, target = input.to(common), target.to(common)
    return input, target


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the squared differences, averaged.

    >>> import rushlight as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    x, t = _pair(input, target)
    if weight is not None:
        return _reduce(ops.mse(x, t, "none") * weight, reduction, weight)
    return ops.mse(x, t, reduction)  # type: ignore[no-any-return]


def _reduce(terms: Tensor, reduction: str, weight: Tensor) -> Tensor:
    """Weighted reduction: "mean" divides by the weights' sum."""
    if reduction == "none":
        return terms
    total = terms.sum()
    return total if reduction == "sum" else total / weight.sum()  # type: ignore[no-any-return]


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the absolute differences, averaged."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    x, t = _pair(input, target)
    distances = (x - t).abs()
    if weight is not None:
        return _reduce(distances * weight, reduction, weight)
    return distances if reduction == "none" else getattr(distances, reduction)()  # type: ignore[no-any-return]


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return ``d**2 / (2 beta)`` for distances below `beta`, ``d - beta / 2`` above; averaged."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    x, t = _pair(input, target)
    if beta == 0.0:
        return l1_loss(x, t, reduction=reduction)
    return ops.smooth_l1(x, t, beta, reduction)  # type: ignore[no-any-return]


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Return ``d**2 / 2`` for distances below `delta`, ``delta (d - delta/2)`` above; averaged."""
    _check_reduction(reduction)
    x, t = _pair(input, target)
    if weight is not None:
        return _reduce(ops.huber(x, t, delta, "none") * weight, reduction, weight)
    return ops.huber(x, t, delta, reduction)  # type: ignore[no-any-return]


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return ``target * (log(target) - input)``; "batchmean" divides by the first size.

    `input` holds log-probabilities, `target` probabilities or, with `log_target`, their logarithms.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    batch = reduction == "batchmean"
    if not batch:
        _check_reduction(reduction)
    loss = ops.kl_div(input, target, log_target, "sum" if batch else reduction)
    return loss / input.size(0) if batch and input.dim() != 0 else loss  # type: ignore[no-any-return]


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the log-probability of each target class, averaged by the classes' weights.

    Log-probabilities (C,), (N, C) or (N, C, d1, ...); class indices (), (N,) or (N, d1, ...).
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    return ops.nll(input, target, weight, ignore_index, reduction)[0]  # type: ignore[no-any-return]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return minus the log-softmax at each target class, averaged by the classes' weights.

    Logits (C,), (N, C) or (N, C, d1, ...); targets are class indices, or probabilities of the
    logits' shape. IndexError for a class out of bounds.

    >>> import rushlight as torch
    >>> torch.nn.functional.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target.is_floating_point() and target.shape == input.shape:
        return _soft(input, target, weight, reduction, label_smoothing)
    return cross_entropy_of(input, target, weight, ignore_index, label_smoothing, reduction)


def _soft(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    """Cross entropy with class probabilities: minus the weighted inner product of both."""
    axis = 0 if input.dim() == 1 else 1
    if smoothing > 0:
        target = target * (1 - smoothing) + smoothing / input.size(axis)
    logs = log_softmax(input, axis)
    if weight is not None:
        logs = logs * weight.reshape([-1] + [1] * (input.dim() - 1 - axis))
    terms = -(logs * target)
    if reduction == "none":
        return terms.sum(axis)  # type: ignore[no-any-return]
    samples = input.numel() // input.size(axis) if input.numel() else 0
    total = terms.sum()
    return total if reduction == "sum" else total / samples  # type: ignore[no-any-return]


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``-(t log x + (1 - t) log(1 - x))``, the logarithms at least -100; averaged."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(input.shape)
    return ops.bce(input, target, weight, reduction)  # type: ignore[no-any-return]


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Return the binary cross entropy of ``sigmoid(input)``, computed stably; averaged.

    `pos_weight` multiplies the term of the positive class.
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    _check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    return ops.bce_with_logits(input, target, weight, pos_weight, reduction)  # type: ignore[no-any-return]
