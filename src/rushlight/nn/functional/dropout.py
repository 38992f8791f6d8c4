"""Dropout of elements and of channels; the masks follow the default stream."""

from __future__ import annotations

import warnings

from rushlight.api import dropout as api
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


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability `p` and divide the others by ``1 - p``.

    ValueError for a probability outside of [0, 1]. Not in training, the input comes back.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.dropout(torch.ones(4))
    tensor([0., 0., 2., 0.])
    """
    _check(p)
    return api.dropout_(input, p, training) if inplace else api.dropout(input, p, training)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to SELU's lower limit, and scale so that mean and variance stay.

    Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.alpha_dropout(torch.zeros(4), training=True)
    tensor([-0.7792, -0.7792,  0.7792, -0.7792])
    """
    _check(p)
    run = api.alpha_dropout_ if inplace else api.alpha_dropout
    return run(input, p, training)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, ...).

    >>> import rushlight as torch
    >>> torch.nn.functional.feature_alpha_dropout(torch.zeros(1, 2))
    tensor([[0., 0.]])
    """
    _check(p)
    run = api.feature_alpha_dropout_ if inplace else api.feature_alpha_dropout
    return run(input, p, training)


# -- channels ----------------------------------------------------------------------------------


def _note(n: int) -> str:
    """What PyTorch says of the dimensions that `dropout1d`, `2d` and `3d` are for."""
    many = "dimension" if n == 1 else "dimensions"
    return (
        f"Note that dropout{n}d exists to provide channel-wise dropout on inputs with {n} spatial "
        f"{many}, a channel dimension, and an optional batch dimension (i.e. {n + 1}D or {n + 2}D "
        "inputs)."
    )


def _warn_of_dimensions(n: int, given: int) -> None:
    warnings.warn(
        f"dropout{n}d: Received a {given}-D input to dropout{n}d, which is deprecated and will "
        "result in an error in a future release. To retain the behavior and silence this warning, "
        f"please use dropout instead. {_note(n)}",
        stacklevel=3,
    )


def _channels(input: Tensor, p: float, training: bool, inplace: bool, single: bool) -> Tensor:
    """Drop channels of (N, C, ...), or of a `single` sample (C, ...)."""
    run = api.feature_dropout_ if inplace else api.feature_dropout
    if not single:
        return run(input, p, training)
    result = run(input.unsqueeze(0), p, training)
    return input if inplace else result.squeeze(0)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L); RuntimeError for other dimensions.

    >>> import rushlight as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.functional.dropout1d(torch.ones(3, 2))
    tensor([[0., 0.],
            [0., 0.],
            [2., 2.]])
    """
    _check(p)
    ndim = input.dim()
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. {_note(1)}"
        )
    return _channels(input, p, training, inplace, ndim == 2)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, H, W); three dimensions are read as (N, C, L), with a warning.

    >>> import rushlight as torch
    >>> torch.nn.functional.dropout2d(torch.ones(1, 1, 1, 2), training=False)
    tensor([[[[1., 1.]]]])
    """
    _check(p)
    ndim = input.dim()
    if ndim not in (3, 4):
        _warn_of_dimensions(2, ndim)
    elif ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D "
            "dropout behavior is desired - input is interpreted as shape (N, C, L), where C is "
            "the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, False)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zero whole channels of (N, C, D, H, W) or (C, D, H, W).

    >>> import rushlight as torch
    >>> torch.nn.functional.dropout3d(torch.ones(1, 1, 1, 2), training=False)
    tensor([[[[1., 1.]]]])
    """
    _check(p)
    ndim = input.dim()
    if ndim not in (4, 5):
        _warn_of_dimensions(3, ndim)
    return _channels(input, p, training, inplace, ndim != 5)
