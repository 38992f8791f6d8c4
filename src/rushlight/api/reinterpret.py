"""Memory seen as another dtype: ``view(dtype)``, complex numbers as pairs, real and imag."""

from __future__ import annotations

import numpy as np

from rushlight.api.complexes import _conj, _neg_view
from rushlight.api.queries import is_conj
from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.dtypes import dtype as DType
from rushlight.kernels.flipped import FLIPPED
from rushlight.ops import pairs
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor, new

__all__ = ["imag", "real", "view_as_complex", "view_as_real"]


def view_dtype(input: Tensor, dtype: DType) -> Tensor:
    """Return a tensor that reads the memory of `input` as another dtype; no gradient passes.

    Where the sizes of the dtypes differ, the last dimension grows or shrinks.
    """
    x = input._array
    if type(x) in FLIPPED:
        which = "conjugate view tensors" if is_conj(input) else "tensors with negative bit set"
        raise RuntimeError(
            f"torch.Tensor.view is not supported for {which} when converting to a different dtype."
        )
    old = x.dtype
    target = dtype.numpy
    if old.itemsize != target.itemsize:
        what = f"to view {input.dtype.scalar_name} as {dtype.scalar_name} (different element sizes)"
        if x.ndim == 0:
            raise RuntimeError(f"self.dim() cannot be 0 {what}")
        n, factor = x.shape[-1], max(target.itemsize // old.itemsize, 1)
        if n % factor:
            raise RuntimeError(f"self.size(-1) must be divisible by {factor} {what}, but got {n}")
        if input.stride(-1) != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {what}, but got {input.stride(-1)}")
        if factor > 1:
            _check_growth(input, factor, what)
        if not x.flags.c_contiguous and x.strides[-1] != old.itemsize:
            x = x.copy()  # a last dimension of size 1, whose stride NumPy left free
    out = new(Tensor)
    out._array = x.view(target)
    out._counter = input._counter
    if mode.inference:  # as PyTorch has it, whatever the memory belongs to
        mark_inference(out)
    return out


def _check_growth(input: Tensor, factor: int, what: str) -> None:
    if input.storage_offset() % factor:
        raise RuntimeError(
            f"self.storage_offset() must be divisible by {factor} {what}, but got "
            f"{input.storage_offset()}"
        )
    for d, s in enumerate(input.stride()[:-1]):
        if s % factor:
            raise RuntimeError(
                f"self.stride({d}) must be divisible by {factor} {what}, but got {s}"
            )


def view_as_real(input: Tensor) -> Tensor:
    """Return a view of complex numbers as pairs of real ones, in a last dimension of size 2.

    >>> import rushlight as torch
    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    require_tensor(input, "view_as_real", "input", 1)
    if not input.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if is_conj(input):
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate "
            "tensor so you can view it as real, use self.resolve_conj(); however, be warned that "
            "the resulting tensor will NOT alias the original."
        )
    return pairs.view_as_real(input)  # type: ignore[no-any-return]


def view_as_complex(input: Tensor) -> Tensor:
    """Return a view of pairs of real numbers, in a last dimension of size 2, as complex ones.

    >>> import rushlight as torch
    >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    require_tensor(input, "view_as_complex", "input", 1)
    if input.dtype.numpy not in (np.float32, np.float64):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {input.dtype.scalar_name}"
        )
    if input.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    *strides, last = input.stride()
    if last != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for s in strides):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return pairs.view_as_complex(input)  # type: ignore[no-any-return]


def real(input: Tensor) -> Tensor:
    """Return the view of the real parts; real tensors come back themselves.

    >>> import rushlight as torch
    >>> torch.real(torch.tensor([1 + 2j]))
    tensor([1.])
    """
    require_tensor(input, "real", "input", 1)
    if not input.dtype.is_complex:
        return input
    if is_conj(input):
        input = _conj(input)
    return pairs.view_as_real(input)[..., 0]  # type: ignore[no-any-return]


def imag(input: Tensor) -> Tensor:
    """Return the view of the imaginary parts. Raises RuntimeError for real tensors.

    Those of a view of conjugates are a view of negatives.

    >>> import rushlight as torch
    >>> torch.imag(torch.tensor([1 + 2j]))
    tensor([2.])
    """
    require_tensor(input, "imag", "input", 1)
    if not input.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    if is_conj(input):
        return _neg_view(pairs.view_as_real(_conj(input)))[..., 1]  # type: ignore[no-any-return]
    return pairs.view_as_real(input)[..., 1]  # type: ignore[no-any-return]


def _set_real(self: Tensor, value: Tensor) -> None:
    real(self).copy_(value)


def _set_imag(self: Tensor, value: Tensor) -> None:
    imag(self).copy_(value)


ATTRIBUTES = {"imag": property(imag, _set_imag), "real": property(real, _set_real)}
