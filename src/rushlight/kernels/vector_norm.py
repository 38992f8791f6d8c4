"""Vector norms of every order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.kernels.reduce import (
    Dims,
    count_of,
    is_half,
    reduce_with,
    shape_without,
    sum_,
    sum_of,
)

Array = NDArray[Any]

# BLAS adds a float32 dot product of this length to within a unit in the last place or two; longer
# ones are added up from blocks.
_BLOCK = 4096


def norm(x: Array, p: float = 2, dims: Dims = None, keepdim: bool = False) -> Array:
    """The vector norm of order `p` (any number, inf and -inf included) over `dims`; real for
    complex input. Squares are not scaled, so float32 overflows above 1e19, as PyTorch's does.

    Raises RuntimeError where nothing is reduced and the order has no identity (inf and p < 0)."""
    if is_half(x.dtype):
        return norm(x.astype(np.float32), p, dims, keepdim).astype(x.dtype)
    count = count_of(x.shape, dims)
    if not count and (p < 0 or p == math.inf):
        _refuse_empty_norm(x, p, dims)
    if count == 1 and p:  # exactly |x|, where the square would overflow
        return np.asarray(np.abs(x), order="C").reshape(shape_without(x.shape, dims, keepdim))
    if p == 2:
        out = _sum_of_squares(x, dims, keepdim)
        return np.sqrt(out, out)
    real = x.real.dtype
    if p == 0:
        return np.asarray(np.count_nonzero(x, axis=dims or None, keepdims=keepdim), real)
    if p == 1:
        return sum_of(np.abs, x, dims, keepdim, dtype=real)
    if math.isinf(p):
        return reduce_with(np.maximum if p > 0 else np.minimum, np.abs(x), dims, keepdim)

    def power(piece: Array, out: Array) -> None:
        np.abs(piece, out)
        np.power(out, p, out)

    out = sum_of(power, x, dims, keepdim, dtype=real)
    return np.power(out, 1 / p, out)


def _sum_of_squares(x: Array, dims: Dims, keepdim: bool) -> Array:
    """|x|² summed; without making the squares where rows can be dotted with themselves."""
    full = not dims or len(dims) == x.ndim
    if full and x.flags.c_contiguous:
        flat = x.reshape(-1)
        if x.dtype.kind == "c":
            flat = flat.view(x.real.dtype)
        rest = flat.size % _BLOCK
        out = np.asarray(flat[flat.size - rest :].dot(flat[flat.size - rest :]))
        if rest < flat.size:
            blocks = flat[: flat.size - rest].reshape(-1, _BLOCK)
            out += sum_(np.vecdot(blocks, blocks))
        return out.reshape((1,) * x.ndim) if keepdim else out
    if x.dtype.kind == "c":
        return sum_of(_square_of_modulus, x, dims, keepdim, dtype=x.real.dtype)
    if dims == (x.ndim - 1,) and 32 < x.shape[-1] <= _BLOCK:
        rows: Array = np.vecdot(x, x)
        return rows.reshape(shape_without(x.shape, dims, keepdim))
    return sum_of(np.square, x, dims, keepdim)


def _square_of_modulus(x: Array, out: Array) -> None:
    np.square(x.real, out)
    out += np.square(x.imag)


def _refuse_empty_norm(x: Array, p: float, dims: Dims) -> None:
    order = f"linalg.vector_norm cannot compute the {p:g} norm on "
    if not dims:
        raise RuntimeError(
            order + "an empty tensor because the operation does not have an identity"
        )
    empty = next(d for d in dims if not x.shape[d])
    raise RuntimeError(
        f"{order}the dimension {empty}because this dimension is empty and the operation "
        "does not have an identity"
    )
