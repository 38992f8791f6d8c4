"""Derivatives up to the fourth of pointwise functions, at and around the points where they bend."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import rushlight

judge = pytest.importorskip("torch", reason="PyTorch is the judge here")

POINTS = (
    -100.0, -6.0, -3.0, -1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 6.0,
    100.0,
)  # fmt: skip
NAMES = """
    abs acos acosh asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2
    expm1 floor frac lgamma log log10 log1p log2 neg rad2deg reciprocal round rsqrt sigmoid sign sin
    sinc sinh sqrt square tan tanh trunc nan_to_num i0 relu
"""
LAYERS = """
    celu elu gelu hardshrink hardswish hardtanh leaky_relu logsigmoid mish relu6 selu silu softplus
    softshrink softsign tanhshrink
"""
EXPRESSIONS = [
    *[f"torch.{name}(x)" for name in NAMES.split()],
    *[f"F.{name}(x)" for name in LAYERS.split()],
    "F.elu(x, alpha=2.0)", "F.celu(x, alpha=2.0)", "F.softplus(x, beta=3.0)",
    "F.leaky_relu(x, 0.3)", "F.threshold(x, 0.5, 2.0)", "F.prelu(x, w)", "torch.clamp(x, -1, 1)",
    "x**2", "x**3", "x**0.5", "x**0", "x**-1", "x**2.5", "2.0**x", "x**x", "torch.fmod(x, 2.0)",
    "torch.remainder(x, 2.0)", "torch.xlogy(x, x)", "torch.hypot(x, x)", "torch.copysign(x, x)",
    "torch.maximum(x, -x)", "torch.minimum(x, -x)", "torch.logaddexp(x, x)", "(x * x).sqrt()",
    "torch.special.entr(x)", "torch.special.erfcx(x)", "torch.special.ndtr(x)",
    "torch.special.i0e(x)", "torch.special.i1(x)", "torch.polygamma(1, x)", "x.softmax(0)",
    "x.log_softmax(0)", "x.logsumexp(0)", "x.norm()", "x.prod()", "x.cumprod(0)", "x.std()",
    "F.glu(x[:16])", "F.huber_loss(x, -x)", "F.smooth_l1_loss(x, -x)", "F.l1_loss(x, -x)",
    "torch.lerp(x, x * x, 0.3)",
]  # fmt: skip


def derivatives(lib: Any, expression: str) -> list[Any]:
    """Of each order the gradient of the sum, as long as something requires grad."""
    x = lib.tensor(POINTS, dtype=lib.float64, requires_grad=True)
    w = lib.tensor([0.25], dtype=lib.float64, requires_grad=True)
    names = {"torch": lib, "F": lib.nn.functional, "x": x, "w": w}
    found, g = [], eval(expression, names)
    for _ in range(4):
        total = g.sum()
        if not total.requires_grad:
            break
        g, of_w = lib.autograd.grad(total, (x, w), create_graph=True, allow_unused=True)
        if g is None:
            break
        found.append(g.detach().numpy(force=True))
        if of_w is not None:
            found.append(of_w.detach().numpy(force=True))
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_derivatives(expression: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = derivatives(rushlight, expression), derivatives(judge, expression)
    zero = np.zeros(len(POINTS))
    for i in range(max(len(ours), len(theirs))):  # what is zero for good may have no graph
        mine, other = (found[i] if i < len(found) else zero for found in (ours, theirs))
        np.testing.assert_allclose(mine, other, 1e-6, 1e-9)
