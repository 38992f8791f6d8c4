"""Public functions of two operands either of which may be a number: an overload for each case.

PyTorch differentiates the three cases apart, so there is an Operator for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.ops.fast import named
from rushlight.ops.outputs import into, no_overload, plain_numbers
from rushlight.ops.promotion import NUMBERS
from rushlight.tensor import Tensor

__all__ = ["overloads"]


def overloads(
    name: str,
    doc: str,
    tensors: Callable[..., Tensor],
    of_number: Callable[..., Tensor],
    number: Callable[..., Tensor],
    *,
    into_name: str | None = None,
    polynomial: bool = False,
) -> Callable[..., Tensor]:
    """Make ``f(input, other, *, out=None)`` that calls one of three by what its operands are.

    `tensors` takes two tensors, `of_number` has a number first and `number` one second.
    `into_name` is what errors of ``out=`` call the function; with `polynomial` the operands are x
    and n.
    """
    first, self, second = ("x", "x", "n") if polynomial else ("input", "self", "other")
    signatures = (
        f"(Tensor {first}, Tensor {second}, *, Tensor out = None)",
        f"(Number {self}, Tensor {second}, *, Tensor out = None)",
        f"(Tensor {first}, Number {second}, *, Tensor out = None)",
    )

    def chosen(a: Any, b: Any, out: Tensor | None) -> Tensor:
        if out is not None and not isinstance(out, Tensor):
            raise no_overload(name, signatures, a, b, out=out)
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            result = tensors(a, b)
        elif isinstance(a, Tensor) and isinstance(b, NUMBERS):
            result = number(a, b)
        elif isinstance(a, NUMBERS) and isinstance(b, Tensor):
            result = of_number(a, b)
        elif (plain := plain_numbers(a, b)) is not None:
            return chosen(plain[0], plain[1], out)
        else:
            raise no_overload(name, signatures, a, b)
        return result if out is None else into(out, result, into_name or name, a, b)

    function: Callable[..., Tensor]
    if polynomial:

        def function(x: Any, n: Any, *, out: Tensor | None = None) -> Tensor:
            return chosen(x, n, out)
    else:

        def function(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
            return chosen(input, other, out)

    return named(function, name, doc)
