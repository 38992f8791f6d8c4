"""Public decompositions: Cholesky, QR, eigenvalues, singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.linalg_checks import (
    as_complex,
    check_bool,
    check_floating,
    check_info,
    check_matrix,
    check_square,
    deliver,
    deliver_all,
    differentiated,
    linalg_error,
    refuse_half,
)
from rushlight.ops import cholesky as cholesky_ops
from rushlight.ops import eigen as eigen_ops
from rushlight.ops import qr as qr_ops
from rushlight.ops import svd as svd_ops
from rushlight.ops.outputs import require_tensor, type_name, wrong_type
from rushlight.tensor import Tensor, values_of

__all__: list[str] = []

Pair = tuple[Tensor, Tensor]


# -- Cholesky ------------------------------------------------------------------------------------

NOT_POSITIVE = (
    "The factorization could not be completed because the input is not positive-definite (the "
    "leading minor of order {info} is not positive-definite)."
)


def cholesky(input: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """Factor Hermitian positive definite matrices: ``A = L L^H``, or ``U^H U`` where `upper`.

    One triangle is read. Raises LinAlgError for matrices that aren't positive definite.

    >>> import rushlight as torch
    >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    factor, info = _cholesky("linalg_cholesky", input, upper)
    check_info("linalg.cholesky", info, NOT_POSITIVE)
    return deliver(out, factor, "linalg_cholesky", "linalg_cholesky_ex")


def cholesky_ex(
    input: Tensor, *, upper: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """As `cholesky`, but return ``(L, info)`` whatever happens.

    info is 0, or the order of the first leading minor that isn't positive.

    >>> import rushlight as torch
    >>> torch.linalg.cholesky_ex(-torch.eye(2)).info
    tensor(1, dtype=torch.int32)
    """
    check_bool(check_errors, "linalg_cholesky_ex", "check_errors")
    results = _cholesky("linalg_cholesky_ex", input, upper)
    if check_errors:
        check_info("linalg.cholesky_ex", results[1], NOT_POSITIVE)
    return deliver_all("linalg_cholesky_ex", out, results, "linalg_cholesky_ex", 1)


def _cholesky(function: str, A: Tensor, upper: bool) -> Pair:
    require_tensor(A, function, "input", 1)
    check_bool(upper, function, "upper")
    check_square("linalg.cholesky", A)
    check_floating("linalg.cholesky", A)
    refuse_half("cholesky_cpu", A)
    return cholesky_ops.cholesky(A, upper)  # type: ignore[no-any-return]


# -- QR ------------------------------------------------------------------------------------------


def qr(A: Tensor, mode: str = "reduced", *, out: Any = None) -> Any:
    """Decompose matrices into an orthogonal (unitary) Q and an upper triangular R.

    `mode` is "reduced", "complete" (Q is square), or "r" (Q is empty, and nothing can be
    differentiated). Gradients exist but for complete tall matrices.

    >>> import rushlight as torch
    >>> torch.linalg.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]])).R.abs()
    tensor([[5.0000, 2.2000],
            [0.0000, 0.4000]])
    """
    require_tensor(A, "linalg_qr", "A", 1)
    if not isinstance(mode, str):
        raise wrong_type("linalg_qr", "mode", 2, mode, "str")
    return deliver_all("linalg_qr", out, decompose_qr(A, mode), "linalg_qr", 2)


def decompose_qr(A: Tensor, mode: str) -> Pair:
    """Q and R, after a look at the arguments."""
    check_matrix("linalg.qr", A)
    check_floating("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), "
            "'r', or 'complete'"
        )
    refuse_half("geqrf_cpu", A)
    return qr_ops.qr(A, mode)  # type: ignore[no-any-return]


# -- eigenvalues ---------------------------------------------------------------------------------


def eigh(input: Tensor, UPLO: str = "L", *, out: Any = None) -> Any:
    """Return the eigenvalues, ascending, and the eigenvectors of Hermitian matrices.

    `UPLO` says which triangle is read, "L" or "U". Vectors are given up to their sign or phase: the
    gradient of a function that depends on the phase raises RuntimeError.

    >>> import rushlight as torch
    >>> torch.linalg.eigh(torch.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    results = _eigh("linalg_eigh", input, UPLO, True)
    return deliver_all("linalg_eigh", out, results, "linalg_eigh", 2, "_linalg_eigh")


def eigvalsh(input: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """Return the eigenvalues, ascending, of Hermitian matrices.

    >>> import rushlight as torch
    >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor([1., 3.])
    """
    require_tensor(input, "linalg_eigvalsh", "input", 1)
    values = _eigh("linalg_eigvalsh", input, UPLO, differentiated(input))[0]
    return deliver(out, values, "linalg_eigvalsh", "_linalg_eigh")


def _eigh(function: str, A: Tensor, uplo: Any, vectors: bool) -> Pair:
    require_tensor(A, function, "input", 1)
    if not isinstance(uplo, str):
        raise wrong_type(function, "UPLO", 2, uplo, "str")
    check_square("linalg.eigh", A)
    if uplo not in ("L", "U", "l", "u"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    refuse_half("linalg_eigh_cpu", A)
    try:
        return eigen_ops.eigh(A, uplo in "Ll", vectors)  # type: ignore[no-any-return]
    except np.linalg.LinAlgError:
        raise linalg_error(
            "linalg.eigh: The algorithm failed to converge because the input matrix is "
            "ill-conditioned or has too many repeated eigenvalues."
        ) from None


def eig(input: Tensor, *, out: Any = None) -> Any:
    """Return the eigenvalues and the eigenvectors of square matrices, both complex.

    The vectors have length 1 and are given up to their phase: the gradient of a function that
    depends on it raises RuntimeError.

    >>> import rushlight as torch
    >>> torch.linalg.eig(torch.tensor([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    require_tensor(input, "linalg_eig", "input", 1)
    results = _eig("eig", input, True)
    if isinstance(out, (tuple, list)) and len(out) == 2:
        check_castable("eig", "eigenvalues", out[0], results[0])
        check_castable("eig", "eigenvectors", out[1], results[1])
    return deliver_all("linalg_eig", out, results, "linalg_eig", 1)


def eigvals(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the eigenvalues of square matrices, complex ones always.

    >>> import rushlight as torch
    >>> torch.linalg.eigvals(torch.tensor([[2.0, 1.0], [0.0, 3.0]])).real
    tensor([2., 3.])
    """
    require_tensor(input, "linalg_eigvals", "input", 1)
    values = _eig("eigvals", input, differentiated(input))[0]
    check_castable("eigvals", "eigenvalues", out, values)
    return deliver(out, values, "linalg_eigvals", "linalg_eig")


def _eig(name: str, A: Tensor, vectors: bool) -> Pair:
    as_complex(A.dtype)
    check_square(f"linalg.{name}", A)
    refuse_half("linalg_eig_out_cpu", A)
    if not np.isfinite(values_of(A)).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    try:
        return eigen_ops.eig(A, vectors)  # type: ignore[no-any-return]
    except np.linalg.LinAlgError:
        raise linalg_error(
            "torch.linalg.eig: The algorithm failed to converge because the input matrix is "
            "ill-conditioned or has too many repeated eigenvalues."
        ) from None


def check_castable(name: str, what: str, out: Any, result: Tensor) -> None:
    """Raise PyTorch's error for an output that can't hold complex numbers."""
    if isinstance(out, Tensor) and not out.dtype.is_complex:
        raise RuntimeError(
            f"torch.linalg.{name}: Expected {what} to be safely castable from "
            f"{result.dtype.scalar_name} dtype, but got {what} with dtype {out.dtype.scalar_name}"
        )


# -- singular values -----------------------------------------------------------------------------


def svd(A: Tensor, full_matrices: bool = True, *, driver: Any = None, out: Any = None) -> Any:
    """Decompose matrices: ``A = U diag(S) Vh``, S real and descending, U and Vh unitary.

    U and Vh are square, or have as many columns and rows as S where not `full_matrices`. Gradients
    need distinct singular values; of the vectors, what is given up to a phase must not be used.

    >>> import rushlight as torch
    >>> torch.linalg.svd(torch.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    require_tensor(A, "linalg_svd", "A", 1)
    check_bool(full_matrices, "linalg_svd", "full_matrices", 2)
    _check_driver("linalg_svd", driver)
    check_matrix("linalg.svd", A)
    results = decompose_svd(A, full_matrices, True)
    return deliver_all("linalg_svd", out, results, "linalg_svd", 3, "_linalg_svd")


def svdvals(A: Tensor, *, driver: Any = None, out: Tensor | None = None) -> Tensor:
    """Return the singular values of matrices, descending.

    >>> import rushlight as torch
    >>> torch.linalg.svdvals(torch.tensor([[0.0, 2.0], [1.0, 0.0]]))
    tensor([2., 1.])
    """
    require_tensor(A, "linalg_svdvals", "A", 1)
    _check_driver("linalg_svdvals", driver)
    check_matrix("linalg.svd", A)
    values = decompose_svd(A, False, differentiated(A))[1]
    return deliver(out, values, "linalg_svdvals", "_linalg_svd")


def _check_driver(function: str, driver: Any) -> None:
    if driver is None:
        return
    if not isinstance(driver, str):
        raise TypeError(f"{function}(): argument 'driver' must be str, not {type_name(driver)}")
    raise RuntimeError(
        "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with "
        "cuSOLVER backend."
    )


def decompose_svd(A: Tensor, full_matrices: bool, vectors: bool) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and Vh of a stack of matrices; U and Vh are empty where no `vectors` are wanted."""
    check_floating("linalg.svd", A)
    refuse_half("linalg_svd_cpu", A)
    try:
        return svd_ops.svd(A, full_matrices, vectors)  # type: ignore[no-any-return]
    except np.linalg.LinAlgError:
        raise linalg_error(_not_converged(A)) from None


def _not_converged(A: Tensor) -> str:
    """Say which matrix of a stack has no singular values, and why."""
    wrong = np.logical_not(np.isfinite(values_of(A)).all((-2, -1))).reshape(-1)
    if not wrong.any():
        return (
            "linalg.svd: The algorithm failed to converge because the input matrix is "
            "ill-conditioned or has too many repeated singular values."
        )
    place = f"(Batch element {wrong.argmax()}): " if A.ndim > 2 else ""
    return (
        f"linalg.svd: {place}The algorithm failed to converge because the input matrix contained "
        "non-finite values."
    )
