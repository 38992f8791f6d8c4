"""Fourier transforms: what `torch.fft` has."""

from __future__ import annotations

from rushlight.api.fft import (
    fft,
    fftn,
    hfft,
    hfftn,
    ifft,
    ifftn,
    ihfft,
    ihfftn,
    irfft,
    irfftn,
    rfft,
    rfftn,
)
from rushlight.api.fft_pairs import (
    fft2,
    fftfreq,
    fftshift,
    hfft2,
    ifft2,
    ifftshift,
    ihfft2,
    irfft2,
    rfft2,
    rfftfreq,
)

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
