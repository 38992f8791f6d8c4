"""Losses of probabilities: binary cross entropy, divergence, Poisson and Gaussian likelihoods."""

from __future__ import annotations

import math
import warnings
from typing import Any

from rushlight.api import losses as api
from rushlight.api.broadcasting import broadcast_shapes
from rushlight.api.elementary import log
from rushlight.api.likes import ones_like
from rushlight.autograd.modes import no_grad
from rushlight.nn.modules.reduction import check_reduction, legacy_reduction, reduction_enum
from rushlight.ops import losses as ops
from rushlight.ops.loss_paths import of_pairs
from rushlight.tensor import Tensor, values_of

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "gaussian_nll_loss",
    "kl_div",
    "poisson_nll_loss",
]


def _bce_slow(input: Tensor, target: Tensor, weight: Any, reduction: str) -> Tensor:
    if target.dtype is not input.dtype:
        raise RuntimeError(
            f"Found dtype {target.dtype.scalar_name} but expected {input.dtype.scalar_name}"
        )
    if not input.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"binary_cross_entropy\" not implemented for '{input.dtype.scalar_name}'"
        )
    return ops.bce.general(input, target, weight, reduction)  # type: ignore[no-any-return]


_bce = of_pairs(ops.bce, _bce_slow)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``-(t * log(x) + (1 - t) * log(1 - x))`` of probabilities, the logarithms >= -100.

    `weight` broadcasts. ValueError where the sizes of `input` and `target` differ, RuntimeError
    where either lies outside of [0, 1].

    >>> import rushlight as torch
    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    if weight is None:
        return _bce(input, target, None, reduction)
    weight = weight.expand(broadcast_shapes(target.shape, weight.shape))
    return _bce_slow(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Return the binary cross entropy of ``sigmoid(input)``, which neither overflows nor cancels.

    `weight` multiplies the terms, `pos_weight` those of the positive class; both broadcast.
    ValueError where the sizes of `input` and `target` differ.

    >>> import rushlight as torch
    >>> F = torch.nn.functional
    >>> F.binary_cross_entropy_with_logits(torch.zeros(2), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    return api.bce_with_logits(input, target, weight, pos_weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Return ``target * (log(target) - input)``; "batchmean" divides the sum by the first size.

    `input` holds log-probabilities, `target` probabilities or, with `log_target`, their logarithms.

    >>> import rushlight as torch
    >>> x, t = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1.0, 0.0]])
    >>> torch.nn.functional.kl_div(x, t, reduction="batchmean")
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        number = reduction_enum(legacy_reduction(size_average, reduce, reduction))
    else:
        if reduction == "mean":
            warnings.warn(
                "reduction: 'mean' divides the total loss by both the batch size and the support "
                "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
                "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
                "major release.",
                stacklevel=2,
            )
        number = 2 if reduction == "batchmean" else reduction_enum(reduction)
    loss = api.kl_div(input, target, number, log_target=log_target)
    if reduction == "batchmean" and input.ndim:
        return loss / input.shape[0]  # type: ignore[no-any-return]
    return loss


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-08,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Return ``exp(input) - target * input``, the negative log-likelihood of Poisson counts.

    Without `log_input` that is ``input - target * log(input + eps)``; `full` adds Stirling's
    approximation of ``log(target!)`` where `target` is above 1.

    >>> import rushlight as torch
    >>> torch.nn.functional.poisson_nll_loss(torch.tensor([0.0]), torch.tensor([2.0]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    number = reduction_enum(reduction)
    return api.poisson_nll_loss(input, target, log_input, full, eps, number)


def _variance(input: Tensor, var: Any) -> Tensor:
    """The variances with a dimension for each of the input's, or PyTorch's ValueError."""
    if not isinstance(var, Tensor):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        return var * ones_like(input.detach())  # type: ignore[no-any-return]
    if (values_of(var) < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.shape == input.shape:
        return var
    if input.shape[:-1] == var.shape:
        return var.unsqueeze(-1)  # type: ignore[no-any-return]
    spread = [b for a, b in zip(input.shape, var.shape) if a != b]
    if input.ndim != var.ndim or spread != [1]:
        raise ValueError("var is of incorrect size")
    return var


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return ``(log(var) + (input - target)**2 / var) / 2``, variances below `eps` being `eps`.

    `var` has the input's size, or lacks its last dimension, or has 1 in one of them; or it is a
    number. `full` adds ``log(2 * pi) / 2``. ValueError for negative variances or another size.

    >>> import rushlight as torch
    >>> one = torch.tensor([1.0])
    >>> torch.nn.functional.gaussian_nll_loss(one, torch.tensor([3.0]), one)
    tensor(2.)
    """
    spread = _variance(input, var)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    spread = spread.clone()
    with no_grad():  # a small variance counts as eps, but its derivative is its own
        spread.clamp_(min=eps)
    loss: Any = 0.5 * (log(spread) + (input - target) ** 2 / spread)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return loss if reduction == "none" else getattr(loss, reduction)()  # type: ignore[no-any-return]
