"""Public functions of matrices that are made of products: chains, powers and the exponential."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from rushlight.api.create import eye
from rushlight.api.linalg_checks import check_floating, check_square
from rushlight.api.matrix import finish, matmul, mm, refuse_bool
from rushlight.api.sizes import as_int
from rushlight.api.solving import inv
from rushlight.ops.convert import copy_over
from rushlight.ops.matrix_exp import matrix_exp as exponential
from rushlight.ops.out_dtypes import check_out_dtype
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor

__all__ = ["chain_matmul", "matrix_exp", "matrix_power"]

METHODS = ("matrix_exp", "matrix_power")


# -- chains ----------------------------------------------------------------------------------------


def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Multiply two or more matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors. Raises RuntimeError where neighbours don't fit.

    >>> import rushlight as torch
    >>> torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 4), torch.ones(4)])
    tensor([12., 12.])
    """
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            "linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type_name(tensors)}"
        )
    n = len(tensors)
    if n < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {n}")
    first, last = tensors[0], tensors[-1]
    size: list[int] = []
    for where, x, end in (("first", first, 0), ("last", last, -1)):
        if not 1 <= x.ndim <= 2:
            raise RuntimeError(
                f"multi_dot(): the {where} tensor must be 1D or 2D but got {x.ndim}D"
            )
        if x.ndim == 2:
            size.append(x.shape[end])
    matrices = list(tensors)
    if first.ndim == 1:
        matrices[0] = first.unsqueeze(0)
    if last.ndim == 1:
        matrices[-1] = last.unsqueeze(1)
    for i, x in enumerate(matrices):
        if x.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {x.ndim}D")
        if x.dtype is not first.dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{first.dtype.cpp_name} and tensor {i} {x.dtype.cpp_name}"
            )
        if i and matrices[i - 1].shape[1] != x.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i - 1} and {i} with shapes "
                f"{list(tensors[i - 1].shape)} and {list(tensors[i].shape)} cannot be multiplied"
            )
    sizes = [matrices[0].shape[0], *[x.shape[1] for x in matrices]]
    product = _multiply_chain(matrices, _best_splits(sizes), 0, n - 1)
    return finish(product.view(size), out, "linalg_multi_dot")


def _best_splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split the chain i..j so that it takes the fewest multiplications."""
    n = len(sizes) - 1
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(n)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length

            def total(k: int, i: int = i, j: int = j) -> int:
                return cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]

            splits[i, j] = best = min(range(i, j), key=total)
            cost[i, j] = total(best)
    return splits


def _multiply_chain(
    matrices: Sequence[Tensor], splits: dict[tuple[int, int], int], i: int, j: int
) -> Tensor:
    if i == j:
        return matrices[i]
    k = splits[i, j]
    left = _multiply_chain(matrices, splits, i, k)
    return mm(left, _multiply_chain(matrices, splits, k + 1, j))


def chain_matmul(*matrices: Any, out: Tensor | None = None) -> Tensor:
    """Multiply one or more matrices; the older form of `linalg.multi_dot`.

    >>> import rushlight as torch
    >>> torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)).shape
    torch.Size([2, 5])
    """
    warnings.warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use "
        "torch.linalg.multi_dot instead, which accepts a list of two or more tensors rather than "
        "multiple parameters.",
        UserWarning,
        stacklevel=2,
    )
    if len(matrices) == 1 and isinstance(matrices[0], (tuple, list)):
        matrices = tuple(matrices[0])
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in matrices:
        if x.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {x.ndim}, expected 2 instead.")
    if len(matrices) == 1:
        return finish(matrices[0].clone(), out, "chain_matmul")
    return multi_dot(matrices, out=out)


# -- powers ----------------------------------------------------------------------------------------


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """Return a square matrix, or each of a stack, multiplied with itself `n` times.

    Power 0 is the identity, and negative ones are those of the inverse. Raises RuntimeError for
    matrices that aren't square, and LinAlgError for negative powers of singular ones.

    >>> import rushlight as torch
    >>> torch.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    require_tensor(input, "matrix_power", "input", 1)
    n = as_int(n, "matrix_power", "n", 2)
    if input.ndim < 2:
        raise RuntimeError(
            "linalg.matrix_power: The input tensor A must have at least 2 dimensions."
        )
    rows, columns = input.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            "linalg.matrix_power: A must be batches of square matrices, but they are "
            f"{rows} by {columns} matrices"
        )
    if isinstance(out, Tensor):
        check_out_dtype("matrix_power", input.dtype, out.dtype)
    if n in (0, 1):  # copies, which another dtype may hold; products may not
        result = _power(input, n)
        return result if out is None else into(out, result, "matrix_power", input)
    if n < 0:
        input, n = inv(input), -n
        if n == 1:
            return finish(input, out, "matrix_power")
    return finish(_power(input, n), out, "matrix_power")


def linalg_matrix_power(A: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """Return a square matrix, or each of a stack, multiplied with itself `n` times.

    As `torch.matrix_power`.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), -1)
    tensor([[ 1., -1.],
            [ 0.,  1.]])
    """
    require_tensor(A, "linalg_matrix_power", "A", 1)
    return matrix_power(A, as_int(n, "linalg_matrix_power", "n", 2), out=out)


def _power(x: Tensor, n: int) -> Tensor:
    """By repeated squaring: the binary digits of `n` say which squares to multiply."""
    if n == 0:
        return copy_over(x.clone(), eye(x.shape[-1], dtype=x.dtype))  # type: ignore[no-any-return]
    if n == 1:
        return x.clone()  # type: ignore[no-any-return]
    refuse_bool("addmm_impl_cpu_" if x.ndim == 2 else "bmm", x, x)
    square, result = x, x if n & 1 else None
    while n > 1:
        n >>= 1
        square = matmul(square, square)
        if n & 1:
            result = square if result is None else matmul(result, square)
    return result  # type: ignore[return-value]


# -- the exponential -------------------------------------------------------------------------------


def linalg_matrix_exp(input: Tensor) -> Tensor:
    """Return the exponential ``I + A + A A / 2 + ...`` of each square matrix.

    >>> import rushlight as torch
    >>> torch.linalg.matrix_exp(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _exponential(require_tensor(input, "linalg_matrix_exp", "input", 1))


def matrix_exp(input: Tensor) -> Tensor:
    """Return the exponential of each square matrix, as `linalg.matrix_exp` does.

    >>> import rushlight as torch
    >>> torch.zeros(2, 2).matrix_exp()
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _exponential(require_tensor(input, "matrix_exp", "input", 1))


def _exponential(A: Tensor) -> Tensor:
    check_square("linalg.matrix_exp", A)
    check_floating("linalg.matrix_exp", A)
    return exponential(A)  # type: ignore[no-any-return]
