"""Activations that PyTorch also has outside of nn.functional: the ReLU family and hardshrink."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.options import kept_option, option
from rushlight.autograd.modes import mode
from rushlight.kernels.blocks import ZERO
from rushlight.kernels.flipped import resolved
from rushlight.kernels.piecewise import rrelu_noise
from rushlight.ops import activation as smooth
from rushlight.ops import piecewise as ops
from rushlight.ops.fast import F4, F8, unary, with_parameters
from rushlight.ops.inplace import rewrite
from rushlight.ops.outputs import into, require_tensor
from rushlight.random import stream_of
from rushlight.tensor import LEAF, Tensor

__all__ = [
    "celu",
    "celu_",
    "hardshrink",
    "prelu",
    "relu",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "threshold",
    "threshold_",
]

METHODS = ["hardshrink", "prelu", "relu", "relu_"]

relu = unary(
    ops.relu,
    """Return ``max(0, input)``. At 0 the gradient is 0; integers are welcome, bools are not.

    >>> import rushlight as torch
    >>> torch.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """,
)


def relu_(input: Tensor) -> Tensor:
    """Replace negative elements by 0, in place.

    >>> import rushlight as torch
    >>> torch.relu_(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    require_tensor(input, "relu_", "input", 1)
    if type(input) is Tensor:
        edge = input._edge
        if edge is None or (edge is LEAF and not mode.grad):
            x = input._array
            if (x.dtype is F4 or x.dtype is F8) and type(input._counter) is list:
                np.maximum(x, ZERO[x.dtype], out=x)
                input._counter[0] += 1
                return input
    return rewrite(input, ops.relu)


# -- ELU and kin -------------------------------------------------------------------------------

_celu = with_parameters(smooth.celu)
_selu = with_parameters(smooth.selu)

# The fixed point of mean 0 and variance 1 (Klambauer et al., "Self-normalizing neural networks",
# NeurIPS 2017, equation 14).
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _celu_alpha(alpha: Any, input: Tensor) -> float:
    number: float = option(alpha, "celu", "alpha", 2, input)
    if number == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return number


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return ``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`` (Barron, 2017).

    >>> import rushlight as torch
    >>> torch.celu(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    alpha = _celu_alpha(alpha, input)
    return _celu(input, alpha, 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `celu`."""
    alpha = _celu_alpha(alpha, input)
    return rewrite(input, smooth.celu_in_place, alpha, 1.0, 1.0 / alpha)


def selu(input: Tensor) -> Tensor:
    """Return the ELU whose outputs tend to mean 0 and variance 1 (Klambauer et al., 2017).

    >>> import rushlight as torch
    >>> torch.selu(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return _selu(input, SELU_ALPHA, SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """In-place form of `selu`."""
    require_tensor(input, "selu_", "input", 1)
    return rewrite(input, smooth.elu_in_place, SELU_ALPHA, SELU_SCALE, 1.0)


# -- leaky ones --------------------------------------------------------------------------------


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return `input` above 0 and ``weight * input`` below (He et al., ICCV 2015).

    `weight` has one element, or one for each channel: ``input.size(1)``. RuntimeError for another
    size, or another dtype than that of `input`.

    >>> import rushlight as torch
    >>> torch.prelu(torch.tensor([-1.0, 2.0]), torch.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    require_tensor(input, "prelu", "input", 1)
    require_tensor(weight, "prelu", "weight", 2)
    if input.dtype is not weight.dtype:
        raise RuntimeError(
            "prelu: Type promoting not supported. Got "
            f"{input.dtype.scalar_name} and {weight.dtype.scalar_name}"
        )
    ndim, count = input.ndim, weight.numel()
    if count != 1:
        if ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if ndim > 1 else 1
        if channels != count:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{count} and channel size = {channels}."
            )
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    size = (1, count, *(1,) * (ndim - 2)) if ndim > 1 else (1,) * ndim
    if tuple(weight.shape) != size:
        weight = weight.reshape(size)
    return ops.prelu(input, weight)  # type: ignore[no-any-return]


def _slopes(
    input: Any, lower: Any, upper: Any, training: bool, name: str
) -> tuple[float, float, Any]:
    """Check the bounds, and draw a slope for each element that is not positive."""
    low = float(option(lower, name, "lower", 2, input))
    high = float(option(upper, name, "upper", 3, input))
    for bound, value in (("lower", low), ("upper", high)):
        if not np.isfinite(value):
            raise RuntimeError(f"rrelu: {bound} bound must be finite, got {value:g}")
    if low > high:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        return low, high, None
    x = np.ascontiguousarray(resolved(input._array))
    if x.dtype.kind not in "fV" or x.dtype == np.float16:
        raise NotImplementedError(
            f"\"rrelu_with_noise_out_cpu\" not implemented for '{input.dtype.scalar_name}'"
        )
    count = int(np.count_nonzero(x <= 0))
    # PyTorch rounds the bounds to what it computes in, and draws doubles.
    kind = np.float64 if x.dtype == np.float64 else np.float32
    first, last = float(kind(low)), float(kind(high))
    draws = (stream_of(None).unit64(count) * (last - first) + first).astype(kind)
    return low, high, rrelu_noise(x, draws)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    """Return a leaky ReLU whose slope is drawn for each element in training (Xu et al., 2015).

    Slopes are uniform in [lower, upper); outside of training the slope is their mean.

    >>> import rushlight as torch
    >>> torch.rrelu(torch.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    low, high, noise = _slopes(input, lower, upper, training, "rrelu")
    if noise is None:
        return ops.rrelu_mean(input, (low + high) / 2)  # type: ignore[no-any-return]
    return ops.rrelu(input, noise)  # type: ignore[no-any-return]


def rrelu_(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    """In-place form of `rrelu`."""
    low, high, noise = _slopes(input, lower, upper, training, "rrelu_")
    if noise is None:
        return rewrite(input, ops.rrelu_mean_in_place, (low + high) / 2)
    return rewrite(input, ops.rrelu_in_place, noise)


# -- thresholds --------------------------------------------------------------------------------

_threshold = with_parameters(ops.threshold)
_hardshrink = with_parameters(ops.hardshrink)


def threshold(
    input: Tensor, threshold: float, value: float, *, out: Tensor | None = None
) -> Tensor:
    """Return `input` where it is above `threshold`, and `value` elsewhere.

    >>> import rushlight as torch
    >>> torch.threshold(torch.tensor([-1.0, 2.0]), 0.5, 9.0)
    tensor([9., 2.])
    """
    bound = kept_option(threshold, "threshold", "threshold", 2, input)
    value = kept_option(value, "threshold", "value", 3, input)
    result = _threshold(input, bound, value)
    return result if out is None else into(out, result, "threshold", input)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place form of `threshold`."""
    bound = kept_option(threshold, "threshold_", "threshold", 2, input)
    value = kept_option(value, "threshold_", "value", 3, input)
    return rewrite(input, ops.threshold_in_place, bound, value)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Return `input` outside of [-lambd, lambd], and 0 inside.

    >>> import rushlight as torch
    >>> torch.hardshrink(torch.tensor([-1.0, 0.2]))
    tensor([-1.,  0.])
    """
    result = _hardshrink(input, option(lambd, "hardshrink", "lambd", 2, input))
    return result if out is None else into(out, result, "hardshrink", input)
