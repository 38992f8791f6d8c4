"""Layer, group, batch and RMS norm: one node each, whose backward is an Operator too.

All four standardise: with mean m and r = 1 / sqrt(variance + eps) over some axes (RMS: m = 0 and
the mean square), h = (x - m)·r, y = h·weight + bias. So they share one second derivative: with
v = g·weight, a bar for the mean over those axes and P the projection

    P(t) = r · (t - bar(t) - h · bar(t·h)),      gx = P(v),  gw = Σ g·h,  gb = Σ g,

which is symmetric, the cotangents u, p, q of gx, gw and gb pull back to

    g:       weight · P(u) + p·h + q
    weight:  Σ g · P(u)
    x:       P(p·g - r·(u · bar(v·h) + v · bar(u·h))) - r²·h·(bar(u·v) - bar(u)·bar(v)
             - bar(u·h)·bar(v·h))

where the last term is what a change of r does to gx. The statistics are computed again from x, so
that every higher derivative is right as well.
"""

from __future__ import annotations

from math import prod
from typing import Any

from rushlight.kernels import batch_norm as batch_kernels
from rushlight.kernels import norm as kernels
from rushlight.ops.declare import general
from rushlight.ops.elementary import sqrt
from rushlight.ops.fitting import expand, sum_to
from rushlight.ops.operator import Operator
from rushlight.ops.reduce import mean as mean_of
from rushlight.ops.reduce import sum_

__all__ = ["batch_norm", "batch_norm_eval", "group_norm", "layer_norm", "rms_norm"]

STATISTICS: dict[str, Any] = {"outputs": ("y", "mean", "rstd"), "constant": ("mean", "rstd")}
INPUTS = ("x", "weight", "bias")
Form = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def second(us: Any, g: Any, x: Any, weight: Any, form: Form, eps: float, centre: bool) -> Any:
    """The cotangents of g, x and weight for those of gx, gw and gb, by the formulas above.

    `form` says how to look at x and at the weight, and which axes have one mean and spread.
    """
    u, p, q = (*us, None)[:3]
    shape, weight_shape, axes = form
    full = g.shape
    g, x = g.reshape(shape), x.reshape(shape)
    w = 1.0 if weight is None else weight.reshape(weight_shape)
    v = g * w

    def bar(t: Any) -> Any:
        return mean_of(t, axes, True)

    def project(t: Any) -> Any:
        rest = t - h * bar(t * h)
        return r * (rest - bar(t) if centre else rest)

    d = x - bar(x) if centre else x
    r = 1 / sqrt(bar(d * d) + eps)
    h = d * r
    to_g = to_x = to_weight = None
    if u is not None:
        u = u.reshape(shape)
        pu, uh, vh = project(u), bar(u * h), bar(v * h)
        spread = bar(u * v) - uh * vh
        if centre:
            spread = spread - bar(u) * bar(v)
        to_g = pu * w
        to_x = project(-r * (u * vh + v * uh)) - h * (spread * r * r)
        if weight is not None:
            to_weight = sum_to(g * pu, weight_shape).reshape(weight.shape)
    if p is not None:
        p = p.reshape(weight_shape)
        to_g = p * h if to_g is None else to_g + p * h
        to_x = project(p * g) if to_x is None else to_x + project(p * g)
    if q is not None:
        q = q.reshape(weight_shape)
        to_g = expand(q, shape) if to_g is None else to_g + q
    return [None if t is None else t.reshape(full) for t in (to_g, to_x)] + [to_weight]


# -- layer norm --------------------------------------------------------------------------------


def _trailing(shape: Any, dims: int) -> Form:
    """Rows of the trailing dimensions."""
    columns = prod(shape[len(shape) - dims :])
    return (prod(shape[: len(shape) - dims]), columns), (1, columns), (1,)


def _layer_backward(
    g: Any, x: Any, weight: Any, mean: Any, rstd: Any, dims: int, eps: float
) -> Any:
    return kernels.layer_norm_backward(g, x, dims, mean, rstd, weight)


layer_norm: Operator = general(
    "native_layer_norm",
    kernels.layer_norm,
    inputs=INPUTS,
    together=lambda g, x, weight, mean, rstd, dims, eps: layer_norm_backward(
        g[0], x, weight, mean, rstd, dims, eps
    ),
    **STATISTICS,
)
layer_norm_backward: Operator = general(
    "native_layer_norm_backward",
    _layer_backward,
    inputs=("g", "x", "weight"),
    outputs=("gx", "gw", "gb"),
    together=lambda us, g, x, weight, dims, eps: second(
        us, g, x, weight, _trailing(x.shape, dims), eps, True
    ),
)


# -- RMS norm: PyTorch composes it, and its last operator is a product ---------------------------


def _rms_backward(g: Any, x: Any, weight: Any, rstd: Any, dims: int, eps: float) -> Any:
    return kernels.rms_norm_backward(g, x, dims, rstd, weight)


rms_norm: Operator = general(
    "rms_norm",
    kernels.rms_norm,
    inputs=("x", "weight"),
    outputs=("y", "rstd"),
    constant=("rstd",),
    together=lambda g, x, weight, rstd, dims, eps: rms_norm_backward(
        g[0], x, weight, rstd, dims, eps
    ),
    node="MulBackward0",
)
rms_norm_backward: Operator = general(
    "rms_norm_backward",
    _rms_backward,
    inputs=("g", "x", "weight"),
    outputs=("gx", "gw"),
    together=lambda us, g, x, weight, dims, eps: second(
        us, g, x, weight, _trailing(x.shape, dims), eps, False
    ),
)


# -- group norm --------------------------------------------------------------------------------


def _grouped(shape: Any, groups: int) -> Form:
    """Groups of channels of one image."""
    batch, channels, inner = shape[0], shape[1], prod(shape[2:])
    form = (groups, channels // groups)
    return (batch, *form, inner), (1, *form, 1), (2, 3)


def _group_backward(
    g: Any, x: Any, weight: Any, mean: Any, rstd: Any, groups: int, eps: float
) -> Any:
    return kernels.group_norm_backward(g, x, groups, mean, rstd, weight)


group_norm: Operator = general(
    "native_group_norm",
    kernels.group_norm,
    inputs=INPUTS,
    together=lambda g, x, weight, mean, rstd, groups, eps: group_norm_backward(
        g[0], x, weight, mean, rstd, groups, eps
    ),
    **STATISTICS,
)
group_norm_backward: Operator = general(
    "native_group_norm_backward",
    _group_backward,
    inputs=("g", "x", "weight"),
    outputs=("gx", "gw", "gb"),
    together=lambda us, g, x, weight, groups, eps: second(
        us, g, x, weight, _grouped(x.shape, groups), eps, True
    ),
)


# -- batch norm --------------------------------------------------------------------------------


def _channels(shape: Any) -> Form:
    """A channel over batch and space."""
    return (shape[0], shape[1], prod(shape[2:])), (1, shape[1], 1), (0, 2)


def _batch_backward(g: Any, x: Any, weight: Any, mean: Any, rstd: Any, eps: float) -> Any:
    return batch_kernels.batch_norm_backward(g, x, mean, rstd, weight)


batch_norm: Operator = general(
    "native_batch_norm",
    batch_kernels.batch_norm,
    inputs=INPUTS,
    together=lambda g, x, weight, mean, rstd, eps: batch_norm_backward(
        g[0], x, weight, mean, rstd, eps
    ),
    **STATISTICS,
)
batch_norm_backward: Operator = general(
    "native_batch_norm_backward",
    _batch_backward,
    inputs=("g", "x", "weight"),
    outputs=("gx", "gw", "gb"),
    together=lambda us, g, x, weight, eps: second(us, g, x, weight, _channels(x.shape), eps, True),
)


def _by_channel(v: Any, x: Any) -> Any:
    return v.reshape((1, -1) + (1,) * (x.ndim - 2))


def _over_channel(t: Any) -> Any:
    return sum_(t, (0, *range(2, t.ndim)), False)


def _scale(weight: Any, var: Any, eps: float) -> Any:
    """What x is multiplied with."""
    rstd = 1 / sqrt(var + eps)
    return rstd if weight is None else rstd * weight


batch_norm_eval: Operator = general(
    "native_batch_norm",
    batch_kernels.batch_norm_eval,
    x=lambda g, weight, var, eps: g * _by_channel(_scale(weight, var, eps), g),
    weight=lambda g, x, mean, var, eps: _over_channel(
        g * (x - _by_channel(mean, x)) * _by_channel(_scale(None, var, eps), x)
    ),
    bias=lambda g: _over_channel(g),
)
