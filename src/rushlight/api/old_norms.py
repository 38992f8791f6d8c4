"""Norms under names that PyTorch keeps for old programs: `linalg` has their successors."""

from __future__ import annotations

from typing import Any

from rushlight.api.norms import matrix_norm, vector_norm
from rushlight.api.once import warn_once
from rushlight.api.sizes import int_list, wrap_dim
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["frobenius_norm", "norm_except_dim", "nuclear_norm"]


def _left_for_old_programs(name: str, instead: str) -> None:
    warn_once(
        f"at::{name} is deprecated and it is just left for JIT compatibility. It will be removed "
        f"in a future PyTorch release. Please use `{instead}` instead"
    )


def _check_floating(x: Tensor) -> None:
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got "
            f"{x.dtype.scalar_name} instead."
        )


def frobenius_norm(
    input: Tensor, dim: Any = ..., keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Return the root of the sum of squares over one or two dimensions; see `linalg.vector_norm`.

    >>> import rushlight as torch
    >>> torch.linalg.vector_norm(torch.ones(2, 2), dim=(0, 1))
    tensor(2.)
    """
    x = require_tensor(input, "frobenius_norm", "input", 1)
    if dim is ...:
        raise TypeError('frobenius_norm() missing 1 required positional arguments: "dim"')
    _left_for_old_programs("frobenius_norm", "linalg.vector_norm(A, 2., dim, keepdim)")
    dims = (dim,) if type(dim) is int else int_list(dim, "frobenius_norm", "dim", 2)
    if len(dims) > 2:
        raise RuntimeError(
            f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead."
        )
    _check_floating(x)
    result: Tensor = vector_norm(x, 2, dims or None, keepdim)
    return result if out is None else into(out, result, "frobenius_norm")


def nuclear_norm(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Return the sum of the singular values of the matrices in two dimensions, the last by default.

    `linalg.matrix_norm` with ``ord="nuc"`` is its successor.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_norm(torch.eye(3), "nuc")
    tensor(3.)
    """
    x = require_tensor(input, "nuclear_norm", "input", 1)
    if isinstance(dim, bool):  # nuclear_norm(x, True)
        dim, keepdim = None, dim
    _left_for_old_programs("nuclear_norm", "linalg.matrix_norm(A, 'nuc', dim, keepdim)")
    dims = (-2, -1) if dim is None else dim
    if type(dims) is int:  # PyTorch takes one for two of the same, which then differ too little
        dims = (dims, dims)
    dims = int_list(dims, "nuclear_norm", "dim", 2)
    result: Tensor = matrix_norm(x, "nuc", dims, keepdim)
    return result if out is None else into(out, result, "nuclear_norm")


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """Return the norms of order `pow` over all dimensions but `dim`, which keeps its place.

    With a `dim` of -1 it is the norm of everything. Weight normalisation is made of it.

    >>> import rushlight as torch
    >>> torch.norm_except_dim(torch.ones(2, 4))
    tensor([[2.],
            [2.]])
    """
    x = require_tensor(v, "norm_except_dim", "v", 1)
    _check_floating(x)
    if dim == -1:
        return x.norm(pow)  # type: ignore[no-any-return]
    at = wrap_dim(dim, x.ndim)
    if at not in (0, x.ndim - 1):
        return norm_except_dim(x.transpose(0, at), pow, 0).transpose(0, at)  # type: ignore[no-any-return]
    shape = [1] * x.ndim
    shape[at] = x.shape[at]
    flat = x.reshape(x.shape[0], -1) if at == 0 else x.reshape(-1, x.shape[at])
    return flat.norm(pow, 1 if at == 0 else 0).view(shape)  # type: ignore[no-any-return]
