"""Public solvers of linear systems, inverses and determinants."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.linalg_checks import (
    check_bool,
    check_fit,
    check_floating,
    check_info,
    check_matrix,
    check_same,
    check_square,
    deliver,
    deliver_all,
    refuse_half,
)
from rushlight.ops import solving as ops
from rushlight.ops.masking import where
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor, wrap

__all__ = ["det", "inverse", "logdet", "slogdet"]

METHODS = __all__


# -- A X = B -------------------------------------------------------------------------------------


def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """Solve ``A X = B`` (``X A = B`` where not `left`) for stacks of square matrices A.

    B is a stack of matrices, or of vectors where it has the shape of A without its last dimension
    or is one vector; leading dimensions broadcast. Raises LinAlgError for singular matrices.

    >>> import rushlight as torch
    >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    x, info = _solve("linalg_solve", A, B, left)
    check_info("torch.linalg.solve", info, _SINGULAR)
    return deliver(out, x, "linalg_solve", "_linalg_solve_ex")


_SINGULAR = "The solver failed because the input matrix is singular."


def solve_ex(
    A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """As `solve`, but return ``(result, info)`` whatever happens; info is 0 where A is regular.

    >>> import rushlight as torch
    >>> torch.linalg.solve_ex(torch.ones(2, 2), torch.ones(2)).info
    tensor(2, dtype=torch.int32)
    """
    check_bool(check_errors, "linalg_solve_ex", "check_errors")
    results = _solve("linalg_solve_ex", A, B, left)
    if check_errors:
        check_info("torch.linalg.solve_ex", results[1], _SINGULAR)
    return deliver_all("linalg_solve_ex", out, results, "linalg_solve_ex", 2, "_linalg_solve_ex")


def _solve(function: str, A: Tensor, B: Tensor, left: bool) -> tuple[Tensor, Tensor]:
    require_tensor(A, function, "A", 1)
    require_tensor(B, function, "B", 2)
    check_bool(left, function, "left")
    name = "linalg.solve"
    check_matrix_dtypes(name, A, B)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])
    if not vector:
        check_matrix(name, B, "B")
    shape = (*B.shape, 1) if vector else tuple(B.shape)
    check_square(name, A)
    check_fit(name, A, shape, left)
    broadcast_pair(shape[:-2], tuple(A.shape[:-2]))
    refuse_half("lu_cpu", A)
    return ops.solve(A, B, left, vector)  # type: ignore[no-any-return]


def check_matrix_dtypes(name: str, A: Tensor, B: Tensor) -> None:
    """Raise PyTorch's errors for dtypes of a system that can't be solved."""
    check_floating(name, A)
    check_same(name, A, B)
    check_matrix(name, A)


def solve_triangular(
    input: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Solve ``A X = B`` (``X A = B`` where not `left`) with the upper or lower triangle of A.

    Only that triangle is read, and where A is `unitriangular` not its diagonal either, which counts
    as ones. Zeros on the diagonal give inf and nan.

    >>> import rushlight as torch
    >>> A = torch.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> torch.linalg.solve_triangular(A, torch.ones(2, 1), upper=True)
    tensor([[0.3750],
            [0.2500]])
    """
    function, name = "linalg_solve_triangular", "linalg.solve_triangular"
    require_tensor(input, function, "input", 1)
    require_tensor(B, function, "B", 2)
    for value, flag in ((upper, "upper"), (left, "left"), (unitriangular, "unitriangular")):
        check_bool(value, function, flag)
    check_same(name, input, B)
    check_matrix(name, input)
    check_matrix(name, B, "B")
    check_square(name, input)
    check_fit(name, input, tuple(B.shape), left)
    broadcast_pair(tuple(B.shape[:-2]), tuple(input.shape[:-2]))
    refuse_half("triangular_solve_cpu", input)
    return deliver(out, ops.solve_triangular(input, B, upper, left, unitriangular), function)


# -- inverses ------------------------------------------------------------------------------------


def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Invert each matrix of a stack. Raises LinAlgError where one is singular.

    >>> import rushlight as torch
    >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _inverse(require_tensor(A, "linalg_inv", "A", 1), "linalg_inv", out)


def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Invert each matrix of a stack: `linalg.inv` under its older name.

    >>> import rushlight as torch
    >>> torch.tensor([[2.0, 1.0], [1.0, 1.0]]).inverse()
    tensor([[ 1., -1.],
            [-1.,  2.]])
    """
    return _inverse(require_tensor(input, "inverse", "input", 1), "inverse", out)


NOT_INVERTED = (
    "The diagonal element {info} is zero, the inversion could not be completed because the input "
    "matrix is singular."
)


def _inverse(A: Tensor, function: str, out: Any) -> Tensor:
    y, info = _inv(A)
    check_info("linalg.inv", info, NOT_INVERTED)
    return deliver(out, y, function, "linalg_inv_ex")


def _inv(A: Tensor) -> tuple[Tensor, Tensor]:
    check_square("linalg.inv", A)
    check_floating("linalg.inv", A, half=False)
    return ops.inv(A)  # type: ignore[no-any-return]


def inv_ex(A: Tensor, *, check_errors: bool = False, out: Any = None) -> Any:
    """As `inv`, but return ``(inverse, info)`` whatever happens; info is 0 where A is regular.

    >>> import rushlight as torch
    >>> torch.linalg.inv_ex(torch.zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    require_tensor(A, "linalg_inv_ex", "A", 1)
    check_bool(check_errors, "linalg_inv_ex", "check_errors")
    results = _inv(A)
    if check_errors:
        check_info("linalg.inv_ex", results[1], NOT_INVERTED)
    return deliver_all("linalg_inv_ex", out, results, "linalg_inv_ex", 1)


# -- determinants --------------------------------------------------------------------------------


def linalg_det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the determinant of each matrix of a stack. Also for singular ones, with gradients.

    >>> import rushlight as torch
    >>> torch.linalg.det(torch.tensor([[3.0, 1.0], [1.0, 2.0]]))
    tensor(5.)
    """
    return deliver(out, _det(require_tensor(A, "linalg_det", "A", 1)), "linalg_det", "_linalg_det")


def det(input: Tensor) -> Tensor:
    """Return the determinant of each matrix of a stack, as `linalg.det` does.

    >>> import rushlight as torch
    >>> torch.eye(3).det()
    tensor(1.)
    """
    return _det(require_tensor(input, "det", "input", 1))


def _det(A: Tensor) -> Tensor:
    check_square("linalg.det", A)
    check_floating("linalg.det", A)
    refuse_half("lu_cpu", A)
    return ops.det(A)  # type: ignore[no-any-return]


def linalg_slogdet(A: Tensor, *, out: Any = None) -> Any:
    """Return the sign (the phase) of each matrix's determinant, and the log of its magnitude.

    >>> import rushlight as torch
    >>> torch.linalg.slogdet(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    torch.return_types.linalg_slogdet(
    sign=tensor(-1.),
    logabsdet=tensor(0.))
    """
    require_tensor(A, "linalg_slogdet", "A", 1)
    results = _slogdet("linalg.slogdet", A)
    return deliver_all("linalg_slogdet", out, results, "linalg_slogdet", 1, "_linalg_slogdet")


def slogdet(input: Tensor, *, out: Any = None) -> Any:
    """Return the sign and the log of the magnitude of determinants, as `linalg.slogdet` does.

    >>> import rushlight as torch
    >>> torch.eye(2).slogdet().logabsdet
    tensor(0.)
    """
    require_tensor(input, "slogdet", "input", 1)
    results = _slogdet("linalg.slogdet", input)
    return deliver_all("slogdet", out, results, "slogdet", 1, "_linalg_slogdet")


def _slogdet(name: str, A: Tensor) -> tuple[Tensor, Tensor]:
    check_square(name, A)
    check_floating(name, A, half=False)
    return ops.slogdet(A)  # type: ignore[no-any-return]


def logdet(input: Tensor) -> Tensor:
    """Return the log of each determinant: nan where it is negative, -inf where it is 0.

    >>> import rushlight as torch
    >>> torch.logdet(torch.eye(2))
    tensor(0.)
    """
    require_tensor(input, "logdet", "input", 1)
    sign, log = _slogdet("logdet", input)
    if sign.dtype.is_complex:
        return sign.log() + log  # type: ignore[no-any-return]
    nan = wrap(np.asarray(np.nan, log.dtype.numpy))
    return where(sign == -1, nan, log)  # type: ignore[no-any-return]
