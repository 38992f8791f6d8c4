"""Comparisons, predicates and logic: bool out, no derivative."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from rushlight.ops.declare import constant, pointwise, underivable
from rushlight.ops.masking import kept, zeroed
from rushlight.ops.promotion import Dtype, Promoting, no_kernel, refuse

__all__ = [
    "compared_in_place",
    "eq",
    "ge",
    "gt",
    "heaviside",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "nextafter",
]


def _ordering(name: str, ufunc: np.ufunc) -> Promoting:
    return constant(name, ufunc, promote="bool", checks=(no_kernel("cw", f"{name}_cpu"),))


eq = constant("eq", np.equal, promote="bool")
ne = constant("ne", np.not_equal, promote="bool")
lt = _ordering("lt", np.less)
le = _ordering("le", np.less_equal)
gt = _ordering("gt", np.greater)
ge = _ordering("ge", np.greater_equal)


@cache
def compared_in_place(op: Promoting, with_number: bool) -> Promoting:
    """The comparison `op` as PyTorch records it where it overwrites its first operand.

    The cotangent of what was there, and of what it was compared with, is zero.
    """
    inputs = ("a",) if with_number else ("a", "b")
    rules: dict[str, Any] = dict.fromkeys(inputs, zeroed_rule)
    return pointwise(
        op.name,
        lambda a, b: op.kernel(a, b).astype(a.dtype),
        promote="common",
        selects=True,
        operands=("a", "b"),
        checks=op.checks,
        node=f"{op.name.capitalize()}Backward{'0' if with_number else '1'}",
        **rules,
    )


def zeroed_rule(g: Any) -> Any:
    """No cotangent."""
    return zeroed(g)


def _logic(name: str, ufunc: np.ufunc) -> Promoting:
    return constant(name, ufunc, promote="bool", checks=(no_kernel("w", f"{name}_cpu"),))


logical_and = _logic("logical_and", np.logical_and)
logical_or = _logic("logical_or", np.logical_or)
logical_xor = _logic("logical_xor", np.logical_xor)
logical_not = _logic("logical_not", np.logical_not)

isnan = constant("isnan", lambda x: np.not_equal(x, x), promote="bool")
isfinite = constant("isfinite", np.isfinite, promote="bool")
isinf = constant("isinf", np.isinf, promote="bool")
isreal = constant("isreal", lambda x: np.equal(x.imag, 0), promote="bool")


def _signed_infinity(name: str, sign: float) -> Any:
    return constant(
        name,
        lambda x: np.equal(x, sign * np.inf),
        promote="bool",
        checks=(refuse("c", f"{name} does not support complex inputs."),),
    )


isposinf = _signed_infinity("isposinf", 1.0)
isneginf = _signed_infinity("isneginf", -1.0)

# -- two that are constant almost everywhere, but are recorded ---------------------------------


def _same_dtypes(operands: Sequence[Any], target: Dtype) -> None:
    if operands[0].dtype != operands[1].dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")


heaviside = pointwise(
    "heaviside",
    lambda a, values: np.where(a == 0, values, np.greater(a, 0).astype(a.dtype)),
    promote="common",
    selects=True,
    checks=(
        refuse("c", "heaviside is not yet implemented for complex tensors."),
        no_kernel("w", "heaviside_cpu"),
        _same_dtypes,
    ),
    node="NotImplemented",
    a=underivable("heaviside"),
    values=underivable("heaviside"),
)
nextafter = pointwise(
    "nextafter",
    np.nextafter,
    promote="common",
    checks=(no_kernel("bic", "nextafter_cpu"),),
    a=lambda g, a, b: kept(g, a != b),
    b=lambda g: zeroed(g),
)
