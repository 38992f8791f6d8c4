"""Convolutions of one, two and three dimensions, and their transposes."""

from __future__ import annotations

import warnings
from typing import Any

from rushlight import dtypes
from rushlight.api.arguments import int_tuple
from rushlight.ops import conv as ops
from rushlight.ops.outputs import no_overload, require_tensor
from rushlight.ops.padding import constant_pad
from rushlight.tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

Ints = tuple[int, ...]


def _option(value: Any, n: int, function: str, name: str, position: int) -> Ints:
    """Return an option of one int, or of several, as a tuple."""
    if type(value) is int:
        return (value,) * n
    if isinstance(value, str):
        raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not str")
    values = int_tuple(function, value, position, name)
    return values * n if len(values) == 1 else values


def _check(
    x: Tensor,
    w: Tensor,
    bias: Tensor | None,
    options: dict[str, Ints],
    groups: int,
    transposed: bool,
) -> None:
    """Raise PyTorch's error for sizes that do not fit."""
    size, weight = list(x.shape), list(w.shape)
    n = len(weight) - 2
    for name, values in options.items():
        if len(values) != n:
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {n} values to match "
                f"the convolution dimensions, but got {name}={list(values)}"
            )
    for name, values in options.items():
        low = 1 if name in ("stride", "dilation") else 0
        if any(v < low for v in values):
            if name == "dilation" and not transposed and x.dtype is not dtypes.float32:
                shown = [1, *values] if n == 1 else list(values)
                raise RuntimeError(f"dilation should be greater than zero, but got {shown}")
            sign = "non-positive" if low else "negative"
            raise RuntimeError(f"{sign} {name} is not supported")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if weight[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {weight} instead"
        )
    if weight[0] % groups != 0:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{weight}] instead"
        )
    given = "transposed=1" if transposed else f"groups={groups}"
    wanted = weight[0] if transposed else weight[1] * groups
    if size[1] != wanted:
        raise RuntimeError(
            f"Given {given}, weight of size {weight}, expected input{size} to have {wanted} "
            f"channels, but got {size[1]} channels instead"
        )
    outputs = weight[1] * groups if transposed else weight[0]
    if bias is not None and tuple(bias.shape) != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {weight}, expected "
            f"bias to be 1-dimensional with {outputs} elements, but got bias of size "
            f"{list(bias.shape)} instead"
        )
    if transposed:
        return
    padded = [m + 2 * p for m, p in zip(size[2:], options["padding"])]
    kernel = [d * (k - 1) + 1 for k, d in zip(weight[2:], options["dilation"])]
    if any(k > m for k, m in zip(kernel, padded)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, kernel))}). Kernel size can't be greater than actual "
            "input size"
        )


def _check_bias(x: Tensor, bias: Tensor | None) -> None:
    """Raise PyTorch's error unless the bias has the input's dtype."""
    if bias is not None and bias.dtype is not x.dtype:
        raise RuntimeError(
            f"Input type ({x.dtype.cpp_name}) and bias type ({bias.dtype.cpp_name}) should be the "
            "same"
        )


def _check_weight(x: Tensor, w: Tensor, groups: int, steps: Ints, gaps: Ints) -> None:
    """Raise PyTorch's error unless the weight has the input's dtype.

    Which words it has depends on the library that would convolve: oneDNN takes large float32 work.
    """
    if x.dtype is w.dtype:
        return
    kernel = ((1, *w.shape[2:]))[-2:]
    spread = max(steps) > 1 or max(gaps) > 1 or x.shape[0] >= 16 or max(kernel) > 1
    large = groups > 1 or min(kernel) > 3 or x.shape[0] > 1 or x.numel() > 20480
    if x.dtype is dtypes.float32 and spread and large:
        kind = f"CPU{w.dtype.scalar_name}Type" if w.dtype.is_complex else w.type()
        raise RuntimeError(
            f"Input type ({x.type()}) and weight type ({kind}) should be the same or input should "
            "be a MKLDNN tensor and weight is a dense tensor"
        )
    raise RuntimeError(
        f"expected scalar type {x.dtype.scalar_name} but found {w.dtype.scalar_name}"
    )


def _check_kernel(x: Tensor, kernel: str, integers: bool) -> None:
    """Refuse the dtypes that PyTorch has no such kernel for; it has none to look for if empty."""
    name = x.dtype.scalar_name
    category = x.dtype.category
    refused = category == dtypes.BOOL or (
        category == dtypes.INTEGER and name != "Long" and not integers
    )
    if refused and x.numel():
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")


def _batched(x: Tensor, n: int, function: str) -> bool:
    """Whether the input has a batch dimension; RuntimeError for any other number of them."""
    if x.dim() not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {function}, but got "
            f"input of size: {list(x.shape)}"
        )
    return x.dim() == n + 2


def _convolve(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
) -> Tensor:
    name = f"conv{n}d"
    known = isinstance(input, Tensor) and isinstance(weight, Tensor) and type(groups) is int
    if not known or not (bias is None or isinstance(bias, Tensor)):
        arguments = (input, weight) if bias is None else (input, weight, bias)
        named = {} if isinstance(groups, int) else {"groups": groups}
        raise no_overload(name, _SIGNATURES, *arguments, **named)
    for option, value in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        text = option == "padding" and isinstance(value, str)
        if not isinstance(value, (int, tuple, list)) and not text:
            raise no_overload(name, _SIGNATURES, input, weight, **{option: value})
    x: Tensor = input
    batched = _batched(x, n, name)
    steps = _option(stride, n, name, "stride", 4)
    gaps = _option(dilation, n, name, "dilation", 6)
    if not batched:
        x = x.unsqueeze(0)
    if isinstance(padding, str):
        x, around = _named_padding(x, weight, padding, steps, gaps)
    else:
        around = _option(padding, n, name, "padding", 5)
    options = {"stride": steps, "padding": around, "dilation": gaps}
    _check_bias(x, bias)
    _check(x, weight, bias, options, groups, False)
    _check_weight(x, weight, groups, steps, gaps)
    if not x.dtype.is_floating_point:
        dilated = max(gaps) > 1
        kernel = "slow_conv_dilated<>" if dilated else _KERNELS[n]
        _check_kernel(x, kernel, not dilated)
    out = ops.conv(x, weight, bias, steps, around, gaps, groups)
    return out if batched else out.squeeze(0)  # type: ignore[no-any-return]


_KERNELS = {1: "slow_conv2d_cpu", 2: "slow_conv2d_cpu", 3: "compute_columns3d"}
_SIGNATURES = tuple(
    "(Tensor input, Tensor weight, Tensor bias = None, tuple of ints stride = 1, "
    f"{padding}, tuple of ints dilation = 1, int groups = 1)"
    for padding in ("tuple of ints padding = 0", 'str padding = "valid"')
)


def _named_padding(
    x: Tensor, w: Tensor, padding: str, stride: Ints, dilation: Ints
) -> tuple[Tensor, Ints]:
    """Resolve "valid" and "same"; an odd total pads the right side first, before the call."""
    n = len(stride)
    if padding == "valid":
        return x, (0,) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(w.shape[2:], dilation)]
    if any(t % 2 for t in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created",
            UserWarning,
            stacklevel=4,
        )
        pads: list[int] = []
        for total in reversed(totals):
            pads += [0, total % 2]
        x = constant_pad(x, tuple(pads), 0)
    return x, tuple(t // 2 for t in totals)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, L) or (C, L) with weight (O, C / groups, k).

    `padding` is a number of zeros on both sides, "valid" or "same".
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, H, W) or (C, H, W) with weight (O, C / groups, kH, kW).

    >>> import rushlight as torch
    >>> x = torch.ones(1, 1, 3, 3)
    >>> torch.nn.functional.conv2d(x, torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate (N, C, D, H, W) or (C, D, H, W) with weight (O, C / groups, kD, kH, kW)."""
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def _transpose(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    name = f"conv_transpose{n}d"
    x: Tensor = require_tensor(input, name, "input", 1)
    w: Tensor = require_tensor(weight, name, "weight", 2)
    if bias is not None:
        require_tensor(bias, name, "bias", 3)
    steps = _option(stride, n, name, "stride", 4)
    around = _option(padding, n, name, "padding", 5)
    extra = _option(output_padding, n, name, "output_padding", 6)
    gaps = _option(dilation, n, name, "dilation", 8)
    batched = _batched(x, n, name)
    if not batched:
        x = x.unsqueeze(0)
    options = {"stride": steps, "padding": around, "output_padding": extra, "dilation": gaps}
    _check(x, w, bias, options, groups, True)
    if any(e >= s and e >= d for e, s, d in zip(extra, steps, gaps)):
        axes = ("depth", "height", "width") if n == 3 else ("height", "width")
        got = " ".join(
            f"{what}_{axis}: {v}"
            for what, values in (("output_padding", extra), ("stride", steps), ("dilation", gaps))
            for axis, v in zip(axes, (values if n > 1 else (1 - (what[0] == "o"), *values)))
        )
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got {got}"
        )
    _check_weight(x, w, groups, steps, gaps)
    if bias is not None and bias.dtype is not x.dtype:
        if x.dtype is not dtypes.float32:
            raise RuntimeError(
                f"expected scalar type {x.dtype.scalar_name} but found {bias.dtype.scalar_name}"
            )
        raise RuntimeError(
            f"Input type ({x.type()}) and bias type ({bias.type()}) should be the same or input "
            "should be a MKLDNN tensor and bias is a dense tensor"
        )
    if not x.dtype.is_floating_point:
        _check_kernel(x, f"slow_conv_transpose{max(n, 2)}d_out_cpu", False)
    size = tuple(
        (m - 1) * s - 2 * p + d * (k - 1) + e + 1
        for m, s, p, d, k, e in zip(x.shape[2:], steps, around, gaps, w.shape[2:], extra)
    )
    if 0 in x.shape[2:]:
        shape = [*x.shape[:2], 1, *x.shape[2:]] if n == 1 else list(x.shape)
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {shape}"
        )
    if min(size) < 0:
        raise RuntimeError(
            f"Given input size per channel: {list(x.shape[2:])}. Calculated output size per "
            f"channel: {list(size)}. Output size is too small"
        )
    out = ops.conv_transpose(x, w, bias, size, steps, around, gaps, groups)
    return out if batched else out.squeeze(0)  # type: ignore[no-any-return]


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Spread (N, C, L) or (C, L) by weight (C, O / groups, k): the transpose of `conv1d`.

    The result has ``(L - 1) * stride - 2 * padding + dilation * (k - 1) + output_padding + 1``
    elements along L.
    """
    return _transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Spread (N, C, H, W) or (C, H, W) by weight (C, O / groups, kH, kW): `conv2d` transposed.

    >>> import rushlight as torch
    >>> x = torch.ones(1, 1, 2, 2)
    >>> torch.nn.functional.conv_transpose2d(x, torch.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Spread (N, C, D, H, W) or (C, D, H, W) by weight (C, O / groups, kD, kH, kW)."""
    return _transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)
