"""Activation kernels beside PyTorch: values, cotangents, kinks, extremes, layouts, halves."""

from __future__ import annotations

import numpy as np
import pytest

from rushlight.kernels import activation, gelu, piecewise
from rushlight.kernels.blocks import BLOCK

torch = pytest.importorskip("torch", reason="PyTorch is the judge here")
F = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)

# name: (PyTorch, forward(x), backward(g, x, y))
SMOOTH = {
    "sigmoid": (
        torch.sigmoid,
        activation.sigmoid,
        lambda g, x, y: activation.sigmoid_backward(g, y),
    ),
    "tanh": (
        torch.tanh,
        lambda x: np.asarray(np.tanh(x)),
        lambda g, x, y: activation.tanh_backward(g, y),
    ),
    "tanhshrink": (
        F.tanhshrink,
        activation.tanhshrink,
        lambda g, x, y: activation.tanhshrink_backward(g, x),
    ),
    "logsigmoid": (
        F.logsigmoid,
        activation.logsigmoid,
        lambda g, x, y: activation.logsigmoid_backward(g, x),
    ),
    "softplus": (
        F.softplus,
        activation.softplus,
        lambda g, x, y: activation.softplus_backward(g, x),
    ),
    "softplus_steep": (
        lambda x: F.softplus(x, 2.5, 3.0),
        lambda x: activation.softplus(x, 2.5, 3.0),
        lambda g, x, y: activation.softplus_backward(g, x, 2.5, 3.0),
    ),
    "elu": (F.elu, activation.elu, lambda g, x, y: activation.elu_backward(g, x)),
    "elu_alpha": (
        lambda x: F.elu(x, 2.5),
        lambda x: activation.elu(x, 2.5),
        lambda g, x, y: activation.elu_backward(g, x, 2.5),
    ),
    "elu_small": (
        lambda x: F.elu(x, 0.3),
        lambda x: activation.elu(x, 0.3),
        lambda g, x, y: activation.elu_backward(g, x, 0.3),
    ),
    "elu_negative": (
        lambda x: F.elu(x, -0.5),
        lambda x: activation.elu(x, -0.5),
        lambda g, x, y: activation.elu_backward(g, x, -0.5),
    ),
    "elu_from_result": (
        lambda x: F.elu_(x.clone(), 2.5),
        lambda x: activation.elu(x, 2.5),
        lambda g, x, y: activation.elu_backward_from_result(g, y, 2.5),
    ),
    "celu": (
        lambda x: F.celu(x, 2.0),
        lambda x: activation.elu(x, 2.0, 1.0, 0.5),
        lambda g, x, y: activation.elu_backward(g, x, 2.0, 1.0, 0.5),
    ),
    "selu": (
        F.selu,
        lambda x: activation.elu(x, *SELU),
        lambda g, x, y: activation.elu_backward(g, x, *SELU),
    ),
    "selu_from_result": (
        lambda x: F.selu_(x.clone()),
        lambda x: activation.elu(x, *SELU),
        lambda g, x, y: activation.elu_backward_from_result(g, y, *SELU),
    ),
    "gelu": (F.gelu, gelu.gelu, lambda g, x, y: gelu.gelu_backward(g, x)),
    "gelu_tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: gelu.gelu(x, "tanh"),
        lambda g, x, y: gelu.gelu_backward(g, x, "tanh"),
    ),
    "silu": (F.silu, activation.silu, lambda g, x, y: activation.silu_backward(g, x)),
    "mish": (F.mish, activation.mish, lambda g, x, y: activation.mish_backward(g, x)),
    "softsign": (
        F.softsign,
        activation.softsign,
        lambda g, x, y: activation.softsign_backward(g, x),
    ),
}

PIECEWISE = {
    "relu": (F.relu, piecewise.relu, lambda g, x, y: piecewise.relu_backward(g, y)),
    "threshold": (
        lambda x: F.threshold(x, 0.5, 7.0),
        lambda x: piecewise.threshold(x, 0.5, 7.0),
        lambda g, x, y: piecewise.threshold_backward(g, x, 0.5),
    ),
    "leaky_relu": (
        lambda x: F.leaky_relu(x, 0.01),
        piecewise.leaky_relu,
        lambda g, x, y: piecewise.leaky_relu_backward(g, x),
    ),
    "leaky_relu_zero": (
        lambda x: F.leaky_relu(x, 0.0),
        lambda x: piecewise.leaky_relu(x, 0.0),
        lambda g, x, y: piecewise.leaky_relu_backward(g, x, 0.0),
    ),
    "leaky_relu_steep": (
        lambda x: F.leaky_relu(x, 1.5),
        lambda x: piecewise.leaky_relu(x, 1.5),
        lambda g, x, y: piecewise.leaky_relu_backward(g, x, 1.5),
    ),
    "leaky_relu_negative": (
        lambda x: F.leaky_relu(x, -0.5),
        lambda x: piecewise.leaky_relu(x, -0.5),
        lambda g, x, y: piecewise.leaky_relu_backward(g, x, -0.5),
    ),
    "hardtanh": (
        lambda x: F.hardtanh(x, -0.5, 1.5),
        lambda x: piecewise.hardtanh(x, -0.5, 1.5),
        lambda g, x, y: piecewise.hardtanh_backward(g, x, -0.5, 1.5),
    ),
    "relu6": (
        F.relu6,
        lambda x: piecewise.hardtanh(x, 0.0, 6.0),
        lambda g, x, y: piecewise.hardtanh_backward(g, x, 0.0, 6.0),
    ),
    "hardsigmoid": (
        F.hardsigmoid,
        piecewise.hardsigmoid,
        lambda g, x, y: piecewise.hardsigmoid_backward(g, x),
    ),
    "hardswish": (
        F.hardswish,
        piecewise.hardswish,
        lambda g, x, y: piecewise.hardswish_backward(g, x),
    ),
    "hardshrink": (
        F.hardshrink,
        piecewise.hardshrink,
        lambda g, x, y: piecewise.shrink_backward(g, x),
    ),
    "softshrink": (
        F.softshrink,
        piecewise.softshrink,
        lambda g, x, y: piecewise.shrink_backward(g, x),
    ),
}

ROWS = SMOOTH | PIECEWISE
LAYOUTS = ("scalar", "empty", "tiny", "middle", "large", "transposed", "strided", "tall")


def sample(layout: str, dtype: type, rng: np.random.Generator) -> np.ndarray:
    shapes = {
        "scalar": (),
        "empty": (0, 3),
        "tiny": (4, 4),
        "middle": (40, 50),
        "large": (3, BLOCK),
        "transposed": (300, 250),
        "strided": (150, 900),
        "tall": (2, 3, BLOCK // 2),
    }
    x = np.asarray(3 * rng.standard_normal(shapes[layout]), dtype)
    if layout == "transposed":
        return x.T
    if layout == "strided":
        return x[:, ::-2]
    return x.transpose(1, 2, 0) if layout == "tall" else x


def reference(f, x: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    leaf = torch.from_numpy(np.ascontiguousarray(x).reshape(x.shape)).requires_grad_()
    y = f(leaf)
    (gx,) = torch.autograd.grad(y, leaf, torch.from_numpy(g.copy()).reshape(y.shape))
    return y.detach().numpy(), gx.numpy()


def close(ours: np.ndarray, theirs: np.ndarray, scale: np.ndarray | float, ulps: float) -> None:
    """Equal within ``ulps`` of the larger of the result and ``scale`` (what cancels in it)."""
    assert type(ours) is np.ndarray
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    size = np.maximum(np.abs(theirs), np.abs(scale))[finite]
    room = ulps * np.finfo(theirs.dtype).eps * size + np.finfo(theirs.dtype).tiny
    worst = np.max(np.abs(ours - theirs)[finite] / room, initial=0)
    assert worst <= 1, f"off by {worst * ulps:.1f} ulp"


def room_for(name: str, x: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the value and the cotangent are small differences of, in PyTorch as here."""
    magnitude = np.abs(x)
    if name not in SMOOTH:
        return np.zeros_like(x), np.zeros_like(x)
    if name == "gelu":
        return 2 * magnitude, g * (1 + magnitude)
    if name == "gelu_tanh":
        return magnitude, g * (1 + magnitude**3)
    return np.minimum(magnitude, 1), g * (1 + magnitude)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ROWS)
def test_values_and_cotangents(name: str, layout: str, dtype: type) -> None:
    theirs, forward, backward = ROWS[name]
    rng = np.random.default_rng(len(name))
    x = sample(layout, dtype, rng)
    g = np.asarray(rng.standard_normal(x.shape), dtype)
    before = x.copy(), g.copy()
    y = forward(x)
    gx = backward(g, x, y)
    want_y, want_gx = reference(theirs, x, g)
    room_y, room_gx = room_for(name, x, g)
    close(y, want_y, room_y, 5)
    close(gx, want_gx, room_gx, 5)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(g, before[1])
    assert not np.may_share_memory(y, x)
    assert not np.may_share_memory(gx, g)


EXTREMES = [np.nan, -np.inf, -1e30, -100, -20.5, -20, -6, -3, -1.5, -1, -0.5, -1e-42, -0.0]
EXTREMES += [0.0, 1e-42, 0.5, 1, 1.5, 3, 6, 20, 20.5, 100, 1e30, np.inf]

# PyTorch's vectorised code meets inf - inf or 0 · inf here; ours takes the limit.
LIMITS = {
    "gelu": [np.inf],
    "mish": [np.inf],
    "gelu_tanh": [-1e30, 1e30],
    "softsign": [-np.inf, np.inf],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [32, 1024])  # whole vectors: PyTorch's scalar tail treats nan
@pytest.mark.parametrize("name", ROWS)  # otherwise in some of its backward loops
def test_extremes(name: str, size: int, dtype: type) -> None:
    theirs, forward, backward = ROWS[name]
    x = np.array(EXTREMES, dtype)
    x = np.resize(x[~np.isin(x, np.array(LIMITS.get(name, []), dtype))], size)
    y = forward(x)
    gx = backward(np.ones_like(x), x, y)
    want_y, want_gx = reference(theirs, x, np.ones_like(x))
    tiny = 2e-7 if dtype is np.float32 else 4e-16
    np.testing.assert_allclose(y, want_y, rtol=6 * tiny, atol=3 * tiny)
    np.testing.assert_allclose(gx, want_gx, rtol=6 * tiny, atol=12 * tiny)
    if name in PIECEWISE:
        zero = want_y == 0
        np.testing.assert_array_equal(np.signbit(y[zero]), np.signbit(want_y[zero]))


@pytest.mark.parametrize("repeat", [1, 40])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, -1.0])
@pytest.mark.parametrize("name", sorted(set(PIECEWISE) - {"hardswish"}))
def test_dropped_cotangents_are_positive_zero(name: str, bad: float, repeat: int) -> None:
    theirs, forward, backward = PIECEWISE[name]
    x = np.repeat(np.array(EXTREMES, np.float32), repeat)
    g = np.full_like(x, bad)
    gx = backward(g, x, forward(x))
    _, want = reference(theirs, x, g)
    np.testing.assert_array_equal(gx, want)
    np.testing.assert_array_equal(np.signbit(gx)[want == 0], np.signbit(want)[want == 0])


@pytest.mark.parametrize("name", ROWS)
def test_halves_are_computed_in_single_precision(name: str) -> None:
    theirs, forward, backward = ROWS[name]
    rng = np.random.default_rng(0)
    x = (3 * rng.standard_normal(1000)).astype(np.float16)
    g = rng.standard_normal(1000).astype(np.float16)
    y = forward(x)
    gx = backward(g, x, y)
    want_y, want_gx = reference(theirs, x, g)
    assert y.dtype == gx.dtype == np.float16
    loose = 4e-3 if name in ("tanhshrink", "softsign") else 0  # composed of rounded steps there
    np.testing.assert_allclose(y, want_y, rtol=1e-3, atol=1e-6 + loose)
    np.testing.assert_allclose(gx, want_gx, rtol=2e-3, atol=2e-4 + loose)


@pytest.mark.parametrize("size", [7, 3 * BLOCK])
def test_out_is_written_and_returned(size: int) -> None:
    x = np.linspace(-4, 4, size, dtype=np.float32)
    kernels = (
        *(activation.sigmoid, activation.tanhshrink, activation.logsigmoid),
        *(activation.softplus, activation.elu, activation.silu, activation.mish),
        *(activation.softsign, gelu.gelu, piecewise.relu, piecewise.leaky_relu),
        *(piecewise.hardtanh, piecewise.hardsigmoid, piecewise.hardswish),
        *(piecewise.hardshrink, piecewise.softshrink),
    )
    for kernel in kernels:
        out = np.empty_like(x)
        assert kernel(x, out=out) is out
        np.testing.assert_array_equal(out, kernel(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape,axis", [((6, 4), -1), ((6, 4), 0), ((3, 8, 5), 1), ((2, 90000), 1)])
def test_glu(shape: tuple[int, ...], axis: int, dtype: type) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape).astype(dtype)
    y = activation.glu(x, axis)
    g = rng.standard_normal(y.shape).astype(dtype)
    want_y, want_gx = reference(lambda t: F.glu(t, axis), x, g)
    close(y, want_y, 0, 5)
    close(activation.glu_backward(g, x, axis), want_gx, 1, 5)


def test_glu_refuses_what_cannot_be_halved() -> None:
    for x, axis in ((np.zeros((2, 5)), 1), (np.zeros(()), -1)):
        with pytest.raises(RuntimeError) as theirs:
            F.glu(torch.from_numpy(x), axis)
        with pytest.raises(RuntimeError) as ours:
            activation.glu(x, axis)
        assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("weight", [0.25, -0.5, 1.5])
@pytest.mark.parametrize("size", [len(EXTREMES), 3000])
def test_prelu(size: int, weight: float) -> None:
    x = np.resize(np.array(EXTREMES, np.float32), (2, size))
    w = np.array([[weight], [2 * weight]], np.float32)
    g = np.random.default_rng(2).standard_normal(x.shape).astype(np.float32)
    leaf, slope = torch.from_numpy(x).T.requires_grad_(), torch.from_numpy(w[:, 0]).requires_grad_()
    want = F.prelu(leaf, slope)
    np.testing.assert_array_equal(piecewise.prelu(x, w), want.detach().T)
    gx, gw = piecewise.prelu_backward(g, x, w)
    want_gx, want_gw = torch.autograd.grad(want, (leaf, slope), torch.from_numpy(g).T)
    np.testing.assert_array_equal(gx, want_gx.T)
    finite = np.isfinite(x) & (np.abs(x) < 1e9)
    assert np.all(gw[x > 0] == 0)
    np.testing.assert_array_equal(gw[finite & (x <= 0)], (x * g)[finite & (x <= 0)])
    assert torch.isnan(want_gw).all() == np.isnan(gw).any()


def test_rrelu_with_given_draws() -> None:
    x = np.random.default_rng(3).standard_normal((5, 7)).astype(np.float32)
    torch.manual_seed(0)
    leaf = torch.from_numpy(x).requires_grad_()
    want = F.rrelu(leaf, 0.1, 0.4, training=True)
    want.sum().backward()
    draws = leaf.grad.numpy()[x <= 0]
    noise = piecewise.rrelu_noise(x, draws)
    np.testing.assert_array_equal(piecewise.rrelu(x, noise), want.detach())
    np.testing.assert_array_equal(piecewise.rrelu(np.ones_like(x), noise), leaf.grad)
