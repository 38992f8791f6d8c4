"""Convolution of (time, batch, channels): a product of matrices for each element of the kernel.

Output step t is the sum over k of input step t + k - pad times weight k: three maps, each linear
in its two arguments, of which each is the derivative of the other two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rushlight.kernels.blocks import Array
from rushlight.kernels.product import stacked


def _steps(times: int, kernel: int, out: int, pad: int) -> Iterator[tuple[int, slice, slice]]:
    """For each element of the kernel: the output steps, and the input steps, that it connects."""
    for k in range(kernel):
        low, high = max(0, pad - k), min(out, times + pad - k)
        if low < high:
            yield k, slice(low, high), slice(low + k - pad, high + k - pad)


def conv_tbc(x: Array, w: Array, pad: int) -> Array:
    """(T, B, I) by (K, I, O): (T + 2 pad - K + 1, B, O)."""
    out = len(x) + 2 * pad - len(w) + 1
    y = np.zeros((out, x.shape[1], w.shape[2]), x.dtype)
    for k, there, here in _steps(len(x), len(w), out, pad):
        y[there] += stacked(x[here], w[k])
    return y


def conv_tbc_input(g: Array, w: Array, times: int, pad: int) -> Array:
    """The cotangent of the input (times, B, I)."""
    x = np.zeros((times, g.shape[1], w.shape[1]), g.dtype)
    for k, there, here in _steps(times, len(w), len(g), pad):
        x[here] += stacked(g[there], w[k].T)
    return x


def conv_tbc_weight(g: Array, x: Array, kernel: int, pad: int) -> Array:
    """The cotangent of the weight (kernel, I, O)."""
    w = np.zeros((kernel, x.shape[2], g.shape[2]), g.dtype)
    for k, there, here in _steps(len(x), kernel, len(g), pad):
        w[k] = np.tensordot(x[here], g[there], ((0, 1), (0, 1)))
    return w
