"""Variance and standard deviation. ``dims`` is None for all, or sorted and non-negative.

With n elements to a result and the divisor n - c, var = sum |x - m|^2 / (n - c), whose slope is
2 (x - m) / (n - c): the mean m depends on x too, but the deviations from it add up to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import reduce as kernels
from rushlight.kernels.reduce import count_of
from rushlight.ops.complexes import is_complex
from rushlight.ops.declare import general
from rushlight.ops.masking import kept, where
from rushlight.ops.reduce import Dims, mean, spread, sum_

__all__ = ["std", "std_mean", "var", "var_mean"]

Shape = tuple[int, ...]
_NAN, _INF = np.asarray(np.nan), np.asarray(np.inf)


def _std_mean(x: Any, dims: Dims, correction: float, keepdim: bool) -> tuple[Any, Any]:
    v, m = kernels.var_mean(x, dims, correction, keepdim)
    return np.sqrt(v), m


def _var_rule(g: Any, x: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool) -> Any:
    degrees = count_of(x_shape, dims) - correction
    deviation = x - mean(x, dims, True)
    if dims is None and degrees <= 0:  # only the variance of all has this rule in PyTorch
        return spread(g, x_shape, dims, keepdim) * where(deviation == 0, _NAN, _INF)
    return spread(g * (2.0 / degrees if degrees else np.inf), x_shape, dims, keepdim) * deviation


def _var_jvp(t: Any, x: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool) -> Any:
    degrees = count_of(x_shape, dims) - correction
    deviation = x - mean(x, dims, True)
    product = (deviation.conj() * t).real if is_complex(x) else deviation * t
    return sum_(product, dims, keepdim) * (2.0 / degrees if degrees else np.inf)


def _std_rule(
    g: Any, x: Any, y: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool
) -> Any:
    """Through var = y^2; where all elements are equal the gradient is 0, as PyTorch has it."""
    return _var_rule(kept(g / (y * 2), y != 0), x, x_shape, dims, correction, keepdim)


def _std_jvp(
    t: Any, x: Any, y: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool
) -> Any:
    return kept(_var_jvp(t, x, x_shape, dims, correction, keepdim) / (y * 2), y != 0)


def _mean_rule(g: Any, x_shape: Shape, dims: Dims, keepdim: bool) -> Any:
    return spread(g / max(count_of(x_shape, dims), 1), x_shape, dims, keepdim)


def _both(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _var_mean_rule(
    g: Any, x: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool
) -> Any:
    parts = []
    if g[0] is not None:
        parts.append(_var_rule(g[0], x, x_shape, dims, correction, keepdim))
    if g[1] is not None:
        parts.append(_mean_rule(g[1], x_shape, dims, keepdim))
    return _both(parts)


def _std_mean_rule(
    g: Any, x: Any, y: Any, x_shape: Shape, dims: Dims, correction: float, keepdim: bool
) -> Any:
    parts = []
    if g[0] is not None:
        parts.append(_std_rule(g[0], x, y, x_shape, dims, correction, keepdim))
    if g[1] is not None:
        parts.append(_mean_rule(g[1], x_shape, dims, keepdim))
    return _both(parts)


# Complex tensors have a real variance, which is not holomorphic: nothing is conjugated.
var = general(
    "var",
    kernels.var,
    conjugate=False,
    x=_var_rule,
    jvp=lambda x_t, x, x_shape, dims, correction, keepdim: _var_jvp(
        x_t, x, x_shape, dims, correction, keepdim
    ),
)
std = general(
    "std",
    kernels.std,
    conjugate=False,
    x=_std_rule,
    jvp=lambda x_t, x, y, x_shape, dims, correction, keepdim: _std_jvp(
        x_t, x, y, x_shape, dims, correction, keepdim
    ),
)
var_mean = general(
    "var_mean",
    kernels.var_mean,
    conjugate=False,
    x=_var_mean_rule,
    jvp=lambda x_t, x, x_shape, dims, correction, keepdim: (
        _var_jvp(x_t, x, x_shape, dims, correction, keepdim),
        mean(x_t, dims, keepdim),
    ),
    outputs=("v", "m"),
)
std_mean = general(
    "std_mean",
    _std_mean,
    conjugate=False,
    x=_std_mean_rule,
    jvp=lambda x_t, x, y, x_shape, dims, correction, keepdim: (
        _std_jvp(x_t, x, y, x_shape, dims, correction, keepdim),
        mean(x_t, dims, keepdim),
    ),
    outputs=("y", "m"),
)
