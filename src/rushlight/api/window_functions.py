"""Public windows: weights that fade a piece of a signal in and out.

They are computed in the order in which PyTorch computes them, and in the dtype that is wanted, so
that the last bits of cosines are the same; 16-bit windows are made in float32 and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight import dtypes
from rushlight.api.arguments import check_options, made, numpy_dtype, require_int
from rushlight.ops.outputs import no_overload
from rushlight.tensor import Tensor

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]

Array = NDArray[Any]
Shape = Callable[[Array, int], Array]  # of the positions 0, 1 ..., and how many a period has

_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool "
    "pin_memory = False, bool requires_grad = False)"
)


def _window(
    function: str,
    window_length: Any,
    periodic: Any,
    shape: Shape,
    dtype: Any,
    layout: Any,
    device: Any,
    pin_memory: Any,
    requires_grad: Any,
) -> Tensor:
    """Make a window: symmetric, or `periodic`, which is a longer one without its last weight."""
    length = require_int(function, window_length, "window_length", 1)
    if not isinstance(periodic, bool):
        raise no_overload(
            function,
            (
                f"(int window_length, *, {_OPTIONS}",
                f"(int window_length, bool periodic, *, {_OPTIONS}",
            ),
            window_length,
            periodic,
        )
    check_options(function, layout, device, pin_memory, requires_grad)
    kind = numpy_dtype(function, dtype)
    kind = dtypes.get_default_dtype().numpy if kind is None else kind
    shown = dtypes.from_numpy(kind)
    if kind.kind not in "fcV":
        raise RuntimeError(
            f"{function} expects floating point dtypes, got: TensorOptions(dtype="
            f"{shown.cpp_name}, device=cpu, layout=Strided (default), requires_grad=false "
            "(default), pinned_memory=false, memory_format=(nullopt))"
        )
    if length < 0:
        raise RuntimeError(
            f"{function} requires non-negative window_length, got window_length={length}"
        )
    if length < 2:
        return made(np.ones(length, kind), requires_grad)
    if kind.kind == "c":
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{shown.scalar_name}'")
    work = np.dtype(np.float32) if kind.itemsize == 2 else kind
    weights = shape(np.arange(length + periodic, dtype=work), length + periodic)
    return made(weights[:length].astype(kind), requires_grad)


def _cosines(alpha: float, beta: float) -> Shape:
    return lambda k, n: np.cos(k * k.dtype.type(2 * math.pi / (n - 1))) * -beta + alpha


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return a cosine raised to where it is never negative: ``0.5 - 0.5 cos(2πk/n)``.

    `periodic` windows follow each other without a seam; others are symmetric.

    >>> import rushlight as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = (dtype, layout, device, pin_memory, requires_grad)
    return _window("hann_window", window_length, periodic, _cosines(0.5, 0.5), *options)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``alpha - beta cos(2πk/n)``.

    >>> import rushlight as torch
    >>> torch.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    options = (dtype, layout, device, pin_memory, requires_grad)
    return _window("hamming_window", window_length, periodic, _cosines(alpha, beta), *options)


def _blackman(k: Array, n: int) -> Array:
    k = k * k.dtype.type(math.pi / (n - 1))
    return np.cos(k * 4) * 0.08 - np.cos(k * 2) * 0.5 + 0.42  # type: ignore[no-any-return]


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``0.42 - 0.5 cos(2πk/n) + 0.08 cos(4πk/n)``.

    >>> import rushlight as torch
    >>> torch.blackman_window(4).round(decimals=2)
    tensor([-0.0000, 0.3400, 1.0000, 0.3400])
    """
    options = (dtype, layout, device, pin_memory, requires_grad)
    return _window("blackman_window", window_length, periodic, _blackman, *options)


def _bartlett(k: Array, n: int) -> Array:
    k = k * k.dtype.type(2 / (n - 1))
    first = ((n - 1) >> 1) + 1
    k[first:] = -k[first:] + 2
    return k


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return weights that rise to 1 and fall again in straight lines.

    >>> import rushlight as torch
    >>> torch.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = (dtype, layout, device, pin_memory, requires_grad)
    return _window("bartlett_window", window_length, periodic, _bartlett, *options)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``I0(beta √(1 - (2k/n - 1)²)) / I0(beta)``, with Bessel's function I0.

    >>> import rushlight as torch
    >>> torch.kaiser_window(4, beta=2.0, periodic=False)
    tensor([0.4387, 0.9243, 0.9243, 0.4387])
    """

    def shape(k: Array, n: int) -> Array:
        from scipy.special import i0

        k = k * k.dtype.type(2 / (n - 1)) - 1
        weights: Array = i0(k.dtype.type(beta) * np.sqrt(1 - k * k)) / i0(k.dtype.type(beta))
        return weights

    options = (dtype, layout, device, pin_memory, requires_grad)
    return _window("kaiser_window", window_length, periodic, shape, *options)
