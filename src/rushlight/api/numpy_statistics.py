"""NumPy's statistics: quantiles, moments, and those for which nan counts as missing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_calls import Call
from rushlight.api.numpy_functions import Untranslated, as_tensor, public
from rushlight.tensor import Tensor, wrap

__all__ = ["STATISTICS"]


# -- quantiles -------------------------------------------------------------------------------------

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(name: str, scale: float) -> Callable[..., Any]:
    """``np.quantile`` and ``np.percentile``, with and without nan."""

    def function(
        a: Any,
        q: Any,
        axis: int | tuple[int, ...] | None = None,
        *,
        keepdims: bool = False,
        method: Any = "linear",
    ) -> Any:
        x, wanted = as_tensor(a), as_tensor(q)
        if not wanted.dtype.is_floating_point:
            wanted = wanted.to(dtypes.float64)
        axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        gone = sorted(i % x.ndim for i in axes)
        flat = x.movedim(gone, tuple(range(-len(gone), 0))).flatten(x.ndim - len(gone))
        if method in _METHODS:
            places = wanted.reshape(-1).to(x.dtype) / scale
            found = public(name)(flat, places, -1, interpolation=method)
            found = found.reshape((*wanted.shape, *found.shape[1:]))
        else:
            found = _between_places(name, flat, wanted / scale, method)
        for i in gone if keepdims else ():
            found = found.unsqueeze(i + wanted.ndim)
        return found

    return function


def _between_places(name: str, x: Tensor, q: Tensor, method: Any) -> Any:
    """NumPy's other methods differ in the place between the sorted values that a quantile has."""
    if name != "quantile" or q.requires_grad:
        raise Untranslated
    place = np.quantile(np.arange(float(x.shape[-1])), q.numpy(), method=method)
    below = np.floor(place)
    ordered = x.sort(-1)[0].movedim(-1, 0)
    lower, upper = (ordered[wrap(p.astype(np.int64))] for p in (below, np.ceil(place)))
    part = wrap(place - below).to(x.dtype).reshape((*q.shape, *[1] * (x.ndim - 1)))
    found = lower + (upper - lower) * part
    return public("where")(ordered[-1].isnan(), ordered[-1], found)


def _median(name: str) -> Callable[..., Any]:
    """``np.median``, the mean of the two in the middle, which PyTorch's isn't."""

    def function(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return _quantile(name, 1)(a, 0.5, axis, keepdims=keepdims)

    return function


# -- moments ---------------------------------------------------------------------------------------


def _rows(m: Any, y: Any, rowvar: bool) -> Any:
    """The variables as rows, those of `y` after those of `m`."""
    x, *more = (as_tensor(part) for part in (m, y) if part is not None)
    parts = [part if rowvar or part.ndim < 2 else part.mT for part in (x, *more)]
    return public("cat")([public("atleast_2d")(p) for p in parts]) if more else parts[0]


def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """``np.cov``."""
    weights = [None if w is None else as_tensor(w) for w in (fweights, aweights)]
    correction = (0 if bias else 1) if ddof is None else ddof
    return public("cov")(
        _rows(m, y, rowvar), correction=correction, fweights=weights[0], aweights=weights[1]
    )


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    return public("corrcoef")(_rows(x, y, rowvar))


def _average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """``np.average``: weights have the shape of `a`, or of its one axis."""
    x = as_tensor(a)
    w = public("ones_like")(x) if weights is None else as_tensor(weights)
    if w.shape != x.shape:
        if not isinstance(axis, int) or w.ndim != 1:
            raise Untranslated
        w = w.reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]).expand(x.shape)
    total = np.sum(w, axis=axis, keepdims=keepdims)
    mean = np.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


# -- nan counts as missing -------------------------------------------------------------------------


def _filled(x: Tensor, number: float) -> Any:
    return public("where")(x.isnan(), number, x)


def _without_nan(name: str, neutral: float) -> Callable[..., Any]:
    """A function for which nan counts as a neutral number."""

    def function(a: Any, *args: Any, **options: Any) -> Any:
        return getattr(np, name)(_filled(as_tensor(a), neutral), *args, **options)

    return function


def _nan_extreme(name: str, least: float) -> Callable[..., Any]:
    """``np.nanmax`` or ``np.nanmin``: nan with a warning where there is nothing else."""

    def function(a: Any, axis: Any = None, *, keepdims: bool = False, **options: Any) -> Any:
        x = as_tensor(a)
        if not x.dtype.is_floating_point:
            return getattr(np, name)(x, axis=axis, keepdims=keepdims, **options)
        found = getattr(np, name)(_filled(x, least), axis=axis, keepdims=keepdims, **options)
        nothing = np.all(x.isnan(), axis=axis, keepdims=keepdims)
        if nothing.any():
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=3)
        return public("where")(nothing, np.nan, found)

    return function


def _nan_place(name: str, least: float) -> Callable[..., Any]:
    """``np.nanargmax`` or ``np.nanargmin``."""

    def function(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        x = as_tensor(a)
        if np.all(x.isnan(), axis=axis).any():
            raise ValueError("All-NaN slice encountered")
        return getattr(np, name)(_filled(x, least), axis=axis, keepdims=keepdims)

    return function


def _nanvar(
    a: Any,
    axis: Any = None,
    *,
    ddof: float = 0,
    correction: float | None = None,
    keepdims: bool = False,
) -> Any:
    """``np.nanvar``: of the numbers that are there."""
    x = as_tensor(a)
    missing = x.isnan()
    count = np.sum(~missing, axis=axis, keepdims=True)
    mean = np.nansum(x, axis=axis, keepdims=True) / count
    off = public("where")(missing, 0, x - mean)
    free = np.sum(~missing, axis=axis, keepdims=keepdims) - (
        ddof if correction is None else correction
    )
    squares = np.sum(off * off, axis=axis, keepdims=keepdims)
    if (free <= 0).any():
        warnings.warn("Degrees of freedom <= 0 for slice.", RuntimeWarning, stacklevel=3)
    return public("where")(free > 0, squares / free, np.nan)


STATISTICS: dict[Any, Callable[..., Any]] = {
    np.median: _median("quantile"),
    np.nanmedian: _median("nanquantile"),
    np.quantile: _quantile("quantile", 1),
    np.percentile: _quantile("quantile", 100),
    np.nanquantile: _quantile("nanquantile", 1),
    np.nanpercentile: _quantile("nanquantile", 100),
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.average: _average,
    np.nanprod: _without_nan("prod", 1),
    np.nancumsum: _without_nan("cumsum", 0),
    np.nancumprod: _without_nan("cumprod", 1),
    np.nanmax: _nan_extreme("max", -np.inf),
    np.nanmin: _nan_extreme("min", np.inf),
    np.nanargmax: _nan_place("argmax", -np.inf),
    np.nanargmin: _nan_place("argmin", np.inf),
    np.nanvar: _nanvar,
    np.nanstd: lambda a, *args, **options: _nanvar(a, *args, **options).sqrt(),
    np.trapezoid: Call("trapezoid", y="y", x="x", dx="dx", axis="dim"),
}
