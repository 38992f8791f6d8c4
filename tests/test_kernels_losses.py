"""Loss kernels beside PyTorch: each reduction, values and cotangents, extremes, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from rushlight.kernels import losses
from rushlight.kernels.blocks import BLOCK
from rushlight.kernels.likelihood import nll, nll_backward

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore")

INF, NAN = float("inf"), float("nan")


class Row(NamedTuple):
    theirs: Callable[..., Any]  # (x, target, reduction)
    forward: Callable[..., Any]  # (x, target, reduction)
    backward: Callable[..., Any] | None = None  # (g, x, target, reduction)
    to_target: Callable[..., Any] | None = None  # (g, x, target, reduction)
    domain: str = "real"  # of x and target: "real", "unit" or "logit"


def minus(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: np.asarray(-f(*args))


def weight_like(x: Any) -> Any:
    w = np.linspace(0.5, 2.0, x.shape[-1] if x.ndim else 1).astype(np.asarray(x).dtype)
    return w if x.ndim else np.asarray(w[0])


def bent(name: str, bend: float) -> Row:
    ours, back = getattr(losses, name), getattr(losses, name + "_backward")
    return Row(
        lambda x, t, r: getattr(F, name + "_loss")(
            x, t, reduction=r, **{"beta" if name == "smooth_l1" else "delta": bend}
        ),
        lambda x, t, r: ours(x, t, bend, r),
        lambda g, x, t, r: back(g, x, t, bend, r),
        minus(lambda g, x, t, r: back(g, x, t, bend, r)),
    )


def logits(weighted: bool, positive: bool) -> Row:
    def parts(x: Any) -> tuple[Any, Any]:
        w = weight_like(x)
        return (w if weighted else None), (np.asarray(3 * w) if positive else None)

    def theirs(x: Any, t: Any, r: str) -> Any:
        w, p = (None if a is None else torch.from_numpy(a) for a in parts(x.detach().numpy()))
        return F.binary_cross_entropy_with_logits(x, t, w, reduction=r, pos_weight=p)

    return Row(
        theirs,
        lambda x, t, r: losses.bce_with_logits(x, t, *parts(x), r),
        lambda g, x, t, r: losses.bce_with_logits_backward(g, x, t, *parts(x), r),
        domain="logit",
    )


def divergence(log_target: bool) -> Row:
    return Row(
        lambda x, t, r: F.kl_div(x, t, reduction=r, log_target=log_target),
        lambda x, t, r: losses.kl_div(x, t, log_target, r),
        domain="real" if log_target else "logit",
    )


ROWS = {
    "mse": Row(
        lambda x, t, r: F.mse_loss(x, t, reduction=r),
        losses.mse,
        losses.mse_backward,
        minus(losses.mse_backward),
    ),
    "l1": Row(
        lambda x, t, r: F.l1_loss(x, t, reduction=r),
        losses.l1,
        losses.l1_backward,
        minus(losses.l1_backward),
    ),
    "smooth_l1": bent("smooth_l1", 1.0),
    "smooth_l1_narrow": bent("smooth_l1", 0.3),
    "smooth_l1_sharp": bent("smooth_l1", 0.0),
    "huber": bent("huber", 1.0),
    "huber_wide": bent("huber", 1.7),
    "bce": Row(
        lambda x, t, r: F.binary_cross_entropy(x, t, reduction=r),
        lambda x, t, r: losses.bce(x, t, None, r),
        lambda g, x, t, r: losses.bce_backward(g, x, t, None, r),
        domain="unit",
    ),
    "bce_weighted": Row(
        lambda x, t, r: F.binary_cross_entropy(
            x, t, torch.from_numpy(weight_like(x.detach().numpy())), reduction=r
        ),
        lambda x, t, r: losses.bce(x, t, weight_like(x), r),
        lambda g, x, t, r: losses.bce_backward(g, x, t, weight_like(x), r),
        domain="unit",
    ),
    "logits": logits(False, False),
    "logits_weighted": logits(True, False),
    "logits_positive": logits(False, True),
    "logits_both": logits(True, True),
    "kl_div": divergence(False),
    "kl_div_log": divergence(True),
}


def draw(row: Row, shape: tuple[int, ...], dtype: type) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x, t = 2 * rng.standard_normal(shape), 2 * rng.standard_normal(shape)
    if row.domain != "real":
        t = 1 / (1 + np.exp(-t))
    if row.domain == "unit":
        x = 1 / (1 + np.exp(-x))
    return np.asarray(x, dtype), np.asarray(t, dtype)


def judge(row: Row, x: Any, t: Any, g: Any, reduction: str) -> tuple[Any, ...]:
    leaves = [torch.from_numpy(np.ascontiguousarray(a)).reshape(a.shape) for a in (x, t)]
    leaves = [leaf.requires_grad_() for leaf in leaves]
    loss = row.theirs(*leaves, reduction)
    g = torch.from_numpy(np.ascontiguousarray(g)).reshape(loss.shape)
    gx, gt = torch.autograd.grad(loss, leaves, g)
    return loss.detach().numpy(), gx.numpy(), gt.numpy()


def near(ours: Any, theirs: Any, ulps: float) -> None:
    assert type(ours) is np.ndarray
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    eps = np.finfo(theirs.dtype).eps
    scale = np.max(np.abs(theirs), initial=0.0, where=np.isfinite(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=ulps * eps, atol=ulps * eps * scale)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (4, 4), (50, 60), (3, BLOCK)])
@pytest.mark.parametrize("name", ROWS)
def test_values_and_cotangents(
    name: str, shape: tuple[int, ...], dtype: type, reduction: str
) -> None:
    row = ROWS[name]
    x, t = draw(row, shape, dtype)
    loss = row.forward(x, t, reduction)
    g = np.asarray(np.random.default_rng(1).standard_normal(loss.shape), dtype)
    want, want_gx, want_gt = judge(row, x, t, g, reduction)
    near(loss, want, 16)
    if row.backward is not None:
        near(row.backward(g, x, t, reduction), want_gx, 16)
    if row.to_target is not None:
        near(row.to_target(g, x, t, reduction), want_gt, 16)


@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize("shape", [(7, 5), (310, 220)])
@pytest.mark.parametrize("name", ROWS)
def test_layouts(name: str, shape: tuple[int, int], reduction: str) -> None:
    row = ROWS[name]
    x, t = draw(row, (shape[1], 2 * shape[0]), np.float64)
    x, t = x[:, ::2].T, t[::-1, ::-2].T
    loss = row.forward(x, t, reduction)
    g = np.broadcast_to(np.float64(0.7), loss.shape)
    want, want_gx, _ = judge(row, x, t, g, reduction)
    near(loss, want, 16)
    if row.backward is not None:
        near(row.backward(g, x, t, reduction), want_gx, 16)


EXTREMES = {
    "real": ([NAN, 0, 1, INF, INF, -INF, 1e30, 1e-42], [0, 0, 2, INF, 0, 1, -1e30, 0]),
    "unit": ([0, 0, 0, 1, 1, 1, 1e-30, 1e-42], [0, 1, 0.5, 0, 1, 0.5, 0.5, 1]),
    "logit": ([0, -INF, INF, INF, NAN, 1e30, -1e30, -200], [0, 1, 0.5, 1, 0.4, 0.5, 1, 0]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ROWS)
def test_extremes(name: str, dtype: type) -> None:
    row = ROWS[name]
    x, t = (np.tile(np.array(a, dtype), 4) for a in EXTREMES[row.domain])
    g = np.ones_like(x)
    want, *cotangents = judge(row, x, t, g, "none")
    ours = [(row.forward(x, t, "none"), want)]
    for backward, cotangent in zip((row.backward, row.to_target), cotangents):
        if backward is not None:
            ours.append((backward(g, x, t, "none"), cotangent))
    for a, b in ours:
        np.testing.assert_allclose(a, b, rtol=8 * np.finfo(dtype).eps, atol=1e-38)


@pytest.mark.parametrize("name", ["mse", "huber", "bce", "logits", "kl_div"])
def test_halves(name: str) -> None:
    row = ROWS[name]
    x, t = draw(row, (40, 5), np.float16)
    for reduction in ("none", "mean"):
        loss = row.forward(x, t, reduction)
        want, want_gx, _ = judge(row, x, t, np.ones(loss.shape, np.float16), reduction)
        assert loss.dtype == np.float16
        np.testing.assert_allclose(loss, want, rtol=4e-3, atol=2e-3)
        if row.backward is None:
            continue
        gx = row.backward(np.ones(loss.shape, np.float16), x, t, reduction)
        assert gx.dtype == np.float16
        np.testing.assert_allclose(gx, want_gx, rtol=4e-3, atol=2e-3)


def test_refusals() -> None:
    unit, long = np.full(4, 0.5), np.zeros(4)
    cases = [
        (
            lambda: losses.bce(unit * 3, unit),
            lambda x: F.binary_cross_entropy(x(unit * 3), x(unit)),
        ),
        (lambda: losses.bce(-unit, unit), lambda x: F.binary_cross_entropy(x(-unit), x(unit))),
        (
            lambda: losses.bce(unit, unit * 3),
            lambda x: F.binary_cross_entropy(x(unit), x(unit * 3)),
        ),
        (
            lambda: losses.bce(unit * np.array([1, NAN, 1, 1]), unit),
            lambda x: F.binary_cross_entropy(x(unit * np.array([1, NAN, 1, 1])), x(unit)),
        ),
        (
            lambda: losses.smooth_l1(unit, long, -1.0),
            lambda x: F.smooth_l1_loss(x(unit), x(long), beta=-1.0),
        ),
        (
            lambda: losses.huber(unit, long, 0.0),
            lambda x: F.huber_loss(x(unit), x(long), delta=0.0),
        ),
    ]
    for ours, theirs in cases:
        with pytest.raises(RuntimeError) as wanted:
            theirs(torch.from_numpy)
        with pytest.raises(RuntimeError) as got:
            ours()
        assert str(got.value) == str(wanted.value)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore", [False, True])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (300, 10), (3, 5, 4), (6, 10, 8, 8), (0, 5)])
def test_nll(shape: tuple[int, ...], ignore: bool, weighted: bool, reduction: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(shape)
    classes = shape[min(1, len(shape) - 1)]
    target = rng.integers(0, classes, (shape[0], *shape[2:]) if len(shape) > 1 else ())
    if ignore:
        target = np.where(rng.random(target.shape) < 0.4, -100, target)
    weight = rng.random(classes) if weighted else None
    loss, total = nll(x, target, weight, -100, reduction)
    leaf = torch.from_numpy(x).requires_grad_()
    tensor_weight = None if weight is None else torch.from_numpy(weight)
    want = F.nll_loss(leaf, torch.from_numpy(target), tensor_weight, reduction=reduction)
    near(loss, want.detach().numpy(), 16)
    g = np.asarray(rng.standard_normal(loss.shape))
    (want_gx,) = torch.autograd.grad(want, leaf, torch.from_numpy(g).reshape(want.shape))
    near(nll_backward(g, shape, target, weight, -100, reduction, total), want_gx.numpy(), 16)


def test_nll_of_nothing_and_its_refusals() -> None:
    x, target = np.ones((4, 5)), np.full(4, -100)
    assert np.isnan(nll(x, target)[0])
    assert nll(x, target, reduction="sum")[0] == 0
    np.testing.assert_array_equal(nll_backward(np.array(1.0), x.shape, target, total=0.0), 0 * x)
    for wrong in ([0, 1, 2, 5], [0, -1, 0, 0], [0, 1]):
        with pytest.raises((IndexError, ValueError)) as theirs:
            F.nll_loss(torch.from_numpy(x), torch.tensor(wrong))
        with pytest.raises(theirs.type) as ours:
            nll(x, np.array(wrong))
        assert str(ours.value) == str(theirs.value)
