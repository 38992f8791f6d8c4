"""Public systems of tensors, scalar products, diagonals and Vandermonde's matrices."""

from __future__ import annotations

from math import prod
from typing import Any

from rushlight.api.axes import moveaxis
from rushlight.api.create import ones
from rushlight.api.linalg_checks import check_floating, check_info, check_same
from rushlight.api.names import numpy_names
from rushlight.api.scan import cumprod
from rushlight.api.shape import cat
from rushlight.api.sizes import as_int, wrap_dim, wrap_dims
from rushlight.api.slicing import diagonal as diagonal_of
from rushlight.api.solving import NOT_INVERTED, solve
from rushlight.kernels.copies import check_broadcast
from rushlight.ops.outputs import into, require_tensor
from rushlight.ops.solving import inv
from rushlight.tensor import Tensor

__all__ = ["vander"]


# -- systems -------------------------------------------------------------------------------------


def tensorsolve(
    input: Tensor, other: Tensor, dims: Any = None, *, out: Tensor | None = None
) -> Tensor:
    """Solve ``tensordot(A, X, X.ndim) = B``: A's first dimensions are those of B.

    The dimensions `dims` of A are moved to its end first.

    >>> import rushlight as torch
    >>> torch.linalg.tensorsolve(torch.eye(4).reshape(2, 2, 4), torch.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    require_tensor(input, "linalg_tensorsolve", "input", 1)
    require_tensor(other, "linalg_tensorsolve", "other", 2)
    if dims is not None:
        at = wrap_dims(dims, input.ndim)
        input = moveaxis(input, at, tuple(range(input.ndim - len(at), input.ndim)))
    shape = tuple(input.shape[other.ndim :])
    size = prod(shape)
    result = solve(input.reshape(size, size), other.reshape(-1)).reshape(shape)
    return result if out is None else into(out, result, "linalg_tensorsolve")


def tensorinv(input: Tensor, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """Invert a tensor as a map from its last dimensions to its first `ind`.

    >>> import rushlight as torch
    >>> torch.linalg.tensorinv(torch.eye(4).reshape(2, 2, 4)).shape
    torch.Size([4, 2, 2])
    """
    require_tensor(input, "linalg_tensorinv", "input", 1)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    if ind > input.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {input.ndim}")
    first, last = tuple(input.shape[:ind]), tuple(input.shape[ind:])
    if prod(first) != prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {prod(last)} != {prod(first)}"
        )
    matrix = input.reshape(prod(last), prod(first))
    check_floating("linalg.inv", matrix, half=False)
    y, info = inv(matrix)
    check_info("inv", info, NOT_INVERTED)
    result: Tensor = y.reshape(last + first)
    return result if out is None else into(out, result, "linalg_tensorinv")


# -- products and diagonals ----------------------------------------------------------------------


@numpy_names
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Return the scalar products ``sum(conj(x) * y)`` along `dim`; dimensions broadcast.

    >>> import rushlight as torch
    >>> torch.linalg.vecdot(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    name = "linalg.vecdot"
    require_tensor(x, "linalg_vecdot", "x", 1)
    require_tensor(y, "linalg_vecdot", "y", 2)
    check_floating(name, x)
    check_same(name, x, y, "x", "y")
    check_broadcast(tuple(x.shape), tuple(y.shape))
    if out is not None and out.dtype is not x.dtype:
        raise RuntimeError(
            f"{name}: Expected out of dtype{x.dtype.scalar_name} but found {out.dtype.scalar_name}"
        )
    product = x.conj() * y
    result: Tensor = product.sum(wrap_dim(dim, product.ndim)) if product.ndim else product
    return result if out is None else into(out, result, "linalg_vecdot")


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return a view of the diagonals of matrices, in the last two dimensions by default.

    >>> import rushlight as torch
    >>> torch.linalg.diagonal(torch.eye(2).expand(3, 2, 2)).shape
    torch.Size([3, 2])
    """
    require_tensor(A, "linalg_diagonal", "A", 1)
    named = {"offset": offset, "dim1": dim1, "dim2": dim2}
    places = [as_int(v, "linalg_diagonal", k, None) for k, v in named.items()]
    return diagonal_of(A, *places)


# -- Vandermonde's matrices ------------------------------------------------------------------------


def _powers(x: Tensor, n: int) -> Tensor:
    """The powers 0 to n - 1 of each element, in a new last dimension."""
    size = (*x.shape, n - 1)
    grown = cumprod(x.unsqueeze(-1).expand(size), -1)
    return cat([ones((*x.shape, 1), dtype=grown.dtype), grown], -1)


def linalg_vander(x: Tensor, N: int | None = None) -> Tensor:
    """Return the powers 0 to ``N - 1`` of each element, in a new last dimension.

    N is the size of the last dimension by default. Raises RuntimeError where it is less than 2.

    >>> import rushlight as torch
    >>> torch.linalg.vander(torch.tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    require_tensor(x, "linalg_vander", "x", 1)
    if x.dtype.category == 0 or (x.dtype.is_floating_point and x.dtype.itemsize == 2):
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got "
            f"{x.dtype.scalar_name}"
        )
    n = N if N is not None else x.shape[-1] if x.ndim else 1
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    return _powers(x, n)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Return the matrix of the powers of a vector's elements, the highest first.

    >>> import rushlight as torch
    >>> torch.vander(torch.tensor([2, 3]), N=3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    require_tensor(x, "vander", "x", 1)
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    powers = _powers(x, max(n, 1))[:, :n]
    return powers if increasing else powers.flip(1)  # type: ignore[no-any-return]
