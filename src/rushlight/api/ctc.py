"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.arguments import int_tuple
from rushlight.api.extremes import where
from rushlight.kernels.ctc import Alignment
from rushlight.ops import ctc as ops
from rushlight.ops.outputs import no_overload
from rushlight.tensor import Tensor, wrap

__all__ = ["ctc_loss"]

_CHECKED = " (while checking arguments for ctc_loss_allocate_outputs)"
_SIGNATURES = tuple(
    f"(Tensor log_probs, Tensor targets, {kind} input_lengths, {kind} target_lengths, "
    "int blank = 0, int reduction = Mean, bool zero_infinity = False)"
    for kind in ("tuple of ints", "Tensor")
)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """As `nn.functional.ctc_loss`, with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> import rushlight as torch
    >>> logs = torch.full((2, 1, 2), 0.5).log()
    >>> torch.ctc_loss(logs, torch.tensor([[1]]), (2,), (1,)).exp()
    tensor([1.3333])
    """
    lengths = (input_lengths, target_lengths)
    alike = all(isinstance(v, Tensor) for v in lengths) or all(
        isinstance(v, (tuple, list)) for v in lengths
    )
    if not (
        isinstance(log_probs, Tensor)
        and isinstance(targets, Tensor)
        and alike
        and type(blank) is int
        and type(reduction) is int
        and isinstance(zero_infinity, bool)
    ):
        given = (log_probs, targets, *lengths, blank, reduction, zero_infinity)
        raise no_overload("ctc_loss", _SIGNATURES, *given)
    steps = _lengths(input_lengths, "input_lengths", 3)
    sizes = _lengths(target_lengths, "target_lengths", 4)
    batched = log_probs.ndim == 3
    logs = log_probs if batched else log_probs.unsqueeze(1)
    if not logs.dtype.is_floating_point or logs.dtype.itemsize < 4:
        raise NotImplementedError(
            f"\"ctc_loss_cpu\" not implemented for '{logs.dtype.scalar_name}'"
        )
    form = Alignment(steps, sizes, blank, zero_infinity)
    _check(logs, targets, form)
    result = ops.ctc_loss(logs, targets, form)[0]
    if zero_infinity:
        result = where(result == np.inf, 0.0, result)
    if reduction == 1:
        counts = np.maximum(np.array(sizes, result._array.dtype), 1)
        return (result / wrap(counts)).mean()  # type: ignore[no-any-return]
    if reduction == 2:
        return result.sum()  # type: ignore[no-any-return]
    return result if batched else result.squeeze(0)  # type: ignore[no-any-return]


def _lengths(values: Any, name: str, position: int) -> tuple[int, ...]:
    if not isinstance(values, Tensor):
        return int_tuple("ctc_loss", values, position, name)
    if values._array.dtype.kind not in "iub":
        raise RuntimeError(f"{name} must be integral")
    return tuple(values.reshape((-1,)).tolist())


def _check(logs: Tensor, targets: Tensor, form: Alignment) -> None:
    """Raise PyTorch's error for sizes that don't fit."""
    if not logs.numel():
        raise RuntimeError("log_probs tensor must not be empty")
    if logs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {logs.ndim}-dimensional tensor for argument "
            f"#1 'log_probs'{_CHECKED}"
        )
    if targets.ndim not in (1, 2):
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {targets.ndim}-dimensional tensor for argument "
            f"#2 'targets'{_CHECKED}"
        )
    longest, batch, classes = logs.shape
    if not 0 <= form.blank < classes:
        raise RuntimeError("blank must be in label range")
    if len(form.steps) != batch:
        raise RuntimeError("input_lengths must be of size batch_size")
    if len(form.lengths) != batch:
        raise RuntimeError("target_lengths must be of size batch_size")
    for length in form.lengths:
        if length < 0:
            raise RuntimeError(
                f"Expected target_lengths to have value at least 0, but got value {length}"
                + _CHECKED
            )
    wanted = sum(form.lengths) if targets.ndim == 1 else batch
    most = 0 if targets.ndim == 1 else max(form.lengths)
    for dim, size, text in ((0, wanted, ""), (1, most, "at least ")):
        if dim < targets.ndim and (
            targets.shape[dim] < size or (not text and targets.shape[dim] != size)
        ):
            raise RuntimeError(
                f"Expected tensor to have size {text}{size} at dimension {dim}, but got size "
                f"{targets.shape[dim]} for argument #2 'targets'{_CHECKED}"
            )
    for length in form.steps:
        if not 0 <= length <= longest:
            bound = f"most {longest}" if length > 0 else "least 0"
            raise RuntimeError(
                f"Expected input_lengths to have value at {bound}, but got value {length}{_CHECKED}"
            )
