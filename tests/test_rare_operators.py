"""Operators that few programs call, where the sample table has no place for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rushlight as torch
from tests.both import assert_alike, expressions


@expressions(
    """
    torch.lobpcg(torch.diag(torch.arange(1.0, 10.0)), 2)[0].round(decimals=3)
    torch.lobpcg(torch.diag(torch.arange(1.0, 10.0)), 2, largest=False)[0].round(decimals=3)
    torch.lobpcg(torch.diag(torch.arange(1.0, 10.0)), 2, B=torch.eye(9) * 2)[0].round(decimals=3)
    torch.lobpcg(torch.diag(torch.arange(1.0, 10.0)).expand(2, 9, 9), 3)[1].shape
    torch.lobpcg(torch.diag(torch.arange(1.0, 10.0)), X=torch.eye(9)[:, :2])[0].shape
    torch.lobpcg(torch.ones(9, 9), 4)
    torch.lobpcg(torch.ones(9, 8))
    torch.native_batch_norm(y.data, *[None] * 4, True, 0.1, 1e-5, out=[*map(torch.zeros, [0] * 3)])
    torch.nonzero_static(xi, size=1, out=torch.zeros(0))
    torch.narrow_copy(xi, 0, 0, 1, out=torch.zeros(0))
    torch.from_file('/nowhere/at/all', size=2)
    torch.from_file('/nowhere/at/all', True, 2)
    torch.from_file('/nowhere/at/all')
    torch.from_file(5)
    torch.from_file('/dev/null', size=-1, dtype=torch.uint8)
    torch.from_file('/dev/null', size=2, dtype=torch.uint8)
    """
)
def test_as_in_pytorch(expression: str) -> None:
    assert_alike(expression)


@expressions(
    """
    torch.argmax(x, 1, 'a')
    torch.argmin(x, None, 'a')
    torch.zeros(2).copy_(torch.ones(2), 'a')
    torch.zeros(2, 2).fill_diagonal_(torch.ones(2, 2))
    torch.zeros(2, 2).fill_diagonal_(torch.tensor(3.0))
    torch.zeros(2, 2).fill_diagonal_(1, 'a')
    torch.zeros(2, 2).fill_diagonal_('a')
    torch.lu(torch.eye(2), 'a')
    torch.lu(3)
    torch.diff(x, 1, 1, 'a')
    torch.diff(x, 1, 1, x, 'a')
    """
)
def test_wrong_arguments(expression: str) -> None:
    assert_alike(expression)


def test_gradients_of_eigenpairs() -> None:
    rng = np.random.RandomState(0)
    a, b = rng.uniform(-1, 1, (2, 7, 7))
    A = torch.tensor(a + a.T, requires_grad=True)
    B = torch.tensor(b @ b.T + np.eye(7), requires_grad=True)
    values, vectors = torch.lobpcg(A, 2, B)
    residual = A @ vectors - B @ vectors * values
    assert residual.abs().max() < 1e-12
    weights = torch.arange(1.0, 3.0, dtype=torch.float64)
    by_a, by_b = torch.autograd.grad((values * weights).sum(), [A, B])
    # of normed vectors v, the derivative of a value is vᵀ (dA - value dB) v
    torch.testing.assert_close(by_a, (vectors * weights) @ vectors.mT)
    torch.testing.assert_close(by_b, -(vectors * weights * values) @ vectors.mT)


def test_files_as_memory(tmp_path: Path) -> None:
    name = str(tmp_path / "numbers")
    shared = torch.from_file(name, True, 3, dtype=torch.float64)
    shared.copy_(torch.arange(3.0))
    private = torch.from_file(name, False, 2, dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        private[0] = 9.0
    assert np.fromfile(name).tolist() == [0.0, 1.0, 2.0]
    private.sum().backward()
    assert private.grad is not None
    with pytest.raises(RuntimeError, match="size <24> is smaller than the required mapping size"):
        torch.from_file(name, size=4, dtype=torch.float64)
    assert torch.from_file(name, True, 4, dtype=torch.float64).tolist() == [0.0, 1.0, 2.0, 0.0]
