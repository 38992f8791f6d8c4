"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any, NoReturn

from rushlight.kernels import ctc as kernels
from rushlight.ops.declare import general
from rushlight.ops.losses import ones
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import sum_

__all__ = ["ctc_loss"]


def _refuse(h: Any) -> NoReturn:
    """The first derivative is that of the logits: there is no second one of it."""
    raise RuntimeError("derivative for aten::_ctc_loss_backward is not implemented")


ctc_loss_backward: Operator = general(
    "ctc_loss_backward", kernels.ctc_loss_backward, g=_refuse, log_probs=_refuse
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
