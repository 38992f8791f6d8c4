"""Softmax, log-softmax and cross entropy kernels beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from rushlight.kernels import softmax as kernels
from rushlight.kernels.cross_entropy import (
    cross_entropy_backward,
    cross_entropy_forward,
    cross_entropy_soft_backward,
    cross_entropy_soft_forward,
)
from rushlight.kernels.threads import get_num_threads, set_num_threads

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

INF = float("inf")


def near(ours: np.ndarray, theirs: np.ndarray, ulps: float = 20, scale: float = 1.0) -> None:
    """Equal within ulps of the larger of the value and ``scale``; nan and inf in their places."""
    theirs = np.asarray(theirs)
    assert type(ours) is np.ndarray
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    eps = np.finfo(theirs.dtype).eps
    np.testing.assert_allclose(ours, theirs, rtol=ulps * eps, atol=ulps * eps * scale)


# ((shape), axis): rows few and many, wide and narrow, columns, images, one and no class
SHAPES = [
    ((), -1),
    ((5,), 0),
    ((4, 4), -1),
    ((4, 4), 0),
    ((32, 10), 1),
    ((128, 10), -1),
    ((5000, 10), -1),
    ((20, 100), -1),
    ((60, 1500), -1),
    ((3, 40000), -1),
    ((7, 1), -1),
    ((2, 3, 70), -1),
    ((6, 10, 8, 8), 1),
    ((2, 50, 40, 40), 1),
    ((700, 90), 0),
    ((7000, 90), -1),
    ((2, 300, 40, 40), 1),
    ((3, 4, 1), 1),
    ((0, 4), -1),
    ((4, 0), -1),
    ((4, 0), 0),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape,axis", SHAPES)
def test_softmax_and_log_softmax(shape: tuple[int, ...], axis: int, dtype: type) -> None:
    rng = np.random.default_rng(0)
    x = np.asarray(4 * rng.standard_normal(shape), dtype)
    g = np.asarray(rng.standard_normal(shape), dtype)
    for name in ("softmax", "log_softmax"):
        leaf = torch.from_numpy(x.copy()).reshape(shape).requires_grad_()
        want = getattr(F, name)(leaf, axis)
        (want_gx,) = torch.autograd.grad(want, leaf, torch.from_numpy(g.copy()).reshape(shape))
        y = getattr(kernels, name)(x, axis)
        near(y, want.detach().numpy(), 30)
        gx = getattr(kernels, name + "_backward")(g, y, axis)
        near(gx, want_gx.numpy(), 30, 4.0 + x.size**0.5 / 4)  # the sums themselves are rounded


def test_numbers_do_not_depend_on_threads() -> None:
    rng = np.random.default_rng(0)
    before, results = get_num_threads(), []
    x, g = (rng.standard_normal((2000, 700), np.float32) for _ in range(2))
    target = rng.integers(0, 700, 2000)
    try:
        for threads in (1, 2, 3):
            set_num_threads(threads)
            y = kernels.softmax(x)
            loss, saved = cross_entropy_forward(x, target)
            gx = cross_entropy_backward(np.float32(1), saved)
            results.append((y, kernels.softmax_backward(g, y), loss, gx))
    finally:
        set_num_threads(before)
    for result in results[1:]:
        for first, other in zip(results[0], result):
            np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (300, 200), (40, 90)])
def test_layouts(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2 * shape[1], shape[0])).T[:, ::-2]
    g = np.broadcast_to(rng.standard_normal(shape[1]), shape)
    for name in ("softmax", "log_softmax"):
        leaf = torch.from_numpy(x.copy()).requires_grad_()
        want = getattr(F, name)(leaf, -1)
        (want_gx,) = torch.autograd.grad(want, leaf, torch.from_numpy(g.copy()))
        y = getattr(kernels, name)(x)
        near(y, want.detach().numpy())
        assert y.flags.c_contiguous
        near(getattr(kernels, name + "_backward")(g, y), want_gx.numpy())


@pytest.mark.parametrize("classes", [3, 80])
@pytest.mark.parametrize("rows", [2, 40])
def test_softmax_at_extremes(rows: int, classes: int) -> None:
    x = np.zeros((rows, classes), np.float32)
    x[0, :3] = [INF, 0, 1]
    x[1, :] = -INF
    if rows > 2:
        x[2, :3] = [np.nan, 1, 2]
        x[3, :3] = [-INF, 1, 2]
        x[4, :3] = [1e30, -1e30, 0]
        x[5, :3] = [1e-42, 2e-42, -88]
        x[6, :] = 3e38
        x[7, :3] = [200, -200, 199]
    for name in ("softmax", "log_softmax"):
        near(getattr(kernels, name)(x), getattr(F, name)(torch.from_numpy(x), -1).numpy())


def test_halves_are_computed_in_single_precision() -> None:
    x = np.random.default_rng(2).standard_normal((20, 30)).astype(np.float16)
    for name in ("softmax", "log_softmax"):
        y = getattr(kernels, name)(x)
        near(y, getattr(F, name)(torch.from_numpy(x), -1).numpy(), 1)
        gx = getattr(kernels, name + "_backward")(x, y)
        assert gx.dtype == np.float16


def draw(shape: tuple[int, ...], dtype: type, ignore: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = np.asarray(3 * rng.standard_normal(shape), dtype)
    classes = shape[min(1, len(shape) - 1)]
    target = rng.integers(0, classes, (shape[0], *shape[2:]) if len(shape) > 1 else ())
    if ignore:
        target = np.where(rng.random(target.shape) < 0.3, -100, target)
    return x, target


CLASSIFIED = [(5,), (4, 4), (4, 5), (32, 10), (300, 10), (5000, 12), (40, 70), (9, 9000)]
CLASSIFIED += [(3, 5, 4), (6, 10, 8, 8), (2, 5, 3, 2, 2), (5, 90, 60, 50), (4000, 80)]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ignore", [False, True])
@pytest.mark.parametrize("shape", CLASSIFIED)
def test_cross_entropy(
    shape: tuple[int, ...], ignore: bool, smoothing: float, weighted: bool, reduction: str
) -> None:
    for dtype in (np.float32, np.float64):
        x, target = draw(shape, dtype, ignore)
        rng = np.random.default_rng(4)
        weight = rng.random(shape[min(1, len(shape) - 1)]).astype(dtype) if weighted else None
        loss, saved = cross_entropy_forward(x, target, weight, -100, smoothing, reduction)
        leaf = torch.from_numpy(x.copy()).requires_grad_()
        want = F.cross_entropy(
            leaf,
            torch.from_numpy(target),
            None if weight is None else torch.from_numpy(weight),
            label_smoothing=smoothing,
            reduction=reduction,
        )
        scale = float(want.detach().abs().max())
        near(loss, want.detach().numpy(), 40, scale)
        g = np.asarray(rng.standard_normal(loss.shape), dtype)
        (want_gx,) = torch.autograd.grad(want, leaf, torch.from_numpy(g.copy()))
        gx = cross_entropy_backward(g, saved)
        # A sum over thousands of classes is rounded in another order.
        ulps = max(80, shape[min(1, len(shape) - 1)] / 20)
        near(gx, want_gx.numpy(), ulps, float(want_gx.abs().max()))
        again = cross_entropy_backward(g, saved)
        np.testing.assert_array_equal(again, gx)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (50, 10), (3, 5, 4), (4, 70, 6, 6)])
def test_cross_entropy_with_probabilities(
    shape: tuple[int, ...], smoothing: float, weighted: bool, reduction: str
) -> None:
    rng = np.random.default_rng(5)
    axis = min(1, len(shape) - 1)
    x, target = 3 * rng.standard_normal(shape), rng.random(shape)
    weight = rng.random(shape[axis]) if weighted else None
    loss, saved = cross_entropy_soft_forward(x, target, weight, smoothing, reduction)
    leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in (x, target)]
    want = F.cross_entropy(
        *leaves,
        None if weight is None else torch.from_numpy(weight),
        label_smoothing=smoothing,
        reduction=reduction,
    )
    near(loss, want.detach().numpy(), 100)
    g = np.asarray(rng.standard_normal(loss.shape))
    want_gx, want_gt = torch.autograd.grad(want, leaves, torch.from_numpy(g.copy()))
    gx, gt = cross_entropy_soft_backward(g, saved, to_target=True)
    near(gx, want_gx.numpy(), 100)
    near(gt, want_gt.numpy(), 100, 4.0)
    assert cross_entropy_soft_backward(g, saved)[1] is None


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nothing_to_judge(reduction: str) -> None:
    cases = [
        (np.ones((4, 5)), np.full(4, -100), 0.0),
        (np.ones((4, 5)), np.full(4, -100), 0.1),
        (np.ones((20, 5)), np.full(20, -100), 0.0),
        (np.ones((0, 5)), np.zeros(0, np.int64), 0.0),
        (np.ones((0, 5, 3)), np.zeros((0, 3), np.int64), 0.0),
        (np.ones((4, 0)), np.full(4, -100), 0.0),
        (np.ones(5), np.array(-100), 0.0),
    ]
    for x, target, smoothing in cases:
        leaf = torch.from_numpy(x).requires_grad_()
        want = F.cross_entropy(
            leaf, torch.from_numpy(target), label_smoothing=smoothing, reduction=reduction
        )
        loss, saved = cross_entropy_forward(x, target, None, -100, smoothing, reduction)
        near(loss, want.detach().numpy())
        g = np.ones(loss.shape)
        (want_gx,) = torch.autograd.grad(want, leaf, torch.ones_like(want))
        near(cross_entropy_backward(g, saved), want_gx.numpy())


def test_extreme_logits() -> None:
    rows = [[0, INF, 1], [-INF, 0, 1], [1e30, 0, 0], [np.nan, 0, 1], [-INF] * 3, [88, -88, 120]]
    x = np.array(rows * 3, np.float32)
    for c in range(3):
        target = np.full(18, c)
        want = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(target), reduction="none")
        near(cross_entropy_forward(x, target, reduction="none")[0], want.numpy())
        near(cross_entropy_forward(x[:6], target[:6], reduction="none")[0], want.numpy()[:6])
    # An ignored row may hold anything.
    target = np.array([2, 2, 2, -7, -7, 1] * 3)
    want = F.cross_entropy(torch.from_numpy(x[1:]), torch.from_numpy(target[1:]), ignore_index=-7)
    near(cross_entropy_forward(x[1:], target[1:], None, -7)[0], want.numpy())


@pytest.mark.parametrize("spread", [1.0, 30.0])
@pytest.mark.parametrize("middle", [0.0, -9.0, -60.0, 40.0, 300.0])
@pytest.mark.parametrize("shape", [(40, 30), (600, 70), (4000, 12), (700, 900)])
def test_logits_of_any_size(shape: tuple[int, int], middle: float, spread: float) -> None:
    """With the maximum subtracted or without; and rows of both kinds beside each other."""
    rng = np.random.default_rng(0)
    x = (spread * rng.standard_normal(shape) + middle).astype(np.float32)
    x[::7] -= 20.0
    x[3, 1:], x[4] = -INF, 1e4
    target = rng.integers(0, shape[1], shape[0])
    target[::3] = x[::3].argmax(1)  # where p may be 1 almost
    exact = torch.from_numpy(x).double().requires_grad_()
    near(kernels.softmax(x), exact.softmax(1).detach().float().numpy(), 60)
    for smoothing in 0.0, 0.1:
        if smoothing:
            x[3], exact.data[3] = 0.0, 0.0
        judge = F.cross_entropy(
            exact, torch.from_numpy(target), reduction="none", label_smoothing=smoothing
        )
        loss, saved = cross_entropy_forward(x, target, None, -100, smoothing, "none")
        theirs = judge.detach().float().numpy()
        near(loss, theirs, 40, np.abs(theirs[np.isfinite(theirs)]).max() if smoothing else 4.0)
        assert (loss >= 0).all()
        (slope,) = torch.autograd.grad(judge.sum(), exact)
        near(cross_entropy_backward(np.ones_like(loss), saved), slope.float().numpy(), 60)


def test_ignore_index_may_be_a_class() -> None:
    x, target = draw((30, 5), np.float64, False)
    want = F.cross_entropy(torch.from_numpy(x), torch.from_numpy(target), ignore_index=2)
    near(cross_entropy_forward(x, target, None, 2)[0], want.numpy())


def test_refusals() -> None:
    x = np.zeros((4, 5))
    long = np.int64
    cases = [
        (x, np.array([0, 1, 2, 5]), {}),
        (x, np.array([0, 1, 7, 9]), {}),
        (x, np.array([0, 1, -2, 3]), {}),
        (x, np.array([0, 1, -100, -2]), {}),
        (x, np.zeros(3, long), {}),
        (x, np.zeros((), long), {}),
        (x, np.zeros((4, 2), long), {}),
        (np.zeros((4, 0)), np.zeros(4, long), {}),
        (np.zeros((4, 5, 2)), np.zeros(4, long), {}),
        (np.zeros((4, 5, 2)), np.zeros((4, 3), long), {}),
        (np.zeros((4, 5, 2)), np.full((4, 2), 6), {}),
        (np.zeros((4, 5, 2, 2)), np.zeros((4, 3, 2), long), {}),
        (np.zeros((4, 5, 2, 2)), np.zeros((4, 2), long), {}),
        (np.zeros((4, 5, 2, 2, 2)), np.zeros((4, 2, 2, 3), long), {}),
        (np.zeros((4, 5, 2, 2, 2)), np.zeros((3, 2, 2, 2), long), {}),
        (np.zeros(5), np.array(5), {}),
        (np.zeros(5), np.zeros(2, long), {}),
        (x, np.zeros(4, long), {"weight": np.ones(3)}),
        (x, np.zeros(4, long), {"weight": np.ones((5, 1))}),
        (np.zeros(5), np.array(1), {"weight": np.ones(3)}),
        (np.zeros((4, 5, 2)), np.zeros((4, 2), long), {"weight": np.ones(3)}),
        (x, np.zeros(4, long), {"label_smoothing": 1.5}),
    ]
    for logits, target, options in cases:
        with pytest.raises(Exception) as theirs:
            F.cross_entropy(
                torch.from_numpy(logits),
                torch.from_numpy(target),
                **{k: torch.from_numpy(v) if k == "weight" else v for k, v in options.items()},
            )
        with pytest.raises(theirs.type) as refused:
            cross_entropy_forward(logits, target, **options)
        assert str(refused.value) == str(theirs.value)
