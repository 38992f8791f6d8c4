"""A batch norm in evaluation taken into the layer before it, whose output it scales and shifts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from rushlight.api.likes import ones_like, zeros_like
from rushlight.nn.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """Return a new convolution that does what `conv` and then `bn` do.

    Both have to be in evaluation, and `bn` to have estimates: AssertionError. `transpose` says
    that `conv` is a transposed one.

    >>> import rushlight as torch
    >>> conv, bn = torch.nn.Conv2d(1, 2, 3).eval(), torch.nn.BatchNorm2d(2).eval()
    >>> x = torch.rand(1, 1, 5, 5)
    >>> fused = torch.nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> torch.allclose(fused(x), bn(conv(x)), atol=1e-6)
    True
    """
    _check_modes(conv, bn)
    fused = deepcopy(conv)
    mean, var = _estimates(bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, mean, var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a convolution with a batch norm behind it."""
    scale = (bn_rv + bn_eps).rsqrt()
    weight: Any = ones_like(bn_rm) if bn_w is None else bn_w
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    fused = conv_w * (weight * scale).reshape(shape)
    old_bias: Any = zeros_like(bn_rm) if conv_b is None else conv_b
    shift: Any = zeros_like(bn_rm) if bn_b is None else bn_b
    bias = (old_bias - bn_rm) * scale * weight + shift
    return _parameters(conv_w, conv_b, old_bias, fused, bias)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """Return a new linear layer that does what `linear` and then `bn` do.

    AssertionError unless both are in evaluation and `bn` has estimates and as many features as
    there are outputs, or one.
    """
    _check_modes(linear, bn)
    fused = deepcopy(linear)
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    mean, var = _estimates(bn)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, mean, var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a linear layer with a batch norm behind it."""
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    fused = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    old_bias: Any = zeros_like(bn_rm) if linear_b is None else linear_b
    bias = (old_bias - bn_rm) * scale + bn_b
    return _parameters(linear_w, linear_b, old_bias, fused, bias)


def _check_modes(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")


def _estimates(bn: Any) -> tuple[Any, Any]:
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return bn.running_mean, bn.running_var


def _parameters(
    w: Tensor, b: Tensor | None, old_bias: Tensor, fused_w: Any, fused_b: Any
) -> tuple[Parameter, Parameter]:
    """The results in the dtypes of the layer, a bias that is new in its weight's."""
    dtype = w.dtype if b is None else b.dtype
    return (
        Parameter(fused_w.to(dtype=w.dtype), w.requires_grad),
        Parameter(fused_b.to(dtype=dtype), old_bias.requires_grad),
    )
