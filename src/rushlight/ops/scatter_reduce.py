"""scatter_reduce and index_reduce: what an index sends to a place is reduced there."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.bounds import outside
from rushlight.kernels.gather import scatter_reduce_
from rushlight.kernels.index import check_slices
from rushlight.ops.declare import general
from rushlight.ops.extremes import maximum
from rushlight.ops.fitting import cast_to, expand
from rushlight.ops.gather import gather, scatter_fill, scatter_sum
from rushlight.ops.masking import kept, where
from rushlight.ops.operator import Operator

__all__ = ["ALIASES", "REDUCTIONS", "index_reduce", "scatter_reduce"]

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")
# Other names that PyTorch takes, until it is asked for a gradient.
ALIASES = {"max": "amax", "min": "amin"}


def _scatter_reduce(
    x: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool
) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    scatter_reduce_(out, dim, index, source, ALIASES.get(reduce, reduce), include_self)
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
    if reduce in ALIASES:
        raise RuntimeError(
            "Expected 'reduce' to be one of 'sum', 'prod', 'mean', 'amax', 'amin' but got "
            f"{reduce}."
        )
    size = tuple(x.shape)
    if reduce == "sum":
        gx, gs = g, gather(g, dim, index)
    elif reduce == "mean":
        ones = np.ones(tuple(index.shape), _real_dtype(g))
        counts = scatter_sum(ones, size, dim, index) + include_self
        share = g / maximum(counts, np.ones((), ones.dtype))
        gx, gs = share, gather(share, dim, index)
    elif reduce == "prod":
        gx, gs = _of_product(g, x, dim, index, source, y, include_self)
    else:  # equal extremes share
        mine = x == y
        theirs = source == gather(y, dim, index)
        dtype = _real_dtype(g)
        counts = scatter_sum(cast_to(theirs, dtype), size, dim, index) + cast_to(mine, dtype)
        share = g / maximum(counts, np.ones((), dtype))
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
    zeros = gather(scatter_sum(cast_to(zero, one.dtype), size, dim, index), dim, index)
    single = zero & (zeros == 1)
    rest = scatter_reduce(x, dim, index, where(single, one, source), "prod", include_self)
    divided = gather(g * y, dim, index) / where(zero, one, source)
    return gx, where(single, gather(g * rest, dim, index), divided)


def _real_dtype(t: Any) -> Any:
    array = t if isinstance(t, (np.ndarray, np.generic)) else t._array
    return array.real.dtype


scatter_reduce: Operator = general(
    "scatter_reduce",
    _scatter_reduce,
    inputs=("x", "source"),
    together=lambda g, x, dim, index, source, y, reduce, include_self, needs: _cotangents(
        g, x, dim, index, source, y, reduce, include_self, needs
    ),
)


# -- one index for a whole slice -----------------------------------------------------------------


def _index_reduce(
    x: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool
) -> Any:
    line = check_slices(x, dim, index, source, "index_reduce_")
    if outside(line, x.shape[dim] if x.ndim else 1) is not None:
        raise IndexError("index out of range in self")
    at = _for_elements(line, dim, source.shape)
    return _scatter_reduce(x, dim, at, source, reduce, include_self)


def _for_elements(index: Any, dim: int, shape: tuple[int, ...]) -> Any:
    """An index of slices along `dim` as an index of all elements of a source of this shape."""
    lines = tuple([n if d == dim else 1 for d, n in enumerate(shape)])
    return expand(index.reshape(lines), tuple(shape))


index_reduce: Operator = general(
    "index_reduce",
    _index_reduce,
    inputs=("x", "source"),
    together=lambda g, x, dim, index, source, y, reduce, include_self, needs: _cotangents(
        g, x, dim, _for_elements(index, dim, source.shape), source, y, reduce, include_self, needs
    ),
)
