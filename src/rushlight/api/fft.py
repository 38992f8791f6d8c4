"""Public Fourier transforms: `torch.fft`.

Every one is a resize (cut or padded with zeros), one of three operators, and for the transforms of
Hermitian signals a conjugate, as PyTorch composes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight import dtypes
from rushlight.api.padding import constant_pad_nd
from rushlight.api.sizes import wrap_dim
from rushlight.ops import fft as ops
from rushlight.ops.fitting import cast_to
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__: list[str] = []

Out = Tensor | None
Dims = tuple[int, ...]


# -- arguments -----------------------------------------------------------------------------------


def _is_int(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _check_options(name: str, input: Any, norm: Any, out: Any, real: bool = False) -> None:
    """Raise PyTorch's errors for what all transforms take."""
    require_tensor(input, f"fft_{name}", "input", 1)
    if norm is not None and not isinstance(norm, str):
        raise TypeError(f"fft_{name}(): argument 'norm' must be str, not {type_name(norm)}")
    if out is None:
        return
    if not isinstance(out, Tensor):
        raise TypeError(f"fft_{name}(): argument 'out' must be Tensor, not {type_name(out)}")
    if not (out.dtype.is_floating_point if real else out.dtype.is_complex):
        kind = "floating point" if real else "complex"
        shown = "fftn" if name == "ifftn" else name
        raise RuntimeError(
            f"{shown} expects a {kind} output tensor, but got {out.dtype.scalar_name}"
        )


def _one_size(name: str, n: Any, dim: Any) -> None:
    for argument, value in (("n", n), ("dim", dim)):
        if not _is_int(value) and not (value is None and argument == "n"):
            raise TypeError(
                f"fft_{name}(): argument '{argument}' must be int, not {type_name(value)}"
            )


def _one_dim(x: Tensor, dim: int) -> int:
    if not x.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, x.ndim)


def _scale(norm: str | None, forward: bool) -> str:
    """The scale of a transform, after NumPy's names of norms."""
    if norm is None or norm == "backward":
        return "none" if forward else "n"
    if norm == "forward":
        return "n" if forward else "none"
    if norm == "ortho":
        return "root"
    raise RuntimeError(f'Invalid normalization mode: "{norm}"')


def _floating(input: Tensor, complex: bool = False) -> Tensor:
    """The input in a dtype that has transforms: floating point, or complex."""
    dtype = input.dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        dtype = dtypes.get_default_dtype()
    if dtype.itemsize == 2:
        raise RuntimeError(f"Unsupported dtype {dtype.scalar_name}")
    if complex:
        dtype = dtype.to_complex()
    return input if dtype is input.dtype else cast_to(input, dtype.numpy)


def _check_size(n: int) -> int:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")
    return n


def _resized(x: Tensor, dims: Sequence[int], sizes: Sequence[int]) -> Tensor:
    """Cut dimensions, or pad them with zeros at their ends."""
    padding = [0] * (2 * x.ndim)
    for d, n in zip(dims, sizes):
        if x.shape[d] > n:
            x = x.narrow(d, 0, n)
        padding[2 * (x.ndim - d) - 1] = max(0, n - x.shape[d])
    return constant_pad_nd(x, padding) if any(padding) else x


def _axes(input: Tensor, s: Any, dim: Any) -> tuple[Dims, list[int]]:
    """The dimensions to transform, and the sizes to resize them to first."""
    ndim = input.ndim
    if dim is not None:
        dims = tuple(wrap_dim(d, ndim) for d in ([dim] if _is_int(dim) else dim))
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
    if s is None:
        dims = tuple(range(ndim)) if dim is None else dims
        sizes = [input.shape[d] for d in dims]
    else:
        s = [s] if _is_int(s) else list(s)
        if dim is not None and len(s) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
        if len(s) > ndim:
            raise RuntimeError(
                f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions."
            )
        if dim is None:
            dims = tuple(range(ndim - len(s), ndim))
        sizes = [input.shape[d] if n == -1 else n for d, n in zip(dims, s)]
    for n in sizes:
        _check_size(n)
    return dims, sizes


def _half_axes(name: str, input: Tensor, s: Any, dim: Any) -> tuple[Dims, list[int], int]:
    """As `_axes` for a half spectrum, and how many numbers the last dimension gives."""
    dims, sizes = _axes(input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    given = None if s is None else ([s] if _is_int(s) else list(s))[-1]
    last = 2 * (input.shape[dims[-1]] - 1) if given in (None, -1) else sizes[-1]
    sizes[-1] = _check_size(last) // 2 + 1
    return dims, sizes, last


def _finish(out: Out, result: Tensor, kernel: str) -> Tensor:
    return result if out is None else into(out, result, kernel)


# -- one dimension -------------------------------------------------------------------------------


def _transform(name: str, input: Any, n: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    """`fft` and `ifft`."""
    _check_options(name, input, norm, out)
    _one_size(name, n, dim)
    x = _floating(input)
    d = _one_dim(x, dim)
    size = _check_size(x.shape[d] if n is None else n)
    x = _resized(x, (d,), (size,))
    scale = _scale(norm, forward)
    if x.dtype.is_complex:
        return _finish(out, ops.c2c(x, (d,), scale, forward), "_fft_c2c")
    spectrum = ops.r2c(x, (d,), scale, False)
    return _finish(out, spectrum if forward else spectrum.conj(), "_fft_r2c")


def fft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the discrete Fourier transform along `dim`, cut or padded to `n` first.

    `norm` says what is scaled: "backward" (nothing here, 1/n in `ifft`), "forward" (1/n here), or
    "ortho" (1/√n both ways). Integers become floats; float16 raises RuntimeError.

    >>> import rushlight as torch
    >>> torch.fft.fft(torch.tensor([1.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1., 1.])
    """
    return _transform("fft", input, n, dim, norm, True, out)  # type: ignore[no-any-return]


def ifft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `fft`.

    >>> import rushlight as torch
    >>> torch.fft.ifft(torch.fft.fft(torch.tensor([1.0, 2.0, 3.0, 4.0]))).real
    tensor([1., 2., 3., 4.])
    """
    return _transform("ifft", input, n, dim, norm, False, out)  # type: ignore[no-any-return]


def _from_real(name: str, input: Any, n: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    """`rfft` and `ihfft`."""
    _check_options(name, input, norm, out)
    _one_size(name, n, dim)
    if input.dtype.is_complex:
        raise RuntimeError(f"{name} expects a real input tensor, but got {input.dtype.scalar_name}")
    x = _floating(input)
    d = _one_dim(x, dim)
    size = _check_size(x.shape[d] if n is None else n)
    half = ops.r2c(_resized(x, (d,), (size,)), (d,), _scale(norm, forward), True)
    return _finish(out, half if forward else half.conj(), "_fft_r2c")


def rfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the first half of the transform of real numbers; the rest are its conjugates.

    >>> import rushlight as torch
    >>> torch.fft.rfft(torch.tensor([0.0, 1.0, 2.0, 3.0]))
    tensor([ 6.+0.j, -2.+2.j, -2.+0.j])
    """
    return _from_real("rfft", input, n, dim, norm, True, out)  # type: ignore[no-any-return]


def ihfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `hfft`: half of the inverse transform of a real spectrum.

    >>> import rushlight as torch
    >>> torch.fft.ihfft(torch.tensor([4.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1.])
    """
    return _from_real("ihfft", input, n, dim, norm, False, out)  # type: ignore[no-any-return]


def _to_real(name: str, input: Any, n: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    """`irfft` and `hfft`."""
    _check_options(name, input, norm, out, real=True)
    _one_size(name, n, dim)
    x = _floating(input, complex=True)
    d = _one_dim(x, dim)
    size = _check_size(2 * (x.shape[d] - 1) if n is None else n)
    x = _resized(x, (d,), (size // 2 + 1,))
    scale = _scale(norm, forward)
    return _finish(out, ops.c2r(x.conj() if forward else x, (d,), scale, size), "_fft_c2r")


def irfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `rfft`: `n` real numbers, an even count by default.

    >>> import rushlight as torch
    >>> torch.fft.irfft(torch.fft.rfft(torch.tensor([0.0, 1.0, 2.0, 3.0])))
    tensor([0., 1., 2., 3.])
    """
    return _to_real("irfft", input, n, dim, norm, False, out)  # type: ignore[no-any-return]


def hfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the real transform of a Hermitian signal, of which one half is given.

    >>> import rushlight as torch
    >>> torch.fft.hfft(torch.tensor([1.0, 1.0, 1.0]))
    tensor([4., 0., 0., 0.])
    """
    return _to_real("hfft", input, n, dim, norm, True, out)  # type: ignore[no-any-return]


# -- several dimensions --------------------------------------------------------------------------


def _transform_all(
    name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool, out: Any
) -> Any:
    """`fftn` and `ifftn`."""
    _check_options(name, input, norm, out)
    dims, sizes = _axes(input, s, dim)
    x = _resized(_floating(input, complex=True), dims, sizes)
    return _finish(out, ops.c2c(x, dims, _scale(norm, forward), forward), "_fft_c2c")


def fftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the transform over the dimensions `dim`, all by default, resized to `s` first.

    >>> import rushlight as torch
    >>> torch.fft.fftn(torch.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _transform_all("fftn", input, s, dim, norm, True, out)  # type: ignore[no-any-return]


def ifftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `fftn`.

    >>> import rushlight as torch
    >>> torch.fft.ifftn(torch.full((2, 2), 4.0)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _transform_all("ifftn", input, s, dim, norm, False, out)  # type: ignore[no-any-return]


def rfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return `fftn` of real numbers, the last dimension in half.

    >>> import rushlight as torch
    >>> torch.fft.rfftn(torch.ones(2, 4)).shape
    torch.Size([2, 3])
    """
    _check_options("rfftn", input, norm, out)
    if input.dtype.is_complex:
        raise RuntimeError(
            f"rfftn expects a real-valued input tensor, but got {input.dtype.scalar_name}"
        )
    dims, sizes = _axes(input, s, dim)
    if not dims:
        raise RuntimeError("rfftn must transform at least one axis")
    x = _resized(_floating(input), dims, sizes)
    return _finish(out, ops.r2c(x, dims, _scale(norm, True), True), "_fft_r2c")


def irfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `rfftn`.

    >>> import rushlight as torch
    >>> torch.fft.irfftn(torch.fft.rfftn(torch.ones(2, 2)))
    tensor([[1., 1.],
            [1., 1.]])
    """
    _check_options("irfftn", input, norm, out, real=True)
    dims, sizes, last = _half_axes("irfftn", input, s, dim)
    x = _resized(_floating(input, complex=True), dims, sizes)
    return _finish(out, ops.c2r(x, dims, _scale(norm, False), last), "_fft_c2r")


def hfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the real transform of a signal that is Hermitian over several dimensions.

    >>> import rushlight as torch
    >>> torch.fft.hfftn(torch.ones(2, 2))
    tensor([[4., 0.],
            [0., 0.]])
    """
    _check_options("hfftn", input, norm, out, real=True)
    dims, sizes, last = _half_axes("hfftn", input, s, dim)
    x = _resized(_floating(input, complex=True), dims, sizes)
    scale = _scale(norm, True)
    if len(dims) > 1:
        x = ops.c2c(x, dims[:-1], scale, True)
    return _finish(out, ops.c2r(x.conj(), dims[-1:], scale, last), "_fft_c2r")


def ihfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Out = None
) -> Tensor:
    """Return the inverse of `hfftn`, the last dimension in half.

    >>> import rushlight as torch
    >>> torch.fft.ihfftn(torch.full((2, 2), 4.0)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    _check_options("ihfftn", input, norm, out)
    if input.dtype.is_complex:
        raise RuntimeError(
            f"Only supports floating-point dtypes, but found: {input.dtype.scalar_name}"
        )
    dims, sizes = _axes(input, s, dim)
    if not dims:
        raise RuntimeError("ihfftn must transform at least one axis")
    x = _resized(_floating(input), dims, sizes)
    scale = _scale(norm, False)
    half = ops.r2c(x, dims[-1:], scale, True).conj()
    if len(dims) > 1:
        half = ops.c2c(half, dims[:-1], scale, False)
    return _finish(out, half, "_fft_c2c")
