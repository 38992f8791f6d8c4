"""scatter_reduce: sums, products, means and extremes of what an index sends to each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.accumulate import along_dim
from rushlight.ops.declare import general
from rushlight.ops.gather import gather, scatter_fill, scatter_sum
from rushlight.ops.masking import kept, where
from rushlight.ops.operator import Operator

__all__ = ["REDUCTIONS", "scatter_reduce"]

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")
_UFUNCS = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "amax": np.maximum,
    "amin": np.minimum,
}


def _neutral(reduce: str, dtype: np.dtype[Any]) -> Any:
    """What an element starts from that doesn't take part itself."""
    if reduce in ("sum", "mean", "prod"):
        return 1 if reduce == "prod" else 0
    if dtype.kind == "f":
        return -np.inf if reduce == "amax" else np.inf
    if dtype.kind == "b":
        return reduce == "amin"
    info = np.iinfo(dtype)
    return info.min if reduce == "amax" else info.max


def _scatter_reduce(
    x: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool
) -> Any:
    out = x.copy("C")
    if index.size == 0:
        return out
    flat = out.reshape(-1)
    at = along_dim(x.shape, dim, index).reshape(-1)
    values = source[tuple([slice(n) for n in index.shape])].reshape(-1)
    if not include_self:
        flat[at] = _neutral(reduce, x.dtype)
    _UFUNCS[reduce].at(flat, at, values)
    if reduce == "mean":
        counts = np.bincount(at, minlength=flat.size)
        counts += include_self
        np.maximum(counts, 1, out=counts)
        if x.dtype.kind in "iu":
            flat //= counts.astype(x.dtype)
        else:
            flat /= counts.astype(x.real.dtype)
    return out


def _cotangents(
    g: Any,
    x: Any,
    dim: int,
    index: Any,
    source: Any,
    y: Any,
    reduce: str,
    include_self: bool,
    needs: tuple[bool, ...],
) -> tuple[Any, Any]:
    """The cotangents of `x` and `source`; the source has the shape of the index."""
    size = tuple(x.shape)
    if reduce == "sum":
        gx, gs = g, gather(g, dim, index)
    elif reduce == "mean":
        ones = np.ones(tuple(index.shape), _real_dtype(g))
        counts = scatter_sum(ones, size, dim, index) + include_self
        share = g / np.maximum(_raw(counts), 1).astype(ones.dtype)
        gx, gs = share, gather(share, dim, index)
    elif reduce == "prod":
        gx, gs = _of_product(g, x, dim, index, source, y, include_self)
    else:  # equal extremes share
        mine = x == y
        theirs = source == gather(y, dim, index)
        counts = scatter_sum(_raw(theirs).astype(_real_dtype(g)), size, dim, index) + _raw(mine)
        share = g / np.maximum(_raw(counts), 1).astype(_real_dtype(g))
        gx = kept(share, mine)
        gs = kept(gather(share, dim, index), theirs)
    if not include_self and needs[0]:
        gx = scatter_fill(gx, dim, index, 0)
    return gx, gs


def _of_product(
    g: Any, x: Any, dim: int, index: Any, source: Any, y: Any, include_self: bool
) -> tuple[Any, Any]:
    """A product's derivative is the product of all the others, which zeros make delicate."""
    size = tuple(x.shape)
    one = np.ones((), _real_dtype(g))
    others = scatter_reduce(where(x == 0, one, x), dim, index, source, "prod", include_self)
    gx = g * others / where(x == 0, one, x)
    zero = source == 0
    zeros = gather(scatter_sum(_raw(zero).astype(one.dtype), size, dim, index), dim, index)
    single = _raw(zero) & (_raw(zeros) == 1)
    rest = scatter_reduce(x, dim, index, where(single, one, source), "prod", include_self)
    divided = gather(g * y, dim, index) / where(zero, one, source)
    return gx, where(single, gather(g * rest, dim, index), divided)


def _raw(t: Any) -> Any:
    return t if isinstance(t, (np.ndarray, np.generic)) else t._array


def _real_dtype(t: Any) -> Any:
    return _raw(t).real.dtype


scatter_reduce: Operator = general(
    "scatter_reduce",
    _scatter_reduce,
    inputs=("x", "source"),
    together=lambda g, x, dim, index, source, y, reduce, include_self, needs: _cotangents(
        g, x, dim, index, source, y, reduce, include_self, needs
    ),
)
