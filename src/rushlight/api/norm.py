"""Normalisation: checks as PyTorch makes them, before the fused Operators of rushlight.ops.norm."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.arguments import int_tuple, require_int
from rushlight.api.linalg_checks import check_bool
from rushlight.api.scalars import as_float
from rushlight.autograd.modes import mode
from rushlight.limits import finfo
from rushlight.ops import norm as ops
from rushlight.ops.outputs import require_tensor, wrong_type
from rushlight.tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]


# -- dtypes --------------------------------------------------------------------------------------


def check_dtypes(input: Tensor, *parameters: Tensor | None) -> None:
    """All of one dtype, or float32 parameters with an input of half precision."""
    given = [p.dtype for p in parameters if p is not None]
    dtype = input.dtype
    if not given:
        return
    if given[0] is dtype:
        for other in given:
            if other is not dtype:
                raise RuntimeError(
                    f"expected scalar type {dtype.scalar_name} but found {other.scalar_name}"
                )
        return
    if any(other.scalar_name != "Float" for other in given):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if dtype.scalar_name not in ("Half", "BFloat16"):
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


def check_kernel(input: Tensor, name: str) -> None:
    """PyTorch's kernels are for real floating-point numbers."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"\"{name}\" not implemented for '{input.dtype.scalar_name}'")


# -- over trailing dimensions ----------------------------------------------------------------------


def check_trailing(
    function: str, input: Any, normalized_shape: Any, weight: Any, bias: Any, star: str
) -> tuple[int, ...]:
    """Return the sizes of the trailing dimensions, or raise PyTorch's error."""
    require_tensor(input, function, "input", 1)
    shape = int_tuple(function, normalized_shape, 2, "normalized_shape")
    if weight is not None:
        require_tensor(weight, function, "weight", 3)
    if bias is not None:
        require_tensor(bias, function, "bias", 4)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least "
            "one element, but got normalized_shape = []"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter._array.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
            )
    if input.ndim < len(shape) and function == "rms_norm":
        raise ValueError(
            f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}"
        )
    if input.ndim < len(shape) or input._array.shape[input.ndim - len(shape) :] != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape=[{sizes}], expected input with shape [*{star}{sizes}], but "
            f"got input of size{list(input.shape)}"
        )
    return shape


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Standardise over the last dimensions, of sizes `normalized_shape`; then weight and bias.

    ``(x - mean) / sqrt(var + eps) * weight + bias`` (Ba et al., 2016), the variance the biased
    one; weight and bias have the shape `normalized_shape`. RuntimeError for sizes or dtypes that
    don't fit.

    >>> import rushlight as torch
    >>> torch.layer_norm(torch.tensor([[1.0, 2.0, 3.0]]), (3,))
    tensor([[-1.2247,  0.0000,  1.2247]])
    """
    shape = check_trailing("layer_norm", input, normalized_shape, weight, bias, ", ")
    if type(eps) is not float:
        eps = as_float(eps, "layer_norm", "eps", 5)
    check_dtypes(input, weight, bias)
    check_kernel(input, "LayerNormKernelImpl")
    return ops.layer_norm(input, len(shape), weight, bias, eps)[0]  # type: ignore[no-any-return]


def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Divide by the root mean square over the last dimensions, of sizes `normalized_shape`.

    ``x / sqrt(mean(x²) + eps) * weight`` (Zhang and Sennrich, 2019); `eps` is the dtype's machine
    epsilon by default. RuntimeError for sizes that don't fit.

    >>> import rushlight as torch
    >>> torch.rms_norm(torch.tensor([[3.0, 4.0]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    shape = check_trailing("rms_norm", input, normalized_shape, weight, None, "")
    if eps is not None:
        eps = as_float(eps, "rms_norm", "eps", 4)
    if input.dtype.is_complex:
        dims = tuple(range(input.ndim - len(shape), input.ndim))
        spread = (input * input).mean(dims, True) + (finfo(input.dtype).eps if eps is None else eps)
        out = input * spread.rsqrt()
        return out if weight is None else out * weight  # type: ignore[no-any-return]
    check_kernel(input, "rms_norm")
    if eps is None:
        eps = finfo(input.dtype).eps
    if weight is not None and weight.dtype is not input.dtype:
        wide = dtypes.promote_types(input.dtype, weight.dtype)
        out = ops.rms_norm(input.to(wide), len(shape), weight.to(wide), eps)[0]
        return out.to(input.dtype)  # type: ignore[no-any-return]
    return ops.rms_norm(input, len(shape), weight, eps)[0]  # type: ignore[no-any-return]


# -- by channel ------------------------------------------------------------------------------------


def check_groups(input: Tensor, groups: int, channels: int, weight: Any, bias: Any) -> None:
    """Raise PyTorch's error for channels that don't fall into groups, or parameters of others."""
    shape = list(input.shape)
    if groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {groups}")
    if channels % groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {shape} and num_groups={groups}"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter._array.shape != (channels,):
            shown = [0] if weight is None else list(weight.shape)  # PyTorch shows it for both
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in "
                f"input, but got {name} of shape {shown} and input of shape {shape}"
            )


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Standardise each of `num_groups` groups of channels of each sample of (N, C, ...).

    Weight and bias (C) act by channel (Wu and He, 2018). RuntimeError for sizes or dtypes that
    don't fit.

    >>> import rushlight as torch
    >>> torch.group_norm(torch.tensor([[1.0, 3.0, 0.0, 8.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    require_tensor(input, "group_norm", "input", 1)
    num_groups = require_int("group_norm", num_groups, "num_groups", 2)
    if weight is not None:
        require_tensor(weight, "group_norm", "weight", 3)
    if bias is not None:
        require_tensor(bias, "group_norm", "bias", 4)
    if type(eps) is not float:
        eps = as_float(eps, "group_norm", "eps", 5)
    check_groups(input, num_groups, input.size(1), weight, bias)
    check_dtypes(input, weight, bias)
    check_kernel(input, "GroupNormKernelImpl")
    return ops.group_norm(input, num_groups, weight, bias, eps)[0]  # type: ignore[no-any-return]


def _check_channels(
    features: int, training: bool, mean: Any, var: Any, weight: Any, bias: Any
) -> None:
    for name, estimate in (("running_mean", mean), ("running_var", var)):
        if estimate is not None:
            _check_count(name, features, estimate)
        elif not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None:
            _check_count(name, features, parameter)


def _check_count(name: str, features: int, parameter: Tensor) -> None:
    if parameter._array.size != features:
        raise RuntimeError(f"{name} should contain {features} elements not {parameter._array.size}")


def check_arguments(
    function: str,
    flag: str,
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any,
    eps: Any,
) -> None:
    """Raise PyTorch's error for an argument of the wrong type; `flag` is what it calls training."""
    require_tensor(input, function, "input", 1)
    for position, t in enumerate((weight, bias, running_mean, running_var), 2):
        if t is not None and not isinstance(t, Tensor):
            name = ("weight", "bias", "running_mean", "running_var")[position - 2]
            raise wrong_type(function, name, position, t)
    if type(training) is bool and type(momentum) is type(eps) is float:
        return
    check_bool(training, function, flag, 6)
    as_float(momentum, function, "momentum", 7)
    as_float(eps, function, "eps", 8)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Standardise each channel of (N, C, ...): by the batch in training, else by the estimates.

    In training the running estimates, where given, move towards the batch's mean and unbiased
    variance by `momentum`, in place. `torch.nn.functional.batch_norm` has the kinder order of
    arguments.
    """
    arguments = (input, weight, bias, running_mean, running_var, training, momentum, eps)
    check_arguments("batch_norm", "training", *arguments)
    check_bool(cudnn_enabled, "batch_norm", "cudnn_enabled", 9)
    return batch_norm_parts(*arguments)[0]


def batch_norm_parts(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, ...]:
    """`batch_norm`, in training with the means and inverse standard deviations of the batch."""
    shape = input._array.shape
    features = shape[1] if len(shape) > 1 else input.size(1)
    if not input._array.size:
        check_dtypes(input, weight, bias, running_mean, running_var)
        out = input.clone()
        out = out if weight is None else out * weight[0]
        return (out if bias is None else out + bias[0],)
    _check_channels(features, training, running_mean, running_var, weight, bias)
    if mode.grad:
        for name, estimate in (("running_mean", running_mean), ("running_var", running_var)):
            if estimate is not None and estimate._edge is not None and estimate.requires_grad:
                raise RuntimeError(
                    "The function 'native_batch_norm' is not differentiable with respect to "
                    f"argument '{name}'. This input cannot have requires_grad True."
                )
    check_kernel(input, "batch_norm")
    check_dtypes(input, weight, bias, running_mean, running_var)
    if training:
        return ops.batch_norm(  # type: ignore[no-any-return]
            input, weight, bias, running_mean, running_var, momentum, eps
        )
    return (ops.batch_norm_eval(input, weight, bias, running_mean, running_var, eps),)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Standardise each channel of each sample of (N, C, ...): batch norm of (1, N·C, ...).

    The running estimates move by the mean over the samples (Ulyanov et al., 2016).
    """
    arguments = (input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)
    check_arguments("instance_norm", "use_input_stats", *arguments)
    check_bool(cudnn_enabled, "instance_norm", "cudnn_enabled", 9)
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    shape = tuple(input.shape)
    b = shape[0]
    w, c, mean, var = (
        None if p is None else p.repeat(b) for p in (weight, bias, running_mean, running_var)
    )
    images = input.contiguous().view(1, b * shape[1], *shape[2:])
    out = batch_norm(images, w, c, mean, var, use_input_stats, momentum, eps, cudnn_enabled)
    if use_input_stats:
        for estimate, by_sample in ((running_mean, mean), (running_var, var)):
            if estimate is not None and by_sample is not None:
                estimate.copy_(by_sample.view(b, shape[1]).mean(0))
    return out.view(shape)  # type: ignore[no-any-return]
