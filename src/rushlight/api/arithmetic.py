"""Sums, differences, products, quotients and remainders."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.install import inplace
from rushlight.api.scalars import as_number
from rushlight.autograd.modes import mode
from rushlight.kernels import elementary
from rushlight.ops import arithmetic as ops
from rushlight.ops.fast import F4, F8, binary, unary, with_parameters
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.outputs import (
    into,
    no_overload,
    operands,
    plain_numbers,
    require_tensor,
)
from rushlight.ops.plain import in_place
from rushlight.ops.promotion import NUMBERS, rounded_to_half
from rushlight.ops.several import several
from rushlight.tensor import Tensor

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "positive",
    "remainder",
    "rsub",
    "sub",
    "subtract",
    "true_divide",
]

_IN_PLACE = ["add_", "div_", "mul_", "sub_"]
METHODS = [name for name in __all__ if name != "rsub"] + _IN_PLACE
INPLACE = [
    name for name in METHODS if name not in ("positive", *_IN_PLACE, *["add", "div", "mul", "sub"])
]

_add = binary(ops.add, whole=True)
_sub = binary(ops.sub, whole=True)
_rsub = binary(ops.rsub)
_rsub_number = binary(ops.rsub_number)
_div = binary(ops.div)
_remainder = binary(ops.remainder, numbers=False, floats=ops.divided)
_remainder_number = with_parameters(ops.remainder_number, floats=ops.divided)
_fmod = binary(ops.fmod, numbers=False, floats=elementary.fmod)
_add_scaled = several(ops.add_scaled)
_sub_scaled = several(ops.sub_scaled)
_addcmul = several(ops.addcmul)
_addcdiv = several(ops.addcdiv)
_lerp = several(ops.lerp)
_lerp_number = several(ops.lerp_number)
_fmod_number = with_parameters(ops.fmod_number, floats=elementary.fmod)

mul = binary(
    ops.mul,
    """Multiply element by element, with broadcasting and type promotion.

    >>> import rushlight as torch
    >>> torch.mul(torch.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """,
    whole=True,
)
neg = unary(
    ops.neg,
    """Return each element with its sign changed; RuntimeError for bool.

    >>> import rushlight as torch
    >>> torch.neg(torch.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """,
)


# -- sums and differences ----------------------------------------------------------------------


def _scaled(op: Any, function: str, input: Any, other: Any, alpha: Any) -> Any:
    """Run an operator that scales `other`, after a look at `alpha`."""
    alpha = as_number(alpha, function, "alpha", None)
    input, other = operands(function, input, other)
    categories = [t.dtype.category for t in (input, other) if isinstance(t, Tensor)]
    if isinstance(alpha, bool) and max(categories) > 0:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, (float, complex)) and max(categories) < 2:
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    return op(input, other, rounded_to_half(alpha, input, other))


def add(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input + alpha * other``, with broadcasting and type promotion.

    >>> import rushlight as torch
    >>> torch.add(torch.tensor([1.0, 2.0]), 1, alpha=10)
    tensor([11., 12.])
    """
    if type(alpha) is int and alpha == 1:
        result = _add(input, other)
    else:
        result = _scaled(_add_scaled, "add", input, other, alpha)
    return result if out is None else into(out, result, "add", input, other)


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input - alpha * other``; RuntimeError for bool, which `^` is for.

    >>> import rushlight as torch
    >>> torch.sub(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.5]), alpha=2)
    tensor([0., 1.])
    """
    if type(alpha) is int and alpha == 1:
        result = _sub(input, other)
    else:
        result = _scaled(_sub_scaled, "sub", input, other, alpha)
    return result if out is None else into(out, result, "sub", input, other)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``other - alpha * input``.

    >>> import rushlight as torch
    >>> torch.rsub(torch.tensor([1.0, 2.0]), 1)
    tensor([ 0., -1.])
    """
    require_tensor(input, "rsub", "input", 1)
    if type(alpha) is not int or alpha != 1:
        return _scaled(ops.rsub_scaled, "rsub", input, other, alpha)  # type: ignore[no-any-return]
    return (_rsub_number if isinstance(other, NUMBERS) else _rsub)(input, other)  # type: ignore[no-any-return]


def positive(input: Tensor) -> Tensor:
    """Return `input` itself; RuntimeError for bool.

    >>> import rushlight as torch
    >>> torch.positive(torch.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    require_tensor(input, "positive", "input", 1)
    if input.dtype.category == 0:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


# -- quotients and remainders --------------------------------------------------------------------

_DIV = (
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Tensor input, Tensor other, *, str rounding_mode, Tensor out = None)",
    "(Tensor input, Number other, *, str rounding_mode)",
)
_ROUNDED = {"floor": ops.div_floor, "trunc": ops.div_trunc}


def div(
    input: Any, other: Any, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """Divide element by element; integers give the default float.

    With `rounding_mode` ``"trunc"`` or ``"floor"`` the quotient is rounded towards zero or down,
    has no derivative, and stays an integer where both operands are (RuntimeError for a zero).

    >>> import rushlight as torch
    >>> torch.div(torch.tensor([-7, 7]), 2)
    tensor([-3.5000,  3.5000])
    >>> torch.div(torch.tensor([-7, 7]), 2, rounding_mode="floor")
    tensor([-4,  3])
    """
    if rounding_mode is None:
        result = _div(input, other)
    else:
        if not isinstance(other, (Tensor, np.generic, *NUMBERS)):
            raise no_overload("div", _DIV, input, other, rounding_mode=rounding_mode)
        if rounding_mode not in _ROUNDED:
            raise RuntimeError(
                "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
                f"'{rounding_mode}'"
            )
        result = _ROUNDED[rounding_mode](*operands("div", input, other))
    return result if out is None else into(out, result, "div", input, other)


_FLOOR_DIVIDE = (_DIV[0], "(Tensor input, Number other)")


def _operands(*values: Any) -> bool:
    """Whether one can calculate with all of these."""
    return all(isinstance(v, (Tensor, np.ndarray, np.generic, *NUMBERS)) for v in values)


def true_divide(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Divide element by element: `div` without rounding.

    >>> import rushlight as torch
    >>> torch.true_divide(torch.tensor([1.0, 3.0]), 2)
    tensor([0.5000, 1.5000])
    """
    if not _operands(input, other):
        raise no_overload("true_divide", _FLOOR_DIVIDE, input, other)
    return div(input, other, out=out)


def floor_divide(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Divide and round down, as Python's ``//``. There is no derivative.

    Raises RuntimeError where an integer is divided by zero.

    >>> import rushlight as torch
    >>> torch.floor_divide(torch.tensor([-7, 7]), 2)
    tensor([-4,  3])
    """
    if not isinstance(other, (Tensor, *NUMBERS)) or not _operands(input):
        if (plain := plain_numbers(input, other)) is not None:
            return floor_divide(*plain, out=out)
        raise no_overload("floor_divide", _FLOOR_DIVIDE, input, other)
    result = ops.floor_divide(*operands("floor_divide", input, other))
    return result if out is None else into(out, result, "floor_divide", input, other)


_NUMBER = "(Tensor input, Number other, *, Tensor out = None)"
_REMAINDER = (_DIV[0], "(Number self, Tensor other)", _NUMBER)


def remainder(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return what is left after division, with the sign of `other`, as Python's ``%``.

    >>> import rushlight as torch
    >>> torch.remainder(torch.tensor([-3.0, 4.0]), 2.5)
    tensor([2.0000, 1.5000])
    """
    if isinstance(other, NUMBERS) and isinstance(input, Tensor):
        plain = type(other) is float or type(other) is int
        run = _remainder_number if plain else ops.remainder_number.general
        result = run(input, other)
    elif isinstance(other, Tensor) and isinstance(input, NUMBERS):
        result = ops.remainder_of_number(input, other)
    elif isinstance(input, Tensor) and isinstance(other, Tensor):
        result = _remainder(input, other)
    elif (numbers := plain_numbers(input, other)) is not None:
        return remainder(*numbers, out=out)
    else:
        raise no_overload("remainder", _REMAINDER, input, other)
    return result if out is None else into(out, result, "remainder", input, other)


def fmod(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return what is left after division, with the sign of `input`, as C's ``fmod``.

    >>> import rushlight as torch
    >>> torch.fmod(torch.tensor([-3.0, 4.0]), 2.5)
    tensor([-0.5000,  1.5000])
    """
    if isinstance(other, NUMBERS) and isinstance(input, Tensor):
        plain = type(other) is float or type(other) is int
        result = (_fmod_number if plain else ops.fmod_number.general)(input, other)
    elif isinstance(input, Tensor) and isinstance(other, Tensor):
        result = _fmod(input, other)
    elif (numbers := plain_numbers(input, other)) is not None:
        return fmod(*numbers, out=out)
    else:
        raise no_overload("fmod", (_DIV[0], _NUMBER), input, other)
    return result if out is None else into(out, result, "fmod", input, other)


# -- fused -----------------------------------------------------------------------------------------


def addcmul(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``input + value * tensor1 * tensor2``.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.addcmul(x, x, x, value=10)
    tensor([11., 42.])
    """
    require_tensor(input, "addcmul", "input", 1)
    require_tensor(tensor1, "addcmul", "tensor1", 2)
    require_tensor(tensor2, "addcmul", "tensor2", 3)
    result = _addcmul(input, tensor1, tensor2, as_number(value, "addcmul", "value", None))
    return result if out is None else into(out, result, "addcmul", input, tensor1, tensor2)


def addcdiv(
    input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1, out: Tensor | None = None
) -> Tensor:
    """Return ``input + value * tensor1 / tensor2``; RuntimeError for a quotient of integers.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.addcdiv(x, x, x, value=10)
    tensor([11., 12.])
    """
    require_tensor(input, "addcdiv", "input", 1)
    require_tensor(tensor1, "addcdiv", "tensor1", 2)
    require_tensor(tensor2, "addcdiv", "tensor2", 3)
    result = _addcdiv(input, tensor1, tensor2, as_number(value, "addcdiv", "value", None))
    return result if out is None else into(out, result, "addcdiv", input, tensor1, tensor2)


_LERP = (
    "(Tensor input, Tensor end, Tensor weight, *, Tensor out = None)",
    "(Tensor input, Tensor end, Number weight, *, Tensor out = None)",
)


def lerp(input: Tensor, end: Tensor, weight: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input + weight * (end - input)``, `weight` a number or a tensor of like dtype.

    >>> import rushlight as torch
    >>> torch.lerp(torch.tensor([0.0, 10.0]), torch.tensor([1.0, 20.0]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    if not isinstance(input, Tensor) or not isinstance(end, Tensor):
        raise no_overload("lerp", _LERP, input, end, weight)
    result: Tensor
    if isinstance(weight, Tensor):
        result = _lerp(input, end, weight)
    elif isinstance(weight, (np.generic, *NUMBERS)):
        result = _lerp_number(input, end, as_number(weight, "lerp", "weight", 3))
    else:
        raise no_overload("lerp", _LERP, input, end, weight)
    if out is None:
        return result
    rule = "lerp_tensors" if isinstance(weight, Tensor) else None
    return into(out, result, "lerp", input, end, weight, rule=rule)


negative = neg
subtract = sub
multiply = mul
divide = div

# -- in place --------------------------------------------------------------------------------------

iadd = in_place(ops.add, inplace(_add))
isub = in_place(ops.sub, inplace(_sub))
imul = in_place(ops.mul, inplace(mul))
idiv = in_place(ops.div, inplace(_div))


def scales_plainly(input: Any, other: Any, alpha: Any) -> bool:
    """Whether ``p.add_(p.grad, alpha=-0.1)`` is just two ufuncs: 2 us, not 7 with all looks."""
    return (
        type(alpha) is float
        and type(other) is Tensor
        and isinstance(input, Tensor)
        and not mode.grad
        and (other._array.dtype is F4 or other._array.dtype is F8)
        and other._array.dtype is input._array.dtype
        and other._counter is not input._counter
    )


def add_(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """In-place form of `add`."""
    if (type(alpha) is int and alpha == 1) or scales_plainly(input, other, alpha):
        return iadd(input, other if alpha == 1 else mul(other, alpha))  # type: ignore[no-any-return]
    check_operands(input, (other,))
    return overwrite(input, add(input, other, alpha=alpha))


def sub_(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """In-place form of `sub`."""
    if (type(alpha) is int and alpha == 1) or scales_plainly(input, other, alpha):
        return isub(input, other if alpha == 1 else mul(other, alpha))  # type: ignore[no-any-return]
    check_operands(input, (other,))
    return overwrite(input, sub(input, other, alpha=alpha))


def mul_(input: Tensor, other: Any) -> Tensor:
    """In-place form of `mul`."""
    return imul(input, other)  # type: ignore[no-any-return]


def div_(input: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """In-place form of `div`."""
    if rounding_mode is None:
        return idiv(input, other)  # type: ignore[no-any-return]
    return overwrite(input, div(input, other, rounding_mode=rounding_mode))
