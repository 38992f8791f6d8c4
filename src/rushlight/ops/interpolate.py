"""Interpolation: linear in its input, whatever the mode."""

from __future__ import annotations

from rushlight.kernels import interpolate as kernels
from rushlight.ops.declare import linear
from rushlight.ops.operator import Operator

__all__ = ["interpolate", "smooth"]


def _interpolate(node: str) -> Operator:
    return linear(
        "interpolate",
        kernels.interpolate,
        x=lambda g, x_shape, grid: interpolate_backward(g, x_shape, grid),
        node=node,
    )


# By PyTorch's name of the mode and the number of dimensions.
interpolate: dict[tuple[str, int], Operator] = {
    (mode, n): _interpolate(f"Upsample{name}{n}DBackward0")
    for mode, name, dims in (
        ("nearest", "Nearest", (1, 2, 3)),
        ("nearest-exact", "NearestExact", (1, 2, 3)),
        ("linear", "Linear", (1,)),
        ("bilinear", "Bilinear", (2,)),
        ("trilinear", "Trilinear", (3,)),
        ("bicubic", "Bicubic", (2,)),
    )
    for n in dims
}
# Without aliases, of images only.
smooth: dict[str, Operator] = {
    mode: _interpolate(f"Upsample{mode.capitalize()}2DAaBackward0")
    for mode in ("bilinear", "bicubic", "lanczos")
}
interpolate_backward: Operator = linear(
    "interpolate_backward",
    kernels.interpolate_backward,
    g=lambda h, grid: interpolate["nearest", 2](h, grid),
)
