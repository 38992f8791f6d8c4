"""Losses of a difference: mse_loss, l1_loss, smooth_l1_loss, huber_loss.

`reduction` is "mean", "sum" or "none" in all losses; `size_average` and `reduce` are its old names.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from rushlight.api.broadcasting import broadcast_tensors
from rushlight.api.scalars import as_float
from rushlight.dtypes import promote_types
from rushlight.kernels.losses import check_beta, check_delta
from rushlight.nn.modules.reduction import check_reduction, legacy_reduction
from rushlight.ops import losses as ops
from rushlight.ops.loss_paths import of_pairs
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


def _alike(input: Any, target: Any) -> tuple[Any, Any]:
    """Broadcast the two, with PyTorch's warning."""
    if target.size() == input.size():
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size "
        f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=4,
    )
    first, second = broadcast_tensors(input, target)
    return first, second


def _paired(
    op: Operator, kernel: str, check: Callable[..., None] | None = None
) -> Callable[..., Tensor]:
    """The loss for any two tensors: broadcast with PyTorch's warning, promoted, refused.

    `check` looks at the options first.
    """

    def slow(input: Any, target: Any, *options: Any) -> Tensor:
        input, target = _alike(input, target)
        if check is not None:
            check(*options)
        if input.dtype is not target.dtype:
            common = promote_types(input.dtype, target.dtype)
            input, target = input.to(common), target.to(common)
        if not input.dtype.is_floating_point:
            raise NotImplementedError(
                f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'"
            )
        return op.general(input, target, *options)  # type: ignore[no-any-return]

    return of_pairs(op, slow)


_mse = _paired(ops.mse, "mse_cpu")
_smooth_l1 = _paired(ops.smooth_l1, "smooth_l1_cpu", check_beta)
_huber = _paired(ops.huber, "huber_cpu", check_delta)
_l1 = {reduction: _paired(op, "abs_cpu") for reduction, op in ops.l1.items()}


def _weighted(terms: Tensor, weight: Tensor, reduction: str, mean: Tensor | None) -> Tensor:
    """Reduce weighted terms; the mean divides by `mean`, or by their number."""
    if weight.size() != terms.size():
        raise ValueError("Weights and input must have the same size.")
    terms = terms * weight
    if reduction == "none":
        return terms
    if reduction == "sum":
        return terms.sum()  # type: ignore[no-any-return]
    return terms.mean() if mean is None else terms.sum() / mean  # type: ignore[no-any-return]


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the squared differences; with `weight` their mean divides by the weights' sum.

    Raises ValueError for an unknown reduction or weights of another size.

    >>> import rushlight as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction != "mean":
        check_reduction(reduction)
    if weight is not None:
        input, target = _alike(input, target)
        return _weighted((input - target) ** 2, weight, reduction, weight.sum())
    return _mse(input, target, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Return the absolute differences; with `weight` their mean divides by the weights' sum.

    Raises ValueError for an unknown reduction or weights of another size.

    >>> import rushlight as torch
    >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if weight is not None:
        input, target = _alike(input, target)
        return _weighted((input - target).abs(), weight, reduction, weight.sum())
    return _l1_of(input, target, reduction)


def _l1_of(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """One node for floats; as PyTorch composes it for complex numbers and integers."""
    both = isinstance(input, Tensor) and isinstance(target, Tensor)
    if both and not promote_types(input.dtype, target.dtype).is_floating_point:
        distances: Any = (input - target).abs()
        return distances if reduction == "none" else getattr(distances, reduction)()  # type: ignore[no-any-return]
    return _l1[reduction](input, target, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Return ``d**2 / (2 * beta)`` for distances below `beta`, ``d - beta / 2`` above.

    RuntimeError for a negative `beta`; 0 gives `l1_loss` (Girshick, "Fast R-CNN", ICCV 2015).

    >>> import rushlight as torch
    >>> torch.nn.functional.smooth_l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 4.0]))
    tensor(0.8125)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if beta == 0.0:
        return _l1_of(input, target, reduction)
    if type(beta) is not float:
        beta = as_float(beta, "smooth_l1_loss", "beta", 4)
    return _smooth_l1(input, target, beta, reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Return ``d**2 / 2`` for distances below `delta`, ``delta * (d - delta / 2)`` above.

    RuntimeError where `delta` isn't positive (Huber, "Robust estimation of a location parameter",
    1964).

    >>> import rushlight as torch
    >>> torch.nn.functional.huber_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 4.0]))
    tensor(0.8125)
    """
    check_reduction(reduction)
    if type(delta) is not float:
        delta = as_float(delta, "huber_loss", "delta", 4)
    if weight is not None:
        return _weighted(_huber(input, target, delta, "none"), weight, reduction, None)
    return _huber(input, target, delta, reduction)
