"""NumPy's functions of sampled curves: interpolation, slopes, polynomials, convolution."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_functions import Untranslated, alike, as_array, as_tensor, public
from rushlight.tensor import Tensor, wrap

__all__ = ["CURVES"]


def _floating(x: Any) -> Any:
    """A Tensor of floats or complex numbers."""
    x = as_tensor(x)
    if x.dtype.is_floating_point or x.dtype.is_complex:
        return x
    return x.to(dtypes.get_default_dtype())


# -- samples ---------------------------------------------------------------------------------------


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None
) -> Any:
    """``np.interp``: on the line between the two samples on both sides."""
    x, xp, fp = map(_floating, (x, xp, fp))
    if xp.ndim != 1 or xp.shape != fp.shape:
        raise ValueError("fp and xp are not of the same length.")
    if not xp.numel():
        raise ValueError("array of sample points is empty")
    if period is not None:
        x, xp = x % period, xp % period
        order = xp.argsort()
        xp, fp = xp[order], fp[order]
        xp = public("cat")([xp[-1:] - period, xp, xp[:1] + period])
        fp = public("cat")([fp[-1:], fp, fp[:1]])
    x, xp = alike(x, xp)
    n = xp.numel()
    i = public("searchsorted")(xp.detach(), x.detach(), right=True).clamp(1, max(n - 1, 1)) - 1
    k = (i + 1).clamp(max=n - 1)
    width = public("where")(k > i, xp[k] - xp[i], 1)
    inside = fp[i] + (x - xp[i]) * ((fp[k] - fp[i]) / width)
    first, last = (end if end is not None else fp[j] for end, j in ((left, 0), (right, -1)))
    inside = public("where")(x < xp[0], first, inside)
    return public("where")(x > xp[-1], last, inside)


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """``np.gradient``: spacings are numbers, or the places of the samples."""
    x = _floating(f)
    dims = list(range(x.ndim)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    steps = varargs or (1.0,)
    if len(steps) == 1 and np.ndim(as_array(steps[0])) == 0:
        steps = steps * len(dims)
    if len(steps) != len(dims):
        raise TypeError("invalid number of arguments")
    places = [
        step if np.ndim(as_array(step)) else as_tensor(step) * wrap(np.arange(float(x.shape[d])))
        for step, d in zip(steps, dims)
    ]
    spacing = [as_tensor(p).to(x.dtype) for p in places]
    found = public("gradient")(x, spacing=spacing, dim=dims, edge_order=edge_order)
    return found[0] if len(dims) == 1 else tuple(found)


def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    """``np.unwrap``, which adds a step function."""
    x = _floating(p)
    before = as_array(x)
    turns = np.unwrap(before, discont, axis, period=period) - before
    return x + wrap(turns.astype(before.dtype))


def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    **options: Any,
) -> Any:
    """``np.linspace`` between tensors, from which gradients come back."""
    if options:
        raise Untranslated
    first, last = public("broadcast_tensors")(*alike(_floating(start), _floating(stop)))
    parts = num - bool(endpoint)
    step = (last - first) / parts if parts > 0 else (last - first) * np.nan
    count = wrap(np.arange(float(num))).to(first.dtype).reshape(-1, *[1] * first.ndim)
    out = first + count * step if parts > 0 else first + count * (last - first)
    if endpoint and num > 1:
        out = public("cat")([out[:-1], last[None]])
    out = out.movedim(0, axis)
    if dtype is not None:
        out = out.to(dtypes.as_dtype(dtype))
    return (out, step) if retstep else out


def _logspace(start: Any, stop: Any, num: int = 50, *, base: Any = 10.0, **options: Any) -> Any:
    return base ** _linspace(start, stop, num, **options)


def _geomspace(start: Any, stop: Any, num: int = 50, *, axis: int = 0, **options: Any) -> Any:
    """``np.geomspace`` of positive numbers."""
    first, last = public("broadcast_tensors")(*alike(_floating(start), _floating(stop)))
    if first.dtype.is_complex or not (as_array(first) > 0).all() or not (as_array(last) > 0).all():
        raise Untranslated
    out = public("exp")(_linspace(first.log(), last.log(), num, **options))
    if num > 1 and options.get("endpoint", True):
        out = public("cat")([first[None], out[1:-1], last[None]])
    return out.movedim(0, axis)


# -- convolution -----------------------------------------------------------------------------------


def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """``np.convolve`` of two vectors."""
    a, v = alike(*(public("atleast_1d")(as_tensor(x)) for x in (a, v)))
    if not a.numel() or not v.numel():
        raise ValueError(f"{'v' if a.numel() else 'a'} cannot be empty")
    if v.numel() > a.numel():
        a, v = v, a
    n, m = a.numel(), v.numel()
    lost = {"full": 0, "same": (m - 1) // 2, "valid": m - 1}.get(mode)
    if lost is None:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    length = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    whole = public("conv1d")(a[None, None], v.flip(0)[None, None], padding=m - 1)
    return whole[0, 0, lost : lost + length]


def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """``np.correlate``: a convolution with the other vector backwards."""
    a, v = as_tensor(a), as_tensor(v)
    if v.numel() > a.numel():
        return _correlate(v, a, mode).conj().resolve_conj().flip(0)
    return _convolve(a, v.conj().resolve_conj().flip(0), mode)


# -- polynomials: the highest coefficient first ----------------------------------------------------


def _coefficients(p: Any) -> Any:
    return public("atleast_1d")(as_tensor(p))


def _polyadd(a1: Any, a2: Any) -> Any:
    a, b = map(_coefficients, (a1, a2))
    n = max(a.numel(), b.numel())
    a, b = (public("cat")([x.new_zeros(n - x.numel()), x]) for x in (a, b))
    return a + b


def _polyder(p: Any, m: int = 1) -> Any:
    p = _coefficients(p)
    for _ in range(m):
        p = p[:-1] * wrap(np.arange(p.numel() - 1, 0, -1))
    return p


def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = _coefficients(p)
    constants = [0.0] * m if k is None else list(np.broadcast_to(np.asarray(k), m))
    for constant in constants:
        p = p / wrap(np.arange(p.numel(), 0, -1))
        p = public("cat")([p, as_tensor(constant).to(p.dtype).reshape(1)])
    return p


def _polydiv(u: Any, v: Any) -> tuple[Tensor, Tensor]:
    """Long division: one step a coefficient of the quotient."""
    u, v = alike(_floating(_coefficients(u)), _floating(_coefficients(v)))
    quotient = []
    while u.numel() >= v.numel():
        quotient.append(u[0] / v[0])
        u = public("cat")([u[1 : v.numel()] - quotient[-1] * v[1:], u[v.numel() :]])
    used = np.flatnonzero(~np.isclose(as_array(u), 0, rtol=1e-14))
    rest = u[used[0] :] if used.size else u.new_zeros(1)
    return (public("stack")(quotient) if quotient else u.new_zeros(1)), rest


def _polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """``np.polyfit``: the least squares of scaled powers."""
    if full or cov:
        raise Untranslated
    x, y = alike(_floating(x), _floating(y))
    left, right = public("vander")(x, deg + 1), y
    if w is not None:
        weights = as_tensor(w).to(x.dtype)
        left = left * weights[:, None]
        right = right * (weights[:, None] if y.ndim == 2 else weights)
    scale = (left * left).sum(0).sqrt()
    tolerance = x.numel() * np.finfo(as_array(x).dtype).eps if rcond is None else rcond
    found = np.linalg.lstsq(left / scale, right, tolerance)[0]
    return found / (scale[:, None] if y.ndim == 2 else scale)


def _roots(p: Any) -> Any:
    """``np.roots``: the eigenvalues of the companion matrix, complex."""
    p = _floating(_coefficients(p))
    used = np.flatnonzero(as_array(p))
    zeros = p.numel() - 1 - used[-1] if used.size else 0
    p = p[used[0] : used[-1] + 1] if used.size else p[:1]
    n = p.numel() - 1
    if n < 1:
        return p.new_zeros(zeros)
    below = public("eye")(n, dtype=p.dtype)[: max(n - 1, 0)]
    found = public("linalg.eigvals")(public("cat")([(-p[1:] / p[0])[None], below]))
    return public("cat")([found, found.new_zeros(zeros)])


def _poly(seq_of_zeros: Any) -> Any:
    """``np.poly``: the polynomial with these roots, or a matrix's characteristic one."""
    z = _floating(_coefficients(seq_of_zeros))
    if z.ndim == 2:
        real = not z.dtype.is_complex
        found = _poly(public("linalg.eigvals")(z))
        return found.real if real else found
    one = z.new_ones(1)
    return reduce(_convolve, [public("cat")([one, -root]) for root in z[:, None]], one)


CURVES: dict[Any, Callable[..., Any]] = {
    np.interp: _interp,
    np.gradient: _gradient,
    np.unwrap: _unwrap,
    np.linspace: _linspace,
    np.logspace: _logspace,
    np.geomspace: _geomspace,
    np.convolve: _convolve,
    np.correlate: _correlate,
    np.polyadd: _polyadd,
    np.polysub: lambda a1, a2: _polyadd(a1, -as_tensor(a2)),
    np.polymul: lambda a1, a2: _convolve(_coefficients(a1), _coefficients(a2)),
    np.polydiv: _polydiv,
    np.polyder: _polyder,
    np.polyint: _polyint,
    np.polyfit: _polyfit,
    np.roots: _roots,
    np.poly: _poly,
}
