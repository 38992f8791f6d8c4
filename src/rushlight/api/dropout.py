"""Dropout: masks from the default stream, in the order in which PyTorch draws them.

Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.
An element stays with probability 1 - p, and is divided by it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arithmetic import mul
from rushlight.api.scalars import as_float
from rushlight.kernels import discrete, samplers
from rushlight.ops.declare import linear
from rushlight.ops.inplace import overwrite
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.random import drawn, stream_of
from rushlight.tensor import Tensor, wrap

__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "native_dropout",
]


def _checked(function: str, input: Any, p: Any, train: Any) -> float:
    """The probability as a float; PyTorch's errors for wrong arguments."""
    require_tensor(input, function, "input", 1)
    if type(p) is not float:
        p = as_float(p, function, "p", 2)
    if train is not True and train is not False:
        raise TypeError(
            f"{function}(): argument 'train' (position 3) must be bool, not {type_name(train)}"
        )
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
    return p  # type: ignore[no-any-return]


def _tosses(input: Tensor, p: float, feature: bool) -> Any:
    """Ones with probability 1 - p, in the input's dtype and its order in memory."""
    x = input._array
    shape = x.shape
    if feature:
        if len(shape) < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = shape[:2] + (1,) * (len(shape) - 2)
    tosses = discrete.bernoulli(stream_of(None), 1 - p, shape, x.dtype)
    if x.dtype.kind not in "fV":
        found = dtypes.get_default_dtype().scalar_name
        raise RuntimeError(
            f"result type {found} can't be cast to the desired output type "
            f"{input.dtype.scalar_name}"
        )
    if feature or x.flags.c_contiguous or 0 in x.strides:
        return tosses
    ordered = np.empty_like(x)
    samplers.fill(ordered, tosses)
    return ordered


def _nothing(input: Tensor) -> Tensor:
    """What is left where all is dropped: zeros, and nan of inf and nan."""
    return mul(input, wrap(np.zeros((), input._array.dtype)))  # type: ignore[no-any-return]


@drawn
def _drop(input: Tensor, p: float, feature: bool) -> Tensor:
    if p == 1.0:
        return _nothing(input)
    mask = _tosses(input, p, feature)
    if mask.dtype.itemsize == 2:  # PyTorch divides halves as float32
        mask *= mask.dtype.type(np.float32(1) / np.float32(1 - p))
    else:
        mask /= mask.dtype.type(1 - p)
    return mul(input, wrap(mask))  # type: ignore[no-any-return]


# What a dropped element becomes: the limit of SELU at minus infinity (Klambauer et al., NeurIPS
# 2017); `a` and `b` keep mean 0 and variance 1.
_LIMIT = 1.7580993408473766


@drawn
def _drop_alpha(input: Tensor, p: float, feature: bool) -> Tensor:
    if p == 1.0:
        return _nothing(input)
    mask = _tosses(input, p, feature)
    a = 1.0 / sqrt((_LIMIT * _LIMIT * p + 1) * (1 - p))
    kind = mask.dtype.type
    shift = (mask - kind(1)) * kind(_LIMIT * a)
    shift += kind(_LIMIT * a * p)
    mask *= kind(a)
    return mul(input, wrap(mask)) + wrap(shift)  # type: ignore[no-any-return]


def _applied(
    function: str,
    drop: Callable[[Tensor, float, bool], Tensor],
    input: Tensor,
    p: Any,
    train: Any,
    feature: bool,
    in_place: bool = False,
) -> Tensor:
    """What `drop` makes of the input in training, and the input itself where nothing is dropped."""
    p = _checked(function, input, p, train)
    if p == 0.0 or not train or not input._array.size:
        return input
    result = drop(input, p, feature)
    return overwrite(input, result) if in_place else result


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """In training, zero each element with probability `p` and divide the others by ``1 - p``.

    RuntimeError for a probability outside of [0, 1], and for integers.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.dropout(torch.ones(4), 0.5, True)
    tensor([0., 0., 2., 0.])
    """
    return _applied("dropout", _drop, input, p, train, False)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place form of `dropout`."""
    return _applied("dropout_", _drop, input, p, train, False, in_place=True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`dropout` of whole channels of (N, C, ...).

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.feature_dropout(torch.ones(1, 3, 2), 0.5, True)
    tensor([[[0., 0.],
             [0., 0.],
             [2., 2.]]])
    """
    return _applied("feature_dropout", _drop, input, p, train, True)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place form of `feature_dropout`."""
    return _applied("feature_dropout_", _drop, input, p, train, True, in_place=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """In training, set elements to SELU's lower limit, and scale so that mean and variance stay.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.alpha_dropout(torch.zeros(4), 0.5, True)
    tensor([-0.7792, -0.7792,  0.7792, -0.7792])
    """
    return _applied("alpha_dropout", _drop_alpha, input, p, train, False)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place form of `alpha_dropout`."""
    return _applied("alpha_dropout_", _drop_alpha, input, p, train, False, in_place=True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...).

    >>> import rushlight as torch
    >>> torch.feature_alpha_dropout(torch.zeros(1, 2), 0.5, False)
    tensor([[0., 0.]])
    """
    return _applied("feature_alpha_dropout", _drop_alpha, input, p, train, True)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """In-place form of `feature_alpha_dropout`."""
    return _applied("feature_alpha_dropout_", _drop_alpha, input, p, train, True, in_place=True)


# -- with the mask -----------------------------------------------------------------------------

_masked = linear(
    "native_dropout",
    lambda x, mask, scale: x * mask * x.dtype.type(scale),
    x=lambda g, mask, scale: g * mask * scale,
)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """As `dropout`, and the mask of what was kept; `train` None counts as True.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.native_dropout(torch.ones(3), 0.5, True)
    (tensor([0., 0., 2.]), tensor([False, False,  True]))
    """
    require_tensor(input, "native_dropout", "input", 1)
    p = as_float(p, "native_dropout", "p", 2)
    if train is False or not input._array.size:
        return input.clone(), wrap(np.ones(input._array.shape, bool))
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={1 - p:g}")
    mask = wrap(_tosses(input, p, False) != 0)
    return _masked(input, mask, 0.0 if p == 1.0 else 1 / (1 - p)), mask
