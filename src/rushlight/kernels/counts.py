"""Random counts: Poisson's, by inversion or Hörmann's transformed rejection, and binomial ones.

W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance:
Mathematics and Economics 12 (1993), and "The generation of binomial random variates", Journal of
Statistical Computation and Simulation 46 (1993), algorithm BTRS; small binomials by sums of
geometric numbers (L. Devroye, "Non-uniform random variate generation", 1986, X.4.3). Each count
takes as many numbers of the stream as it needs, so they are drawn one after another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.streams import Stream

__all__ = ["binomial", "poisson"]

Array = NDArray[Any]
Unit = Callable[[], float]


def poisson(stream: Stream, rates: Array) -> Array:
    """Poisson counts, in the dtype of the rates. RuntimeError for a negative rate."""
    unit = _unit(stream)
    out = [_poisson(rate, unit) for rate in rates.astype(np.float64).reshape(-1).tolist()]
    return np.array(out, np.float64).astype(rates.dtype).reshape(rates.shape)


def binomial(stream: Stream, count: Array, prob: Array) -> Array:
    """How many of `count` tosses succeed with the odds `prob`; both are broadcast."""
    unit = _unit(stream)
    pairs = np.broadcast(count, prob)
    exact = count.dtype.type
    out = [_binomial(exact(n), exact(p), unit, exact) for n, p in pairs]
    return np.array(out, count.dtype).reshape(pairs.shape)


def _unit(stream: Stream) -> Unit:
    return lambda: float(stream.unit64(1)[0])


def _poisson(rate: float, unit: Unit) -> float:
    if not rate >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate >= 10:
        return _poisson_by_rejection(rate, unit)
    limit, count, product = math.exp(-rate), 0, 1.0
    if rate == 0:
        return 0.0
    while True:
        product *= unit()
        if product <= limit:
            return float(count)
        count += 1


def _poisson_by_rejection(rate: float, unit: Unit) -> float:
    root, log_rate = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = unit() - 0.5, unit()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43) if us else math.inf
        if us >= 0.07 and v <= squeeze:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        bound = -rate + k * log_rate - math.lgamma(k + 1)
        if math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= bound:
            return float(k)


def _binomial(n: Any, p: Any, unit: Unit, exact: Any) -> Any:
    """One count, computed in the precision `exact` as PyTorch does."""
    if not (n > 0 and p > 0):
        return 0.0
    if p >= 1:
        return n
    rare = p <= 0.5
    q = p if rare else 1 - p
    found = _by_rejection(n, q, unit, exact) if n * q >= 10 else _by_gaps(n, q, unit, exact)
    return found if rare else n - found


def _by_gaps(n: Any, p: Any, unit: Unit, exact: Any) -> Any:
    """Geometric numbers of tosses between successes, as many as fit."""
    log_fail, tosses, successes = np.log1p(-p), exact(0), 0
    while True:
        u = unit()
        tosses += np.ceil(np.log(exact(u)) / log_fail) if u > 0 else exact(math.inf)
        if tosses > n:
            return successes
        successes += 1


# log k! less Stirling's approximation.
_TAILS = [
    math.lgamma(k + 1) - (0.5 * math.log(2 * math.pi) + (k + 0.5) * math.log(k + 1) - (k + 1))
    for k in range(10)
]


def _tail(k: float) -> float:
    if k <= 9:
        return _TAILS[int(k)]
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _by_rejection(n: Any, p: Any, unit: Unit, exact: Any) -> Any:
    n, p = float(n), float(p)
    spread = math.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = n * p + 0.5
    squeeze = 0.92 - 4.2 / b
    odds = p / (1 - p)
    alpha = (2.83 + 5.1 / b) * spread
    m = math.floor((n + 1) * p)
    while True:
        u, v = unit() - 0.5, unit()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + centre) if us else math.inf
        if us >= 0.07 and v <= squeeze:
            return float(k)
        if k < 0 or k > n:
            continue
        bound = (
            (m + 0.5) * math.log((m + 1) / (odds * (n - m + 1)))
            + (n + 1) * math.log((n - m + 1) / (n - k + 1))
            + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
            + _tail(m)
            + _tail(n - m)
            - _tail(k)
            - _tail(n - k)
        )
        if math.log(v * alpha / (a / (us * us) + b)) <= bound:
            return float(k)
