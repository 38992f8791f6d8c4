"""Rounding to a few levels in floating point, for training with quantisation in mind."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import require_int
from rushlight.api.sizes import as_dim
from rushlight.ops import fake_quantize as ops
from rushlight.ops.outputs import no_overload, require_tensor
from rushlight.tensor import Tensor, wrap

__all__ = ["fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine"]

_PER_TENSOR = (
    "(Tensor input, Tensor scale, Tensor zero_point, int quant_min, int quant_max)",
    "(Tensor input, float scale, int zero_point, int quant_min, int quant_max)",
)


def fake_quantize_per_tensor_affine(
    input: Tensor, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Tensor:
    """Return `input` rounded to the numbers ``(level - zero_point) * scale``.

    Levels are the integers from `quant_min` to `quant_max`. `scale` and `zero_point` are numbers or
    tensors of one element. Gradients pass where no level was cut off. Raises RuntimeError where the
    bounds are out of order or `zero_point`, a number, isn't between them.

    >>> import rushlight as torch
    >>> torch.fake_quantize_per_tensor_affine(torch.tensor([0.26, 9.0]), 0.1, 0, 0, 15)
    tensor([0.3000, 1.5000])
    """
    given = (input, scale, zero_point, quant_min, quant_max)
    tensors = isinstance(scale, Tensor) and isinstance(zero_point, Tensor)
    numbers = isinstance(scale, (bool, int, float)) and type(zero_point) is int
    bounds = type(quant_min) is int and type(quant_max) is int
    if not isinstance(input, Tensor) or not (tensors or numbers) or not bounds:
        raise no_overload("fake_quantize_per_tensor_affine", _PER_TENSOR, *given)
    _check_bounds(quant_min, quant_max)
    if not tensors:
        _check_zero_point(zero_point, zero_point, quant_min, quant_max)
        step, zero = wrap(np.asarray(scale, np.float32)), wrap(np.asarray(zero_point))
        return ops.by_numbers(input, step, zero, quant_min, quant_max)  # type: ignore[no-any-return]
    _refuse_gradient("_fake_quantize_per_tensor_affine_cachemask_tensor_qparams", scale)
    for t in (scale, zero_point):
        if t.numel() != 1:
            raise RuntimeError(f"a Tensor with {t.numel()} elements cannot be converted to Scalar")
    step, zero = scale.detach().reshape(()), zero_point.detach().reshape(())
    step, zero = step.to(dtypes.float32), zero.to(dtypes.int32)
    return ops.by_tensors(input, step, zero, quant_min, quant_max)  # type: ignore[no-any-return]


def fake_quantize_per_channel_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    """As `fake_quantize_per_tensor_affine`, with a scale and a zero point for each index of `axis`.

    `scale` is a vector of float32, `zero_point` one of int32, float32 or float16. Raises
    RuntimeError for other dtypes and lengths.

    >>> import rushlight as torch
    >>> x, scale = torch.tensor([[0.26], [0.26]]), torch.tensor([0.1, 0.2])
    >>> torch.fake_quantize_per_channel_affine(x, scale, torch.zeros(2), 0, 0, 15)
    tensor([[0.3000],
            [0.2000]])
    """
    name = "fake_quantize_per_channel_affine"
    for position, argument, value in ((1, "input", input), (2, "scale", scale)):
        require_tensor(value, name, argument, position)
    require_tensor(zero_point, name, "zero_point", 3)
    axis = require_int(name, axis, "axis", 4)
    quant_min = require_int(name, quant_min, "quant_min", 5)
    quant_max = require_int(name, quant_max, "quant_max", 6)
    _refuse_gradient("fake_quantize_per_channel_affine_cachemask", scale)
    if scale.dtype is not dtypes.float32:
        raise RuntimeError(f"Scale must be Float or BFloat16, found {scale.dtype.scalar_name}")
    if zero_point.dtype not in (dtypes.int32, dtypes.float32, dtypes.float16):
        raise RuntimeError(
            f"Zero-point must be Int32, Float or Half, found {zero_point.dtype.scalar_name}"
        )
    if scale.ndim != 1:
        raise RuntimeError("scale should be a 1-D tensor")
    if zero_point.ndim != 1:
        raise RuntimeError("zero point should be a 1-D tensor")
    if scale.numel() != zero_point.numel():
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    at = as_dim(axis, input, name)
    if not input.ndim:
        raise IndexError(f"Dimension specified as {axis} but tensor has no dimensions")
    if scale.numel() != input.shape[at]:
        raise RuntimeError(
            "dimensions of scale and zero-point are not consistent with input tensor"
        )
    _check_bounds(quant_min, quant_max)
    whole = zero_point.dtype is dtypes.int32
    if whole and zero_point._interpreter is None:
        _check_zero_point(int(zero_point.min()), int(zero_point.max()), quant_min, quant_max)
    if axis < 0:
        raise RuntimeError("`axis` must be between 0 and number of dimensions of input")
    shape = [-1 if d == at else 1 for d in range(input.ndim)]
    zero = zero_point if whole else zero_point.detach().to(dtypes.float32)
    step, zero = scale.detach().reshape(shape), zero.reshape(shape)
    return ops.by_channel(input, step, zero, quant_min, quant_max)  # type: ignore[no-any-return]


def _check_bounds(low: int, high: int) -> None:
    if low > high:
        raise RuntimeError("`quant_min` should be less than or         equal to `quant_max`.")


def _check_zero_point(least: int, largest: int, low: int, high: int) -> None:
    if least < low or largest > high:
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")


def _refuse_gradient(name: str, scale: Tensor) -> None:
    if scale.requires_grad:
        raise RuntimeError(
            f"The function '{name}' is not differentiable with respect to argument 'scale'. This "
            "input cannot have requires_grad True."
        )
