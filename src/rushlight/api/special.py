"""The error function, the gamma function and their kin; ``rushlight.special`` has them too."""

from __future__ import annotations

from typing import Any

from rushlight.ops import special as ops
from rushlight.ops.fast import binary, unary, with_parameters
from rushlight.ops.inplace import overwrite
from rushlight.ops.outputs import into, no_overload, plain_numbers, require_tensor, wrong_type
from rushlight.ops.promotion import NUMBERS
from rushlight.tensor import Tensor

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "logit", "polygamma", "xlogy"]

METHODS = [name for name in __all__ if name != "polygamma"]
INPLACE = METHODS

erf = unary(
    ops.erf,
    """Return the error function of each element: ``2/√π ∫₀ˣ exp(-t²) dt``.

    >>> import rushlight as torch
    >>> torch.erf(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """,
)
erfc = unary(
    ops.erfc,
    """Return ``1 - erf(input)``, exact where that is small.

    >>> import rushlight as torch
    >>> torch.erfc(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """,
)
erfinv = unary(
    ops.erfinv,
    """Return the number of which each element is the error function.

    >>> import rushlight as torch
    >>> torch.erfinv(torch.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """,
)
lgamma = unary(
    ops.lgamma,
    """Return ``log |Γ(x)|`` of each element.

    >>> import rushlight as torch
    >>> torch.lgamma(torch.tensor([1.0, 4.0]))
    tensor([0.0000, 1.7918])
    """,
)
digamma = unary(
    ops.digamma,
    """Return the logarithmic derivative of Γ at each element.

    >>> import rushlight as torch
    >>> torch.digamma(torch.tensor([1.0, 2.0]))
    tensor([-0.5772,  0.4228])
    """,
)


def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the `n`-th derivative of `digamma` at each element; RuntimeError for negative `n`.

    >>> import rushlight as torch
    >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise wrong_type("polygamma", "n", 1, n, "int")
    result = ops.polygamma(n, require_tensor(input, "polygamma", "input", 2))
    return result if out is None else into(out, result, "polygamma", input)


_logit = with_parameters(ops.logit)


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return the log-odds ``log(x / (1 - x))``, with x first clamped to [eps, 1 - eps].

    >>> import rushlight as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    if eps is not None and not isinstance(eps, (int, float)):
        raise wrong_type("logit", "eps", 2, eps, "float")
    result = _logit(require_tensor(input, "logit", "input", 1), eps)
    return result if out is None else into(out, result, "logit", input)


_XLOGY = (
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Number self, Tensor other, *, Tensor out = None)",
    "(Tensor input, Number other, *, Tensor out = None)",
)
_xlogy = binary(ops.xlogy, numbers=False)


def xlogy(input: Any, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return ``input * log(other)``, 0 where `input` is 0; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))
    tensor([0.0000, 2.1972])
    """
    if isinstance(input, Tensor) and isinstance(other, Tensor):
        result = _xlogy(input, other)
    elif isinstance(input, Tensor) and isinstance(other, NUMBERS):
        result = ops.xlogy_number(input, other)
    elif isinstance(input, NUMBERS) and isinstance(other, Tensor):
        result = ops.xlogy_of_number(input, other)
    elif (plain := plain_numbers(input, other)) is not None:
        return xlogy(*plain, out=out)
    else:
        raise no_overload("xlogy", _XLOGY, input, other)
    return result if out is None else into(out, result, "xlogy", input, other)


def _polygamma(self: Tensor, n: int) -> Tensor:
    """Return the `n`-th derivative of `digamma` at each element."""
    return polygamma(n, self)


def _polygamma_(self: Tensor, n: int) -> Tensor:
    """In-place form of `polygamma`."""
    return overwrite(self, polygamma(n, self))


ATTRIBUTES = {"polygamma": _polygamma, "polygamma_": _polygamma_}
