"""What PyTorch's layers call below: convolution and normalisation with all arguments given.

The public functions of the layers stand in conv.py and norm.py; these are for programs that call
the operators themselves.
"""

from __future__ import annotations

from typing import Any

from rushlight.api import conv, norm
from rushlight.api.arguments import int_tuple, require_int
from rushlight.api.create import zeros
from rushlight.api.scalars import as_float
from rushlight.api.shuffling import shuffled
from rushlight.ops import conv as conv_ops
from rushlight.ops import norm as ops
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = [
    "conv_tbc",
    "convolution",
    "native_batch_norm",
    "native_channel_shuffle",
    "native_group_norm",
    "native_layer_norm",
]

Trio = tuple[Tensor, Tensor, Tensor]

# -- convolution -----------------------------------------------------------------------------------


def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Tensor:
    """Convolve (N, C, ...) with a weight of as many dimensions, or spread it where `transposed`.

    As `conv1d`, `conv2d`, `conv3d` and their transposes, with every option given as a tuple.

    >>> import rushlight as torch
    >>> x, w, one = torch.ones(1, 1, 3), torch.ones(1, 1, 2), (1,)
    >>> torch.convolution(x, w, None, one, (0,), one, False, (0,), 1)
    tensor([[[2., 2.]]])
    """
    name = "convolution"
    x: Tensor = require_tensor(input, name, "input", 1)
    w: Tensor = require_tensor(weight, name, "weight", 2)
    if bias is not None:
        require_tensor(bias, name, "bias", 3)
    steps = int_tuple(name, stride, 4, "stride")
    around = int_tuple(name, padding, 5, "padding")
    gaps = int_tuple(name, dilation, 6, "dilation")
    if not isinstance(transposed, bool):
        raise TypeError(
            f"{name}(): argument 'transposed' (position 7) must be bool, "
            f"not {type_name(transposed)}"
        )
    extra = int_tuple(name, output_padding, 8, "output_padding")
    groups = require_int(name, groups, "groups", 9)
    n = w.ndim - 2
    if n < 1:
        raise RuntimeError("weight should have at least three dimensions")
    if n > 3:
        raise NotImplementedError("convolution: Rushlight has it for 1 to 3 spatial dimensions")
    if x.ndim != w.ndim:
        raise RuntimeError(
            f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight "
            f"{list(w.shape)}, but got {x.ndim}-dimensional input of size {list(x.shape)} instead"
        )
    if x.dtype.is_complex:  # the functions by dimension convolve the parts
        kernel = "slow_conv2d_cpu" if n < 3 else "compute_columns3d"
        if transposed:
            kernel = f"slow_conv_transpose{max(n, 2)}d_out_cpu"
        elif any(gap != 1 for gap in gaps):
            kernel = "slow_conv_dilated<>"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")
    if transposed:
        spread: Any = (conv.conv_transpose1d, conv.conv_transpose2d, conv.conv_transpose3d)[n - 1]
        return spread(x, w, bias, steps, around, extra, groups, gaps)  # type: ignore[no-any-return]
    if len(extra) not in (1, n):
        raise RuntimeError(
            f"expected output_padding to be a single integer value or a list of {n} values to "
            f"match the convolution dimensions, but got output_padding={list(extra)}"
        )
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    convolve: Any = (conv.conv1d, conv.conv2d, conv.conv3d)[n - 1]
    return convolve(x, w, bias, steps, around, gaps, groups)  # type: ignore[no-any-return]


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Cross-correlate (T, B, I), time first, with weight (K, I, O), and add `bias` (O).

    `pad` zeros stand before and after: the result is (T + 2 pad - K + 1, B, O). RuntimeError where
    sizes or dtypes don't fit.

    >>> import rushlight as torch
    >>> torch.conv_tbc(torch.ones(3, 1, 1), torch.ones(2, 1, 1), torch.zeros(1)).flatten()
    tensor([2., 2.])
    """
    x: Tensor = require_tensor(input, "conv_tbc", "input", 1)
    w: Tensor = require_tensor(weight, "conv_tbc", "weight", 2)
    b: Tensor = require_tensor(bias, "conv_tbc", "bias", 3)
    pad = require_int("conv_tbc", pad, "pad", 4)
    if x.ndim != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if w.ndim != 3:
        raise RuntimeError(
            "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels."
        )
    if b.ndim != 1:
        raise RuntimeError("Bias must be 1-D")
    if x.shape[2] != w.shape[1]:
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if b.shape[0] != w.shape[2]:
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    out = (x.shape[0] + 2 * pad - w.shape[0] + 1, x.shape[1], w.shape[2])
    if out[0] < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {out[0]}: {list(out)}")
    if x.dtype is not w.dtype:
        raise RuntimeError(
            "self and mat2 must have the same dtype, but got "
            f"{x.dtype.scalar_name} and {w.dtype.scalar_name}"
        )
    if x.dtype.scalar_name == "Bool" and out[0] and x.numel() and w.numel():
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
    return conv_ops.conv_tbc(x, w, b.to(x.dtype), pad)  # type: ignore[no-any-return]


def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """As `channel_shuffle`.

    >>> import rushlight as torch
    >>> torch.native_channel_shuffle(torch.arange(4.0).view(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    return shuffled("native_channel_shuffle", input, groups)


# -- normalisation ---------------------------------------------------------------------------------


def native_layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Trio:
    """As `layer_norm`; also the means and the inverse standard deviations, which are constants.

    >>> import rushlight as torch
    >>> torch.native_layer_norm(torch.tensor([[1.0, 3.0]]), (2,), None, None, 0.0)[1]
    tensor([[2.]])
    """
    shape = norm.check_trailing("native_layer_norm", input, normalized_shape, weight, bias, ", ")
    eps = as_float(eps, "native_layer_norm", "eps", 5)
    norm.check_dtypes(input, weight, bias)
    norm.check_kernel(input, "LayerNormKernelImpl")
    y, mean, rstd = ops.layer_norm(input, len(shape), weight, bias, eps)
    ones = (1,) * len(shape)
    stats = (*input.shape[: input.ndim - len(shape)], *ones)
    return (
        y,
        mean.reshape(stats).to(_stats_dtype(input, weight)),
        rstd.reshape(stats).to(_stats_dtype(input, weight)),
    )


def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> Trio:
    """As `group_norm` of (N, C, ...); also means and inverse standard deviations (N, group).

    The last two are constants here.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 3.0, 0.0, 8.0]])
    >>> torch.native_group_norm(x, None, None, 1, 4, 1, 2, 0.0)[1]
    tensor([[2., 4.]])
    """
    x: Tensor = require_tensor(input, "native_group_norm", "input", 1)
    for position, (name, p) in enumerate((("weight", weight), ("bias", bias)), 2):
        if p is not None:
            require_tensor(p, "native_group_norm", name, position)
    sizes = {"N": N, "C": C, "HxW": HxW, "group": group}
    for position, (name, size) in enumerate(sizes.items(), 4):
        require_int("native_group_norm", size, name, position)
    eps = as_float(eps, "native_group_norm", "eps", 8)
    norm.check_groups(x, group, C, weight, bias)
    if x.numel() != N * C * HxW:
        raise RuntimeError(
            "Expected X.numel() == N * C * HxW to be true, but got false.  (Could this error "
            "message be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    norm.check_dtypes(x, weight, bias)
    norm.check_kernel(x, "GroupNormKernelImpl")
    y, mean, rstd = ops.group_norm(x, group, weight, bias, eps)
    dtype = _stats_dtype(x, weight)
    return y, mean.reshape((N, group)).to(dtype), rstd.reshape((N, group)).to(dtype)


def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> Trio:
    """As `batch_norm`; also the batch's means and inverse standard deviations in training (C).

    In evaluation these are empty.

    >>> import rushlight as torch
    >>> x = torch.tensor([[1.0, 3.0], [3.0, 3.0]])
    >>> torch.native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5)[1]
    tensor([2., 3.])
    """
    arguments = (input, weight, bias, running_mean, running_var, training, momentum, eps)
    norm.check_arguments("native_batch_norm", "training", *arguments)
    if training and not input.numel():
        sizes = list(input.shape)
        raise RuntimeError(
            f"input tensor must have at least one element, but got input_sizes = {sizes}"
        )
    found = norm.batch_norm_parts(*arguments)
    dtype = _stats_dtype(input, weight) if len(found) == 3 else input.dtype
    mean, inverse = found[1:] if len(found) == 3 else (zeros(0), zeros(0))
    results = (found[0], mean.to(dtype), inverse.to(dtype))
    if out is None:
        return results
    y, mean, inverse = (into(t, r, "native_batch_norm") for t, r in zip(out, results))
    return y, mean, inverse


def _stats_dtype(input: Tensor, weight: Tensor | None) -> Any:
    """Statistics have the dtype of the parameters: float32 where these are, beside halves."""
    return input.dtype if weight is None else weight.dtype
