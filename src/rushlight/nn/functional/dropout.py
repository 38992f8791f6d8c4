"""Dropout in its forms: masks from the default generator, in PyTorch's stream."""

from __future__ import annotations

from typing import Any

from rushlight.api.create import empty
from rushlight.tensor import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(shape: Any, p: float, like: Tensor) -> Tensor:
    """Ones with probability 1 - p, else zeros."""
    return empty(tuple(shape), dtype=like.dtype).bernoulli_(1 - p)  # type: ignore[no-any-return]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zero each element with probability `p` and scale the rest by 1 / (1 - p).

    >>> import rushlight as torch
    >>> torch.nn.functional.dropout(torch.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    _check(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0) if inplace else input * 0.0  # type: ignore[no-any-return]
    mask = _mask(input.shape, p, input).div_(1 - p)
    return input.mul_(mask) if inplace else input * mask  # type: ignore[no-any-return]


def _channels(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    """Zero whole channels of (N, C, ...)."""
    _check(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0) if inplace else input * 0.0  # type: ignore[no-any-return]
    shape = tuple(input.shape[:2]) + (1,) * (input.dim() - 2)
    mask = _mask(shape, p, input).div_(1 - p)
    return input.mul_(mask) if inplace else input * mask  # type: ignore[no-any-return]


def _by_dimension(
    input: Tensor, p: float, training: bool, inplace: bool, single: int, name: str
) -> Tensor:
    if input.dim() not in (single, single + 1):
        raise RuntimeError(
            f"{name}: Expected {single}D or {single + 1}D input, but received a {input.dim()}D "
            "input."
        )
    if input.dim() == single:
        return _channels(input.unsqueeze(0), p, training, inplace).squeeze(0)  # type: ignore[no-any-return]
    return _channels(input, p, training, inplace)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L)."""
    return _by_dimension(input, p, training, inplace, 2, "dropout1d")


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, H, W)."""
    return _channels(input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, D, H, W)."""
    return _channels(input, p, training, inplace)


ALPHA = 1.7580993408473766  # SELU's lambda * alpha: what a dropped element becomes, negated


def _alpha(input: Tensor, p: float, training: bool, shape: Any) -> Tensor:
    _check(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input * 0.0  # type: ignore[no-any-return]
    mask = _mask(shape, p, input)
    a = 1.0 / ((ALPHA * ALPHA * p + 1) * (1 - p)) ** 0.5
    shift = (mask - 1) * (ALPHA * a) + ALPHA * a * p
    return input * (mask * a) + shift  # type: ignore[no-any-return]


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout to SELU's negative limit, scaled to keep mean and variance."""
    return _alpha(input, p, training, input.shape)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    return _alpha(input, p, training, tuple(input.shape[:2]) + (1,) * (input.dim() - 2))
