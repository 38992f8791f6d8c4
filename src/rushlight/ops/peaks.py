"""The largest and the smallest elements of a tensor, and where they are.

Where a rule has to choose among equals, PyTorch's does: `max` along a dimension tells an index and
all of the cotangent goes there; the others share it among all elements that equal the result.
``dims`` is None for all, or a sorted tuple of non-negative dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import extreme as kernels
from rushlight.kernels.accumulate import along_dim
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import Dims

__all__ = [
    "amax",
    "amin",
    "aminmax",
    "argmax",
    "argmin",
    "max_all",
    "max_along",
    "min_all",
    "min_along",
    "picked",
    "placed",
]

Shape = tuple[int, ...]

# -- along one dimension: the index tells ------------------------------------------------------


def _positions(shape: Shape, dim: int, keepdim: bool, at: Any) -> Any:
    """Where in an array of `shape`, laid flat, the elements are that `at` names along `dim`."""
    if shape and not keepdim:
        at = at.reshape(*at.shape[:dim], 1, *at.shape[dim:])
    return along_dim(shape, dim, at)


def _picked(x: Any, dim: int, keepdim: bool, at: Any) -> Any:
    """Take of each row along `dim` the element that `at` names."""
    if not at.size:
        return np.empty(at.shape, x.dtype)
    return x.reshape(-1).take(_positions(x.shape, dim, keepdim, at)).reshape(at.shape)


def _placed(g: Any, x_shape: Shape, dim: int, keepdim: bool, at: Any) -> Any:
    """Put each element back where `_picked` takes it from, among zeros."""
    out = np.zeros(x_shape, g.dtype)
    if at.size:
        positions = _positions(x_shape, dim, keepdim, at)
        out.reshape(-1)[positions] = g.reshape(positions.shape)
    return out


picked: Operator = linear(
    "picked", _picked, x=lambda g, x_shape, dim, keepdim, at: placed(g, x_shape, dim, keepdim, at)
)
placed: Operator = linear(
    "placed", _placed, g=lambda h, dim, keepdim, at: picked(h, dim, keepdim, at)
)


def _along(name: str, kernel: Any) -> Operator:
    return general(
        name,
        kernel,
        x=lambda g, x_shape, dim, keepdim, indices: placed(g[0], x_shape, dim, keepdim, indices),
        jvp=lambda x_t, dim, keepdim, indices: picked(x_t, dim, keepdim, indices),
        outputs=("values", "indices"),
        constant=("indices",),
    )


max_along = _along("max", kernels.max_along)
min_along = _along("min", kernels.min_along)

# -- over any dimensions: all equals share -----------------------------------------------------


def _restored(y: Any, x: Any, dims: Dims) -> Any:
    """A result with the dimensions back, as if it had been reduced with keepdim."""
    return y.reshape([1 if not dims or d in dims else n for d, n in enumerate(x.shape)])


def _winners(x: Any, y: Any, dims: Dims) -> Any:
    """Where `x` is the extreme `y`. With dims None a nan was won by every nan, as in `max(x)`;
    elsewhere, `amax` over () among them, nan equals nothing and the cotangent becomes nan."""
    if dims is None and np.isnan(y):
        return np.isnan(x)
    return np.equal(x, _restored(y, x, dims))


def _shared(g: Any, x: Any, y: Any, dims: Dims) -> Any:
    """Divide a cotangent among the elements of `x` that are the extreme `y`."""
    won = _winners(x, y, dims)
    count = np.add.reduce(won, axis=dims or None, keepdims=True, dtype=g.dtype)
    return won * (_restored(g, x, dims) / count)


def _mean_of_winners(t: Any, x: Any, y: Any, dims: Dims) -> Any:
    """The transpose of `_shared`: the mean over the elements of `x` that are the extreme `y`."""
    if not x.size:  # the median of nothing is nan: a mean over no element
        return np.full(y.shape, np.nan, t.dtype)
    won = _winners(x, y, dims)
    count = np.add.reduce(won, axis=dims or None, dtype=t.dtype)
    return np.asarray(np.add.reduce(t * won, axis=dims or None) / count).reshape(y.shape)


shared: Operator = linear("shared", _shared, g=lambda h, x, y, dims: mean_of_winners(h, x, y, dims))
mean_of_winners: Operator = linear(
    "mean_of_winners", _mean_of_winners, t=lambda g, x, y, dims: shared(g, x, y, dims)
)


def _all(name: str, kernel: Any) -> Operator:
    return general(
        name,
        lambda x: kernel(x),
        x=lambda g, x, y: shared(g, x, y, None),
        jvp=lambda x_t, x, y: mean_of_winners(x_t, x, y, None),
        node=f"{name.capitalize()}Backward1",
    )


def _over(name: str, kernel: Any) -> Operator:
    return general(
        name,
        kernel,
        x=lambda g, x, y, dims: shared(g, x, y, dims or ()),
        jvp=lambda x_t, x, y, dims: mean_of_winners(x_t, x, y, dims or ()),
    )


max_all = _all("max", kernels.max_all)
min_all = _all("min", kernels.min_all)
amax = _over("amax", kernels.amax)
amin = _over("amin", kernels.amin)


def _dims(dim: int | None) -> Dims:
    return () if dim is None else (dim,)


def _aminmax_rule(g: Any, x: Any, dim: int | None, least: Any, most: Any) -> Any:
    low, high = g
    parts = [shared(c, x, y, _dims(dim)) for c, y in ((low, least), (high, most)) if c is not None]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


aminmax = general(
    "aminmax",
    kernels.aminmax,
    x=_aminmax_rule,
    jvp=lambda x_t, x, dim, least, most: (
        mean_of_winners(x_t, x, least, _dims(dim)),
        mean_of_winners(x_t, x, most, _dims(dim)),
    ),
    outputs=("least", "most"),
)
argmax = constant("argmax", kernels.argmax)
argmin = constant("argmin", kernels.argmin)
