"""How an operator is declared: a kernel, and a formula for each input that has a derivative.

>>> from rushlight.ops.declare import pointwise
>>> import numpy as np
>>> cube = pointwise("cube", lambda x: x * x * x, x=lambda g, x: g * 3 * x * x)
>>> cube(np.array([2.0]))
array([8.])

The five words sort operators by how they act on tangents, which is all that forward mode needs:

``pointwise``    acts on each element: the reverse formula, given the tangent, is the forward rule
``linear``       is linear in its inputs together: the operator itself maps the tangents
``multilinear``  is linear in each input apart: a sum with one input at a time made a tangent
``general``      anything else: its own ``jvp``, or two reverse passes
``constant``     piecewise constant: no derivative, nothing is recorded
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from rushlight.ops.operator import Operator
from rushlight.ops.promotion import Check, Promoting

__all__ = ["constant", "general", "linear", "missing", "multilinear", "pointwise", "underivable"]
__all__ += ["view"]

Formula = Callable[..., Any]


def _args(kernel: Callable[..., Any], rules: dict[str, Formula]) -> tuple[str, ...]:
    """The names of a kernel's positional arguments but for ``out``; a ufunc's are the rules'."""
    if isinstance(kernel, np.ufunc):
        return tuple(rules) or tuple("xyz"[: kernel.nin])
    code = kernel.__code__
    count = code.co_argcount + bool(code.co_flags & 0x04)  # and *args
    return tuple(name for name in code.co_varnames[:count] if name != "out")


def _variadic(kernel: Callable[..., Any]) -> bool:
    """Whether a kernel ends in ``*xs``."""
    return not isinstance(kernel, np.ufunc) and bool(kernel.__code__.co_flags & 0x04)


def pointwise(
    name: str,
    kernel: Callable[..., Any],
    *,
    promote: str = "float",
    operands: tuple[str, ...] | None = None,
    checks: tuple[Check, ...] = (),
    selects: bool = False,
    unrounded: bool = False,
    halves: bool = False,
    **rules: Any,
) -> Promoting:
    """Declare a function of each element, with torch's type promotion of its operands.

    `promote` is ``"float"`` (integers become the default float: exp, true division), ``"common"``
    (operands meet in their common dtype: add, maximum) or ``"bool"`` (comparisons). `operands`
    names the arguments that meet, all differentiable ones by default; `checks` refuse dtypes;
    `selects` marks kernels that round nothing, `unrounded` those that take numbers with all their
    digits, `halves` those that take halves as they are (Promoting explains).
    """
    options = _options(rules)
    return Promoting(
        name,
        kernel,
        "pointwise",
        _args(kernel, rules),
        rules,
        promote=promote,
        operands=operands,
        checks=checks,
        selects=selects,
        unrounded=unrounded,
        halves=halves,
        **options,
    )


def linear(name: str, kernel: Callable[..., Any], **rules: Any) -> Operator:
    """Declare a function that is linear in all its tensor inputs together (flip, cat, sum)."""
    options = _options(rules)
    args = _args(kernel, rules)
    return Operator(name, kernel, "linear", args, rules, variadic=_variadic(kernel), **options)


def view(name: str, kernel: Callable[..., Any], **rules: Any) -> Operator:
    """Declare a linear function whose output shares its first input's memory."""
    options = _options(rules)
    return Operator(name, kernel, "linear", _args(kernel, rules), rules, view=True, **options)


def multilinear(name: str, kernel: Callable[..., Any], **rules: Any) -> Operator:
    """Declare a function that is linear in each input while the others rest (matmul, conv)."""
    options = _options(rules)
    args = _args(kernel, rules)
    variadic = _variadic(kernel)
    return Operator(name, kernel, "multilinear", args, rules, variadic=variadic, **options)


def general(name: str, kernel: Callable[..., Any], **rules: Any) -> Operator:
    """Declare any other differentiable function; ``jvp=`` names tangents ``x_t`` and values."""
    options = _options(rules)
    return Operator(name, kernel, "general", _args(kernel, rules), rules, **options)


@overload
def constant(name: str, kernel: Callable[..., Any]) -> Operator: ...
@overload
def constant(
    name: str, kernel: Callable[..., Any], *, promote: str, checks: tuple[Check, ...] = ()
) -> Promoting: ...
def constant(
    name: str,
    kernel: Callable[..., Any],
    *,
    promote: str | None = None,
    checks: tuple[Check, ...] = (),
) -> Operator:
    """Declare a function without derivative: comparisons, rounding to integers, arg max."""
    args = _args(kernel, {})
    if promote is None:
        return Operator(name, kernel, "constant", args, {})
    return Promoting(name, kernel, "constant", args, {}, promote=promote, checks=checks)


# -- formulas of what has no derivative ----------------------------------------------------------


def underivable(name: str) -> Formula:
    """The formula of an operator that PyTorch records as "NotImplemented"."""

    def formula(g: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return formula


def missing(what: str) -> Formula:
    """The formula for an input by which PyTorch doesn't differentiate, though its node is named."""

    def formula(g: Any) -> Any:
        raise NotImplementedError(f"the derivative for '{what}' is not implemented.")

    return formula


_OPTIONS = ["together", "jvp", "outputs", "constant", "conjugate", "node", "inputs", "tied"]
_OPTIONS += ["slope"]


def _options(rules: dict[str, Any]) -> dict[str, Any]:
    """Split what is said of the whole operator from the formulas of its inputs."""
    return {key: rules.pop(key) for key in _OPTIONS if key in rules}
