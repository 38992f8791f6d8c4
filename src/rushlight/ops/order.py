"""Sorting and order statistics: what is returned are elements, so gradients go where these were.

Each Operator has the outputs ``values`` and ``indices``, but for the medians of all elements, whose
gradient elements that are equal share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.kernels import order as kernels
from rushlight.ops.declare import constant, general
from rushlight.ops.gather import gather, scatter_sum
from rushlight.ops.operator import Operator
from rushlight.ops.peaks import mean_of_winners, picked, placed, shared

__all__ = [
    "argsort",
    "kthvalue",
    "median",
    "median_of_all",
    "mode",
    "nanmedian",
    "nanmedian_of_all",
    "sort",
    "sort_stable",
    "topk",
]

# -- as many values as elements, or some of them ------------------------------------------------


def _along(name: str, kernel: Callable[..., Any], node: str | None = None) -> Operator:
    """Declare an operator whose values are elements along `dim`, at its indices."""
    return general(
        name,
        kernel,
        x=lambda g, x_shape, dim, indices: scatter_sum(g[0], x_shape, dim, indices),
        jvp=lambda x_t, dim, indices: gather(x_t, dim, indices),
        outputs=("values", "indices"),
        constant=("indices",),
        node=node,
    )


sort = _along("sort", kernels.sort, "SortBackward0")
sort_stable = _along("sort", kernels.sort, "SortBackward1")
topk = _along("topk", kernels.topk)
argsort = constant("argsort", kernels.argsort)

# -- one element of those along a dimension ------------------------------------------------------


def _reduction(name: str, kernel: Callable[..., Any], node: str | None = None) -> Operator:
    """Declare an operator that selects one element along `dim`."""
    return general(
        name,
        kernel,
        x=lambda g, x_shape, dim, keepdim, indices: placed(g[0], x_shape, dim, keepdim, indices),
        jvp=lambda x_t, dim, keepdim, indices: picked(x_t, dim, keepdim, indices),
        outputs=("values", "indices"),
        constant=("indices",),
        node=node,
    )


kthvalue = _reduction("kthvalue", kernels.kthvalue)
median = _reduction("median", kernels.median, "MedianBackward1")
nanmedian = _reduction("nanmedian", kernels.nanmedian, "NanmedianBackward1")
mode = _reduction("mode", kernels.mode)

# -- the median of all ----------------------------------------------------------------------------


def _of_all(name: str, kernel: Callable[..., Any]) -> Operator:
    return general(
        name,
        kernel,
        x=lambda g, x, y: shared(g, x, y, None),
        jvp=lambda x_t, x, y: mean_of_winners(x_t, x, y, None),
    )


median_of_all = _of_all("median", lambda x: kernels.median_of_all(x))
nanmedian_of_all = _of_all("nanmedian", lambda x: kernels.median_of_all(x, True))
