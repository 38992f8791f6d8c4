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
    "tanh": (torch.tanh, activation.tanh, lambda g, x, y: activation.tanh_backward(g, y)),
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
        lambda g, x, y: piecewise.hardshrink_backward(g, x),
    ),
    "softshrink": (
        F.softshrink,
        piecewise.softshrink,
        lambda g, x, y: piecewise.softshrink_backward(g, x),
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


def close(ours: np.ndarray, theirs: np.ndarray, scale: np.ndarray, ulps: float) -> None:
    """Equal within ``ulps`` of the larger of the result and ``scale`` (what cancels in it)."""
    assert type(ours) is np.ndarray
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite])
    ours, theirs, scale = ours[finite], theirs[finite], np.abs(np.broadcast_to(scale, ours.shape))
    size = np.maximum(np.abs(theirs), scale[finite] if scale.shape == finite.shape else 0)
    room = ulps * np.finfo(theirs.dtype).eps * size + np.finfo(theirs.dtype).tiny
    worst = np.max(np.abs(ours - theirs) / room, initial=0)
    assert worst <= 1, f"off by {worst * ulps:.1f} ulp"


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
    close(y, want_y, np.minimum(np.abs(x), 1) if name in SMOOTH else 0, 6)
    close(gx, want_gx, g if name in SMOOTH else 0, 6)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(g, before[1])
    assert not np.may_share_memory(y, x)
    assert not np.may_share_memory(gx, g)
