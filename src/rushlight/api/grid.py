"""Sampling at the places of a grid, and grids of affine maps."""

from __future__ import annotations

from math import prod
from typing import Any

from rushlight.api.arguments import int_tuple, require_int
from rushlight.kernels.grid import Form
from rushlight.ops import grid as ops
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """As `nn.functional.grid_sample`, with numbers for the modes.

    0, 1 and 2 are "bilinear", "nearest" and "bicubic"; "zeros", "border" and "reflection".

    >>> import rushlight as torch
    >>> x, grid = torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 2)
    >>> torch.grid_sampler(x, grid, 0, 0, False)
    tensor([[[[2.]]]])
    """
    return _sampled("grid_sampler", input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """As `grid_sampler`, for (N, C, H, W) only."""
    name = "grid_sampler_2d"
    return _sampled(name, input, grid, interpolation_mode, padding_mode, align_corners, 4)


def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """As `grid_sampler`, for (N, C, D, H, W) only."""
    name = "grid_sampler_3d"
    return _sampled(name, input, grid, interpolation_mode, padding_mode, align_corners, 5)


def _sampled(
    name: str, input: Any, grid: Any, mode: Any, padding: Any, align: Any, ndim: int | None = None
) -> Tensor:
    x: Tensor = require_tensor(input, name, "input", 1)
    require_tensor(grid, name, "grid", 2)
    mode = require_int(name, mode, "interpolation_mode", 3)
    padding = require_int(name, padding, "padding_mode", 4)
    if not isinstance(align, bool):
        raise TypeError(
            f"{name}(): argument 'align_corners' (position 5) must be bool, not {type_name(align)}"
        )
    _check(x, grid, ndim)
    if not (0 <= mode < 3 and 0 <= padding < 3):
        raise RuntimeError(f"{name}(): unknown mode {mode} or padding {padding}")
    if x.ndim == 5 and mode == 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not x.dtype.is_floating_point:
        kernel = "grid_sampler_2d_cpu_kernel_impl" if x.ndim == 4 else "grid_sampler3d_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")
    if x.dtype is not grid.dtype:
        raise RuntimeError(
            f"expected scalar type {x.dtype.scalar_name} but found {grid.dtype.scalar_name}"
        )
    form = Form(_MODES[mode], _PADDINGS[padding], align)
    return ops.grid_sample[x.ndim - 2](x, grid, form)  # type: ignore[no-any-return]


def _check(x: Tensor, grid: Tensor, ndim: int | None) -> None:
    """Raise PyTorch's error for sizes that don't fit."""
    sizes, places = list(x.shape), list(grid.shape)
    if not x.ndim or not grid.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if sizes[0] != places[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with "
            f"sizes {sizes} and grid with sizes {places}"
        )
    if places[-1] != x.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {x.ndim - 2} in last dimension, but got "
            f"grid with sizes {places}"
        )
    for i, n in enumerate(sizes[2:], 2):
        if n == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {sizes} with dimension {i} being empty"
            )
    if x.ndim not in ((4, 5) if ndim is None else (ndim,)) or x.ndim != grid.ndim:
        wanted = f"{ndim or (4 if x.ndim == 4 else 5)}D"
        raise RuntimeError(
            f"grid_sampler(): expected {wanted} input and grid with same number of dimensions, but "
            f"got input with sizes {sizes} and grid with sizes {places}"
        )


def affine_grid_generator(theta: Tensor, size: Any, align_corners: bool) -> Tensor:
    """As `nn.functional.affine_grid`, without its checks."""
    name = "affine_grid_generator"
    x: Tensor = require_tensor(theta, name, "theta", 1)
    sizes = int_tuple(name, size, 2, "size")
    d = len(sizes) - 2
    if d not in (2, 3):
        raise RuntimeError("AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.")
    negative = next((n for n in (sizes[0], *sizes[2:]) if n < 0), None)
    if negative is not None:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {negative}: "
            f"{[sizes[0], *sizes[2:], d + 1]}"
        )
    if x.ndim != 3 or x.shape[0] != sizes[0] or x.shape[2] != d + 1:
        got = list(x.shape[:1]) + list(x.shape[:0:-1][:1])
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{sizes[0]}, {d + 1}] but got: {got}."
        )
    if x.shape[1] != d:
        raise RuntimeError(
            f"shape '{[sizes[0], *sizes[2:], d]}' is invalid for input of size "
            f"{sizes[0] * prod(sizes[2:]) * x.shape[1]}"
        )
    if x.dtype.itemsize == 2 and x.dtype.is_floating_point and min(sizes[2:]) < 2:
        raise NotImplementedError(f"\"tensor_cpu\" not implemented for '{x.dtype.scalar_name}'")
    if x.dtype.scalar_name == "Bool":
        kernel = "tensor_cpu" if min(sizes[2:]) < 2 else "linspace_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    if x.dtype.is_complex and x.requires_grad:
        raise RuntimeError(
            f"{name} does not support automatic differentiation for outputs with complex dtype."
        )
    return ops.affine_grid(x, sizes, bool(align_corners))  # type: ignore[no-any-return]
