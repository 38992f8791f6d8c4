"""Special functions, most of them SciPy's: its values at poles, nan and inf are PyTorch's.

What SciPy computes otherwise than PyTorch, or slowly, is written out here. All take
``f(x, out=None)``; float16 and bfloat16 are computed in float32 and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, log, pi, sqrt

import numpy as np

from rushlight.kernels import single_special
from rushlight.kernels.blocks import (
    BLOCK,
    HALF,
    ONE,
    ZERO,
    Array,
    PerDtype,
    in_blocks,
    owned,
    special,
)

_SQRT_HALF = PerDtype(sqrt(0.5))


def from_scipy(name: str) -> Callable[..., Array]:
    """The kernel around SciPy's ufunc ``name`` of one argument."""

    def kernel(x: Array, out: Array | None = None) -> Array:
        if x.itemsize < 4:
            return in_blocks(kernel, (x,), out=out)
        return getattr(special(), name)(x, out=owned(x, out))  # type: ignore[no-any-return]

    kernel.__name__ = name
    return kernel


erfcx = from_scipy("erfcx")
log_ndtr = from_scipy("log_ndtr")
ndtri = from_scipy("ndtri")
_entr = from_scipy("entr")
_gammaln = from_scipy("gammaln")
_psi = from_scipy("psi")


erf = single_special.blockwise(from_scipy("erf"), single_special.erf)
erfc = single_special.blockwise(from_scipy("erfc"), single_special.erfc)
_erfinv = single_special.blockwise(from_scipy("erfinv"), single_special.erfinv)


def erfinv(x: Array, out: Array | None = None) -> Array:
    """The inverse of erf; nan outside of [-1, 1], for which SciPy takes 20 us an element."""
    if x.itemsize < 4:
        return in_blocks(erfinv, (x,), out=out)
    outside = np.abs(x) > 1
    return _erfinv(np.where(outside, np.nan, x) if outside.any() else x, out=out)


def ndtr(x: Array, out: Array | None = None) -> Array:
    """The normal distribution function as PyTorch has it, (1 + erf(x/√2)) / 2: 0 from -8.3 down.

    Halves are rounded at every step.
    """
    if x.size > BLOCK and x.itemsize >= 4:
        return in_blocks(ndtr, (x,), out=out)
    scaled: Array = np.multiply(x, _SQRT_HALF[x.dtype], out=owned(x, None))
    y = erf(scaled, out=out)
    np.add(y, ONE[y.dtype], out=y)
    return np.multiply(y, HALF[y.dtype], out=y)


def entr(x: Array, out: Array | None = None) -> Array:
    """-x·log(x), 0 at 0 and -inf below; a half's logarithm is rounded first."""
    if x.itemsize >= 4:
        return _entr(x, out=out)
    y: Array = np.log(x, out=owned(x, out))
    np.multiply(np.negative(x), y, out=y)
    np.putmask(y, np.equal(x, ZERO[x.dtype]), ZERO[x.dtype])
    np.putmask(y, np.less(x, ZERO[x.dtype]), -np.inf)
    return y


def lgamma(x: Array, out: Array | None = None) -> Array:
    """log |Γ(x)|; inf at -inf, where SciPy has -inf."""
    y = _gammaln(x, out=out)
    np.putmask(y, np.equal(y, -np.inf), np.inf)
    return y


def digamma(x: Array, out: Array | None = None) -> Array:
    """ψ(x); below 0 ψ(1 - x) - π / tan(πx), as in PyTorch: SciPy's own takes 14 us near -½."""
    if x.itemsize < 4:
        return in_blocks(digamma, (x,), out=out)
    below = np.less(x, ZERO[x.dtype])
    if not below.any():
        return _psi(x, out=out)
    y = _psi(np.where(below, 1 - x, x), out=out)
    fraction = np.fmod(x, 1).astype(np.float64)
    reflected = np.asarray(y - pi / np.tan(pi * fraction)).astype(y.dtype)
    np.copyto(y, np.where(fraction == 0, np.nan, reflected), where=below)
    return y


def trigamma(x: Array, out: Array | None = None) -> Array:
    """ψ′(x): reflected below ½, moved up by 6, then ψ′(z) ~ 1/z + 1/2z² + 1/6z³ - 1/30z⁵ + 1/42z⁷.

    The truncation leaves 4e-10 (relative), in PyTorch as here: SciPy's zeta(2, x) differs there.
    """
    if x.size > BLOCK or x.itemsize < 4:
        return in_blocks(trigamma, (x,), out=out)
    reflect = np.less(x, HALF[x.dtype])
    z = np.where(reflect, 1 - x, x)
    total = np.where(reflect, -((pi / np.sin(pi * x)) ** 2), 0).astype(x.dtype)
    for _ in range(6):
        total += 1 / (z * z)
        z = z + 1
    w = 1 / (z * z)
    total += (1 + 1 / (2 * z) + w * (1 / 6 - w * (1 / 30 - w / 42))) / z
    y: Array = np.negative(total, where=reflect, out=total)
    if out is None:
        return y
    np.copyto(out, y)
    return out


def polygamma(n: int, x: Array, out: Array | None = None) -> Array:
    """The n-th derivative of ψ: (-1)ⁿ⁺¹ · n! · ζ(n + 1, x) for n > 1."""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n < 2:
        return (trigamma if n else digamma)(x, out=out)
    if x.itemsize < 4:
        return in_blocks(lambda x, out=None: polygamma(n, x, out), (x,), out=out)
    y = zeta(np.asarray(n + 1, x.dtype), x, out=out)
    return np.multiply(y, factorial(n) if n % 2 else -factorial(n), out=y)


def zeta(s: Array, q: Array, out: Array | None = None) -> Array:
    """Hurwitz's ζ(s, q) = Σ (k + q)⁻ˢ; nan at q = inf, where SciPy has the limit 0."""
    y: Array = np.asarray(special().zeta(s, q, out))
    np.copyto(y, np.nan, where=np.equal(q, np.inf))
    return y


def xlogy(x: Array, y: Array, out: Array | None = None) -> Array:
    """x·log(y), 0 where x = 0 unless y is nan; a half's logarithm is rounded first."""
    if x.itemsize < 4:
        return _product(x, np.log(y), y)
    if out is None:  # x and y may differ in shape, so that neither says the result's
        return np.asarray(special().xlogy(x, y))
    return special().xlogy(x, y, out=out)  # type: ignore[no-any-return]


def _product(x: Array, logarithm: Array, y: Array) -> Array:
    """x·logarithm, 0 where x = 0 unless y is nan."""
    result: Array = np.asarray(x * logarithm)
    np.copyto(result, 0, where=(x == 0) & ~np.isnan(y))
    return result


def xlog1py(x: Array, y: Array) -> Array:
    """x·log(1 + y), 0 where x = 0 unless y is nan; a half's logarithm is rounded first."""
    if x.itemsize < 4:
        return _product(x, np.log1p(y), y)
    return np.asarray(special().xlog1py(x, y))


# -- gamma functions of two arguments ----------------------------------------------------------


def gammainc(a: Array, x: Array) -> Array:
    """The regularized lower incomplete gamma function; a limit wins over nan, as in PyTorch."""
    y = np.asarray(special().gammainc(a, x))
    return _limits(y, a, x, 0.0, 1.0)


def gammaincc(a: Array, x: Array) -> Array:
    """The regularized upper incomplete gamma function; a limit wins over nan, as in PyTorch."""
    # Where SciPy's series takes 30 us an element, and the complement loses two digits of 16.
    slow = (a >= 0.05) & (a <= 1.6) & (x >= 0) & (x <= 1.1)
    if not slow.any():
        return _limits(np.asarray(special().gammaincc(a, x)), a, x, 1.0, 0.0)
    y = np.asarray(special().gammaincc(np.where(slow, np.nan, a), x))
    a, x = np.broadcast_arrays(a, x)
    complement = special().gammainc(a[slow].astype(np.float64), x[slow].astype(np.float64))
    y[slow] = 1 - complement
    return _limits(y, a, x, 1.0, 0.0)


def _limits(y: Array, a: Array, x: Array, at_zero: float, at_infinity: float) -> Array:
    """Put the values at x = 0 and ∞, and at a = ∞, where the other argument is nan."""
    if np.isnan(y).any():
        unknown = np.isnan(a)
        np.putmask(y, unknown & (x == 0), at_zero)
        np.putmask(y, unknown & (x == np.inf), at_infinity)
        np.putmask(y, np.isnan(x) & (a == np.inf), at_zero)
    return y


def multigammaln(x: Array, p: int) -> Array:
    """log Γₚ(x) = p·(p - 1)/4·log π + Σ log Γ(x - j/2) over j < p."""
    total = lgamma(x)
    for j in range(1, p):
        total += lgamma(x - j / 2)
    total += p * (p - 1) / 4 * log(pi)
    return total


def logit(x: Array, eps: float | None = None, out: Array | None = None) -> Array:
    """log(x / (1 - x)), x first clamped to [eps, 1 - eps]; nan outside [0, 1] without ``eps``.

    Halves are rounded at every step.
    """
    if x.size > BLOCK and x.itemsize >= 4:
        return in_blocks(logit, (x,), eps, out=out)
    if eps is not None:
        x = np.where(x < eps, eps, np.minimum(x, 1 - eps)).astype(x.dtype, copy=False)
    y: Array = np.subtract(ONE[x.dtype], x, out=owned(x, out))
    np.divide(x, y, out=y)
    return np.log(y, out=y)


def logit_backward(g: Array, x: Array, eps: float | None = None, out: Array | None = None) -> Array:
    """g / (x·(1 - x)); 0 outside [eps, 1 - eps], without ``eps`` or below 0 nan outside [0, 1]."""
    eps = None if eps is not None and eps < 0 else eps
    if g.size > BLOCK or g.itemsize < 4:
        return in_blocks(logit_backward, (g, x), eps, out=out)
    gx: Array = np.subtract(ONE[x.dtype], x, out=owned(g, out))
    np.multiply(gx, x, out=gx)
    np.abs(gx, out=gx)  # +inf at -0, too
    np.divide(g, gx, out=gx)
    low, high = (0.0, 1.0) if eps is None else (eps, 1.0 - eps)
    outside = np.logical_or(np.less(x, low), np.greater(x, high))
    np.putmask(gx, outside, np.nan if eps is None else 0.0)
    return gx
