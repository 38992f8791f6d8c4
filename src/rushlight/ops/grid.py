"""grid_sample and affine_grid.

What `grid_sample` reads is multilinear in the elements and in the weights of its taps, and the
weights are polynomials in t, which is locally affine in the grid. So one formula gives all
derivatives: on arrays at once, on Tensors from `weave` and its adjoints.
"""

from __future__ import annotations

from math import prod
from typing import Any

from rushlight.kernels import grid as kernels
from rushlight.kernels.product import stacked
from rushlight.ops.declare import constant, general, linear, multilinear
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.shape import stack
from rushlight.tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]

places: Operator = constant("grid_places", kernels.places)
weave: Operator = multilinear(
    "grid_weave",
    kernels.weave,
    x=lambda g, w, index, x_shape: weave_elements(g, w, index, x_shape[2]),
    w=lambda g, x, index: weave_weights(g, x, index),
)
weave_elements: Operator = multilinear(
    "grid_weave_elements",
    kernels.weave_elements,
    g=lambda h, w, index: weave(h, w, index),
    w=lambda h, g, index: weave_weights(g, h, index),
)
weave_weights: Operator = multilinear(
    "grid_weave_weights",
    kernels.weave_weights,
    g=lambda h, x, index: weave(x, h, index),
    x=lambda h, g, index, x_shape: weave_elements(g, h, index, x_shape[2]),
)


def _grads(
    g: Any, x: Any, grid: Any, form: kernels.Form, needs: tuple[bool, ...]
) -> tuple[Any, Any]:
    """The cotangents of the elements and of the grid."""
    size = x.shape[2:]
    elements = x.reshape((*x.shape[:2], prod(size)))
    g = g.reshape((*x.shape[:2], prod(grid.shape[1:-1])))
    index, valid, t, slope, origin = places(grid, tuple(size), form)
    if isinstance(grid, Tensor):
        d, n, p = t.shape
        t = grid.reshape((n, p, d)).permute(2, 0, 1) * slope + origin
    gx = gg = None
    if needs[0]:
        w = kept(kernels.weights(t, form), valid)
        gx = weave_elements(g, w, index, elements.shape[2]).reshape(x.shape)
    if needs[1]:
        gw = kept(weave_weights(g, elements, index), valid)
        parts = [(gw * kernels.weights(t, form, i)).sum(0) * slope[i] for i in range(len(size))]
        gg = stack(2, *parts).reshape(grid.shape)
    return gx, gg


# By the number of spatial dimensions.
grid_sample: dict[int, Operator] = {
    n: general(
        "grid_sampler",
        kernels.sample,
        inputs=("x", "grid"),
        together=lambda g, x, grid, form, needs: _grads(g, x, grid, form, needs),
        node=f"GridSampler{n}DBackward0",
    )
    for n in (2, 3)
}


# -- affine maps -----------------------------------------------------------------------------------


def _affine_grid(theta: Any, size: tuple[int, ...], align_corners: bool) -> Any:
    base = kernels.base_grid(size[2:], align_corners, theta.dtype)
    return stacked(base, theta.mT).reshape(len(theta), *size[2:], len(size) - 2)


def _affine_grid_backward(g: Any, size: tuple[int, ...], align_corners: bool) -> Any:
    base = kernels.base_grid(size[2:], align_corners, g.dtype)
    return stacked(g.reshape(len(g), len(base), len(size) - 2).mT, base)


affine_grid: Operator = linear(
    "affine_grid_generator",
    _affine_grid,
    theta=lambda g, size, align_corners: affine_grid_backward(g, size, align_corners),
)
affine_grid_backward: Operator = linear(
    "affine_grid_generator_backward",
    _affine_grid_backward,
    g=lambda h, size, align_corners: affine_grid(h, size, align_corners),
)
