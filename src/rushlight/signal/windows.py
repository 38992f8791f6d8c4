"""Windows as SciPy names them: of `M` weights, symmetric (`sym`) or with a seamless period.

The formulas are those of Harris, "On the use of windows for harmonic analysis with the discrete
Fourier transform" (1978), sampled as PyTorch samples them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight import dtypes
from rushlight.api.arguments import made
from rushlight.api.ranges import linspace
from rushlight.layout import strided
from rushlight.ops.outputs import require_device
from rushlight.tensor import Tensor

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]

Array = NDArray[Any]


def _checked(name: str, M: int, dtype: Any, layout: Any, device: Any) -> Any:
    """The dtype of a window, after a look at the arguments."""
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not None and layout is not strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    if device is not None:
        require_device(name, device)
    return dtype


def _steps(first: float, step: float, M: int, dtype: Any) -> Array:
    """The values ``first``, ``first + step`` and so on, as `linspace` rounds them."""
    return linspace(first, first + (M - 1) * step, M, dtype=dtype)._array


def _period(M: int, sym: bool) -> int:
    """How many steps a window has until it starts again."""
    return M if not sym and M > 1 else M - 1


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``exp(-|k - center| / tau)``; only windows that aren't `sym` have a `center`.

    >>> import rushlight as torch
    >>> torch.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    dtype = _checked("exponential", M, dtype, layout, device)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if center is None:
        center = _period(M, sym) / 2.0
    k = _steps(-center / tau, 1 / tau, M, dtype)
    return made(np.exp(-np.abs(k)), requires_grad)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return half a period of a sine: ``sin(π (k + 1/2) / M)``.

    >>> import rushlight as torch
    >>> torch.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    dtype = _checked("cosine", M, dtype, layout, device)
    step = math.pi / max(1, _period(M, sym) + 1)
    return made(np.sin(_steps(0.5 * step, step, M, dtype)), requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a bell of standard deviation `std`, in samples.

    >>> import rushlight as torch
    >>> torch.signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    dtype = _checked("gaussian", M, dtype, layout, device)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    step = 1 / (std * math.sqrt(2))
    k = _steps(-_period(M, sym) / 2.0 * step, step, M, dtype)
    return made(np.exp(-(k**2)), requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``I0(√(beta² - k²)) / I0(beta)`` for k from -beta to beta, with Bessel's I0.

    >>> import rushlight as torch
    >>> torch.signal.windows.kaiser(3, beta=2.0)
    tensor([0.4387, 1.0000, 0.4387])
    """
    from scipy.special import i0

    dtype = _checked("kaiser", M, dtype, layout, device)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M < 2:
        return made(np.ones(M, dtype.numpy), requires_grad)
    wide = dtype.numpy.type(beta)
    last = min(beta, -beta + (M - 1) * (2.0 * beta / _period(M, sym)))
    k = linspace(-beta, last, M, dtype=dtype)._array
    return made(i0(np.sqrt(wide * wide - k**2)) / i0(wide), requires_grad)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return weights that rise to 1 and fall again in straight lines.

    >>> import rushlight as torch
    >>> torch.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    dtype = _checked("bartlett", M, dtype, layout, device)
    if M < 2:
        return made(np.ones(M, dtype.numpy), requires_grad)
    return made(1 - np.abs(_steps(-1.0, 2 / _period(M, sym), M, dtype)), requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the cosines ``a0 - a1 cos(2πk/n) + a2 cos(4πk/n) - ...``.

    >>> import rushlight as torch
    >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    dtype = _checked("general_cosine", M, dtype, layout, device)
    if M < 2:
        return made(np.ones(M, dtype.numpy), requires_grad)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    weights = list(a)
    if not weights:
        raise ValueError("Coefficients cannot be empty")
    k = _steps(0.0, 2 * math.pi / _period(M, sym), M, dtype)
    signed = np.array([(-1) ** i * w for i, w in enumerate(weights)], dtype.numpy)
    waves = np.cos(np.arange(len(weights), dtype=dtype.numpy)[:, None] * k)
    return made((signed[:, None] * waves).sum(0), requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``alpha - (1 - alpha) cos(2πk/n)``.

    >>> import rushlight as torch
    >>> torch.signal.windows.general_hamming(3, alpha=0.75)
    tensor([0.5000, 1.0000, 0.5000])
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``0.54 - 0.46 cos(2πk/n)``.

    >>> import rushlight as torch
    >>> torch.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_hamming(M, sym=sym, **options)


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``0.5 - 0.5 cos(2πk/n)``.

    >>> import rushlight as torch
    >>> torch.signal.windows.hann(3)
    tensor([0., 1., 0.])
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ``0.42 - 0.5 cos(2πk/n) + 0.08 cos(4πk/n)``.

    >>> import rushlight as torch
    >>> torch.signal.windows.blackman(5)[1:4]
    tensor([0.3400, 1.0000, 0.3400])
    """
    _checked("blackman", M, dtype, layout, device)
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return Nuttall's sum of four cosines, whose spectrum falls off fast.

    >>> import rushlight as torch
    >>> torch.signal.windows.nuttall(5)[1:4]
    tensor([0.2270, 1.0000, 0.2270])
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    weights = [0.3635819, 0.4891775, 0.1365995, 0.0106411]
    return general_cosine(M, a=weights, sym=sym, **options)
