"""Fourier transforms over several dimensions, by SciPy's pocketfft, which keeps float32.

A transform is scaled by `scale`: "none", "root" (1/√n) or "n" (1/n), whichever way it goes; SciPy's
norms say the same by the direction.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["c2c", "c2r", "r2c"]

Array = NDArray[Any]
Dims = tuple[int, ...]

_FORWARD = {"none": "backward", "root": "ortho", "n": "forward"}
_INVERSE = {"none": "forward", "root": "ortho", "n": "backward"}


def c2c(x: Array, dims: Dims, scale: str, forward: bool) -> Array:
    """Transform complex numbers to complex ones."""
    from scipy import fft

    if not dims:
        return x.copy()
    if forward:
        return fft.fftn(x, axes=dims, norm=_FORWARD[scale])  # type: ignore[no-any-return]
    return fft.ifftn(x, axes=dims, norm=_INVERSE[scale])  # type: ignore[no-any-return]


def r2c(x: Array, dims: Dims, scale: str, onesided: bool) -> Array:
    """Transform real numbers, forwards; `onesided` leaves out what is a conjugate of the rest."""
    from scipy import fft

    transform = fft.rfftn if onesided else fft.fftn
    return transform(x, axes=dims, norm=_FORWARD[scale])  # type: ignore[no-any-return]


def c2r(x: Array, dims: Dims, scale: str, size: int) -> Array:
    """Transform half of a Hermitian spectrum back, to `size` real numbers in the last of `dims`."""
    from scipy import fft

    sizes = [*(x.shape[d] for d in dims[:-1]), size]
    return fft.irfftn(x, sizes, dims, _INVERSE[scale])  # type: ignore[no-any-return]
