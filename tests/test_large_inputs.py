"""Ways that only larger inputs take than those of the sample table, beside PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rushlight

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.RandomState(seed).standard_normal(shape)


def assert_alike(
    fn: Callable[..., Any], *arrays: np.ndarray, rtol: float = 1e-9, grad: bool = True
) -> None:
    """The value of `fn(lib, *tensors)`, and its gradients by floating-point tensors."""
    results = []
    for lib in (rushlight, torch):
        tensors = [lib.from_numpy(a.copy()) for a in arrays]
        leaves = [t.requires_grad_() for t in tensors if grad and t.dtype.is_floating_point]
        y = fn(lib, *tensors)
        seed = lib.from_numpy(normal(*y.shape, seed=9)).to(y.dtype) if leaves else None
        grads = lib.autograd.grad(y, leaves, seed) if leaves else ()
        results.append([t.detach().numpy() for t in (y, *grads)])
    for ours, theirs in zip(*results):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("p", [0.0, 1.0, 1.5, 2.0, 3.0, math.inf])
def test_distances_by_coordinates(p: float) -> None:
    a, b = normal(2, 40, 5), normal(2, 90, 5, seed=1)
    a[0, 3] = b[0, 7]
    way = "donot_use_mm_for_euclid_dist"
    assert_alike(lambda lib, x, y: lib.cdist(x, y, p, compute_mode=way), a, b)
    assert_alike(lambda lib, x: lib.pdist(x, p), normal(400, 4))


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_many_bags(mode: str) -> None:
    rng = np.random.RandomState(0)
    lengths = rng.randint(0, 9, 300)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    index, weight = rng.randint(0, 50, int(lengths.sum())), normal(50, 7)

    def bags(lib: Any, i: Any, w: Any, starts: Any) -> Any:
        return lib.nn.functional.embedding_bag(i, w, starts, mode=mode)

    assert_alike(bags, index, weight, offsets)
    few = np.array([0, 700])
    assert_alike(bags, index, weight, few)


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_products(zeros: int) -> None:
    x = 1 + normal(30, 40) / 9
    x[3, :zeros] = 0
    assert_alike(lambda lib, x: lib.prod(x, 1), x)
    assert_alike(lambda lib, x: lib.prod(x, 0, keepdim=True), x)
    assert_alike(lambda lib, x: lib.prod(x), x)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("r", [1, 2, 3, 4])
def test_combinations(r: int, again: bool) -> None:
    for n in (0, 1, 3, 9):
        assert_alike(lambda lib, x: lib.combinations(x, r, with_replacement=again), normal(n))


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resizing_long_rows(mode: str) -> None:
    def resized(lib: Any, x: Any) -> Any:
        return lib.nn.functional.interpolate(x, size=700, mode=mode)

    assert_alike(resized, normal(4, 8, 500))
    assert_alike(resized, normal(4, 8, 900))


def triangular(*shape: int) -> np.ndarray:
    return normal(*shape) / 4 + 2 * np.eye(shape[-1])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_many_triangular_systems(upper: bool, left: bool) -> None:
    def solved(lib: Any, a: Any, b: Any) -> Any:
        return lib.linalg.solve_triangular(a, b, upper=upper, left=left)

    a = triangular(60, 3, 5, 5)
    assert_alike(solved, a, normal(60, 3, 5, 5, seed=1))
    assert_alike(solved, a, normal(3, 5, 5, seed=1))
    a[7, 1, 2, 2] = 0
    with np.errstate(all="ignore"):
        assert_alike(solved, a, normal(60, 3, 5, 5, seed=1), grad=False)


@pytest.mark.parametrize("lead", [(), (2, 3)])
def test_large_systems(lead: tuple[int, ...]) -> None:
    a = triangular(*lead, 60, 60)
    assert_alike(lambda lib, a: lib.linalg.inv(a), a)
    assert_alike(lambda lib, a: lib.linalg.det(a), a)
    assert_alike(lambda lib, a, b: lib.linalg.solve(a, b), a, normal(*lead, 60, 3))
    assert_alike(lambda lib, a, b: lib.linalg.solve(a, b), a, normal(3, *lead, 60, 2))
    a[..., 5, :] = 0
    for lib in (rushlight, torch):
        with pytest.raises(RuntimeError, match="singular"):
            lib.linalg.inv(lib.from_numpy(a))
        assert lib.linalg.inv_ex(lib.from_numpy(a))[1].numpy().any()
