"""What formulas of matrices are made of, for ndarrays and Tensors alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.ops.complexes import is_complex
from rushlight.ops.rearrange import diag_embed, diagonal_copy
from rushlight.tensor import Tensor, wrap

__all__ = [
    "as_diagonal",
    "column",
    "diagonal",
    "eye_like",
    "known",
    "like",
    "mH",
    "off_diagonal",
    "real",
    "row",
    "skew",
    "symmetric",
    "trace",
]


def mH(x: Any) -> Any:
    """The adjoint of matrices: transposed and conjugated."""
    return x.mT.conj() if is_complex(x) else x.mT


def real(x: Any) -> Any:
    """The real part, of real numbers these themselves."""
    return x.real if is_complex(x) else x


def column(x: Any) -> Any:
    """A stack of vectors as a stack of matrices with one column."""
    return x.reshape((*x.shape, 1))


def row(x: Any) -> Any:
    """A stack of vectors as a stack of matrices with one row."""
    return x.reshape((*x.shape[:-1], 1, x.shape[-1]))


def diagonal(x: Any) -> Any:
    """The diagonals of matrices, as vectors."""
    return diagonal_copy(x, 0, x.ndim - 2, x.ndim - 1)


def as_diagonal(x: Any) -> Any:
    """Matrices with these vectors on the diagonal, and zeros."""
    return diag_embed(x, 0, x.ndim - 1, x.ndim)


def off_diagonal(x: Any) -> Any:
    """Matrices with zeros on their diagonal."""
    return x - as_diagonal(diagonal(x))


def trace(x: Any) -> Any:
    """The sums of the diagonals of matrices."""
    return diagonal(x).sum(-1)


def skew(x: Any) -> Any:
    """The skew-Hermitian part of matrices."""
    return (x - mH(x)) / 2


def symmetric(x: Any) -> Any:
    """The Hermitian part of matrices."""
    return (x + mH(x)) / 2


def eye_like(x: Any) -> Any:
    """The identity in the (real) dtype and with the columns of `x`: an ndarray."""
    dtype = x._array.dtype if isinstance(x, Tensor) else x.dtype
    return np.eye(x.shape[-1], dtype=dtype.char.lower())


def known(x: Any) -> Any:
    """The values to look at: of a Tensor its array, None where a transform hides them."""
    if isinstance(x, Tensor):
        return None if x._interpreter is not None else x._array
    return x


def like(array: Any, x: Any) -> Any:
    """An ndarray in the dtype, and of the kind, of `x`."""
    if isinstance(x, Tensor):
        return wrap(array.astype(x._array.dtype))
    return array.astype(x.dtype)
