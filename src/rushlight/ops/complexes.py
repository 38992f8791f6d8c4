"""Signs, magnitudes and angles; complex numbers from their parts, and their conjugates.

Few of these are holomorphic, so their formulas take values as they are (``conjugate=False``) and
say themselves what the cotangent is: for a real function u of z = a + ib it is ∂u/∂a + i·∂u/∂b.
Edges take the real part of what goes to a real input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels import elementary
from rushlight.kernels.copies import check_broadcast
from rushlight.kernels.flipped import flip
from rushlight.ops.declare import constant, linear, pointwise, view
from rushlight.ops.masking import kept, zeroed
from rushlight.ops.operator import Operator
from rushlight.ops.promotion import no_kernel, refuse
from rushlight.ops.viewing import view_node

__all__ = [
    "ConjNode",
    "NegViewNode",
    "absolute",
    "angle",
    "complex_",
    "conj",
    "conj_physical",
    "copysign",
    "copysign_number",
    "is_complex",
    "neg_view",
    "polar",
    "sgn",
    "sign",
    "signbit",
]


def is_complex(x: Any) -> bool:
    """Whether an ndarray's or a Tensor's dtype is complex."""
    dtype = x.dtype
    return dtype.kind == "c" if isinstance(dtype, np.dtype) else bool(dtype.is_complex)


# -- signs -------------------------------------------------------------------------------------


def _sign(x: Any) -> Any:
    return x.copy() if x.dtype.kind == "b" else elementary.sign(x)


def _sgn(x: Any) -> Any:
    """z / |z|, 0 at 0: the sign of real numbers."""
    if x.dtype.kind != "c":
        return _sign(x)
    y = np.asarray(np.sign(x))
    far = np.abs(x)
    if np.isinf(far).any():  # where NumPy gives the sign of the infinite part
        at = np.isinf(far)
        with np.errstate(invalid="ignore"):
            y.real[at], y.imag[at] = x.real[at] / far[at], x.imag[at] / far[at]
    return y


def _sgn_rule(g: Any, x: Any, y: Any) -> Any:
    """The part of the cotangent across the direction of z; along it sgn is constant."""
    if not is_complex(x):
        return zeroed(g)
    along = (g * y.conj() + g.conj() * y) / 2
    return kept((g - along * y) / absolute(x), x != 0)


sign = pointwise(
    "sign",
    _sign,
    promote="common",
    selects=True,
    checks=(
        no_kernel("w", "sign_cpu"),
        refuse(
            "c",
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use "
            "torch.sgn instead.",
            NotImplementedError,
        ),
    ),
    x=lambda g: zeroed(g),
)
sgn = pointwise(
    "sgn",
    _sgn,
    promote="common",
    selects=True,
    checks=(no_kernel("w", "sign_cpu"),),
    conjugate=False,
    x=_sgn_rule,
)
signbit = constant(
    "signbit",
    lambda x: np.less(x, 0) if x.dtype.kind in "biu" else np.signbit(x),
    promote="bool",
    checks=(refuse("c", "signbit is not implemented for complex tensors.", NotImplementedError),),
)


def _copysign_rule(g: Any, a: Any, y: Any) -> Any:
    return g * kept(y / a, a != 0)


copysign = pointwise(
    "copysign",
    np.copysign,
    checks=(no_kernel("c", "copysign_cpu"),),
    a=lambda g, a, y: _copysign_rule(g, a, y),
    b=lambda g: zeroed(g),
)
copysign_number = pointwise(
    "copysign",
    lambda a, number: np.copysign(a, number),
    operands=("a", "number"),
    checks=(no_kernel("c", "copysign_cpu"),),
    node="CopysignBackward1",
    a=lambda g, a, y: _copysign_rule(g, a, y),
)

# -- magnitudes and angles ---------------------------------------------------------------------

absolute = pointwise(
    "abs",
    np.abs,
    promote="common",
    checks=(no_kernel("bw", "abs_cpu"),),
    conjugate=False,
    x=lambda g, x: g * sgn(x),
    jvp=lambda x_t, x: x_t * sgn(x).conj(),
)


def _angle(x: Any) -> Any:
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    y = np.less(x, 0).astype(x.dtype) * np.asarray(np.pi, x.dtype)
    unknown = np.isnan(x)
    return np.where(unknown, x, y) if unknown.any() else y


def _angle_rule(g: Any, x: Any) -> Any:
    return kept(g * 1j / x.conj(), x != 0) if is_complex(x) else zeroed(g)


def _angle_jvp(x_t: Any, x: Any) -> Any:
    return kept(x_t * -1j / x, x != 0) if is_complex(x) else zeroed(x_t)


angle = pointwise("angle", _angle, conjugate=False, x=_angle_rule, jvp=_angle_jvp)

# -- complex numbers ---------------------------------------------------------------------------


def _complex(real: Any, imag: Any) -> Any:
    check_broadcast(real.shape, imag.shape)
    kind = np.result_type(real.dtype, np.complex64)
    if real.shape == imag.shape:
        z = np.empty_like(real, kind)
    else:
        z = np.empty(np.broadcast_shapes(real.shape, imag.shape), kind)
    z.real = real
    z.imag = imag
    return z


def _polar(abs: Any, angle: Any) -> Any:
    return _complex(abs * np.cos(angle), abs * np.sin(angle))


complex_ = linear("complex", _complex, real=lambda g: g, imag=lambda g: g * -1j)
polar = pointwise(
    "polar",
    _polar,
    promote="common",
    conjugate=False,
    abs=lambda g, y: g * sgn(y).conj(),
    angle=lambda g, y: g * (y * 1j).conj(),
    jvp=lambda abs_t, angle_t, y: abs_t * sgn(y) + angle_t * (y * 1j),
)
# Views with a bit: see rushlight.kernels.flipped. A conjugate's cotangent has the bit too.
conj: Operator = view("conj", lambda x: flip(x, conj=True), x=lambda g: conj(g))
neg_view: Operator = view("neg_view", lambda x: flip(x, neg=True), x=lambda g: -g)
ConjNode = view_node(conj)
NegViewNode = view_node(neg_view)
conj_physical = linear("conj_physical", lambda x: np.conjugate(x), x=lambda g: g.conj())
