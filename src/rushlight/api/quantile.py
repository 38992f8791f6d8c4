"""quantile and nanquantile: sort, take the two elements around each rank, and weigh them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arithmetic import lerp
from rushlight.api.names import numpy_names
from rushlight.api.order import sort
from rushlight.api.scalars import is_real
from rushlight.api.sizes import wrap_dim
from rushlight.ops.comparison import isnan
from rushlight.ops.gather import gather
from rushlight.ops.masking import where
from rushlight.ops.outputs import into, no_overload
from rushlight.tensor import Tensor, values_of, wrap

__all__ = ["nanquantile", "quantile"]

METHODS = __all__

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
_SIGNATURES = tuple(
    f"(Tensor input, {q}, int dim = None, bool keepdim = False, *, str interpolation = "
    '"linear", Tensor out = None)'
    for q in ("Tensor q", "float q")
)


@numpy_names
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Return the `q`-th quantiles of all elements, or of those along `dim`.

    `q` is a number from 0 to 1 or a tensor of such, whose dimension comes first in the result, in
    the dtype of `input`, float32 or float64. The quantile of n elements has rank q (n - 1); between
    two elements `interpolation` decides: "linear", "lower", "higher", "midpoint" or "nearest"
    (Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996, number 7). nan where there is
    one. Raises RuntimeError for other dtypes, for no elements and for `q` out of range.

    >>> import rushlight as torch
    >>> torch.quantile(torch.tensor([0.0, 1.0, 3.0]), torch.tensor([0.5, 0.75]))
    tensor([1., 2.])
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, out)


@numpy_names
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """As `quantile`, of what is not nan; nan where all is.

    >>> import rushlight as torch
    >>> torch.nanquantile(torch.tensor([0.0, float("nan"), 3.0]), 0.5)
    tensor(1.5000)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, out)


def _quantile(
    function: str, input: Any, q: Any, dim: Any, keepdim: Any, interpolation: Any, out: Any
) -> Tensor:
    fits = (
        isinstance(input, Tensor)
        and (isinstance(q, Tensor) or is_real(q))
        and (dim is None or (not isinstance(dim, bool) and hasattr(dim, "__index__")))
        and isinstance(keepdim, bool)
        and isinstance(interpolation, str)
        and (out is None or isinstance(out, Tensor))
    )
    if not fits:
        asked = [x for x, default in ((dim, None), (keepdim, False)) if x is not default]
        raise no_overload(function, _SIGNATURES, input, q, *asked)
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    q = _checked_q(input, q)
    if out is not None and out.dtype is not input.dtype:
        raise RuntimeError("quantile() out tensor must be same dtype as the input tensor")
    d = None if dim is None else wrap_dim(dim, input.ndim)
    result = _between_elements(input, q, d, interpolation, function == "nanquantile")
    kept = tuple([1 if d is None or i == d else n for i, n in enumerate(input.shape)])
    left = kept if keepdim else tuple([n for i, n in enumerate(input.shape) if d not in (i, None)])
    if q.ndim:
        result = result.movedim(-1, 0).reshape((q.shape[0], *left))
    else:
        result = result.reshape(left)
    return result if out is None else into(out, result, function)


def _checked_q(input: Tensor, q: Any) -> Tensor:
    """Return `q` as a tensor of the dtype of `input`, both checked."""
    if not isinstance(q, Tensor):
        q = float(q)
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
    elif q.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if input.numel() == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if not isinstance(q, Tensor):
        return wrap(np.asarray(q, input._array.dtype))
    if q.dtype is not input.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    values = values_of(q)
    if not ((values >= 0) & (values <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")
    return q


def _between_elements(
    input: Tensor, q: Tensor, dim: int | None, interpolation: str, ignore_nan: bool
) -> Tensor:
    """The quantiles along a last dimension of their own."""
    if dim is None or input.ndim == 0:
        x = input.reshape((*(1,) * input.ndim, -1))
    else:
        x = input.unsqueeze(-1).transpose(dim, -1)
    ascending = sort(x).values
    nan = isnan(ascending)  # at the end of each row
    if ignore_nan:
        last = (~nan).sum(-1, keepdim=True) - 1
        ranks = q.reshape(-1) * last.clamp_min(0).to(q.dtype)
    else:
        last = nan.shape[-1] - 1
        ranks = where(nan[..., -1:], float(last), q.reshape(-1) * last)
    if interpolation in ("lower", "higher", "nearest"):
        rounded = {"lower": ranks.floor, "higher": ranks.ceil, "nearest": ranks.round}
        ranks = rounded[interpolation]()
    index = ranks.to(dtypes.int64)
    shape = (*ascending.shape[:-1], index.shape[-1])
    below = gather(ascending, ascending.ndim - 1, index.expand(shape))
    if interpolation not in ("linear", "midpoint"):
        return below  # type: ignore[no-any-return]
    above = gather(ascending, ascending.ndim - 1, ranks.ceil().to(dtypes.int64).expand(shape))
    if interpolation == "midpoint":
        return lerp(below, above, 0.5)
    return lerp(below, above, ranks - index.to(q.dtype))
