"""The short-time Fourier transform and its inverse.

After Griffin and Lim, "Signal estimation from modified short-time Fourier transform" (1984): the
inverse is the least-squares signal, windows added up and divided by the sum of their squares.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight.api.padding import constant_pad_nd
from rushlight.api.reinterpret import view_as_real
from rushlight.ops import fft
from rushlight.ops.outputs import require_tensor
from rushlight.ops.rearrange import unfold_backward
from rushlight.tensor import Tensor, type_string, values_of, wrap

__all__ = ["istft", "stft"]

METHODS = __all__

_NO_WINDOW = "A window was not provided. A rectangular window will be applied"


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Return the Fourier transforms of windows `hop_length` apart: frequencies × frames.

    `input` is one signal or a batch. Where `center`, it is padded with `pad_mode` so that frame t
    has its middle at ``t * hop_length``. Real signals with real windows give the first half of
    each spectrum (`onesided`) and need `return_complex`; False gives two real numbers for each
    complex one.

    >>> import rushlight as torch
    >>> x = torch.ones(16)
    >>> torch.stft(x, 8, window=torch.hann_window(8), return_complex=True).shape
    torch.Size([5, 9])
    """
    if center:
        if align_to_window is not None:
            raise RuntimeError("stft align_to_window should only be set when center = false")
        input = _centered(input, n_fft, pad_mode)
    require_tensor(input, "stft", "input", 1)
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(
            f"{_NO_WINDOW},which is known to cause spectral leakage. Other windows such as "
            "torch.hann_window or torch.hamming_window are recommended to reduce spectral "
            "leakage.To suppress this warning and use a rectangular window, explicitly set "
            "`window=torch.ones(n_fft, device=<device>)`.",
            UserWarning,
            stacklevel=2,
        )
    else:
        require_tensor(window, "stft", "window", 5)
    call = (
        f"stft({type_string(input._array)}{list(input.shape)}, n_fft={n_fft}, hop_length={hop}, "
        f"win_length={size}, window={_shown(window)}, normalized={int(normalized)}, "
        f"onesided={_flag(onesided)}, return_complex={_flag(return_complex)}, "
        f"align_to_window={_flag(align_to_window)}) : "
    )
    is_complex = input.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None and not is_complex:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will "
            "further require that return_complex=True in a future PyTorch release."
        )
    if return_complex is False:
        warnings.warn(
            "stft with return_complex=False is deprecated. In a future pytorch release, stft "
            "will return complex tensors for all inputs, and return_complex=False will raise an "
            "error.\nNote: you can still call torch.view_as_real on the complex output to recover "
            "the old return format.",
            UserWarning,
            stacklevel=2,
        )
    length = input.shape[-1] if input.ndim else 0
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(call + "expected a tensor of floating point or complex values")
    if not 1 <= input.ndim <= 2:
        raise RuntimeError(call + "expected a 1D or 2D tensor")
    if not 0 < n_fft <= length:
        raise RuntimeError(call + f"expected 0 < n_fft < {length}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(call + f"expected hop_length > 0, but got hop_length={hop}")
    if not 0 < size <= n_fft:
        raise RuntimeError(call + f"expected 0 < win_length <= n_fft, but got win_length={size}")
    if window is not None and tuple(window.shape) != (size,):
        raise RuntimeError(
            call + f"expected a 1D window tensor of size equal to win_length={size}, but got "
            f"window with size {list(window.shape)}"
        )
    if onesided is None:
        onesided = not is_complex
    elif onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    single = input.ndim == 1
    signal = input.unsqueeze(0) if single else input
    margin = (n_fft - size) // 2
    if align_to_window and not center:
        signal = constant_pad_nd(signal, (margin, n_fft - size - margin))
    frames = signal.unfold(-1, n_fft, hop)
    if window is not None or margin:
        frames = frames * _wide(window, size, n_fft, input)
    return _spectra(frames, is_complex, onesided, normalized, single, return_complex)


def _spectra(
    frames: Tensor, is_complex: bool, onesided: bool, normalized: bool, single: bool, pairs: Any
) -> Tensor:
    """The transforms of frames, turned so that frames come last."""
    if frames.dtype.itemsize == 2:
        raise RuntimeError(f"MKL FFT doesn't support tensors of type: {frames.dtype.scalar_name}")
    scale = "root" if normalized else "none"
    if is_complex:
        spectra = fft.c2c(frames, (2,), scale, True)
    else:
        spectra = fft.r2c(frames, (2,), scale, onesided)
    spectra = spectra.transpose_(1, 2)
    if single:
        spectra = spectra.squeeze_(0)
    return view_as_real(spectra) if pairs is False else spectra


def _centered(input: Any, n_fft: int, mode: str) -> Tensor:
    """A signal, or a batch, padded so that the first frame has its middle at the start."""
    from rushlight.nn.functional import pad

    ndim = input.dim()
    wide = input.view([1] * (3 - ndim) + list(input.shape))
    padded = pad(wide, (n_fft // 2, n_fft // 2), mode)
    return padded.view(padded.shape[padded.ndim - ndim :])  # type: ignore[no-any-return]


def _wide(window: Tensor | None, size: int, n_fft: int, like: Tensor) -> Tensor:
    """A window in the middle of `n_fft` zeros; a rectangle where there is none."""
    if window is None:
        window = wrap(np.ones(size, like.dtype.to_real().numpy))
    left = (n_fft - size) // 2
    return constant_pad_nd(window, (left, n_fft - size - left)) if size < n_fft else window


def _shown(window: Tensor | None) -> str:
    if window is None:
        return "None"
    return f"{type_string(window._array)}{{{list(window.shape)}}}"


def _flag(value: bool | None) -> str:
    return "None" if value is None else str(int(value))


# -- back again ----------------------------------------------------------------------------------


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """Return the signal whose `stft` this is, or comes closest to it.

    The windows must leave no sample unseen. `length` cuts the signal or pads it with zeros.

    >>> import rushlight as torch
    >>> x, w = torch.ones(16), torch.hann_window(8)
    >>> spectrum = torch.stft(x, 8, window=w, return_complex=True)
    >>> torch.istft(spectrum, 8, window=w).allclose(x)
    True
    """
    require_tensor(input, "istft", "input", 1)
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    if window is None:
        warnings.warn(
            f"{_NO_WINDOW}.Please provide the same window used by stft to make the inversion "
            "lossless.To suppress this warning and use a rectangular window, explicitly set "
            "`window=torch.ones(n_fft, device=<device>)`.",
            UserWarning,
            stacklevel=2,
        )
    if not input.dtype.is_complex:
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    call = (
        f"istft(CPU{input.dtype.scalar_name}Type{list(input.shape)}, n_fft={n_fft}, "
        f"hop_length={hop}, win_length={size}, window={_shown(window)}, center={int(center)}, "
        f"normalized={int(normalized)}, onesided={_flag(onesided)}, length="
        f"{length}, return_complex={int(return_complex)})"
    )
    onesided = _check_spectra(call, input, n_fft, hop, size, window, onesided)
    if return_complex and onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if not return_complex and window is not None and window.dtype.is_complex:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    single = input.ndim == 2
    spectra = (input.unsqueeze(0) if single else input).transpose(1, 2)
    scale = "root" if normalized else "n"
    if return_complex:
        frames = fft.c2c(spectra, (2,), scale, False)
    else:
        half = spectra if onesided else spectra[..., : n_fft // 2 + 1]
        frames = fft.c2r(half, (2,), scale, n_fft)
    weights = _wide(window, size, n_fft, input)
    signal = _overlapped(call, frames, weights, hop, center, length)
    return signal.squeeze(0) if single else signal


def _check_spectra(
    call: str,
    input: Tensor,
    n_fft: int,
    hop: int,
    size: int,
    window: Tensor | None,
    onesided: bool | None,
) -> bool:
    """Raise PyTorch's errors for what can't be inverted; say whether spectra are halves."""
    if not input.numel():
        raise RuntimeError(call + " : input tensor cannot be empty.")
    if not 2 <= input.ndim <= 3:
        raise RuntimeError(
            call + f" : expected a tensor with 3 or 4 dimensions, but got {input.ndim + 1}"
        )
    count = input.shape[-2]
    if onesided is None:
        onesided = count != n_fft
    if onesided and n_fft // 2 + 1 != count:
        raise RuntimeError(
            call + " : expected the frequency dimension (3rd to the last) of the input tensor "
            f"to match n_fft / 2 + 1 when onesided=True, but got {count}"
        )
    if not onesided and n_fft != count:
        raise RuntimeError(
            call + " : expected the frequency dimension (3rd to the last) of the input tensor "
            f"to match n_fft when onesided=False, but got {count}"
        )
    if not 0 < hop <= size:
        raise RuntimeError(call + " : expected 0 < hop_length <= win_length")
    if not 0 < size <= n_fft:
        raise RuntimeError(call + " : expected 0 < win_length <= n_fft")
    if window is not None and tuple(window.shape) != (size,):
        raise RuntimeError(
            call + " : Invalid window shape. window has to be 1D and length of `win_length`"
        )
    return onesided


def _overlapped(
    call: str, frames: Tensor, window: Tensor, hop: int, center: bool, length: int | None
) -> Tensor:
    """The windowed frames added up where they overlap, over the sum of the windows' squares."""
    batch, count, n_fft = frames.shape
    total = n_fft + hop * (count - 1)
    weighted = frames * window
    signal = unfold_backward(weighted, (batch, total), 1, n_fft, hop)
    squares = (window * window).expand(1, count, n_fft)
    envelope = unfold_backward(squares, (1, total), 1, n_fft, hop)
    start = n_fft // 2 if center else 0
    if length is not None:
        end = start + length
    else:
        end = total - n_fft // 2 if center else total
    signal, envelope = signal[:, start:end], envelope[:, start:end]
    if not envelope.numel():
        raise RuntimeError(
            "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument."
        )
    if not np.abs(values_of(envelope)).min() > 1e-11:
        raise RuntimeError(call + " window overlap add min: 1")
    signal = signal / envelope
    if end > total:
        warnings.warn(
            "The length of signal is shorter than the length parameter. Result is being padded "
            "with zeros in the tail. Please check your center and hop_length settings.",
            UserWarning,
            stacklevel=3,
        )
        signal = constant_pad_nd(signal, (0, end - total))
    return signal  # type: ignore[no-any-return]
