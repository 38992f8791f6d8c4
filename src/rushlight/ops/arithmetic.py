"""Arithmetic: sums, products, quotients, remainders, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.kernels import elementary
from rushlight.ops.declare import pointwise, underivable
from rushlight.ops.masking import zeroed
from rushlight.ops.promotion import Dtype, checked_number, no_kernel, refuse

__all__ = [
    "add",
    "add_scaled",
    "addcdiv",
    "addcmul",
    "div",
    "div_floor",
    "div_trunc",
    "floor_divide",
    "fmod",
    "fmod_number",
    "lerp",
    "lerp_number",
    "mul",
    "neg",
    "remainder",
    "remainder_number",
    "remainder_of_number",
    "rsub",
    "rsub_number",
    "rsub_scaled",
    "sub",
    "sub_scaled",
]

# -- sums and differences ----------------------------------------------------------------------


def _no_bool_difference(operands: Sequence[Any], target: Dtype) -> None:
    bools = [type(a) is bool or getattr(a, "dtype", None) == np.bool_ for a in operands[:2]]
    if all(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if any(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying "
            "to invert a mask, use the `~` or `logical_not()` operator instead."
        )


_sum_checks = (no_kernel("w", "add_stub"),)
_difference: Any = {"promote": "common", "checks": (_no_bool_difference, *_sum_checks)}

add = pointwise("add", np.add, promote="common", checks=_sum_checks, a=lambda g: g, b=lambda g: g)
sub = pointwise("sub", np.subtract, **_difference, a=lambda g: g, b=lambda g: -g)
# PyTorch counts the overloads of rsub: with a tensor, and with a number.
rsub = pointwise("rsub", lambda a, b: np.subtract(b, a), **_difference,
                 a=lambda g: -g, b=lambda g: g)  # fmt: skip
rsub_number = pointwise("rsub", lambda a, b: np.subtract(b, a), **_difference,
                        node="RsubBackward1", a=lambda g: -g, b=lambda g: g)  # fmt: skip

# The same with other scaled by alpha, which is no operand: it is cast to the operands' dtype.
_scaled: Any = {"operands": ("a", "b")}


def _times(b: Any, alpha: Any) -> Any:
    checked_number(alpha, b.dtype)
    return b * np.asarray(alpha).astype(b.dtype)


add_scaled = pointwise(
    "add",
    lambda a, b, alpha: a + _times(b, alpha),
    promote="common",
    checks=_sum_checks,
    **_scaled,
    a=lambda g: g,
    b=lambda g, alpha: g * alpha,
)
sub_scaled = pointwise(
    "sub",
    lambda a, b, alpha: a - _times(b, alpha),
    **_difference,
    **_scaled,
    a=lambda g: g,
    b=lambda g, alpha: -g * alpha,
)
rsub_scaled = pointwise(
    "rsub",
    lambda a, b, alpha: b - _times(a, alpha),
    **_difference,
    **_scaled,
    a=lambda g, alpha: -g * alpha,
    b=lambda g: g,
)
neg = pointwise(
    "neg",
    np.negative,
    promote="common",
    checks=(
        refuse(
            "b",
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead.",
        ),
        no_kernel("w", "neg_cpu"),
    ),
    x=lambda g: -g,
)

# -- products and quotients --------------------------------------------------------------------

mul = pointwise(
    "mul",
    np.multiply,
    promote="common",
    unrounded=True,
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
)
div = pointwise(
    "div",
    np.divide,
    unrounded=True,
    a=lambda g, b: g / b,
    b=lambda g, a, b: -g * ((a / b) / b),
)


def _whole(ufunc: Any) -> Any:
    """A kernel that refuses to divide integers by zero, where NumPy would answer 0."""

    def kernel(a: Any, b: Any) -> Any:
        if a.dtype.kind in "iu" and a.size and not np.all(b):
            raise RuntimeError("ZeroDivisionError")
        return ufunc(a, b)

    return kernel


def _trunc_divide(a: Any, b: Any) -> Any:
    if a.dtype.kind not in "iu":
        return np.trunc(a / b)
    if a.size and not np.all(b):
        raise RuntimeError("ZeroDivisionError")
    quotient = np.floor_divide(a, b)
    return quotient + (np.less(quotient, 0) & (quotient * b != a))


_floor_checks = (no_kernel("bcw", "div_floor_cpu"),)

div_floor = pointwise(
    "div",
    _whole(elementary.floor_divide),
    promote="common",
    unrounded=True,
    checks=_floor_checks,
    node="DivBackward2",
    a=lambda g: zeroed(g),
    b=lambda g: zeroed(g),
)
div_trunc = pointwise(
    "div",
    _trunc_divide,
    promote="common",
    unrounded=True,
    halves=True,
    checks=(no_kernel("bcw", "div_trunc_cpu"),),
    node="DivBackward2",
    a=lambda g: zeroed(g),
    b=lambda g: zeroed(g),
)
floor_divide = pointwise(
    "floor_divide",
    _whole(elementary.floor_divide),
    promote="common",
    unrounded=True,
    checks=_floor_checks,
    node="NotImplemented",
    a=underivable("floor_divide"),
    b=underivable("floor_divide"),
)

# -- remainders: with the sign of the divisor, or (fmod) of the dividend -----------------------


def divided(a: Any, b: Any) -> Any:
    """The remainder with the sign of `b`; a zero has that of `a`, where NumPy's has that of `b`."""
    out = np.asarray(elementary.remainder(a, b))
    if out.dtype.kind not in "biu" and not out.all():
        np.copysign(out, a, out=out, where=np.equal(out, 0))
    return out


_remainder: Any = {"promote": "common", "checks": (no_kernel("bcw", "remainder_cpu"),)}
_fmod: Any = {"promote": "common", "checks": (no_kernel("bcw", "fmod_cpu"),)}

remainder = pointwise(
    "remainder",
    _whole(divided),
    **_remainder,
    node="RemainderBackward1",
    a=lambda g: g,
    b=lambda g, a, b: -g * div_floor(a, b),
)
remainder_number = pointwise(
    "remainder", _whole(divided), **_remainder, operands=("a", "b"), a=lambda g: g
)
remainder_of_number = pointwise(
    "remainder",
    _whole(divided),
    **_remainder,
    operands=("a", "b"),
    node="NotImplemented",
    b=underivable("remainder"),
)
fmod = pointwise(
    "fmod",
    _whole(elementary.fmod),
    **_fmod,
    node="FmodBackward1",
    a=lambda g: g,
    b=lambda g, a, b: -g * div_trunc(a, b),
)
fmod_number = pointwise(
    "fmod", _whole(elementary.fmod), **_fmod, operands=("a", "b"), a=lambda g: g
)

# -- fused ---------------------------------------------------------------------------------------


def _no_integer_quotient(operands: Sequence[Any], target: Dtype) -> None:
    if all(a.dtype.kind in "biu" for a in operands[1:3]):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release "
            "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
            "behavior can be implemented as (input + value * torch.trunc(tensor1 / "
            "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter "
            "implementation: (input + value * tensor1 / tensor2), for all dtypes."
        )


addcmul = pointwise(
    "addcmul",
    lambda x, tensor1, tensor2, value: x + _times(tensor1, value) * tensor2,
    promote="common",
    checks=(no_kernel("bw", "addcmul_cpu_out"),),
    x=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (tensor2 * value),
    tensor2=lambda g, tensor1, value: g * (tensor1 * value),
)
addcdiv = pointwise(
    "addcdiv",
    lambda x, tensor1, tensor2, value: x + _times(tensor1, value) / tensor2,
    promote="common",
    checks=(_no_integer_quotient,),
    x=lambda g: g,
    tensor1=lambda g, tensor2, value: g * (value / tensor2),
    tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)),
)


def _lerp_number(a: Any, end: Any, weight: Any) -> Any:
    """From the nearer end, so that weight 1 gives exactly `end`."""
    if type(weight) is complex:
        checked_number(weight, a.dtype)
    weight = np.asarray(weight, a.dtype)
    if abs(weight) < 0.5:
        return a + weight * (end - a)
    return end - (end - a) * (1 - weight)


def _same_dtype(operands: Sequence[Any], target: Dtype) -> None:
    first = dtypes.from_numpy(operands[0].dtype)
    for name, other in zip(("end", "weight"), operands[1:]):
        if other.dtype != operands[0].dtype and (name == "end" or other.ndim):
            raise RuntimeError(
                f"expected dtype {first.cpp_name} for `{name}` but got dtype "
                f"{dtypes.from_numpy(other.dtype).cpp_name}"
            )


lerp_number = pointwise(
    "lerp",
    _lerp_number,
    promote="common",
    checks=(_same_dtype, no_kernel("bi", "lerp_kernel_scalar")),
    a=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
)
lerp = pointwise(
    "lerp",
    elementary.lerp,
    promote="common",
    checks=(_same_dtype, no_kernel("bi", "lerp_kernel_tensor")),
    node="LerpBackward1",
    a=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, a, end: g * (end - a),
)
