"""Losses between an input and a target of its shape, and the negative log-likelihood.

Each loss and its first derivative are Operators with a fused kernel. The derivative's own formulas
are written out below: with r(g) the share of the cotangent that an element gets (`share`), a loss
``sum f(x - t)`` has the derivative ``r(g) f'(d)``, which is linear in g, and has ``r(g) f''(d)``
for its derivative in d.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import likelihood, losses
from rushlight.kernels.reduce import count_of
from rushlight.ops.activation import logsigmoid
from rushlight.ops.comparison import lt
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.elementary import exp, log, sigmoid
from rushlight.ops.masking import kept, zeroed
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import mean_all, sum_all

__all__ = ["bce", "bce_with_logits", "huber", "kl_div", "l1", "mse", "nll", "nll_2d", "smooth_l1"]

REDUCED = {"mean": "MeanBackward0", "sum": "SumBackward0"}


# A sum over a plain number, which PyTorch's C++ divides by.
divided = linear(
    "div", lambda x, n: np.asarray(x / n, x.dtype), x=lambda g, n: g / n, node="DivBackward1"
)


def share(g: Any, shape: tuple[int, ...], reduction: str) -> Any:
    """What of a loss's cotangent goes to each element: divided by their number for "mean"."""
    return g / count_of(shape, None) if reduction == "mean" else g


def reduced(x: Any, reduction: str) -> Any:
    """Sum or average elementwise terms: the adjoint of `share`."""
    return mean_all(x) if reduction == "mean" else sum_all(x) if reduction == "sum" else x


# -- differences -------------------------------------------------------------------------------

mse = general(
    "mse_loss",
    losses.mse,
    x=lambda g, x, target, reduction: mse_backward(g, x, target, reduction),
    target=lambda g, x, target, reduction: -mse_backward(g, x, target, reduction),
)
mse_backward: Operator = general(
    "mse_loss_backward",
    losses.mse_backward,
    g=lambda h, x, target, reduction: reduced(h * (x - target) * 2, reduction),
    x=lambda h, g, x_shape, reduction: h * share(g, x_shape, reduction) * 2,
    target=lambda h, g, x_shape, reduction: h * share(g, x_shape, reduction) * -2,
)
# PyTorch composes this one, so that its node has the name of the last step: one for each reduction.
l1 = {
    reduction: general(
        "l1_loss",
        losses.l1,
        x=lambda g, x, target, reduction: l1_backward(g, x, target, reduction),
        target=lambda g, x, target, reduction: -l1_backward(g, x, target, reduction),
        node=node,
    )
    for reduction, node in {**REDUCED, "none": "AbsBackward0"}.items()
}
l1_backward: Operator = general(
    "l1_loss_backward",
    losses.l1_backward,
    g=lambda h, x, target, reduction: reduced(h * sign(x - target), reduction),
    x=lambda h: zeroed(h),
    target=lambda h: zeroed(h),
)
sign: Operator = constant("sign", np.sign)
smooth_l1 = general(
    "smooth_l1_loss",
    losses.smooth_l1,
    x=lambda g, x, target, beta, reduction: smooth_l1_backward(g, x, target, beta, reduction),
    target=lambda g, x, target, beta, reduction: -smooth_l1_backward(g, x, target, beta, reduction),
    node="SmoothL1LossBackward0",
)


def _within(h: Any, x: Any, target: Any, bound: float) -> Any:
    """`h` where the distance is below the bound: where these losses are quadratic."""
    d = x - target
    return kept(h, lt(d * d, bound * bound))


smooth_l1_backward: Operator = general(
    "smooth_l1_loss_backward",
    losses.smooth_l1_backward,
    g=lambda h, x, target, beta, reduction: reduced(
        h * smooth_l1_backward(ones(x), x, target, beta, "none"), reduction
    ),
    x=lambda h, g, x, target, beta, x_shape, reduction: _within(
        h * share(g, x_shape, reduction) / (beta or 1.0), x, target, beta
    ),
    target=lambda h, g, x, target, beta, x_shape, reduction: (
        -_within(h * share(g, x_shape, reduction) / (beta or 1.0), x, target, beta)
    ),
)
ones: Operator = constant("ones_like", lambda x: np.ones(x.shape, x.dtype))
huber = general(
    "huber_loss",
    losses.huber,
    x=lambda g, x, target, delta, reduction: huber_backward(g, x, target, delta, reduction),
    target=lambda g, x, target, delta, reduction: -huber_backward(g, x, target, delta, reduction),
)
huber_backward: Operator = general(
    "huber_loss_backward",
    losses.huber_backward,
    g=lambda h, x, target, delta, reduction: reduced(
        h * huber_backward(ones(x), x, target, delta, "none"), reduction
    ),
    x=lambda h, g, x, target, delta, x_shape, reduction: _within(
        h * share(g, x_shape, reduction), x, target, delta
    ),
    target=lambda h, g, x, target, delta, x_shape, reduction: (
        -_within(h * share(g, x_shape, reduction), x, target, delta)
    ),
)

# -- binary cross entropy ----------------------------------------------------------------------


def _weighted(h: Any, weight: Any) -> Any:
    return h if weight is None else h * weight


bce = general(
    "binary_cross_entropy",
    losses.bce,
    x=lambda g, x, target, weight, reduction: bce_backward(g, x, target, weight, reduction),
    target=lambda g, x, target, weight, reduction: _weighted(
        share(g, x.shape, reduction) * (log(1 - x) - log(x)), weight
    ),
)
bce_backward: Operator = general(
    "binary_cross_entropy_backward",
    losses.bce_backward,
    g=lambda h, x, target, weight, reduction: reduced(
        _weighted(h, weight) * (x - target) / (x * (1 - x)), reduction
    ),
    x=lambda h, g, x, target, weight, x_shape, reduction: (
        _weighted(h, weight)
        * share(g, x_shape, reduction)
        * (target / (x * x) + (1 - target) / ((1 - x) * (1 - x)))
    ),
    target=lambda h, g, x, weight, x_shape, reduction: (
        -_weighted(h, weight) * share(g, x_shape, reduction) / (x * (1 - x))
    ),
)


def _slope(x: Any, target: Any, pos_weight: Any) -> Any:
    """The derivative of the loss of one logit."""
    if pos_weight is None:
        return sigmoid(x) - target
    positive = pos_weight * target
    return (positive + 1 - target) * sigmoid(x) - positive


bce_with_logits = general(
    "binary_cross_entropy_with_logits",
    losses.bce_with_logits,
    x=lambda g, x, target, weight, pos_weight, reduction: bce_with_logits_backward(
        g, x, target, weight, pos_weight, reduction
    ),
    target=lambda g, x, target, weight, pos_weight, reduction: (
        -_weighted(share(g, x.shape, reduction), weight)
        * (x if pos_weight is None else x + (pos_weight - 1) * logsigmoid(x))
    ),
)
bce_with_logits_backward: Operator = general(
    "binary_cross_entropy_with_logits_backward",
    losses.bce_with_logits_backward,
    g=lambda h, x, target, weight, pos_weight, reduction: reduced(
        _weighted(h, weight) * _slope(x, target, pos_weight), reduction
    ),
    x=lambda h, g, x, target, weight, pos_weight, x_shape, reduction: (
        _weighted(h, weight)
        * share(g, x_shape, reduction)
        * (1 if pos_weight is None else pos_weight * target + 1 - target)
        * (sigmoid(x) * (1 - sigmoid(x)))
    ),
    target=lambda h, g, x, weight, pos_weight, x_shape, reduction: (
        _weighted(h, weight)
        * share(g, x_shape, reduction)
        * (-1 if pos_weight is None else (pos_weight - 1) * sigmoid(x) - pos_weight)
    ),
)


# -- Kullback-Leibler divergence ---------------------------------------------------------------


def _declare_kl_div(node: str) -> Operator:
    return general(
        "kl_div",
        losses.kl_div,
        x=lambda g, x, target, log_target, reduction: (
            -share(g, x.shape, reduction) * (exp(target) if log_target else target)
        ),
        target=lambda g, x, target, log_target, reduction: (
            share(g, x.shape, reduction)
            # the terms of t log t; PyTorch's are nan at 0, as a quotient is
            * (exp(target) * (target - x + 1) if log_target else log(target) + target / target - x)
        ),
        node=node,
    )


# By reduction, and whether the target is given as its logarithm: composed in PyTorch, as l1.
kl_div = {
    (reduction, log_target): _declare_kl_div(node)
    for log_target, last in ((False, "SubBackward0"), (True, "MulBackward0"))
    for reduction, node in {**REDUCED, "none": last}.items()
}

# -- negative log-likelihood -------------------------------------------------------------------


def _declare_nll(name: str, node: str) -> Operator:
    return general(
        name,
        likelihood.nll,
        log_probs=lambda g, log_probs_shape, target, weight, ignore_index, reduction, total: (
            nll_backward(g[0], log_probs_shape, target, weight, ignore_index, reduction, total)
        ),
        outputs=("y", "total"),
        constant=("total",),
        tied=True,
        node=node,
    )


nll = _declare_nll("nll_loss", "NllLossBackward0")
nll_2d = _declare_nll("nll_loss2d", "NllLoss2DBackward0")


def _nll_backward(
    g: Any, shape: Any, target: Any, weight: Any, ignore_index: int, reduction: str, total: Any
) -> Any:
    return likelihood.nll_backward(g, shape, target, weight, ignore_index, reduction, float(total))


nll_backward: Operator = general(
    "nll_loss_backward",
    _nll_backward,
    g=lambda h, target, weight, ignore_index, reduction: first(
        nll(h, target, weight, ignore_index, reduction)
    ),
)


def first(outputs: Any) -> Any:
    """The loss of the two outputs of `nll`."""
    return outputs[0]
