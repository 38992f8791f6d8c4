"""Orthogonal polynomials of every degree by their three-term recurrences (DLMF 18.9).

All take ``f(x, n)``, arrays of one floating dtype that broadcast. Degrees are truncated towards 0;
the polynomial of a negative degree is 0. A loop goes through the degrees, not the elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rushlight.kernels.blocks import Array

__all__ = ["chebyshev", "hermite_h", "hermite_he", "laguerre", "legendre", "shifted_chebyshev"]

# (k, x, p, q) of degrees k - 1 and k to the polynomial of degree k + 1
Step = Callable[[int, Array, Array, Array], Array]

STEPS_BETWEEN_LOOKS = 32


def _degrees(n: Array) -> Array:
    """Degrees as int64; what is no number, or beyond int64, counts as negative, as on x86."""
    return np.where(np.abs(n) < 2.0**63, n, -1).astype(np.int64)


def _recurrence(x: Array, n: Array, first: Array, step: Step) -> Array:
    """The polynomials with p₀ = 1 and p₁ = `first`; nan is final, and ends the loop early."""
    y = np.zeros(np.broadcast_shapes(x.shape, n.shape), x.dtype)
    p, q = np.ones_like(x), first
    wanted = set(np.unique(n).tolist())
    top = max(wanted, default=-1)
    for k in range(top + 1):
        if k in wanted:
            np.copyto(y, p, where=n == k)
        if k == top:
            break
        if k % STEPS_BETWEEN_LOOKS == 0 and np.isnan(q).all():
            np.copyto(y, np.nan, where=n > k)
            break
        p, q = q, step(k + 1, x, p, q)
    return y


# -- Chebyshev ---------------------------------------------------------------------------------


class Kind(NamedTuple):
    """One of Chebyshev's four kinds: p₁ = slope·x + shift, and a `closed` form of n and arccos(x).

    The polynomial is at_one·n + 1 at x = 1, and (-1)ⁿ(at_minus_one·n + 1) at x = -1. The closed
    form serves degrees above `limit`, as in PyTorch.
    """

    slope: int
    shift: int
    closed: Callable[[Array, Array], Array]
    at_one: int
    at_minus_one: int
    limit: int


KINDS = {
    "t": Kind(1, 0, lambda n, a: np.cos(n * a), 0, 0, 6),
    "u": Kind(2, 0, lambda n, a: np.sin((n + 1) * a) / np.sin(a), 1, 1, 8),
    "v": Kind(2, -1, lambda n, a: np.cos((n + 0.5) * a) / np.cos(a / 2), 0, 2, 8),
    "w": Kind(2, 1, lambda n, a: np.sin((n + 0.5) * a) / np.sin(a / 2), 2, 0, 8),
}


def chebyshev(kind: str, x: Array, n: Array) -> Array:
    """Chebyshev's polynomials of a kind: t, u, v or w."""
    return _chebyshev(KINDS[kind], x, _degrees(n), KINDS[kind].limit)


def shifted_chebyshev(kind: str, x: Array, n: Array) -> Array:
    """Chebyshev's polynomials at 2x - 1, which are orthogonal on [0, 1]."""
    return _chebyshev(KINDS[kind], x + x - 1, _degrees(n), 6)


def _chebyshev(kind: Kind, x: Array, n: Array, limit: int) -> Array:
    inside = (np.abs(x) < 1) & (n > limit)
    ends = (np.abs(x) == 1) & (n >= 0)
    done = inside | ends
    if done.all():
        y = np.zeros(done.shape, x.dtype)
    else:  # what is done otherwise must not keep the loop from ending
        rest = np.where(done, np.nan, x) if done.any() else x
        y = _recurrence(rest, n, kind.slope * rest + kind.shift, _chebyshev_step)
    if inside.any():
        np.copyto(y, kind.closed(n.astype(x.dtype), np.arccos(x)), where=inside)
    if ends.any():
        degree = n.astype(x.dtype)
        sign = 1 - 2 * (n % 2).astype(x.dtype)
        below = (kind.at_minus_one * degree + 1) * sign
        np.copyto(y, np.where(x > 0, kind.at_one * degree + 1, below), where=ends)
    return y


def _chebyshev_step(k: int, x: Array, p: Array, q: Array) -> Array:
    return (x + x) * q - p


# -- the others --------------------------------------------------------------------------------

# Degrees up to which PyTorch computes Hermite's polynomials; nan beyond.
HERMITE_LIMIT = {4: 128, 8: 512}


def _hermite(x: Array, n: Array, first: Array, step: Step) -> Array:
    n = _degrees(n)
    beyond = n > HERMITE_LIMIT[x.itemsize]
    y = _recurrence(x, np.where(beyond, -1, n), first, step)
    np.copyto(y, np.nan, where=beyond)
    return y


def hermite_h(x: Array, n: Array) -> Array:
    """Hermite's polynomials, the physicists': Hₖ₊₁ = 2x·Hₖ - 2k·Hₖ₋₁."""
    return _hermite(x, n, x + x, lambda k, x, p, q: (x + x) * q - (2 * k) * p)


def hermite_he(x: Array, n: Array) -> Array:
    """Hermite's polynomials, the statisticians': Heₖ₊₁ = x·Heₖ - k·Heₖ₋₁."""
    return _hermite(x, n, x, lambda k, x, p, q: x * q - k * p)


def laguerre(x: Array, n: Array) -> Array:
    """Laguerre's polynomials: (k + 1)·Lₖ₊₁ = (2k + 1 - x)·Lₖ - k·Lₖ₋₁."""
    return _recurrence(
        x, _degrees(n), 1 - x, lambda k, x, p, q: ((2 * k + 1 - x) * q - k * p) / (k + 1)
    )


def legendre(x: Array, n: Array) -> Array:
    """Legendre's polynomials: (k + 1)·Pₖ₊₁ = (2k + 1)·x·Pₖ - k·Pₖ₋₁."""
    return _recurrence(
        x, _degrees(n), x, lambda k, x, p, q: ((2 * k + 1) * x * q - k * p) / (k + 1)
    )
