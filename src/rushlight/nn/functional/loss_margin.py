"""Losses that ask for a margin, between pairs, triplets or classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.api import losses as api
from rushlight.api.broadcasting import broadcast_tensors
from rushlight.api.distance import pairwise_distance
from rushlight.api.extremes import clamp_min, minimum
from rushlight.api.scalars import as_float
from rushlight.dtypes import get_default_dtype, promote_types
from rushlight.nn.functional.activation import logsigmoid
from rushlight.nn.modules.reduction import check_reduction, legacy_reduction, reduction_enum
from rushlight.ops import margins as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor, values_of

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def _enum(size_average: Any, reduce: Any, reduction: str) -> int:
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    return reduction_enum(reduction)


# -- pairs -------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return `input` where `target` is 1, and ``max(0, margin - input)`` where it is -1.

    >>> import rushlight as torch
    >>> x, t = torch.tensor([0.3, 0.3]), torch.tensor([1.0, -1.0])
    >>> torch.nn.functional.hinge_embedding_loss(x, t)
    tensor(0.5000)
    """
    number = _enum(size_average, reduce, reduction)
    return api.hinge_embedding_loss(input, target, margin, number)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``max(0, margin - target * (input1 - input2))``; `target` says which is to be larger.

    >>> import rushlight as torch
    >>> one, two = torch.tensor([1.0]), torch.tensor([2.0])
    >>> torch.nn.functional.margin_ranking_loss(one, two, torch.tensor([1.0]))
    tensor(1.)
    """
    number = _enum(size_average, reduce, reduction)
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return api.margin_ranking_loss(input1, input2, target, margin, number)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``1 - cos`` of pairs of vectors whose `target` is 1, ``max(0, cos - margin)`` for -1.

    Inputs (N, D) with a target (N,), or (D,) with ().

    >>> import rushlight as torch
    >>> a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    >>> torch.nn.functional.cosine_embedding_loss(a, b, torch.tensor([1.0]))
    tensor(1.)
    """
    number = _enum(size_average, reduce, reduction)
    return api.cosine_embedding_loss(input1, input2, target, margin, number)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``log(1 + exp(-target * input))``, targets being 1 or -1.

    >>> import rushlight as torch
    >>> torch.nn.functional.soft_margin_loss(torch.tensor([0.0]), torch.tensor([1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    require_tensor(input, "soft_margin_loss", "input", 1)
    require_tensor(target, "soft_margin_loss", "target", 2)
    if target.requires_grad:
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument "
            "'target'. This input cannot have requires_grad True."
        )
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        common = promote_types(input.dtype, target.dtype)
        found = common if common.is_floating_point else get_default_dtype()
        raise RuntimeError(
            f"result type {found.scalar_name} can't be cast to the desired output type "
            f"{input.dtype.scalar_name}"
        )
    if input.shape != target.shape:
        given = list(input.shape)
        input, target = broadcast_tensors(input, target)
        if given != list(input.shape):
            raise RuntimeError(
                f"output with shape {given} doesn't match the broadcast shape {list(input.shape)}"
            )
    return ops.soft_margin(input, target.to(input.dtype), reduction)  # type: ignore[no-any-return]


# -- triplets ----------------------------------------------------------------------------------


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``max(0, margin + d(anchor, positive) - d(anchor, negative))``, d the `p`-norm.

    With `swap` the negative's distance is to the nearer of the anchor and the positive (Balntas et
    al., BMVC 2016). ValueError where `margin` isn't positive.

    >>> import rushlight as torch
    >>> a, b = torch.zeros(1, 2), torch.ones(1, 2)
    >>> torch.nn.functional.triplet_margin_loss(a, b, b)
    tensor(1.0000)
    """
    number = _enum(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return api.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, number)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with a distance of your own (`pairwise_distance` by default).

    >>> import rushlight as torch
    >>> a, b = torch.zeros(1, 2), torch.ones(1, 2)
    >>> torch.nn.functional.triplet_margin_with_distance_loss(a, b, b)
    tensor(1.0000)
    """
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    api.check_triplet(anchor, positive, negative)
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    loss = clamp_min(margin + near - far, 0.0)
    return loss if reduction == "none" else getattr(loss, reduction)()


# -- classes -----------------------------------------------------------------------------------


def _check_rows(input: Tensor, function: str) -> None:
    """Raise PyTorch's error for what is neither a row of classes nor rows."""
    empty = any(n == 0 for n in input.shape[input.ndim == 2 :])
    if input.ndim > 2 or (input.ndim and empty):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )


def _check_long(target: Tensor) -> None:
    if target._array.dtype != "int64":
        raise RuntimeError(f"expected scalar type Long but found {target.dtype.scalar_name}")


def _check_kernel(input: Tensor, kernel: str) -> None:
    if input._array.dtype.kind != "f" or input.dtype.itemsize < 4:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the sum over the other classes of ``max(0, margin - x[t] + x[j])**p / C``.

    Scores (C,) or (N, C), classes () or (N,), a weight for each class; `p` is 1 or 2.

    >>> import rushlight as torch
    >>> x = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> torch.nn.functional.multi_margin_loss(x, torch.tensor([3]))
    tensor(0.3250)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    require_tensor(input, "multi_margin_loss", "input", 1)
    require_tensor(target, "multi_margin_loss", "target", 2)
    if p != 1 and p != 2:
        raise ValueError("only p == 1 and p == 2 supported")
    _check_rows(input, "multi_margin_loss")
    rows = input.shape[0] if input.ndim == 2 else 1
    classes = input.shape[-1] if input.ndim else 1
    if target.ndim > 1 or target.numel() != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
            f"samples (batch size). Expected target size [{rows}], but got {list(target.shape)}. "
            f"Input has shape {list(input.shape)}."
        )
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}"
        )
    _check_kernel(input, "multi_margin_loss_cpu_kernel")
    _check_long(target)
    labels = values_of(target)
    if ((labels < 0) | (labels >= classes)).any():
        raise RuntimeError("target out of range")
    margin = as_float(margin, "multi_margin_loss", "margin", 4)
    return ops.multi_margin(input, target, int(p), margin, weight, reduction)  # type: ignore[no-any-return]


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the sum of ``max(0, 1 - x[t] + x[j]) / C`` over targets t and the classes j beside.

    Scores (C,) or (N, C), targets of the same size: class indices, up to the first -1.

    >>> import rushlight as torch
    >>> x = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> torch.nn.functional.multilabel_margin_loss(x, torch.tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    require_tensor(input, "multilabel_margin_loss", "input", 1)
    require_tensor(target, "multilabel_margin_loss", "target", 2)
    _check_rows(input, "multilabel_margin_loss")
    classes = input.shape[-1] if input.ndim else 1
    if input.shape != target.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    _check_kernel(input, "multilabel_margin_loss_forward_out_frame")
    _check_long(target)
    labels = values_of(target)
    if labels.size and (labels.min() < -1 or labels.max() >= classes):
        raise RuntimeError("argument #2 'target' is out of range")
    return ops.multilabel_margin(input, target, reduction)  # type: ignore[no-any-return]


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return the binary cross entropy of logits (..., C), averaged over the classes.

    >>> import rushlight as torch
    >>> torch.nn.functional.multilabel_soft_margin_loss(torch.zeros(1, 2), torch.ones(1, 2))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    loss: Any = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    last = input.dim() - 1
    loss = loss.sum(dim=last) / input.size(last)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return loss if reduction == "none" else getattr(loss, reduction)()  # type: ignore[no-any-return]
