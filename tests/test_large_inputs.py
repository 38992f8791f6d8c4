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
    short = normal(4, 8, 100)
    for number in (math.nan, math.inf):  # which reaches its neighbours only
        short[1, 2, 50] = number
        assert_alike(resized, short)
        assert_alike(lambda lib, x: lib.nn.functional.interpolate(x, 90, mode=mode), short)


@pytest.mark.parametrize("columns", [3, 100, 5000, 9000])
def test_bias_of_many_rows(columns: int) -> None:
    x, weight, bias = normal(50_003 // columns, 2, 4), normal(columns, 4), normal(columns)
    assert_alike(lambda lib, *args: lib.nn.functional.linear(*args), x, weight, bias)


LIE = [
    ((20_000, 3), (3,)),
    ((700, 60), (1, 60)),
    ((50, 700), (50, 1)),
    ((3, 300, 50), (300, 1)),
    ((40_000,), (2, 1)),
    ((40_000, 1), (1,)),
    ((40_000,), ()),
    ((9, 4099), (4099,)),
]


@pytest.mark.parametrize(("first", "second"), LIE)
def test_many_elements_of_two_shapes(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    x, y = normal(*first), np.asarray(normal(*second, seed=1))
    assert_alike(lambda lib, x, y: x - y, x, y)
    assert_alike(lambda lib, x, y: y / x, x, y)
    assert_alike(
        lambda lib, x, y: lib.maximum(x.mT, y.mT), normal(50, 900), normal(50, 900, seed=1)
    )
    assert_alike(lambda lib, x: x[:, 1:] * x[:, :-1], normal(50, 900))


def test_many_elements_of_shapes_that_dont_fit() -> None:
    for lib in (rushlight, torch):
        with pytest.raises(RuntimeError, match="must match the size of tensor b"):
            lib.ones(20_000, 3) * lib.ones(4)


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


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("levels", [5, 300, 10**6])
def test_topk_of_many_rows(levels: int, largest: bool) -> None:
    """Beside a stable sort: in so large arrays the order of equals is that of their places."""
    x = np.random.RandomState(0).randint(0, levels, (90, 800)).astype(np.float32)
    x[3, :9] = np.nan
    x[4, ::2] = np.nan
    x[5, :20], x[5, 20:40] = -0.0, np.inf
    for dtype in (np.float32, np.float64, np.int64, np.float16):
        with np.errstate(all="ignore"):
            rows = np.nan_to_num(x).astype(dtype) if dtype is np.int64 else x.astype(dtype)
        values, places = rushlight.topk(rushlight.from_numpy(rows), 10, 1, largest)
        theirs = torch.topk(torch.from_numpy(rows), 10, 1, largest)
        np.testing.assert_array_equal(values, theirs.values)
        if levels < 10**6:  # where few rows have equals, their order is PyTorch's
            theirs = torch.sort(torch.from_numpy(rows), dim=1, descending=largest, stable=True)
            np.testing.assert_array_equal(places, theirs.indices[:, :10])


@pytest.mark.parametrize("bins", [1, 7, 100])
def test_histograms_of_many_numbers(bins: int) -> None:
    x = np.concatenate([np.linspace(-1, 1, 3001) + 1e-4, normal(5000)])
    assert_alike(lambda lib, x: lib.histogram(x, bins).hist, x, grad=False)
    assert_alike(lambda lib, x: lib.histogram(x, bins, range=(-1, 1)).hist, x, grad=False)
    single = x.astype(np.float32)
    assert_alike(lambda lib, x: lib.histogram(x, bins, range=(-1, 1)).hist, single, grad=False)


def test_remainders_of_many_numbers_by_one() -> None:
    x = normal(40, 50).astype(np.float32)
    for fn in (lambda lib, x: x % 0.3, lambda lib, x: lib.fmod(x, -3), lambda lib, x: x // 0.3):
        assert_alike(fn, x, grad=False, rtol=0)
        assert_alike(lambda lib, x, fn=fn: fn(lib, x.bfloat16()).float(), x, grad=False, rtol=0)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("pads", [(3, 1, 0, 2), (2, 0), (0, 4, 4, 0)])
def test_padding_of_images(mode: str, pads: tuple[int, ...]) -> None:
    def padded(lib: Any, x: Any) -> Any:
        return lib.nn.functional.pad(x, pads, mode=mode)

    x = normal(3, 4, 20, 30)
    assert_alike(padded, x if len(pads) == 4 else x[0])


@pytest.mark.parametrize("axis", [0, 1])
def test_entropies_on_several_threads(axis: int) -> None:
    logits, target = normal(400, 500), np.random.RandomState(1).randint(0, 400, 500)
    logits = logits.T if axis else logits[None].repeat(2, 0)
    target = target if axis else target[None].repeat(2, 0)
    target[..., :3] = -100
    assert_alike(lambda lib, x, t: lib.nn.functional.cross_entropy(x, t), logits.copy(), target)
    assert_alike(lambda lib, x: lib.softmax(x, axis), logits.copy())
    assert_alike(lambda lib, x: lib.log_softmax(x, axis), logits.copy())
    x, y = (normal(400, 500, seed=i) for i in range(2))
    assert_alike(lambda lib, x, y: lib.nn.functional.smooth_l1_loss(x, y), x, y)
    assert_alike(lambda lib, x: lib.nn.functional.gelu(x), x)


def test_nothing_broadcast() -> None:
    x, index = normal(40, 50), np.random.RandomState(0).randint(0, 50, (40, 50))
    assert_alike(lambda lib, x: x.expand(40, 50) * 2, x)
    assert_alike(lambda lib, x, i: lib.take_along_dim(x, i, 1), x, index)


@pytest.mark.parametrize("size", [10, 17, 40, 64])
@pytest.mark.parametrize("dim", [0, 1])
def test_wide_windows(dim: int, size: int) -> None:
    for step in (16, 17, 20):
        assert_alike(lambda lib, x, n=step: x.unfold(dim, size, n) * 2, normal(70, 64, 3))


@pytest.mark.parametrize("low, high", [(-0.5, 0.7), (0.7, -0.5), (float("nan"), 1), (-1, 300)])
def test_many_numbers_cut_to_bounds(low: float, high: float) -> None:
    x = normal(40, 50)
    x[0, :5] = [np.nan, np.inf, -np.inf, 0.0, -0.0]
    assert_alike(lambda lib, x: lib.clamp(x, low, high), x)
    assert_alike(lambda lib, x: lib.clamp(x.T, low, high), x)
    if high == 1:
        return
    y = normal(40, 50, seed=1)
    assert_alike(lambda lib, x, y: lib.nn.functional.smooth_l1_loss(x, y, beta=0.7), x[1:], y[1:])
    assert_alike(lambda lib, x, y: lib.nn.functional.huber_loss(x, y, delta=0.7), x[1:], y[1:])
