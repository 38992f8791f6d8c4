"""Public pointwise functions: arithmetic and elementary functions.

The three tuples at the end are the signature table: what is a function of the package, what is
also a Tensor method, and what has an in-place form (``exp_``).
"""

from __future__ import annotations

from typing import Any

from rushlight.ops import arithmetic, elementary
from rushlight.ops.fast import binary, unary
from rushlight.ops.outputs import into
from rushlight.tensor import Tensor

__all__ = ["add", "cos", "div", "exp", "log", "mul", "neg", "sin", "sqrt", "sub", "tanh"]

METHODS = __all__
INPLACE = __all__

_add = binary(arithmetic.add)
_sub = binary(arithmetic.sub)

mul = binary(
    arithmetic.mul,
    """Multiply element by element, with broadcasting and type promotion.

    >>> import rushlight as torch
    >>> torch.mul(torch.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """,
)
exp = unary(
    elementary.exp,
    """Return e to the power of each element.

    >>> import rushlight as torch
    >>> torch.exp(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """,
)
log = unary(elementary.log, "Return the natural logarithm of each element.")
sin = unary(elementary.sin, "Return the sine of each element, in radians.")
cos = unary(elementary.cos, "Return the cosine of each element, in radians.")
tanh = unary(elementary.tanh, "Return the hyperbolic tangent of each element.")
sqrt = unary(elementary.sqrt, "Return the square root of each element.")
neg = unary(arithmetic.neg, "Return each element with its sign changed.")
div = binary(arithmetic.div, "Divide element by element; integers give the default float.")


def add(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input + alpha * other``.

    >>> import rushlight as torch
    >>> torch.add(torch.tensor([1.0, 2.0]), 1, alpha=10)
    tensor([11., 12.])
    """
    result = _add(input, other if alpha == 1 else mul(other, alpha))
    return result if out is None else into(out, result, "add")


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Tensor | None = None) -> Tensor:
    """Return ``input - alpha * other``."""
    result = _sub(input, other if alpha == 1 else mul(other, alpha))
    return result if out is None else into(out, result, "sub")


def _reflected(name: str, op: Any) -> Any:
    def method(self: Tensor, other: Any) -> Any:
        if not isinstance(other, (Tensor, bool, int, float, complex)):
            return NotImplemented
        return op(other, self)

    method.__name__ = method.__qualname__ = name
    return method


Tensor.__add__ = Tensor.__radd__ = binary(arithmetic.add, method=True)
Tensor.__sub__ = binary(arithmetic.sub, method=True)
Tensor.__mul__ = Tensor.__rmul__ = binary(arithmetic.mul, method=True)
Tensor.__truediv__ = binary(arithmetic.div, method=True)
Tensor.__rsub__ = _reflected("__rsub__", arithmetic.sub)
Tensor.__rtruediv__ = _reflected("__rtruediv__", arithmetic.div)
Tensor.__neg__ = neg
