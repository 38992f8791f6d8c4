"""Resizing of signals, images and volumes."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from rushlight.api.arguments import int_tuple
from rushlight.kernels.interpolate import Grid
from rushlight.nn.functional.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from rushlight.ops import interpolate as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_DIMENSIONS = {"linear": 1, "bilinear": 2, "trilinear": 3}
_STEPS = {"bicubic": "cubic", "trilinear": "linear"}
_LAYOUT = (
    "Please provide input tensor in (N, C, d1, d2, ...,dK) format and {} in {}, ...,{}K) format."
)


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize (N, C, L), (N, C, H, W) or (N, C, D, H, W) to `size`, or by `scale_factor`.

    `mode` is "nearest", "nearest-exact", "linear" (3-d input), "bilinear" or "bicubic" (4-d),
    "trilinear" (5-d) or "area" (adaptive averages). With `align_corners` the corner elements keep
    their places and values. With `antialias` "bilinear", "bicubic" and "lanczos" (4-d) average
    over as much of the input as an output element stands for, as image libraries do.

    >>> import rushlight as torch
    >>> x = torch.tensor([[[1.0, 3.0]]])
    >>> torch.nn.functional.interpolate(x, 4, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    x: Tensor = require_tensor(input, "interpolate", "input", 1)
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | "
            "bilinear | bicubic | trilinear"
        )
    n = x.dim() - 2
    out, factors = _sizes(x, n, size, scale_factor)
    if recompute_scale_factor:
        if factors is None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        factors = None
    if antialias and (mode not in ("bilinear", "bicubic", "lanczos") or x.dim() != 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and "
            "requires a 4-D tensor as input"
        )
    if n in (1, 2, 3) and mode == "area":
        pool = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1]
        return pool(x, out)
    if n in (1, 2, 3) and mode in _DIMENSIONS and _DIMENSIONS[mode] != n:
        raise NotImplementedError(
            f"Got {n + 2}D input, but {mode} mode needs {_DIMENSIONS[mode] + 2}D input"
        )
    if mode == "lanczos" and n == 2:
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
    elif (mode, n) not in ops.interpolate:
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {x.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | "
            f"lanczos | area | nearest-exact (got {mode})"
        )
    _check(x, n, out, mode, antialias)
    kind = {"bicubic": "cubic"}.get(mode, "linear" if mode in _DIMENSIONS else mode)
    scales = (None,) * n if factors is None else tuple(1 / f for f in factors)
    if antialias:
        return ops.smooth[mode](x, Grid(out, scales, f"smooth-{kind}", bool(align_corners)))  # type: ignore[no-any-return]
    return ops.interpolate[mode, n](x, Grid(out, scales, kind, bool(align_corners)))  # type: ignore[no-any-return]


def _sizes(
    x: Tensor, n: int, size: Any, scale_factor: Any
) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The output's sizes, and the factors where they were given instead."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    spatial = list(x.shape[2:])
    if size is not None:
        wanted = tuple(size) if isinstance(size, (tuple, list)) else (size,) * n
        if len(wanted) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {spatial} and output size of {size}. "
                + _LAYOUT.format("output size", "(o1, o2", "o")
            )
        several = isinstance(size, (tuple, list))
        if several and not all(_is_integer(m) for m in size):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or "
                f"Tuple[int, int, int], but got size with types {[type(m) for m in size]}"
            )
        return int_tuple("interpolate", wanted, 2, "size"), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    several = isinstance(scale_factor, (tuple, list))
    factors = tuple(scale_factor) if several else (scale_factor,) * n
    if len(factors) != n:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got "
            f"input with spatial dimensions of {spatial} and scale_factor of shape "
            f"{scale_factor}. " + _LAYOUT.format("scale_factor", "(s1, s2", "s")
        )
    return tuple(math.floor(float(m) * f) for m, f in zip(spatial, factors)), factors


def _is_integer(value: Any) -> bool:
    if isinstance(value, Tensor):
        return not value.dtype.is_floating_point
    return isinstance(value, (int, np.integer))


def _check(x: Tensor, n: int, out: tuple[int, ...], mode: str, antialias: bool) -> None:
    if x.shape[1] == 0:
        raise RuntimeError(
            f"Non-empty {n + 2}D data tensor expected but got a tensor with sizes {list(x.shape)}"
        )
    if min(out) <= 0 or 0 in x.shape[2:]:
        names = "DHW"[3 - n :]
        before, after = (
            ", ".join(f"{axis}: {m}" for axis, m in zip(names, values))
            for values in (x.shape[2:], out)
        )
        between = " and " if n == 1 else " "
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({before})"
            f"{between}output ({after})"
        )
    bytes_ = x.dtype.scalar_name == "Byte" and (n == 2 or mode.startswith("nearest"))
    if antialias:
        same = out == tuple(x.shape[2:])  # is copied
        if (x.dtype.is_floating_point and x.dtype.itemsize > 2) or bytes_ or same:
            return
        kernel = "compute_index_ranges_weights"
    elif x.dtype.is_floating_point or bytes_:
        return
    else:
        kind = "nearest" if mode.startswith("nearest") else mode
        kernel = f"upsample_{kind}{n}d_channels_last"
        if n != 2 or mode == "bicubic":
            kernel = f"compute_indices_weights_{_STEPS.get(mode, kind)}"
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.",
        UserWarning,
        stacklevel=3,
    )


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """As `interpolate`, by its old name."""
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Repeat the nearest elements: `interpolate` with mode "nearest"."""
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Resize images bilinearly, corners aligned."""
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)
