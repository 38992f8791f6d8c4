"""Activations that bend smoothly, and their derivatives. The kinked ones are in piecewise.py.

Each has a fused backward, which is an Operator of its own: linear in the cotangent ``g``, with
``h`` times the second derivative for its other input.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from rushlight.kernels import activation as kernels
from rushlight.kernels import gelu as gelu_kernels
from rushlight.ops.complexes import sign
from rushlight.ops.declare import general, pointwise
from rushlight.ops.elementary import exp, sigmoid, tanh
from rushlight.ops.masking import kept
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Promoting, no_kernel, refuse
from rushlight.ops.shape import cat
from rushlight.ops.views import slice_

__all__ = [
    "celu",
    "celu_in_place",
    "elu",
    "elu_in_place",
    "floats_only",
    "gelu",
    "glu",
    "logsigmoid",
    "mish",
    "selu",
    "silu",
    "softplus",
    "softsign",
    "tanhshrink",
]


def floats_only(name: str, complexes: bool = False) -> dict[str, Any]:
    """The options of a function that PyTorch's kernel `name` computes for floating point only."""
    return {
        "promote": "common",
        "checks": (no_kernel("bi" if complexes else "bic", name),),
    }


def backward(name: str, kernel: Callable[..., Any], **rules: Any) -> Promoting:
    """Declare a backward pass: what it takes has one dtype already."""
    return pointwise(name, kernel, promote="common", **rules)


# -- from the sigmoid ----------------------------------------------------------------------------


def _silu_bend(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1 - s) * (2 + x * (1 - 2 * s))


def _mish_bend(x: Any) -> Any:
    s, t = sigmoid(x), tanh(_softplus(x))
    return s * (1 - t * t) * (2 + x * (1 - s - 2 * s * t))


def _softplus(x: Any) -> Any:
    return softplus(x, 1.0, 20.0)


def _softplus_bend(x: Any, beta: float, threshold: float) -> Any:
    s = sigmoid(x * beta)
    return kept(beta * s * (1 - s), x * beta <= threshold)


silu: Operator = pointwise(
    "silu",
    kernels.silu,
    slope=kernels.silu_and_slope,
    x=lambda g, x: silu_backward(g, x),
    **floats_only("silu_cpu", True),
)
silu_backward: Operator = backward(
    "silu_backward",
    kernels.silu_backward,
    g=lambda h, x: silu_backward(h, x),
    x=lambda h, g, x: h * g * _silu_bend(x),
)
mish: Operator = pointwise(
    "mish",
    kernels.mish,
    slope=kernels.mish_and_slope,
    x=lambda g, x: mish_backward(g, x),
    **floats_only("mish_cpu"),
)
mish_backward: Operator = backward(
    "mish_backward",
    kernels.mish_backward,
    g=lambda h, x: mish_backward(h, x),
    x=lambda h, g, x: h * g * _mish_bend(x),
)
softplus: Operator = pointwise(
    "softplus",
    kernels.softplus,
    x=lambda g, x, beta, threshold: softplus_backward(g, x, beta, threshold),
    **floats_only("softplus_cpu"),
)
softplus_backward: Operator = backward(
    "softplus_backward",
    kernels.softplus_backward,
    g=lambda h, x, beta, threshold: softplus_backward(h, x, beta, threshold),
    x=lambda h, g, x, beta, threshold: h * g * _softplus_bend(x, beta, threshold),
)
logsigmoid: Operator = pointwise(
    "log_sigmoid",
    kernels.logsigmoid,
    x=lambda g, x: logsigmoid_backward(g, x),
    **floats_only("log_sigmoid_cpu"),
)
logsigmoid_backward: Operator = backward(
    "log_sigmoid_backward",
    kernels.logsigmoid_backward,
    g=lambda h, x: logsigmoid_backward(h, x),
    x=lambda h, g, x: h * g * (sigmoid(x) * (sigmoid(x) - 1)),
)

# -- ELU and kin ---------------------------------------------------------------------------------

# scale · (x if x > 0 else alpha·(exp(input_scale·x) - 1)): SELU fixes two of the three numbers,
# CELU has 1 / alpha for the last.


def _declare_elu(name: str, node: str) -> Operator:
    return pointwise(
        name,
        kernels.elu,
        x=lambda g, x, alpha, scale, input_scale: elu_backward(g, x, alpha, scale, input_scale),
        node=node,
        **floats_only("elu_cpu"),
    )


def _declare_elu_in_place(name: str, node: str) -> Operator:
    return pointwise(
        name,
        kernels.elu,
        x=lambda g, y, alpha, scale, input_scale: _elu_backward_in_place(
            g, y, alpha, scale, input_scale
        ),
        node=node,
        **floats_only("elu_cpu"),
    )


def _elu_backward_in_place(g: Any, y: Any, alpha: float, scale: float, input_scale: float) -> Any:
    """From the result, which must tell where x was negative."""
    if alpha < 0:
        raise RuntimeError(
            "In-place elu backward calculation is triggered with a negative slope which is not "
            "supported. This is caused by calling in-place forward function with a negative "
            "slope, please call out-of-place version instead."
        )
    return elu_backward_from_result(g, y, alpha, scale, input_scale)


elu = _declare_elu("elu", "EluBackward0")
selu = _declare_elu("selu", "EluBackward0")
celu = _declare_elu("celu", "CeluBackward0")
elu_in_place = _declare_elu_in_place("elu_", "EluBackward1")
celu_in_place = _declare_elu_in_place("celu_", "CeluBackward1")
elu_backward: Operator = backward(
    "elu_backward",
    kernels.elu_backward,
    g=lambda h, x, alpha, scale, input_scale: elu_backward(h, x, alpha, scale, input_scale),
    x=lambda h, g, x, alpha, scale, input_scale: kept(
        h * g * (alpha * scale * input_scale**2) * exp(x * input_scale), x < 0
    ),
)
elu_backward_from_result: Operator = backward(
    "elu_backward",
    kernels.elu_backward_from_result,
    g=lambda h, y, alpha, scale, input_scale: elu_backward_from_result(
        h, y, alpha, scale, input_scale
    ),
    y=lambda h, g, y, input_scale: kept(h * g * input_scale, y <= 0),
)

# -- GELU ----------------------------------------------------------------------------------------

_DENSITY = 1 / sqrt(2 * pi)
_SLOPE = sqrt(2 / pi)
_CUBE = 0.044715


def _gelu_bend(x: Any, approximate: str) -> Any:
    if approximate == "none":
        return _DENSITY * exp(x * x * -0.5) * (2 - x * x)
    t = tanh(_SLOPE * (x + _CUBE * (x * x * x)))
    rise = _SLOPE * (1 + 3 * _CUBE * (x * x))  # of the argument of tanh
    return (1 - t * t) * (rise + x * (3 * _SLOPE * _CUBE * x - t * rise * rise))


gelu: Operator = pointwise(
    "gelu",
    gelu_kernels.gelu,
    slope=gelu_kernels.gelu_and_slope,
    x=lambda g, x, approximate: gelu_backward(g, x, approximate),
    **floats_only("GeluKernelImpl"),
)
gelu_backward: Operator = backward(
    "gelu_backward",
    gelu_kernels.gelu_backward,
    g=lambda h, x, approximate: gelu_backward(h, x, approximate),
    x=lambda h, g, x, approximate: h * g * _gelu_bend(x, approximate),
)

# -- what PyTorch composes, and names after the last step --------------------------------------

_REAL: dict[str, Any] = {"promote": "float", "checks": (refuse("bc", "a composite for {}"),)}


def _softsign_bend(x: Any) -> Any:
    below = 1 + abs(x)
    return sign(x) * -2 / (below * below * below)


softsign: Operator = pointwise(
    "softsign",
    kernels.softsign,
    x=lambda g, x: softsign_backward(g, x),
    node="DivBackward0",
    **_REAL,
)
softsign_backward: Operator = backward(
    "softsign_backward",
    kernels.softsign_backward,
    g=lambda h, x: softsign_backward(h, x),
    x=lambda h, g, x: h * g * _softsign_bend(x),
)
tanhshrink: Operator = pointwise(
    "tanhshrink",
    kernels.tanhshrink,
    x=lambda g, x: tanhshrink_backward(g, x),
    node="SubBackward0",
    **_REAL,
)
tanhshrink_backward: Operator = backward(
    "tanhshrink_backward",
    kernels.tanhshrink_backward,
    g=lambda h, x: tanhshrink_backward(h, x),
    x=lambda h, g, x: h * g * (2 * tanh(x) * (1 - tanh(x) * tanh(x))),
)

# -- GLU -----------------------------------------------------------------------------------------


def _halves(x: Any, dim: int) -> tuple[Any, Any]:
    n = x.shape[dim] // 2
    lead = (slice(None),) * dim
    return slice_(x, (*lead, slice(n))), slice_(x, (*lead, slice(n, 2 * n)))


def _glu_push(t: Any, x: Any, dim: int) -> Any:
    """The tangent of glu: the halves of `t` are the tangents of the halves of `x`."""
    a, b = _halves(x, dim)
    ta, tb = _halves(t, dim)
    s = sigmoid(b)
    return ta * s + tb * a * (s * (1 - s))


def _glu_bend(h: Any, g: Any, x: Any, dim: int) -> Any:
    a, b = _halves(x, dim)
    ha, hb = _halves(h, dim)
    s = sigmoid(b)
    slope = g * s * (1 - s)
    return cat(dim, hb * slope, (ha + hb * a * (1 - 2 * s)) * slope)


glu: Operator = general(
    "glu",
    kernels.glu,
    x=lambda g, x, axis: glu_backward(g, x, axis),
    jvp=lambda t, x, axis: _glu_push(t, x, axis),
)
glu_backward: Operator = general(
    "glu_backward",
    kernels.glu_backward,
    g=lambda h, x, axis: _glu_push(h, x, axis),
    x=lambda h, g, x, axis: _glu_bend(h, g, x, axis),
)
