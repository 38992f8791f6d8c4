"""Comparisons, predicates and logic. All give tensors of bool, and nothing is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.api.scalars import as_float
from rushlight.ops import comparison as ops
from rushlight.ops.comparison import compared_in_place
from rushlight.ops.fast import OPERANDS, binary, named
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, operands, require_tensor
from rushlight.ops.plain import comparison
from rushlight.ops.promotion import Promoting
from rushlight.tensor import Tensor

__all__ = [
    "allclose",
    "eq",
    "equal",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "nextafter",
    "not_equal",
]

METHODS = __all__
INPLACE = ["heaviside", "logical_and", "logical_not", "logical_or", "logical_xor", "nextafter"]

# -- comparisons -------------------------------------------------------------------------------

eq = comparison(
    ops.eq,
    """Return where the operands are equal; `other` may be a number.

    >>> import rushlight as torch
    >>> torch.eq(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """,
)
ne = comparison(
    ops.ne,
    """Return where the operands differ; `other` may be a number.

    >>> import rushlight as torch
    >>> torch.ne(torch.tensor([1, 2]), 2)
    tensor([ True, False])
    """,
)
lt = comparison(
    ops.lt,
    """Return where `input` is less than `other`, a tensor or a number.

    >>> import rushlight as torch
    >>> torch.lt(torch.tensor([1, 2]), 2)
    tensor([ True, False])
    """,
)
le = comparison(
    ops.le,
    """Return where `input` is at most `other`, a tensor or a number.

    >>> import rushlight as torch
    >>> torch.le(torch.tensor([1, 3]), 2)
    tensor([ True, False])
    """,
)
gt = comparison(
    ops.gt,
    """Return where `input` is greater than `other`, a tensor or a number.

    >>> import rushlight as torch
    >>> torch.gt(torch.tensor([1, 3]), 2)
    tensor([False,  True])
    """,
)
ge = comparison(
    ops.ge,
    """Return where `input` is at least `other`, a tensor or a number.

    >>> import rushlight as torch
    >>> torch.ge(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """,
)
less = comparison(ops.lt, lt.__doc__ or "", alias="less")
less_equal = comparison(ops.le, le.__doc__ or "", alias="less_equal")
greater = comparison(ops.gt, gt.__doc__ or "", alias="greater")
greater_equal = comparison(ops.ge, ge.__doc__ or "", alias="greater_equal")
not_equal = comparison(ops.ne, ne.__doc__ or "", alias="not_equal")


def _in_place(op: Promoting, name: str) -> Callable[[Tensor, Any], Tensor]:
    """Make the in-place form, which writes 0 and 1; it is recorded, to cut the history off."""

    def method(self: Tensor, other: Any) -> Tensor:
        check_operands(self, (other,))
        tracked = self.requires_grad or (isinstance(other, Tensor) and other.requires_grad)
        if tracked and self.dtype.category >= 2 and isinstance(other, OPERANDS):
            self, other = operands(name, self, other)
            recorded = compared_in_place(op, not isinstance(other, Tensor))
            return overwrite(self, recorded(self, other))
        return overwrite(self, op.function(self, other))  # type: ignore[misc]

    return named(method, name, f"In-place form of `{op.name}`: writes 0 or 1 over the tensor.")


ATTRIBUTES = {}
for _op, *_names in (
    (ops.eq, "eq"),
    (ops.ne, "ne", "not_equal"),
    (ops.lt, "lt", "less"),
    (ops.le, "le", "less_equal"),
    (ops.gt, "gt", "greater"),
    (ops.ge, "ge", "greater_equal"),
):
    for _name in _names:
        ATTRIBUTES[f"{_name}_"] = _in_place(_op, f"{_name}_")


def equal(input: Tensor, other: Tensor) -> bool:
    """Return whether the tensors have the same shape and equal elements.

    >>> import rushlight as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    require_tensor(input, "equal", "input", 1)
    require_tensor(other, "equal", "other", 2)
    if input.shape != other.shape:
        return False
    return _holds(eq(input, other), "equal")


def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """Return where ``|input - other| <= atol + rtol * |other|``; both have the same dtype.

    >>> import rushlight as torch
    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0 + 1e-7, 2.1]))
    tensor([ True, False])
    """
    require_tensor(input, "isclose", "input", 1)
    require_tensor(other, "isclose", "other", 2)
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.scalar_name} did not match {other.dtype.scalar_name}")
    rtol, atol = _tolerance("isclose", "rtol", rtol), _tolerance("isclose", "atol", atol)
    close: Tensor = eq(input, other)
    if equal_nan and input.dtype.category >= 2:
        close = close | (ne(input, input) & ne(other, other))
    if rtol == 0 and atol == 0:
        return close
    if input.dtype.category < 2:  # integers might overflow in the difference
        input, other = input.double(), other.double()
    distance = (input.detach() - other.detach()).abs()
    close |= isfinite(distance) & (distance <= atol + (rtol * other.detach()).abs())
    return close


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Return whether all elements are close, see `isclose`.

    >>> import rushlight as torch
    >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
    True
    """
    require_tensor(input, "allclose", "input", 1)
    require_tensor(other, "allclose", "other", 2)
    rtol, atol = _tolerance("allclose", "rtol", rtol), _tolerance("allclose", "atol", atol)
    return _holds(isclose(input, other, rtol, atol, equal_nan), "allclose")


def _holds(everywhere: Tensor, function: str) -> bool:
    """Whether all elements are True, which a transform may have no one answer to."""
    if everywhere._interpreter is not None:
        everywhere._interpreter.check_whole(function)
    return bool(everywhere._array.all())


def _tolerance(function: str, name: str, value: Any) -> float:
    tolerance = as_float(value, function, name)
    if not tolerance >= 0:
        raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance:g}")
    return tolerance


# -- predicates --------------------------------------------------------------------------------


def _predicate(op: Operator, doc: str) -> Callable[..., Tensor]:
    def function(input: Tensor) -> Tensor:
        return op(require_tensor(input, op.name, "input", 1))  # type: ignore[no-any-return]

    return named(function, op.name, doc)


def _bool_only(op: Operator, doc: str) -> Callable[..., Tensor]:
    """As `_predicate`, with an ``out=`` that has to be of bool."""

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        result = op(require_tensor(input, op.name, "input", 1))
        if out is None:
            return result  # type: ignore[no-any-return]
        if isinstance(out, Tensor) and out.dtype.category != 0:
            raise RuntimeError(f"{op.name} does not support non-boolean outputs.")
        return into(out, result, op.name, input)

    return named(function, op.name, doc)


isnan = _predicate(
    ops.isnan,
    """Return which elements are nan.

    >>> import rushlight as torch
    >>> torch.isnan(torch.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """,
)
isinf = _predicate(
    ops.isinf,
    """Return which elements are inf or -inf.

    >>> import rushlight as torch
    >>> torch.isinf(torch.tensor([1.0, float("-inf")]))
    tensor([False,  True])
    """,
)
isfinite = _predicate(
    ops.isfinite,
    """Return which elements are neither infinite nor nan.

    >>> import rushlight as torch
    >>> torch.isfinite(torch.tensor([1.0, float("nan")]))
    tensor([ True, False])
    """,
)
isreal = _predicate(
    ops.isreal,
    """Return which elements have no imaginary part.

    >>> import rushlight as torch
    >>> torch.isreal(torch.tensor([1 + 0j, 1j]))
    tensor([ True, False])
    """,
)
isposinf = _bool_only(
    ops.isposinf,
    """Return which elements are inf.

    >>> import rushlight as torch
    >>> torch.isposinf(torch.tensor([float("inf"), float("-inf")]))
    tensor([ True, False])
    """,
)
isneginf = _bool_only(
    ops.isneginf,
    """Return which elements are -inf.

    >>> import rushlight as torch
    >>> torch.isneginf(torch.tensor([float("inf"), float("-inf")]))
    tensor([False,  True])
    """,
)

# -- logic -------------------------------------------------------------------------------------


def _logical(op: Operator, doc: str) -> Callable[..., Tensor]:
    def function(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        require_tensor(input, op.name, "input", 1)
        result = op(input, require_tensor(other, op.name, "other", 2))
        return result if out is None else into(out, result, op.name, input, other)

    return named(function, op.name, doc)


logical_and = _logical(
    ops.logical_and,
    """Return where both operands are true, that is not zero.

    >>> import rushlight as torch
    >>> torch.logical_and(torch.tensor([0, 1, 2]), torch.tensor([1, 0, 3]))
    tensor([False, False,  True])
    """,
)
logical_or = _logical(
    ops.logical_or,
    """Return where one operand is true, that is not zero.

    >>> import rushlight as torch
    >>> torch.logical_or(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 3]))
    tensor([False,  True,  True])
    """,
)
logical_xor = _logical(
    ops.logical_xor,
    """Return where exactly one operand is true, that is not zero.

    >>> import rushlight as torch
    >>> torch.logical_xor(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 3]))
    tensor([False,  True, False])
    """,
)


def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return which elements are zero.

    >>> import rushlight as torch
    >>> torch.logical_not(torch.tensor([0.0, 1.5]))
    tensor([ True, False])
    """
    result = ops.logical_not(require_tensor(input, "logical_not", "input", 1))
    return result if out is None else into(out, result, "logical_not", input)


# -- steps -------------------------------------------------------------------------------------

nextafter = binary(
    ops.nextafter,
    """Return the next floating-point number after `input` in the direction of `other`.

    >>> import rushlight as torch
    >>> torch.nextafter(torch.tensor([1.0]), torch.tensor([2.0])) - 1
    tensor([1.1921e-07])
    """,
    numbers=False,
    floats=np.nextafter,
)


def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return 0 for negative elements, 1 for positive ones, and `values` where they are 0.

    >>> import rushlight as torch
    >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    require_tensor(input, "heaviside", "input", 1)
    result = ops.heaviside(input, require_tensor(values, "heaviside", "values", 2))
    return result if out is None else into(out, result, "heaviside", input, values)
