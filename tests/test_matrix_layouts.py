"""Results of LAPACK lie in column order, as PyTorch's do: strides, and no views of them flat."""

from __future__ import annotations

from tests.both import assert_alike, expressions


@expressions(
    """
    torch.linalg.inv(torch.eye(3) + 1).stride()
    torch.linalg.inv(torch.eye(60) + 1).stride()
    torch.linalg.inv(torch.eye(3).expand(2, 4, 3, 3) + 1).stride()
    torch.linalg.inv(torch.eye(3) + 1).view(9)
    torch.linalg.inv(torch.eye(3) + 1).reshape(9).shape
    torch.linalg.inv(torch.zeros(0, 3, 3)).shape
    torch.linalg.inv_ex(torch.ones(3, 3)).inverse.stride()
    torch.linalg.solve(torch.eye(3) + 1, torch.ones(3, 2)).stride()
    torch.linalg.solve(torch.eye(50) + 1, torch.ones(50, 2)).stride()
    torch.linalg.solve(torch.eye(3) + 1, torch.ones(3)).stride()
    torch.linalg.solve(torch.eye(3) + 1, torch.ones(2, 3), left=False).stride()
    torch.linalg.solve_triangular(torch.eye(3) + 1, torch.ones(3, 2), upper=True).stride()
    torch.linalg.cholesky(torch.eye(3) + 1).stride()
    torch.linalg.cholesky(torch.eye(3) + 1, upper=True).stride()
    torch.linalg.cholesky((torch.eye(3) + 1).expand(2, 3, 3)).stride()
    torch.cholesky_solve(torch.ones(3, 2), torch.eye(3) + 1).stride()
    torch.cholesky_inverse(torch.eye(3) + 1).stride()
    [t.stride() for t in torch.linalg.qr(torch.ones(4, 3))]
    [t.stride() for t in torch.linalg.qr(torch.ones(4, 3), mode='complete')]
    torch.linalg.qr(torch.ones(4, 3), mode='r').R.stride()
    [t.stride() for t in torch.linalg.svd(torch.ones(4, 3))]
    [t.stride() for t in torch.linalg.svd(torch.ones(2, 4, 3), full_matrices=False)]
    torch.linalg.eigh(torch.eye(3) + 1).eigenvectors.stride()
    torch.linalg.lu_factor(torch.eye(3) + 1).LU.stride()
    torch.linalg.lu_solve(*torch.linalg.lu_factor(torch.eye(3) + 1), torch.ones(3, 2)).stride()
    torch.linalg.ldl_factor(torch.eye(3) + 1).LD.stride()
    torch.linalg.lstsq(torch.eye(5)[:, :3] + 1, torch.ones(5, 2)).solution.stride()
    torch.geqrf(torch.eye(3) + 1).a.stride()
    torch.linalg.householder_product(torch.eye(4)[:, :2], torch.ones(2)).stride()
    torch.ormqr(torch.eye(4)[:, :2], torch.ones(2), torch.ones(4, 3)).stride()
    torch.triangular_solve(torch.ones(3, 2), torch.eye(3) + 1).cloned_coefficient.stride()
    """
)
def test_as_in_pytorch(expression: str) -> None:
    assert_alike(expression)
