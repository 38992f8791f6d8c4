"""Losses that PyTorch also has outside of nn.functional, where `reduction` is a number.

0 is no reduction, 1 the mean, 2 the sum. Most are composed here, step by step as PyTorch does it,
so that names of nodes agree; nn.functional calls these.
"""

from __future__ import annotations

import math
from typing import Any

from rushlight.api.arguments import require_int
from rushlight.api.arithmetic import add, mul
from rushlight.api.broadcasting import broadcast_tensors
from rushlight.api.distance import pairwise_distance
from rushlight.api.elementary import exp, log
from rushlight.api.extremes import clamp_min, minimum, where
from rushlight.api.linalg_checks import check_bool
from rushlight.api.scalars import as_float
from rushlight.dtypes import INTEGER, promote_types
from rushlight.ops import losses as ops
from rushlight.ops.loss_paths import of_pairs
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "kl_div",
    "margin_ranking_loss",
    "poisson_nll_loss",
    "triplet_margin_loss",
]

NAMES = {1: "mean", 2: "sum"}


def _tensors(function: str, **named: Any) -> None:
    for position, (name, value) in enumerate(named.items(), 1):
        require_tensor(value, function, name, position)


def reduced(loss: Tensor, reduction: int) -> Tensor:
    """Apply a reduction by its number."""
    if reduction == 1:
        return loss.mean()  # type: ignore[no-any-return]
    return loss.sum() if reduction == 2 else loss


# -- probabilities -----------------------------------------------------------------------------


def _bce_with_logits(
    input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str
) -> Tensor:
    """Any but two plain tensors of one dtype: refused, or the target's dtype decides."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"log_sigmoid_cpu\" not implemented for '{input.dtype.scalar_name}'"
        )
    if not target.dtype.is_floating_point:
        raise RuntimeError(
            f"result type {input.dtype.scalar_name} can't be cast to the desired output type "
            f"{target.dtype.scalar_name}"
        )
    input = input.to(target.dtype)
    weight, pos_weight = (w if w is None else w.to(target.dtype) for w in (weight, pos_weight))
    op = ops.bce_with_logits
    return op.general(input, target, weight, pos_weight, reduction)  # type: ignore[no-any-return]


_bce_plain = of_pairs(ops.bce_with_logits, _bce_with_logits)


def bce_with_logits(
    input: Tensor, target: Tensor, weight: Any, pos_weight: Any, reduction: str
) -> Tensor:
    """Binary cross entropy of logits; both weights broadcast to the input."""
    if weight is None and pos_weight is None:
        return _bce_plain(input, target, None, None, reduction)
    for w, first in ((pos_weight, False), (weight, True)):
        if w is not None:
            pair = (input, w) if first else (w, input)
            broadcast_tensors(*pair)
    return _bce_with_logits(input, target, weight, pos_weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """Return the binary cross entropy of ``sigmoid(input)``, which neither overflows nor cancels.

    >>> import rushlight as torch
    >>> torch.binary_cross_entropy_with_logits(torch.zeros(2), torch.tensor([0.0, 1.0]))
    tensor([0.6931, 0.6931])
    """
    _tensors("binary_cross_entropy_with_logits", input=input, target=target)
    for position, (name, w) in enumerate((("weight", weight), ("pos_weight", pos_weight)), 3):
        if w is not None:
            require_tensor(w, "binary_cross_entropy_with_logits", name, position)
    require_int("binary_cross_entropy_with_logits", reduction, "reduction", 5)
    if input.shape != target.shape:
        shape = broadcast_tensors(target, input)[0].shape
        if shape != target.shape:
            raise RuntimeError(
                f"output with shape {list(target.shape)} doesn't match the broadcast shape "
                f"{list(shape)}"
            )
    return bce_with_logits(input, target, weight, pos_weight, NAMES.get(reduction, "none"))


_kl_div = {key: of_pairs(op, op.general) for key, op in ops.kl_div.items()}


def kl_div(
    input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False
) -> Tensor:
    """Return ``target * (log(target) - input)``, the terms of the Kullback-Leibler divergence.

    `input` holds log-probabilities, `target` probabilities or, with `log_target`, their logarithms.

    >>> import rushlight as torch
    >>> torch.kl_div(torch.tensor([-1.0, -2.0]), torch.tensor([0.5, 0.0]))
    tensor([0.1534, 0.0000])
    """
    _tensors("kl_div", input=input, target=target)
    require_int("kl_div", reduction, "reduction", 3)
    check_bool(log_target, "kl_div", "log_target")
    if input.dtype.is_complex or target.dtype.is_complex:
        raise RuntimeError("kl_div: Complex inputs not supported.")
    if not (input.dtype.is_floating_point and target.dtype.is_floating_point):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if input.shape != target.shape:
        target, input = broadcast_tensors(target, input)
    if input.dtype is not target.dtype:
        common = promote_types(input.dtype, target.dtype)
        input, target = input.to(common), target.to(common)
    name = NAMES.get(reduction, "none")
    return _kl_div[name, log_target](input, target, log_target, name)


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    """Return ``exp(input) - target * input``, the negative log-likelihood of Poisson counts.

    Without `log_input` that is ``input - target * log(input + eps)``; `full` adds Stirling's
    approximation of ``log(target!)`` where `target` is above 1.

    >>> import rushlight as torch
    >>> torch.poisson_nll_loss(torch.tensor([0.0]), torch.tensor([2.0]), True, False, 1e-8, 0)
    tensor([1.])
    """
    _tensors("poisson_nll_loss", input=input, target=target)
    check_bool(log_input, "poisson_nll_loss", "log_input", 3)
    check_bool(full, "poisson_nll_loss", "full", 4)
    eps = as_float(eps, "poisson_nll_loss", "eps", 5)
    require_int("poisson_nll_loss", reduction, "reduction", 6)
    loss = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        loss = add(loss, where(target <= 1, 0, stirling))
    return reduced(loss, reduction)


# -- margins -----------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0
) -> Tensor:
    """Return `input` where `target` is 1, and ``max(0, margin - input)`` where it is -1.

    >>> import rushlight as torch
    >>> torch.hinge_embedding_loss(torch.tensor([0.3, 0.3]), torch.tensor([1.0, -1.0]))
    tensor([0.3000, 0.7000])
    """
    _tensors("hinge_embedding_loss", input=input, target=target)
    margin = as_float(margin, "hinge_embedding_loss", "margin", 3)
    require_int("hinge_embedding_loss", reduction, "reduction", 4)
    if input.dtype.category <= INTEGER:  # PyTorch fills a tensor of the input's dtype
        margin = int(margin)
    short = where(target != 1, clamp_min(margin - input, 0), 0)
    return reduced(short + where(target != -1, input, 0), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Return ``max(0, margin - target * (input1 - input2))``; `target` says which is to be larger.

    >>> import rushlight as torch
    >>> one, two = torch.tensor([1.0]), torch.tensor([2.0])
    >>> torch.margin_ranking_loss(one, two, torch.tensor([1.0]))
    tensor([1.])
    """
    _tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    margin = as_float(margin, "margin_ranking_loss", "margin", 4)
    require_int("margin_ranking_loss", reduction, "reduction", 5)
    return reduced(clamp_min(-target * (input1 - input2) + margin, 0), reduction)


# PyTorch adds this to the squares of both lengths.
_EPSILON = 1e-12


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Return ``1 - cos`` of pairs of vectors whose `target` is 1, ``max(0, cos - margin)`` for -1.

    Inputs (N, D) with a target (N,), or (D,) with ().

    >>> import rushlight as torch
    >>> a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    >>> torch.cosine_embedding_loss(a, b, torch.tensor([1.0]))
    tensor([1.])
    """
    _tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    margin = as_float(margin, "cosine_embedding_loss", "margin", 4)
    require_int("cosine_embedding_loss", reduction, "reduction", 5)
    n = target.ndim
    if n > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != n + 1 or input2.ndim != n + 1:
        raise RuntimeError(
            f"{n}D target tensor expects {n + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    products = mul(input1, input2).sum(n)
    lengths = (mul(input1, input1).sum(n) + _EPSILON) * (mul(input2, input2).sum(n) + _EPSILON)
    cosine = products / lengths.sqrt()
    alike = where(target == 1, 1 - cosine, 0)
    return reduced(alike + where(target == -1, clamp_min(cosine - margin, 0), 0), reduction)


def check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    """Raise PyTorch's error for three tensors of several numbers of dimensions."""
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
            f"{negative.ndim}D inputs"
        )


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """Return ``max(0, margin + d(anchor, positive) - d(anchor, negative))``, d the `p`-norm.

    With `swap` the negative's distance is to the nearer of the anchor and the positive (Balntas et
    al., BMVC 2016).

    >>> import rushlight as torch
    >>> a, b = torch.zeros(1, 2), torch.ones(1, 2)
    >>> torch.triplet_margin_loss(a, b, b)
    tensor([1.0000])
    """
    _tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    margin = as_float(margin, "triplet_margin_loss", "margin", 4)
    p = as_float(p, "triplet_margin_loss", "p", 5)
    eps = as_float(eps, "triplet_margin_loss", "eps", 6)
    check_bool(swap, "triplet_margin_loss", "swap", 7)
    require_int("triplet_margin_loss", reduction, "reduction", 8)
    check_triplet(anchor, positive, negative)
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(clamp_min(margin + near - far, 0), reduction)
