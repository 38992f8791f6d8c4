"""Running sums, products and extremes along one dimension, and products of everything.

Note [Products without division]. The slope of a running product ``y[i] = x[0] ... x[i]`` by x[j]
leaves x[j] out, and cannot be had from ``y[i] / x[j]`` where x[j] is 0. But the cotangent is

    gx[j] = y[j - 1] w[j],    w[j] = g[j] + x[j + 1] w[j + 1],

a product of what comes before j and a linear recurrence over what comes behind it, in which nothing
is divided. The transpose of that recurrence is the same one in the other direction, so the two make
a family that is closed under differentiation, and zeros are exact in every order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.kernels import recurrence
from rushlight.kernels import reduce as reductions
from rushlight.kernels import scan as kernels
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general, linear
from rushlight.ops.elementary import exp
from rushlight.ops.gather import gather, scatter_sum
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import flip
from rushlight.ops.reduce import spread, sum_

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp", "prod", "prod_all"]
__all__ += ["products_of_others"]

# -- sums --------------------------------------------------------------------------------------

cumsum: Operator = linear("cumsum", kernels.cumsum, x=lambda g, dim: cumsum_reversed(g, dim))
cumsum_reversed: Operator = linear(
    "cumsum", kernels.cumsum_reversed, x=lambda g, dim: cumsum(g, dim)
)

# -- recurrences -------------------------------------------------------------------------------

delay: Operator = general(
    "delay",
    recurrence.delay,
    x=lambda g, dim: advance(g, dim),
    jvp=lambda x_t, dim: delay(x_t, dim, 0.0),
)
advance: Operator = linear("advance", recurrence.advance, x=lambda g, dim: delay(g, dim, 0.0))
forwards: Operator = general(
    "forwards",
    recurrence.forwards,
    u=lambda g, x, dim: backwards(g, x, dim),
    x=lambda g, x, y, dim: backwards(g, x, dim) * delay(y, dim, 0.0),
    jvp=lambda u_t, x_t, x, y, dim: forwards(u_t + x_t * delay(y, dim, 0.0), x, dim),
)
backwards: Operator = general(
    "backwards",
    recurrence.backwards,
    g=lambda u, x, dim: forwards(u, x, dim),
    x=lambda u, x, y, dim: delay(forwards(u, x, dim), dim, 0.0) * y,
    jvp=lambda g_t, x_t, x, y, dim: backwards(g_t + advance(x_t * y, dim), x, dim),
)

# -- products: Note [Products without division] ------------------------------------------------

cumprod: Operator = general(
    "cumprod",
    kernels.cumprod,
    x=lambda g, x, y, dim: delay(y, dim, 1.0) * backwards(g, x, dim),
    jvp=lambda x_t, x, y, dim: forwards(x_t * delay(y, dim, 1.0), x, dim),
)


def products_of_others(x: Any, dim: int) -> Any:
    """For each element the product of all others along `dim`: those before it, those behind it."""
    before = delay(cumprod(x, dim), dim, 1.0)
    behind = flip(delay(cumprod(flip(x, (dim,)), dim), dim, 1.0), (dim,))
    return before * behind


def _slope_of_product(x: Any, dim: int, product: Callable[[], Any]) -> Any:
    """The products of others, in a raw pass by division where no element is 0, as in PyTorch."""
    if type(x) is np.ndarray and x.all():
        return product() / x
    return products_of_others(x, dim)


prod = general(
    "prod",
    lambda x, dim, keepdim: reductions.prod(x, (dim,), keepdim),
    node="ProdBackward1",
    x=lambda g, x, y, x_shape, dim, keepdim: (
        spread(g, x_shape, (dim,), keepdim)
        * _slope_of_product(x, dim, lambda: spread(y, x_shape, (dim,), keepdim))
    ),
    jvp=lambda x_t, x, dim, keepdim: sum_(x_t * products_of_others(x, dim), (dim,), keepdim),
)
prod_all = general(
    "prod",
    lambda x: reductions.prod(x),
    x=lambda g, x, y, x_shape: g * _slope_of_product(x.reshape(-1), 0, lambda: y).reshape(x_shape),
    jvp=lambda x_t, x: sum_(x_t.reshape(-1) * products_of_others(x.reshape(-1), 0), (0,), False),
)

# -- log of sums of exponentials ---------------------------------------------------------------


def _decay(y: Any, dim: int) -> Any:
    """How much of a running sum of exponentials its log `y` says was there a place earlier.

    The first place has nothing before it and its number is not used; it must not overflow though.
    """
    gap = delay(y, dim, 0.0) - y
    return exp(gap if is_complex(gap) else kept(gap, gap <= 0))


logcumsumexp = general(
    "logcumsumexp",
    kernels.logcumsumexp,
    x=lambda g, x, y, dim: exp(x - y) * backwards(g, _decay(y, dim), dim),
    jvp=lambda x_t, x, y, dim: forwards(x_t * exp(x - y), _decay(y, dim), dim),
)

# -- extremes ----------------------------------------------------------------------------------


def _running(name: str, kernel: Any) -> Operator:
    return general(
        name,
        kernel,
        x=lambda g, x_shape, dim, indices: scatter_sum(g[0], x_shape, dim, indices),
        jvp=lambda x_t, dim, indices: gather(x_t, dim, indices),
        outputs=("values", "indices"),
        constant=("indices",),
    )


cummax = _running("cummax", kernels.cummax)
cummin = _running("cummin", kernels.cummin)
