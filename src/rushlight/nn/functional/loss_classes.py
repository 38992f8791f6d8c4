"""Losses of classification: nll_loss and cross_entropy."""

from __future__ import annotations

from typing import Any

from rushlight.api.scalars import as_float
from rushlight.api.sizes import as_int, wrap_dim
from rushlight.kernels.classes import check
from rushlight.nn.modules.reduction import check_reduction, legacy_reduction
from rushlight.ops.cross_entropy import cross_entropy_of, nll_of
from rushlight.ops.fast import I8
from rushlight.ops.outputs import require_tensor
from rushlight.ops.soft_cross_entropy import soft_cross_entropy_of
from rushlight.tensor import Tensor

__all__ = ["cross_entropy", "nll_loss"]


def _check_shapes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    check(input._array.shape, target._array.shape, None if weight is None else weight._array)


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """Raise PyTorch's error for dtypes of targets and weights that don't fit."""
    if target._array.dtype not in ("int64", "uint8"):
        name = target.dtype.scalar_name
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {name}"
            if input.ndim <= 2
            else f"expected scalar type Long but found {name}"
        )
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.scalar_name} but found {weight.dtype.scalar_name}"
        )


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

    Log-probabilities (C,), (N, C) or (N, C, d1, ...), classes (), (N,) or (N, d1, ...). IndexError
    for a class out of bounds that isn't `ignore_index`.

    >>> import rushlight as torch
    >>> logs = torch.tensor([[0.25, 0.75]]).log()
    >>> torch.nn.functional.nll_loss(logs, torch.tensor([1]))
    tensor(0.2877)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    plain = weight is None and type(target) is Tensor and target._array.dtype is I8
    floats = isinstance(input, Tensor) and input._array.dtype.kind == "f"
    if plain and floats and type(ignore_index) is int:
        return nll_of(input, target, None, ignore_index, reduction)
    require_tensor(input, "nll_loss_nd", "input", 1)
    require_tensor(target, "nll_loss_nd", "target", 2)
    if type(ignore_index) is not int:
        ignore_index = as_int(ignore_index, "nll_loss_nd", "ignore_index", 5)
    if input.ndim and not input.dtype.is_floating_point:
        kernel = "nll_loss_out_frame" if input.ndim <= 2 else "nll_loss2d_forward_out_frame"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")
    _check_shapes(input, target, weight)
    _check_classes(input, target, weight)
    return nll_of(input, target, weight, ignore_index, reduction)


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

    Logits (C,), (N, C) or (N, C, d1, ...); targets are classes (), (N,) or (N, d1, ...), or
    probabilities of the logits' shape. IndexError for a class out of bounds that isn't
    `ignore_index`. `label_smoothing` mixes the targets with that share of the even distribution
    (Szegedy et al., CVPR 2016).

    >>> import rushlight as torch
    >>> torch.nn.functional.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction != "mean":
        check_reduction(reduction)
    if (
        type(target) is not Tensor
        or target._array.dtype is not I8
        or weight is not None
        or label_smoothing != 0.0
        or not isinstance(input, Tensor)
        or input._array.shape == target._array.shape
        or not input._array.size
        or not input._array.shape
    ):
        label_smoothing = _check_options(input, target, label_smoothing)
        if input._array.shape == target._array.shape:
            return _soft(input, target, weight, ignore_index, reduction, label_smoothing)
        wrap_dim(0 if input.ndim == 1 else 1, input.ndim)
        if input.dtype.is_floating_point:
            _check_shapes(input, target, weight)
            _check_classes(input, target, weight)
            target = target.resolve_neg()  # the fused kernel looks at memory
            weight = weight if weight is None else weight.resolve_neg()
        elif input.ndim and not input.numel():  # nothing that the softmax could refuse
            return nll_loss(input, target, weight, None, ignore_index, None, reduction)
    return cross_entropy_of(input, target, weight, ignore_index, label_smoothing, reduction)


def _check_options(input: Any, target: Any, label_smoothing: Any) -> float:
    require_tensor(input, "cross_entropy_loss", "input", 1)
    require_tensor(target, "cross_entropy_loss", "target", 2)
    smoothing = as_float(label_smoothing, "cross_entropy_loss", "label_smoothing", 6)
    if smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {smoothing:g}")
    return smoothing if smoothing > 0.0 else 0.0  # PyTorch lets negative ones pass as none


def _soft(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    """Cross entropy with class probabilities: minus the weighted inner product of both."""
    if not target.dtype.is_floating_point:
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{target.dtype.scalar_name}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    axis = min(1, max(0, input.ndim - 1))
    classes = input.size(axis)
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or "
            f"no classes but got weight tensor of shape: {list(weight.shape)}"
        )
    return soft_cross_entropy_of(input, target, weight, smoothing, reduction)
