"""Normalisation of activations."""

from __future__ import annotations

from math import prod
from typing import Any

from rushlight.api import norm
from rushlight.api.pooling import NO_MEAN, avg_pool2d, refuse
from rushlight.nn.functional.padding import pad
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Standardise each channel of (N, C, ...) over batch and space; then weight and bias (C).

    In training by the batch's mean and biased variance, and the running estimates, where given,
    move towards its mean and unbiased variance by `momentum`; otherwise by the estimates.
    (Ioffe and Szegedy, 2015.) ValueError for one value a channel in training, RuntimeError for
    sizes or dtypes that don't fit.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 5.0], [3.0, 9.0]])
    >>> torch.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    if training:
        shape = require_tensor(input, "batch_norm", "input", 1)._array.shape
        if len(shape) > 1 and shape[0] * prod(shape[2:]) == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got input size "
                f"{input.size()}"
            )
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return norm.batch_norm(
        input, weight, bias, running_mean, running_var, training, momentum, eps, True
    )


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Standardise each channel of each sample of (N, C, ...) over space; then weight and bias (C).

    Without `use_input_stats` by the running estimates. ValueError for one spatial element or for
    one estimate without the other.
    """
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if use_input_stats and prod(require_tensor(input, "instance_norm", "input", 1).shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.size()}"
        )
    return norm.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True
    )


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Standardise over the last dimensions, of sizes `normalized_shape`: see `torch.layer_norm`.

    >>> import rushlight as torch
    >>> torch.nn.functional.layer_norm(torch.tensor([[1.0, 2.0, 3.0]]), (3,))
    tensor([[-1.2247,  0.0000,  1.2247]])
    """
    return norm.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Standardise groups of channels of (N, C, ...): see `torch.group_norm`.

    ValueError where a group has one value and there is one sample.
    """
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    shape = input._array.shape
    if type(num_groups) is int and shape[0] * shape[1] // num_groups * prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {list(shape)}"
        )
    return norm.group_norm(input, num_groups, weight, bias, eps)


def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root mean square over the last dimensions: see `torch.rms_norm`."""
    return norm.rms_norm(input, normalized_shape, weight, eps)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each channel by ``(k + alpha * mean of squares)**beta`` over `size` channels around.

    (Krizhevsky et al., 2012.) Channels beyond the ends count as zeros. ValueError for fewer than
    three dimensions.

    >>> import rushlight as torch
    >>> torch.nn.functional.local_response_norm(torch.ones(1, 3, 1), 3, alpha=3.0, beta=1.0)
    tensor([[[0.3333],
             [0.2500],
             [0.3333]]])
    """
    if input.dim() < 3:
        gap = " " * 25  # PyTorch's message is broken over two lines of its source
        raise ValueError(
            f"Expected 3D or higher dimensionality{gap} input (got {input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input
    if size <= 0:
        where = f"kH: {size} kW: 1" if input.dim() == 3 else f"kT: {size} kH: 1 kW: 1"
        raise RuntimeError(f"kernel size should be greater than zero, but got {where}")
    if input.dim() == 3:
        refuse(input, "avg_pool2d", NO_MEAN)
    else:
        refuse(input, "avg_pool3d_out_frame", (*NO_MEAN, "Half", "BFloat16"))
    return input / (_window_means(input * input, size) * alpha + k) ** beta  # type: ignore[no-any-return]


def _window_means(squares: Tensor, size: int) -> Tensor:
    """The mean over channels c - size // 2 ... c + (size - 1) // 2 at each channel c, with zeros
    beyond the ends: windows, not a matrix, so that an infinity stays in those it lies in."""
    planes = squares.reshape(squares.size(0), 1, squares.size(1), -1)
    padded = pad(planes, (0, 0, size // 2, (size - 1) // 2))
    return avg_pool2d(padded, (size, 1), stride=1).reshape(squares.shape)  # type: ignore[no-any-return]
