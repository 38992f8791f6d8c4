"""Losses of sequences."""

from __future__ import annotations

from typing import Any

from rushlight.api import ctc as api
from rushlight.nn.modules.reduction import reduction_enum
from rushlight.tensor import Tensor

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return minus the log-probability of targets that may stand anywhere in a sequence.

    Log-probabilities (T, N, C) or (T, C), which `log_softmax` made; targets (N, S), or one after
    another in one dimension; how many steps and labels count, as two tensors or two tuples (N). The
    sum is over all ways to get from the sequence to the target by dropping repetitions, and then
    the label `blank` (Graves et al., ICML 2006). "mean" divides by the targets' lengths first. A
    target that is too long costs infinity, or 0 with `zero_infinity`.

    RuntimeError where sizes don't fit, IndexError for a label that isn't there. The gradient is the
    one that the logits get, as in PyTorch; there is no second derivative.

    >>> import rushlight as torch
    >>> logs = torch.full((2, 1, 2), 0.5).log()
    >>> torch.nn.functional.ctc_loss(logs, torch.tensor([[1]]), (2,), (1,)).exp()
    tensor(1.3333)
    """
    code = reduction_enum(reduction)
    return api.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, code, zero_infinity
    )
