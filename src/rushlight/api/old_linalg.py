"""The functions of matrices that came before `linalg`, and those that PyTorch has removed."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

import numpy as np

from rushlight.api.decompositions import NOT_POSITIVE, decompose_qr, decompose_svd
from rushlight.api.linalg_checks import (
    check_bool,
    check_info,
    check_old_system,
    check_square,
    deliver_all,
    differentiated,
    refuse_half,
)
from rushlight.ops import cholesky as cholesky_ops
from rushlight.ops import solving as ops
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor, wrap

__all__ = ["cholesky", "eig", "lstsq", "matrix_rank", "qr", "solve", "svd", "symeig"]
__all__ += ["triangular_solve"]

METHODS = [name for name in __all__ if name != "matrix_rank"]


def deprecated(text: str) -> None:
    """Warn of a function that `linalg` has under another name."""
    warnings.warn(text, UserWarning, stacklevel=3)


def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Factor Hermitian positive definite matrices; `linalg.cholesky` is its successor.

    >>> import rushlight as torch
    >>> torch.linalg.cholesky(torch.eye(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    require_tensor(input, "cholesky", "input", 1)
    check_bool(upper, "cholesky", "upper", 2)
    deprecated(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a "
        "future PyTorch release.\nL = torch.cholesky(A)\nshould be replaced with\n"
        "L = torch.linalg.cholesky(A)\nand\nU = torch.cholesky(A, upper=True)\nshould be replaced "
        "with\nU = torch.linalg.cholesky(A).mH\nThis transform will produce equivalent results "
        "for all valid (symmetric positive definite) inputs."
    )
    check_square("cholesky", input)
    refuse_half("cholesky_cpu", input)
    factor, info = cholesky_ops.cholesky_old(input, upper)
    check_info("cholesky", info, NOT_POSITIVE)
    return factor if out is None else into(out, factor, "cholesky")


def qr(input: Tensor, some: bool = True, *, out: Any = None) -> Any:
    """Decompose matrices into Q and R; `linalg.qr` is its successor.

    >>> import rushlight as torch
    >>> torch.linalg.qr(torch.ones(3, 2)).Q.shape
    torch.Size([3, 2])
    """
    require_tensor(input, "qr", "input", 1)
    check_bool(some, "qr", "some", 2)
    deprecated(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future "
        "PyTorch release.\nThe boolean parameter 'some' has been replaced with a string parameter "
        "'mode'.\nQ, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
    )
    results = decompose_qr(input, "reduced" if some else "complete")
    return deliver_all("qr", out, results, "qr", 2, "linalg_qr")


def svd(input: Tensor, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """Decompose matrices: ``input = U diag(S) V^H``; `linalg.svd` is its successor, with V^H.

    U and V are thin where `some`, and zeros where they aren't wanted.

    >>> import rushlight as torch
    >>> torch.svd(torch.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    require_tensor(input, "svd", "input", 1)
    check_bool(some, "svd", "some", 2)
    check_bool(compute_uv, "svd", "compute_uv", 3)
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} "
            "dimensions instead"
        )
    if compute_uv:
        u, s, vh = decompose_svd(input, not some, True)
        v = vh.mH
    else:
        s = decompose_svd(input, False, differentiated(input))[1]
        *lead, m, n = input.shape
        dtype = input._array.dtype
        u, v = wrap(np.zeros((*lead, m, m), dtype)), wrap(np.zeros((*lead, n, n), dtype))
    return deliver_all("svd", out, (u, s, v), "svd", 3, "_linalg_svd")


def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> Any:
    """Solve ``A X = b`` with a triangle of A, and return X and a copy of A.

    `linalg.solve_triangular` is its successor.

    >>> import rushlight as torch
    >>> torch.linalg.solve_triangular(torch.eye(2), torch.ones(2, 1), upper=True)
    tensor([[1.],
            [1.]])
    """
    require_tensor(input, "triangular_solve", "input", 1)
    require_tensor(A, "triangular_solve", "A", 2)
    for i, (value, flag) in enumerate(
        ((upper, "upper"), (transpose, "transpose"), (unitriangular, "unitriangular"))
    ):
        check_bool(value, "triangular_solve", flag, 3 + i)
    for name, x in (("b", input), ("A", A)):
        if x.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it "
                f"has {x.ndim} dimensions instead"
            )
    check_old_system("triangular_solve", A, input)
    deprecated(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will "
        "be removed in a future PyTorch release.\ntorch.linalg.solve_triangular has its arguments "
        "reversed and does not return a copy of one of the inputs.\nX = torch.triangular_solve(B, "
        "A).solution\nshould be replaced with\nX = torch.linalg.solve_triangular(A, B)."
    )
    refuse_half("triangular_solve_cpu", A)
    results = ops.triangular_solve(input, A, upper, transpose, unitriangular)
    return deliver_all("triangular_solve", out, results, "triangular_solve", 5)


# -- removed -------------------------------------------------------------------------------------

_REMOVED = "This function was deprecated since version 1.9 and is now removed."


def symeig(input: Tensor, eigenvectors: bool = False, upper: bool = True) -> NoReturn:
    """Raise RuntimeError: `linalg.eigh` and `linalg.eigvalsh` took its place."""
    raise RuntimeError(
        f"{_REMOVED} The default behavior has changed from using the upper triangular portion of "
        "the matrix by default to using the lower triangular portion.\n\nL, _ = torch.symeig(A, "
        "upper=upper) should be replaced with:\nL = torch.linalg.eigvalsh(A, UPLO='U' if upper "
        "else 'L')\n\nand\n\nL, V = torch.symeig(A, eigenvectors=True) should be replaced with:\n"
        "L, V = torch.linalg.eigh(A, UPLO='U' if upper else 'L')"
    )


def eig(input: Tensor, eigenvectors: bool = False) -> NoReturn:
    """Raise RuntimeError: `linalg.eig` and `linalg.eigvals` took its place."""
    raise RuntimeError(
        f"{_REMOVED} `torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` "
        "rather than real tensors mimicking complex tensors.\n\nL, _ = torch.eig(A) should be "
        "replaced with:\nL_complex = torch.linalg.eigvals(A)\n\nand\n\nL, V = torch.eig(A, "
        "eigenvectors=True) should be replaced with:\nL_complex, V_complex = torch.linalg.eig(A)"
    )


def solve(input: Tensor, A: Tensor) -> NoReturn:
    """Raise RuntimeError: `linalg.solve` took its place."""
    raise RuntimeError(
        f"{_REMOVED} `torch.solve` is deprecated in favor of `torch.linalg.solve`. "
        "`torch.linalg.solve` has its arguments reversed and does not return the LU "
        "factorization.\n\nTo get the LU factorization see `torch.lu`, which can be used with "
        "`torch.lu_solve` or `torch.lu_unpack`.\nX = torch.solve(B, A).solution should be replaced "
        "with:\nX = torch.linalg.solve(A, B)"
    )


def lstsq(input: Tensor, A: Tensor) -> NoReturn:
    """Raise RuntimeError: `linalg.lstsq` took its place."""
    raise RuntimeError(
        f"{_REMOVED} `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.\n"
        "`torch.linalg.lstsq` has reversed arguments and does not return the QR decomposition in "
        "the returned tuple (although it returns other information about the problem).\n\n"
        "To get the QR decomposition consider using `torch.linalg.qr`.\n\nThe returned solution "
        "in `torch.lstsq` stored the residuals of the solution in the last m - n columns of the "
        "returned value whenever m > n. In torch.linalg.lstsq, the residuals are in the field "
        "'residuals' of the returned named tuple.\n\nThe unpacking of the solution, as in\n"
        "X, _ = torch.lstsq(B, A).solution[:A.size(1)]\nshould be replaced with:\n"
        "X = torch.linalg.lstsq(A, B).solution"
    )


def matrix_rank(input: Tensor, tol: Any = None, symmetric: bool = False) -> NoReturn:
    """Raise RuntimeError: `linalg.matrix_rank` took its place."""
    raise RuntimeError(
        f"{_REMOVED}\nPlease use the `torch.linalg.matrix_rank` function instead. The parameter "
        "'symmetric' was renamed in `torch.linalg.matrix_rank()` to 'hermitian'."
    )
