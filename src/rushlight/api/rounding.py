"""Rounding to integers. Integers come back as they are; bool is a NotImplementedError."""

from __future__ import annotations

import numpy as np

from rushlight.ops import rounding as ops
from rushlight.ops.fast import unary
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.tensor import Tensor

__all__ = ["ceil", "fix", "floor", "frac", "round", "trunc"]

METHODS = __all__
INPLACE = __all__

ceil = unary(
    ops.ceil,
    """Round each element up.

    >>> import rushlight as torch
    >>> torch.ceil(torch.tensor([1.2, -1.2]))
    tensor([ 2., -1.])
    """,
    floats=np.ceil,
)
floor = unary(
    ops.floor,
    """Round each element down.

    >>> import rushlight as torch
    >>> torch.floor(torch.tensor([1.2, -1.2]))
    tensor([ 1., -2.])
    """,
    floats=np.floor,
)
trunc = unary(
    ops.trunc,
    """Round each element towards zero.

    >>> import rushlight as torch
    >>> torch.trunc(torch.tensor([1.2, -1.2]))
    tensor([ 1., -1.])
    """,
    floats=np.trunc,
)
frac = unary(
    ops.frac,
    """Return what `trunc` cuts off; NotImplementedError for integers.

    >>> import rushlight as torch
    >>> torch.frac(torch.tensor([1.5, -1.25]))
    tensor([ 0.5000, -0.2500])
    """,
)
fix = trunc
_round = unary(ops.round_, "", floats=np.rint)

_ROUND = (
    "(Tensor input, *, Tensor out = None)",
    "(Tensor input, *, int decimals, Tensor out = None)",
)


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """Round each element to the nearest integer, or to `decimals` digits; halves go to even.

    >>> import rushlight as torch
    >>> torch.round(torch.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    >>> torch.round(torch.tensor([1234.567]), decimals=-2)
    tensor([1200.])
    """
    if isinstance(decimals, bool) or not isinstance(decimals, int):
        raise no_overload("round", _ROUND, input, decimals=decimals)
    if out is not None and not isinstance(out, Tensor):
        raise no_overload("round", _ROUND, input, out=out)
    if decimals == 0:
        return _round(input, out=out)
    result = ops.round_decimals(require_tensor(input, "round", "input", 1), decimals)
    return result if out is None else into(out, result, "round", input)
