"""The first singular values and vectors of large matrices, by random projections.

Halko, Martinsson and Tropp, "Finding structure with randomness" (2009), algorithms 4.4 and 5.1: the
range of A is found by applying it to random vectors, with a few steps of subspace iteration, and A
is decomposed in that small space.
"""

from __future__ import annotations

from rushlight import dtypes
from rushlight.api.decompositions import qr, svd
from rushlight.api.matrix import matmul
from rushlight.api.random import randn
from rushlight.tensor import Tensor

__all__ = ["pca_lowrank", "svd_lowrank"]


def _range_of(A: Tensor, q: int, niter: int, M: Tensor | None) -> Tensor:
    """Orthonormal columns that nearly span the range of ``A - M`` (algorithm 4.4)."""

    def onto(vectors: Tensor, adjoint: bool) -> Tensor:
        product: Tensor = matmul(A.mH if adjoint else A, vectors)
        if M is not None:
            product = product - matmul(M.mH if adjoint else M, vectors)
        basis: Tensor = qr(product).Q
        return basis

    dtype = A.dtype if A.is_floating_point() or A.is_complex() else dtypes.get_default_dtype()
    basis = onto(randn(A.shape[-1], q, dtype=dtype), False)
    for _ in range(niter):
        basis = onto(onto(basis, True), False)
    return basis


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``U, S, V`` with ``A ≈ U diag(S) V^H`` (of ``A - M`` where `M` is given), of rank `q`.

    `q` should be a little more than the rank of A; `niter` steps of subspace iteration make up for
    slowly falling singular values. Takes stacks of matrices, and uses PyTorch's random numbers.

    >>> import rushlight as torch
    >>> A = torch.ones(4, 1) @ torch.ones(1, 3)
    >>> U, S, V = torch.svd_lowrank(A, q=1)
    >>> S
    tensor([3.4641])
    """
    wide = A.shape[-2] < A.shape[-1]
    if M is not None:
        M = M.broadcast_to(A.shape)
    if wide:
        A, M = A.mH, None if M is None else M.mH
    basis = _range_of(A, 6 if q is None else q, 2 if niter is None else niter, M)
    small: Tensor = matmul(basis.mH, A)
    if M is not None:
        small = small - matmul(basis.mH, M)
    left, values, right = svd(small, full_matrices=False)
    left, right = matmul(basis, left), right.mH
    return (right, values, left) if wide else (left, values, right)


def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the first `q` principal directions of the rows of A, as `svd_lowrank` of them.

    Rows are observations; with `center` their mean is taken off first. `q` is ``min(6, m, n)`` by
    default. Raises ValueError for a `q` that A hasn't, or a negative `niter`.

    >>> import rushlight as torch
    >>> A = torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    >>> torch.pca_lowrank(A, q=1)[1]
    tensor([2.])
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - A.mean(dim=-2, keepdim=True)
    return svd_lowrank(A, q, niter=niter)
