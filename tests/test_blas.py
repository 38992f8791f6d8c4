"""What OpenBLAS does beside products: copies that turn axes around, and sums of many elements."""

from __future__ import annotations

import numpy as np
import pytest

from rushlight.kernels import blas
from rushlight.kernels.blocks import MANY

TURNS = [
    ((200, 300), (1, 0)),
    ((3, 40_000), (1, 0)),
    ((40_000, 3), (1, 0)),
    ((4, 30, 400), (0, 2, 1)),
    ((4, 30, 20, 20), (0, 2, 3, 1)),
    ((4, 20, 20, 30), (0, 3, 1, 2)),
    ((3, 4, 50, 80), (3, 0, 1, 2)),
    ((3, 4, 50, 80), (1, 3, 0, 2)),
    ((5, 6, 7, 8, 30), (4, 2, 1, 3, 0)),
    ((40, 30, 1, 40), (2, 3, 1, 0)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.complex64])
@pytest.mark.parametrize(("shape", "order"), TURNS)
def test_copies_that_turn_axes(shape: tuple[int, ...], order: tuple[int, ...], dtype: type) -> None:
    x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    for source in (x, x[..., ::-1], x[1:]):
        turned = source.transpose(order)
        target = np.zeros(turned.shape, dtype)
        blas.copy(target, turned)
        np.testing.assert_array_equal(target, turned)
        wide = np.zeros((*turned.shape[:-1], turned.shape[-1] + 3), dtype)
        blas.copy(wide[..., 2:-1], turned)
        np.testing.assert_array_equal(wide[..., 2:-1], turned)
        assert not wide[..., :2].any() and not wide[..., -1].any()


def test_copies_within_one_memory() -> None:
    x = np.arange(40_000.0, dtype=np.float32).reshape(200, 200)
    expected = x.T.copy()
    blas.copy(x, x.T)
    np.testing.assert_array_equal(x, expected)


def test_copies_that_broadcast() -> None:
    target = np.zeros((300, 200), np.float32)
    blas.copy(target, np.arange(200, dtype=np.float32))
    np.testing.assert_array_equal(target[7], np.arange(200))
    blas.copy(target, np.broadcast_to(np.float32(5), (300, 200)))
    assert (target == 5).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_many(dtype: type) -> None:
    rng = np.random.default_rng(0)
    y, x = rng.standard_normal((2, MANY + 5)).astype(dtype)
    expected = y + 0.3 * x
    if blas.add_scaled(y, 0.3, x):  # with OpenBLAS
        np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


def test_sums_that_blas_leaves_alone() -> None:
    few, many = np.ones(5, np.float32), np.ones((200, 400), np.float32)
    for y, x in ((few, few), (many, many.astype(np.float64)), (many[:, ::2], many[:, 1::2])):
        before = y.copy()
        assert not blas.add_scaled(y, 2.0, x)
        np.testing.assert_array_equal(y, before)
