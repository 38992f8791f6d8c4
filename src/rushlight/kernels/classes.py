"""Class targets of the classification losses: their checks and their places in memory.

Logits or log-probabilities are (C,), (N, C) or (N, C, d1, ...); targets int64 () or (1,), (N,) or
(N, d1, ...). Errors are PyTorch's, raised before anything is computed.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.blocks import Array
from rushlight.kernels.softmax import starts

IGNORE = -100


def check(shape: tuple[int, ...], given: tuple[int, ...], weight: Array | None) -> None:
    """Refuse targets (shape ``given``) and class weights that do not fit input of ``shape``."""
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    samples = given[0] if given else 0
    if len(shape) > 1 and shape[0] != samples:
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target batch_size ({samples})."
        )
    if len(shape) == 1 and samples > 1:
        raise ValueError(
            f"For 1D input, 1D target must have size 1, but got target size: {samples}"
        )
    if len(shape) <= 2 and len(given) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(shape) == 4 and len(given) != 3:
        raise RuntimeError(
            "only batches of spatial targets supported (3D tensors) but got targets of "
            f"dimension: {len(given)}"
        )
    expected = (shape[0], *shape[2:])
    if len(shape) == 4 and given != expected:
        raise RuntimeError(f"size mismatch (got input: {list(shape)} , target: {list(given)}")
    if len(shape) > 2 and given != expected:
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(given)}")
    classes = shape[min(1, len(shape) - 1)]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            "weight tensor should be defined either for all or no classes"
            if len(shape) > 2
            else f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )


def resolve(target: Array, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Flat targets, and which of them are ignored (None for none); those become class 0."""
    target = target.reshape(-1)
    if target.dtype != np.int64:
        target = target.astype(np.int64)
    if not target.size:
        return target, None
    # As unsigned numbers negative targets are huge: the largest tells whether any needs a look.
    unsigned = target.view(np.uint64)
    if unsigned.item(unsigned.argmax()) < classes and not 0 <= ignore_index < classes:
        return target, None
    ignored = np.equal(target, ignore_index)
    target = np.where(ignored, 0, target)
    wrong = np.logical_and(np.logical_or(target < 0, target >= classes), ~ignored)
    if wrong.any():
        raise IndexError(f"Target {int(target[wrong][0])} is out of bounds.")
    return target, ignored


def places(target: Array, batch: int, classes: int, inner: int) -> Array:
    """Where the flat targets' entries lie in a contiguous (batch, classes, inner) array."""
    if inner == 1:
        return np.add(target, starts(batch, classes))
    spots = np.multiply(target, inner)
    np.add(spots, starts(inner, 1) if batch == 1 else _corners(batch, classes, inner), out=spots)
    return spots


def _corners(batch: int, classes: int, inner: int) -> Array:
    """The places of class 0."""
    return np.add(starts(batch, classes * inner)[:, None], starts(inner, 1)).reshape(-1)


def sizes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(batch, classes, inner) of input of ``shape``."""
    if len(shape) == 1:
        return 1, shape[0], 1
    return shape[0], shape[1], prod(shape[2:])


def weigh(
    weight: Array | None, target: Array, ignored: Array | None, dtype: np.dtype[Any]
) -> Array | None:
    """Each sample's weight, 0 where ignored; None where every one counts 1."""
    if ignored is None:
        return None if weight is None else weight.take(target)
    kept = np.logical_not(ignored)
    return kept.astype(dtype) if weight is None else np.multiply(weight.take(target), kept)
