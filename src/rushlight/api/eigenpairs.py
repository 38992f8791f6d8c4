"""A few eigenvalues and eigenvectors of a symmetric matrix.

PyTorch iterates (LOBPCG), since large matrices need not be there in full. Dense matrices are all
that there is here, of which LAPACK finds every eigenpair to the last digits: so the parameters of
the iteration are checked by nobody, and there is nothing for a tracker to see.
"""

from __future__ import annotations

from typing import Any

from rushlight.api.decompositions import cholesky, eigh
from rushlight.api.solving import solve_triangular
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["lobpcg"]


def lobpcg(
    A: Tensor,
    k: int | None = None,
    B: Tensor | None = None,
    X: Tensor | None = None,
    n: int | None = None,
    iK: Tensor | None = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: dict[str, int] | None = None,
    ortho_fparams: dict[str, float] | None = None,
    ortho_bparams: dict[str, bool] | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the `k` largest eigenvalues of symmetric matrices, and their eigenvectors (columns).

    With `B`, positive definite, those of ``A x = λ B x``. ``largest=False`` asks for the smallest.
    `k` is 1, or the number of columns of `X`, by default. Raises ValueError unless A has three
    times as many rows.

    >>> import rushlight as torch
    >>> torch.lobpcg(torch.diag(torch.tensor([1.0, 4.0, 2.0])))[0]
    tensor([4.])
    """
    require_tensor(A, "lobpcg", "A", 1)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise AssertionError(f"A must be square, got shape {A.shape}")
    count = k if k is not None else 1 if X is None else X.shape[-1]
    if A.shape[-1] < 3 * count:
        raise ValueError(
            f"LOBPCG algorithm is not applicable when the number of A rows (={A.shape[-1]}) is "
            f"smaller than 3 x the number of requested eigenpairs (={count})"
        )
    if B is None:
        values, vectors = eigh(A)
    else:  # with B = L Lᴴ, those of L⁻¹ A L⁻ᴴ
        factor = cholesky(B)
        half = solve_triangular(factor, A, upper=False)
        values, vectors = eigh(solve_triangular(factor, half.mH, upper=False))
        vectors = solve_triangular(factor.mH, vectors, upper=True)
    if largest is False:
        return values[..., :count], vectors[..., :count]
    return values.flip(-1)[..., :count], vectors.flip(-1)[..., :count]
