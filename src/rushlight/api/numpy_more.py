"""More of NumPy's functions: shapes, `np.linalg`, `np.fft`, and names of the array standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_calls import Call
from rushlight.api.numpy_curves import CURVES
from rushlight.api.numpy_functions import (
    Untranslated,
    alike,
    as_array,
    as_tensor,
    cumulative,
    public,
)
from rushlight.api.numpy_padding import pad
from rushlight.api.numpy_picking import PICKING
from rushlight.api.numpy_searches import SEARCHES
from rushlight.api.numpy_statistics import STATISTICS

__all__ = ["MORE"]

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


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """``np.ediff1d``: the differences of the flattened tensor, between two ends."""
    found = as_tensor(ary).reshape(-1).diff()
    ends = [found[:0] if e is None else as_tensor(e).reshape(-1) for e in (to_begin, to_end)]
    return public("cat")([ends[0].to(found.dtype), found, ends[1].to(found.dtype)])


def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    return np.take(as_tensor(a), np.flatnonzero(as_array(condition)), axis=axis)


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

    start = {"cumsum": 0, "cumprod": 1}[name]

    def function(
        x: Any,
        /,
        *,
        axis: int | None = None,
        dtype: Any = None,
        include_initial: bool = False,
    ) -> Any:
        if axis is None and as_tensor(x).ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` is required.")
        found = cumulative(name)(as_tensor(x), axis, dtype)
        if include_initial:
            first = public("full_like")(found.narrow(axis or 0, 0, 1), start)
            found = public("cat")([first, found], axis or 0)
        return found

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


def _lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """``np.linalg.lstsq``: the solution, squared residuals, rank and singular values."""
    x, right = alike(as_tensor(a), as_tensor(b))
    left = right[:, None] if right.ndim == 1 else right
    eps = np.finfo(as_array(x).dtype).eps
    tolerance = eps * max(x.shape) if rcond is None else max(rcond, eps)
    values = public("linalg.svdvals")(x)
    rank = int((values > tolerance * values[:1]).sum())
    solution = public("linalg.pinv")(x, rtol=tolerance) @ left
    rest = ((left - x @ solution).abs() ** 2).sum(0)
    if rank < x.shape[1] or x.shape[0] <= x.shape[1]:
        rest = rest[:0]
    return (solution[:, 0] if right.ndim == 1 else solution), rest, rank, values


def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    return as_tensor(x).diagonal(offset, -2, -1).sum(-1, dtype=wanted)


def _complex_where(function: Any, outside: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function of ``np.emath``: complex where a real one would leave its domain."""

    def widened(x: Any, *args: Any) -> Any:
        x = as_tensor(x)
        if not x.dtype.is_complex and bool(outside(x).any()):
            x = x.to(dtypes.promote_types(x.dtype, dtypes.complex64))
        return function(x, *args)

    return widened


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return x.abs() > 1


def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return public("tensordot")(as_tensor(x1), as_tensor(x2), dims=axes)


MORE: dict[Any, Callable[..., Any]] = {
    **CURVES,
    **PICKING,
    **SEARCHES,
    **STATISTICS,
    # shapes
    np.block: _block,
    np.pad: pad,
    np.select: _select,
    np.polyval: _polyval,
    np.broadcast_arrays: lambda *args: tuple(public("broadcast_tensors")(*map(as_tensor, args))),
    np.compress: _compress,
    np.extract: lambda condition, arr: as_tensor(arr)[as_tensor(condition)],
    np.ediff1d: _ediff1d,
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
    np.linalg.lstsq: _lstsq,
    np.linalg.pinv: Call(
        "linalg.pinv", a="input", rcond="rtol", hermitian="hermitian", rtol="rtol"
    ),
    np.linalg.slogdet: Call("linalg.slogdet", a="A"),
    np.linalg.cond: Call("linalg.cond", x="input", p="p"),
    np.linalg.matrix_rank: Call(
        "linalg.matrix_rank", A="input", tol="atol", hermitian="hermitian", rtol="rtol"
    ),
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
    # np.emath
    np.emath.sqrt: _complex_where(np.sqrt, _negative),
    np.emath.log: _complex_where(np.log, _negative),
    np.emath.log2: _complex_where(np.log2, _negative),
    np.emath.log10: _complex_where(np.log10, _negative),
    np.emath.logn: lambda n, x: np.emath.log(as_tensor(x)) / np.emath.log(as_tensor(n)),
    np.emath.power: _complex_where(np.power, _negative),
    np.emath.arccos: _complex_where(np.arccos, _beyond_one),
    np.emath.arcsin: _complex_where(np.arcsin, _beyond_one),
    np.emath.arctanh: _complex_where(np.arctanh, _beyond_one),
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
