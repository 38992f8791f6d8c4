"""Linear algebra that the sample rows don't tell of, under both libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.libraries import LIBRARIES

libraries = pytest.mark.parametrize("lib", LIBRARIES)


def matrix(lib: Any, *shape: int, seed: int = 0, kind: str = "float64") -> Any:
    rng = np.random.RandomState(seed)
    values = rng.standard_normal(shape)
    if "complex" in kind:
        values = values + 1j * rng.standard_normal(shape)
    return lib.tensor(values.astype(kind))


# -- singular matrices ---------------------------------------------------------------------------


@libraries
@pytest.mark.parametrize("values", [[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_the_gradient_of_a_zero_determinant_is_the_adjugate(lib: Any, values: Any) -> None:
    x = lib.tensor(values, dtype=lib.float64, requires_grad=True)
    (g,) = lib.autograd.grad(lib.linalg.det(x), x, create_graph=True)
    (a, b), (c, d) = values
    np.testing.assert_allclose(g.detach().numpy(), [[d, -c], [-b, a]], atol=1e-14)


@libraries
def test_a_stack_may_hold_singular_and_regular_matrices(lib: Any) -> None:
    x = lib.tensor(
        [[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]],
        dtype=lib.float64,
        requires_grad=True,
    )
    (g,) = lib.autograd.grad(lib.linalg.det(x).sum(), x, create_graph=True)
    want = [[[4.0, -3.0], [-2.0, 1.0]], [[4.0, -2.0], [-2.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]
    np.testing.assert_allclose(g.detach().numpy(), want, atol=1e-14)


def test_the_plain_backward_of_a_zero_determinant_is_the_adjugate_too() -> None:
    import rushlight as torch

    x = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64, requires_grad=True)
    torch.linalg.det(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4.0, -2.0], [-2.0, 1.0]], atol=1e-14)


@libraries
def test_linalg_errors_are_runtime_errors_of_their_own(lib: Any) -> None:
    with pytest.raises(lib.linalg.LinAlgError) as caught:
        lib.linalg.inv(lib.zeros(2, 2))
    assert isinstance(caught.value, RuntimeError)
    assert type(caught.value).__name__ == "_LinAlgError"


@libraries
def test_info_has_one_code_for_each_matrix(lib: Any) -> None:
    x = lib.stack([lib.eye(2), lib.ones(2, 2), lib.zeros(2, 2)])
    info = lib.linalg.inv_ex(x).info
    assert info.dtype == lib.int32
    assert info.tolist() == [0, 2, 1]
    assert lib.linalg.cholesky_ex(-x).info.tolist() == [1, 1, 1]


# -- vectors are given up to their phase ---------------------------------------------------------


@libraries
@pytest.mark.parametrize(
    ("decompose", "text"),
    [
        (lambda lib, x: lib.linalg.eig(x)[1], "linalg_eig_backward: The eigenvectors in the"),
        (lambda lib, x: lib.linalg.eigh(x)[1], "linalg_eigh_backward: The eigenvectors in the"),
        (lambda lib, x: lib.linalg.svd(x)[0], "svd_backward: The singular vectors in the"),
        (lambda lib, x: lib.linalg.svd(x)[2], "svd_backward: The singular vectors in the"),
    ],
)
def test_functions_of_a_phase_have_no_gradient(lib: Any, decompose: Any, text: str) -> None:
    x = matrix(lib, 3, 3, kind="complex128").requires_grad_()
    loss = (decompose(lib, x) * lib.tensor([1.0, 2.0, 3.0])).real.sum()
    with pytest.raises(RuntimeError, match=text):
        loss.backward()
    assert x.grad is None


@libraries
@pytest.mark.parametrize("kind", ["float64", "complex128"])
def test_decompositions_give_their_matrix_back(lib: Any, kind: str) -> None:
    x = matrix(lib, 2, 4, 3, kind=kind)
    u, s, vh = lib.linalg.svd(x, full_matrices=False)
    same(u * s.unsqueeze(-2) @ vh, x)
    u, s, vh = lib.linalg.svd(x)
    assert u.shape == (2, 4, 4)
    same(u @ u.mH, lib.eye(4, dtype=x.dtype).expand(2, 4, 4))
    q, r = lib.linalg.qr(x)
    same(q @ r, x)
    square = x @ x.mH
    values, vectors = lib.linalg.eigh(square)
    same(vectors * values.unsqueeze(-2) @ vectors.mH, square)
    general = matrix(lib, 2, 3, 3, seed=1, kind=kind)
    values, vectors = lib.linalg.eig(general)
    same(vectors * values.unsqueeze(-2) @ lib.linalg.inv(vectors), general.to(lib.complex128))


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.resolve_conj().numpy(), b.resolve_conj().numpy(), atol=1e-10)


@libraries
@pytest.mark.parametrize(
    "function",
    [
        lambda lib, x: lib.linalg.svd(x, full_matrices=False)[0].abs(),
        lambda lib, x: lib.linalg.eigh(x @ x.mH)[1].abs(),
        lambda lib, x: lib.linalg.eig(x[:, :2])[1].abs(),
        lambda lib, x: lib.linalg.qr(x),
        lambda lib, x: lib.linalg.inv(x[:, :2]),
        lambda lib, x: lib.linalg.det(x @ x.mH),
        lambda lib, x: lib.linalg.slogdet(x[:, :2]),
        lambda lib, x: lib.linalg.solve(x[:, :2], x),
        lambda lib, x: lib.linalg.cholesky(x @ x.mH),
    ],
)
@pytest.mark.parametrize("kind", ["float64", "complex128"])
def test_gradcheck_passes(lib: Any, function: Any, kind: str) -> None:
    x = matrix(lib, 2, 3, kind=kind).requires_grad_()
    assert lib.autograd.gradcheck(lambda x: function(lib, x), (x,), check_forward_ad=True)
    assert lib.autograd.gradgradcheck(lambda x: function(lib, x), (x,))


# -- where PyTorch has no derivative ---------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, float("inf")])
def test_distances_have_second_derivatives(p: float) -> None:
    import rushlight as torch

    x, y = matrix(torch, 4, 3).requires_grad_(), matrix(torch, 5, 3, seed=1).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x, y: torch.cdist(x, y, p), (x, y))
    assert torch.autograd.gradgradcheck(lambda x: torch.pdist(x, p), (x,))


def test_the_distance_of_a_point_from_itself_pulls_nowhere() -> None:
    import rushlight as torch

    x = torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    for distances in (torch.pdist(x), torch.cdist(x, x)):
        (g,) = torch.autograd.grad(distances.sum(), x, create_graph=True)
        assert not g.any()
        (h,) = torch.autograd.grad(g.sum(), x)
        assert h.isfinite().all()


def test_condition_and_vander_have_derivatives() -> None:
    import rushlight as torch

    x = matrix(torch, 3, 3).requires_grad_()
    for order in (1, -1, float("inf"), -float("inf"), "fro", "nuc", 2, -2):
        assert torch.autograd.gradcheck(lambda x, p=order: torch.linalg.cond(x, p), (x,))
    assert torch.autograd.gradcheck(lambda x: torch.vander(x[0], 4), (x,))


# -- names -----------------------------------------------------------------------------------------


@libraries
@pytest.mark.parametrize(
    "name",
    [
        "cholesky",
        "cholesky_ex",
        "eigh",
        "eigvalsh",
        "eig",
        "eigvals",
        "cond",
        "matrix_rank",
        "pinv",
        "ldl_factor",
        "ldl_factor_ex",
        "matrix_exp",
        "matrix_norm",
        "norm",
        "vector_norm",
    ],
)
def test_the_first_argument_is_called_input(lib: Any, name: str) -> None:
    getattr(lib.linalg, name)(input=lib.eye(2))
    with pytest.raises(TypeError):
        getattr(lib.linalg, name)(A=lib.eye(2))


@libraries
@pytest.mark.parametrize(
    "name",
    [
        "inv",
        "inv_ex",
        "det",
        "slogdet",
        "svd",
        "svdvals",
        "qr",
        "lu",
        "lu_factor",
        "lu_factor_ex",
        "diagonal",
    ],
)
def test_the_first_argument_is_called_a(lib: Any, name: str) -> None:
    getattr(lib.linalg, name)(A=lib.eye(2))
    with pytest.raises(TypeError):
        getattr(lib.linalg, name)(input=lib.eye(2))


@libraries
def test_the_arguments_of_systems_have_names(lib: Any) -> None:
    a, b, v = lib.eye(2), lib.ones(2, 1), lib.ones(2)
    lib.linalg.solve(A=a, B=b)
    lib.linalg.lstsq(input=a, b=b)
    lib.linalg.solve_triangular(input=a, B=b, upper=True)
    lib.linalg.tensorsolve(input=a, other=v)
    lib.linalg.householder_product(input=a, tau=v)
    lib.cholesky_solve(input=b, input2=a)
    lib.cholesky_inverse(input=a)
    assert lib._C._LinAlgError is lib.linalg.LinAlgError
