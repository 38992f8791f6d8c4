"""The error function, the gamma function and their kin; ``rushlight.special`` has them too."""

from __future__ import annotations

from rushlight.api.arguments import require_int
from rushlight.api.scalars import as_float
from rushlight.dtypes import can_cast
from rushlight.ops import bessel, gammas
from rushlight.ops import special as ops
from rushlight.ops.fast import binary, unary, with_parameters
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.outputs import into, require_tensor
from rushlight.ops.overloads import overloads
from rushlight.tensor import Tensor

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "igamma",
    "igammac",
    "lgamma",
    "logit",
    "mvlgamma",
    "polygamma",
    "xlogy",
]

METHODS = [name for name in __all__ if name != "polygamma"]
INPLACE = [name for name in METHODS if name != "mvlgamma"]

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
    gammas.lgamma,
    """Return ``log |Γ(x)|`` of each element.

    >>> import rushlight as torch
    >>> torch.lgamma(torch.tensor([1.0, 4.0]))
    tensor([0.0000, 1.7918])
    """,
)
digamma = unary(
    gammas.digamma,
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
    n = require_int("polygamma", n, "n", 1)
    result = gammas.polygamma(n, require_tensor(input, "polygamma", "input", 2))
    return result if out is None else into(out, result, "polygamma", input)


_logit = with_parameters(ops.logit)


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Return the log-odds ``log(x / (1 - x))``, with x first clamped to [eps, 1 - eps].

    >>> import rushlight as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    if eps is not None:
        eps = as_float(eps, "logit", "eps", 2)
    result = _logit(require_tensor(input, "logit", "input", 1), eps)
    return result if out is None else into(out, result, "logit", input)


xlogy = overloads(
    "xlogy",
    """Return ``input * log(other)``, 0 where `input` is 0; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))
    tensor([0.0000, 2.1972])
    """,
    binary(ops.xlogy, numbers=False),
    ops.xlogy_of_number,
    ops.xlogy_number,
)

# -- Bessel ------------------------------------------------------------------------------------

i0 = unary(
    bessel.i0,
    """Return the modified Bessel function of the first kind and order 0.

    >>> import rushlight as torch
    >>> torch.i0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 1.2661])
    """,
)

# -- gamma functions of two arguments ----------------------------------------------------------

igamma = binary(
    gammas.igamma,
    """Return the regularized lower incomplete gamma function ``γ(input, other) / Γ(input)``.

    It has a derivative with respect to `other` only; asking for the one of `input` raises
    NotImplementedError. Operands that are both integers do, too.

    >>> import rushlight as torch
    >>> torch.igamma(torch.tensor([4.0]), torch.tensor([3.0, 4.0, 5.0]))
    tensor([0.3528, 0.5665, 0.7350])
    """,
    numbers=False,
)
igammac = binary(
    gammas.igammac,
    """Return the regularized upper incomplete gamma function, ``1 - igamma(input, other)``.

    >>> import rushlight as torch
    >>> torch.igammac(torch.tensor([4.0]), torch.tensor([3.0, 4.0, 5.0]))
    tensor([0.6472, 0.4335, 0.2650])
    """,
    numbers=False,
)
_mvlgamma = with_parameters(gammas.mvlgamma)


def mvlgamma(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """Return the logarithm of the multivariate gamma function of dimension `p`.

    RuntimeError for `p` below 1 and for bool.

    >>> import rushlight as torch
    >>> torch.mvlgamma(torch.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    return multivariate("mvlgamma", input, p, out)


def multivariate(name: str, input: Tensor, p: int, out: Tensor | None) -> Tensor:
    """Run `mvlgamma` under one of its names."""
    require_tensor(input, name, "input", 1)
    p = require_int(name, p, "p", 2)
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    result = _mvlgamma(input, p)
    if out is None:
        return result
    if isinstance(out, Tensor):
        _check_multivariate(input, result, out)
    return into(out, result, "mvlgamma", input)


def _check_multivariate(input: Tensor, result: Tensor, target: Tensor) -> None:
    """Raise PyTorch's error where `target` can't take the result; it names two other types."""
    if not can_cast(result.dtype, target.dtype):
        raise RuntimeError(
            f"mvlgamma: result type {input.dtype.scalar_name} can't be cast to the desired "
            f"output type {result.dtype.scalar_name}"
        )


def _mvlgamma_(self: Tensor, p: int) -> Tensor:
    """In-place form of `mvlgamma`."""
    check_operands(self, ())
    result = mvlgamma(self, p)
    _check_multivariate(self, result, self)
    return overwrite(self, result)


def _polygamma(self: Tensor, n: int) -> Tensor:
    """Return the `n`-th derivative of `digamma` at each element."""
    return polygamma(n, self)


def _polygamma_(self: Tensor, n: int) -> Tensor:
    """In-place form of `polygamma`."""
    return overwrite(self, polygamma(n, self))


ATTRIBUTES = {"polygamma": _polygamma, "polygamma_": _polygamma_, "mvlgamma_": _mvlgamma_}
