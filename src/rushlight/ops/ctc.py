"""Connectionist temporal classification."""

from __future__ import annotations

from rushlight.kernels import ctc as kernels
from rushlight.ops.declare import general, underivable
from rushlight.ops.losses import ones
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["ctc_loss"]


# The first derivative is that of the logits: there is no second one of it.
ctc_loss_backward: Operator = general(
    "ctc_loss_backward",
    kernels.ctc_loss_backward,
    g=underivable("_ctc_loss_backward"),
    log_probs=underivable("_ctc_loss_backward"),
)
ctc_loss: Operator = general(
    "ctc_loss",
    kernels.ctc_loss,
    log_probs=lambda g, log_probs, targets, form, y, alpha: ctc_loss_backward(
        g[0], log_probs, targets, form, y, alpha
    ),
    jvp=lambda log_probs_t, log_probs, targets, form, y, alpha: (
        sum_(
            log_probs_t * ctc_loss_backward(ones(y), log_probs, targets, form, y, alpha),
            (0, 2),
            False,
        ),
        None,
    ),
    outputs=("y", "alpha"),
    constant=("alpha",),
)
