"""More of NumPy's functions: statistics, `np.linalg`, `np.fft`, and names of the array standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_calls import Call
from rushlight.api.numpy_functions import Untranslated, as_tensor, cumulative, public

__all__ = ["MORE"]

# -- statistics ------------------------------------------------------------------------------------


def _quantile(name: str, scale: float) -> Callable[..., Any]:
    """``np.quantile`` and ``np.percentile``, with and without nan."""

    def function(
        a: Any,
        q: Any,
        axis: int | None = None,
        *,
        keepdims: bool = False,
        method: str = "linear",
    ) -> Any:
        if isinstance(axis, tuple) or method not in _METHODS:
            raise Untranslated
        x = as_tensor(a)
        wanted = as_tensor(q).to(x.dtype) / scale
        return public(name)(x, wanted, axis, keepdims, interpolation=method)

    return function


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _median(name: str) -> Callable[..., Any]:
    """``np.median``, the mean of the two in the middle, which PyTorch's isn't."""

    def function(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
        if isinstance(axis, tuple):
            raise Untranslated
        return public(name)(as_tensor(a), 0.5, axis, keepdims)

    return function


def _cov(
    m: Any,
    *,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """``np.cov`` of one set of variables."""
    x = as_tensor(m)
    if not rowvar and x.ndim > 1:
        x = x.mT
    weights = [None if w is None else as_tensor(w) for w in (fweights, aweights)]
    correction = (0 if bias else 1) if ddof is None else ddof
    return public("cov")(x, correction=correction, fweights=weights[0], aweights=weights[1])


def _corrcoef(x: Any, *, rowvar: bool = True) -> Any:
    x = as_tensor(x)
    return public("corrcoef")(x.mT if not rowvar and x.ndim > 1 else x)


def _average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    """``np.average``: weights have the shape of `a`, or of its one axis."""
    x = as_tensor(a)
    if weights is None:
        return np.mean(x, axis=axis, keepdims=keepdims)
    w = as_tensor(weights)
    if w.shape != x.shape:
        if not isinstance(axis, int) or w.ndim != 1:
            raise Untranslated
        w = w.reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]).expand(x.shape)
    total = np.sum(w, axis=axis, keepdims=keepdims)
    return np.sum(x * w, axis=axis, keepdims=keepdims) / total


def _without_nan(name: str, neutral: float) -> Callable[..., Any]:
    """A function for which nan counts as a neutral number."""

    def function(a: Any, *args: Any, **options: Any) -> Any:
        x = as_tensor(a)
        return getattr(np, name)(public("where")(x.isnan(), neutral, x), *args, **options)

    return function


# -- shapes ----------------------------------------------------------------------------------------


def _block(arrays: Any) -> Any:
    """``np.block``: the innermost lists are joined along the last axis, others further in front."""

    def depth(x: Any) -> int:
        return 1 + depth(x[0]) if isinstance(x, list) else 0

    def join(x: Any, level: int) -> Any:
        if not isinstance(x, list):
            t = as_tensor(x)
            return t.reshape((1,) * (whole - t.ndim) + tuple(t.shape)) if t.ndim < whole else t
        return public("cat")([join(part, level - 1) for part in x], -level)

    def rank(x: Any) -> int:
        return max(map(rank, x)) if isinstance(x, list) else as_tensor(x).ndim

    levels = depth(arrays)
    whole = max(levels, rank(arrays))
    return join(arrays, levels)


def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """``np.pad`` with one number."""
    if mode != "constant" or not isinstance(constant_values, (int, float, complex)):
        raise Untranslated
    x = as_tensor(array)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    flat = [int(n) for row in widths[::-1] for n in row]
    return public("constant_pad_nd")(x, flat, constant_values)


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """``np.select``: the first choice whose condition holds."""
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist))):
        result = public("where")(as_tensor(condition), choice, result)
    return result


def _polyval(p: Any, x: Any) -> Any:
    """``np.polyval``, by Horner's rule."""
    result = public("zeros_like")(as_tensor(x))
    for coefficient in p:
        result = result * x + coefficient
    return result


def _scan(name: str) -> Callable[..., Any]:
    """``np.cumulative_sum`` and ``np.cumulative_prod``."""

    def function(x: Any, /, *, axis: int | None = None, dtype: Any = None) -> Any:
        if axis is None and as_tensor(x).ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` is required.")
        return cumulative(name)(as_tensor(x), axis, dtype)

    return function


def _astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    return x.to(dtypes.as_dtype(dtype), copy=copy)


# -- matrices --------------------------------------------------------------------------------------


def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    x = as_tensor(a)
    if not compute_uv:
        return public("linalg.svdvals")(x)
    return public("linalg.svd")(x, full_matrices=full_matrices)


def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        raise Untranslated
    x = as_tensor(a)
    needs_q = mode == "r" and x.requires_grad  # the derivative of R is made of both
    found = public("linalg.qr")(x, mode="reduced" if needs_q else mode)
    return found.R if mode == "r" else found


def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    return as_tensor(x).diagonal(offset, -2, -1).sum(-1, dtype=wanted)


def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return public("tensordot")(as_tensor(x1), as_tensor(x2), dims=axes)


MORE: dict[Any, Callable[..., Any]] = {
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
    np.trapezoid: Call("trapezoid", y="y", x="x", dx="dx", axis="dim"),
    # shapes
    np.block: _block,
    np.pad: _pad,
    np.select: _select,
    np.polyval: _polyval,
    np.broadcast_arrays: lambda *args: tuple(public("broadcast_tensors")(*map(as_tensor, args))),
    np.compress: lambda condition, a, axis: np.take(
        as_tensor(a), np.flatnonzero(np.asarray(condition)), axis=axis
    ),
    np.extract: lambda condition, arr: as_tensor(arr)[as_tensor(condition)],
    np.ediff1d: lambda ary: as_tensor(ary).reshape(-1).diff(),
    np.diagflat: Call("diagflat", v="input", k="offset"),
    np.vander: Call("vander", x="x", N="N", increasing="increasing"),
    np.hsplit: lambda ary, parts: list(np.split(ary, parts, axis=1 if ary.ndim > 1 else 0)),
    np.vsplit: lambda ary, parts: list(np.split(ary, parts, axis=0)),
    np.dsplit: lambda ary, parts: list(np.split(ary, parts, axis=2)),
    np.fix: Call("trunc", x="input"),
    np.i0: Call("i0", x="input"),
    # names of the array standard
    np.astype: _astype,
    np.unstack: lambda x, /, *, axis=0: x.unbind(axis),
    np.cumulative_sum: _scan("cumsum"),
    np.cumulative_prod: _scan("cumprod"),
    # matrices
    np.linalg.svd: _svd,
    np.linalg.svdvals: Call("linalg.svdvals", x="A"),
    np.linalg.qr: _qr,
    np.linalg.eig: Call("linalg.eig", a="A"),
    np.linalg.eigvals: Call("linalg.eigvals", a="A"),
    np.linalg.eigh: Call("linalg.eigh", a="A", UPLO="UPLO"),
    np.linalg.eigvalsh: Call("linalg.eigvalsh", a="A", UPLO="UPLO"),
    np.linalg.pinv: Call("linalg.pinv", a="input", rcond="rtol", hermitian="hermitian"),
    np.linalg.slogdet: Call("linalg.slogdet", a="A"),
    np.linalg.cond: Call("linalg.cond", x="input", p="p"),
    np.linalg.matrix_rank: Call("linalg.matrix_rank", A="input", tol="atol"),
    np.linalg.tensorinv: Call("linalg.tensorinv", a="A", ind="ind"),
    np.linalg.tensorsolve: Call("linalg.tensorsolve", a="input", b="other", axes="dims"),
    np.linalg.matrix_transpose: lambda x: x.mT,
    np.linalg.matmul: lambda x1, x2, /: np.matmul(x1, x2),
    np.linalg.outer: lambda x1, x2, /: np.outer(x1, x2),
    np.linalg.vecdot: lambda x1, x2, /, *, axis=-1: public("linalg.vecdot")(
        as_tensor(x1), as_tensor(x2), dim=axis
    ),
    np.linalg.trace: _linalg_trace,
    np.linalg.tensordot: _linalg_tensordot,
    np.linalg.diagonal: lambda x, /, *, offset=0: x.diagonal(offset, -2, -1),
    # transforms
    **{
        getattr(np.fft, name): Call(f"fft.{name}", a="input", n="n", axis="dim", norm="norm")
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    },
    **{
        getattr(np.fft, name): Call(f"fft.{name}", a="input", s="s", axes="dim", norm="norm")
        for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
    },
    np.fft.fftshift: Call("fft.fftshift", x="input", axes="dim"),
    np.fft.ifftshift: Call("fft.ifftshift", x="input", axes="dim"),
}
