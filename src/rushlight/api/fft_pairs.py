"""Public Fourier transforms of two dimensions, the frequencies of transforms, and their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api import fft
from rushlight.api.arguments import check_options, finish, numpy_dtype, require_int
from rushlight.api.rearranging import roll
from rushlight.api.sizes import wrap_dim
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__: list[str] = []

LAST = (-2, -1)


def _of_two(
    name: str, function: Callable[..., Tensor], before: list[int], after: list[int]
) -> Callable[..., Tensor]:
    """Make a transform of two dimensions from that of several; the sizes are its example."""

    def transform(
        input: Tensor,
        s: Any = None,
        dim: Any = LAST,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        require_tensor(input, f"fft_{name}", "input", 1)
        return function(input, s, dim, norm, out=out)

    transform.__name__ = transform.__qualname__ = name
    transform.__doc__ = (
        f"Return `{function.__name__}` over two dimensions, the last by default.\n\n"
        f"    >>> import rushlight as torch\n    >>> torch.fft.{name}(torch.ones({before})).shape\n"
        f"    torch.Size({after})\n    "
    )
    return transform


fft2 = _of_two("fft2", fft.fftn, [5, 2, 2], [5, 2, 2])
ifft2 = _of_two("ifft2", fft.ifftn, [2, 4], [2, 4])
rfft2 = _of_two("rfft2", fft.rfftn, [2, 4], [2, 3])
irfft2 = _of_two("irfft2", fft.irfftn, [2, 3], [2, 4])
hfft2 = _of_two("hfft2", fft.hfftn, [2, 3], [2, 4])
ihfft2 = _of_two("ihfft2", fft.ihfftn, [2, 4], [2, 3])


# -- frequencies ---------------------------------------------------------------------------------


def _frequencies(
    name: str,
    bins: Callable[[int], Any],
    n: Any,
    d: Any,
    out: Tensor | None,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: Any,
) -> Tensor:
    function = f"fft_{name}"
    n = require_int(function, n, "n", 1)
    check_options(function, layout, device, None, requires_grad)
    kind = numpy_dtype(function, dtype, out)
    kind = dtypes.get_default_dtype().numpy if kind is None else kind
    if kind.kind not in "fcV":
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if kind.kind == "c":
        shown = dtypes.from_numpy(kind).scalar_name
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{shown}'")
    length = n if name == "fftfreq" else int(n / 2) + 1
    if length < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {length}: [{length}]")
    factor = np.asarray(np.float64(1) / (np.float64(n) * np.float64(d)), kind)
    return finish(function, bins(n).astype(kind) * factor, out, requires_grad)


def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the frequency of each number of a transform of `n` samples at a distance `d`.

    >>> import rushlight as torch
    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    bins = lambda n: (np.arange(n) + n // 2) % max(n, 1) - n // 2
    return _frequencies("fftfreq", bins, n, d, out, dtype, layout, device, requires_grad)


def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the frequency of each number of `rfft` of `n` samples at a distance `d`.

    >>> import rushlight as torch
    >>> torch.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    bins = lambda n: np.arange(int(n / 2) + 1)
    return _frequencies("rfftfreq", bins, n, d, out, dtype, layout, device, requires_grad)


# -- order ---------------------------------------------------------------------------------------


def _shifted(name: str, input: Any, dim: Any, forward: bool) -> Tensor:
    require_tensor(input, f"fft_{name}", "input", 1)
    dims = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    at = [wrap_dim(d, input.ndim) for d in dims]  # the same one may come twice
    return roll(input, [(input.shape[d] + (not forward)) // 2 for d in at], at)


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Roll the zero frequency to the middle of the dimensions `dim`, all by default.

    >>> import rushlight as torch
    >>> torch.fft.fftshift(torch.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted("fftshift", input, dim, True)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Undo `fftshift`.

    >>> import rushlight as torch
    >>> torch.fft.ifftshift(torch.tensor([-1, 0, 1]))
    tensor([ 0,  1, -1])
    """
    return _shifted("ifftshift", input, dim, False)
