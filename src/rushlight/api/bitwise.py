"""Operators on the bits of integers and bools, and greatest common divisors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.ops import bitwise as ops
from rushlight.ops.fast import named
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, no_overload, plain_numbers, require_tensor
from rushlight.ops.promotion import NUMBERS
from rushlight.tensor import Tensor

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "gcd",
    "lcm",
]

METHODS = __all__
INPLACE = __all__

_SIGNATURES = (
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Number self, Tensor other)",
    "(Tensor input, Number other, *, Tensor out = None)",
)


def _bits(op: Operator, doc: str) -> Callable[..., Tensor]:
    def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
        a, b = isinstance(input, Tensor), isinstance(other, Tensor)
        known = (a or isinstance(input, NUMBERS)) and (b or isinstance(other, NUMBERS))
        if not known and (plain := plain_numbers(input, other)) is not None:
            return function(*plain, out=out)
        if not known or not (a or b):
            raise no_overload(op.name, _SIGNATURES, input, other)
        result = op(input, other)
        return result if out is None else into(out, result, op.name, input, other)

    return named(function, op.name, doc)


bitwise_and = _bits(
    ops.bitwise_and,
    """Return the bits that both operands have; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.bitwise_and(torch.tensor([5, 6]), 3)
    tensor([1, 2])
    """,
)
bitwise_or = _bits(
    ops.bitwise_or,
    """Return the bits that one of the operands has; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.bitwise_or(torch.tensor([5, 6]), 3)
    tensor([7, 7])
    """,
)
bitwise_xor = _bits(
    ops.bitwise_xor,
    """Return the bits that exactly one operand has; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.bitwise_xor(torch.tensor([5, 6]), 3)
    tensor([6, 5])
    """,
)
bitwise_left_shift = _bits(
    ops.bitwise_left_shift,
    """Shift the bits of `input` left by `other` places.

    >>> import rushlight as torch
    >>> torch.bitwise_left_shift(torch.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """,
)
bitwise_right_shift = _bits(
    ops.bitwise_right_shift,
    """Shift the bits of `input` right by `other` places; the sign stays.

    >>> import rushlight as torch
    >>> torch.bitwise_right_shift(torch.tensor([-8, 12]), 2)
    tensor([-2,  3])
    """,
)


def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Turn every bit; of bool, every truth.

    >>> import rushlight as torch
    >>> torch.bitwise_not(torch.tensor([0, 5]))
    tensor([-1, -6])
    """
    result = ops.bitwise_not(require_tensor(input, "bitwise_not", "input", 1))
    return result if out is None else into(out, result, "bitwise_not", input)


def _divisors(op: Operator, doc: str) -> Callable[..., Tensor]:
    def function(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        require_tensor(input, op.name, "input", 1)
        result = op(input, require_tensor(other, op.name, "other", 2))
        return result if out is None else into(out, result, op.name, input, other)

    return named(function, op.name, doc)


gcd = _divisors(
    ops.gcd,
    """Return the greatest common divisor of each pair of integers.

    >>> import rushlight as torch
    >>> torch.gcd(torch.tensor([12, 10]), torch.tensor([18, 5]))
    tensor([6, 5])
    """,
)
lcm = _divisors(
    ops.lcm,
    """Return the least common multiple of each pair of integers.

    >>> import rushlight as torch
    >>> torch.lcm(torch.tensor([12, 10]), torch.tensor([18, 5]))
    tensor([36, 10])
    """,
)
