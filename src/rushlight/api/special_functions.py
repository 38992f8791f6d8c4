"""Functions that only `rushlight.special` has: of erf, the normal distribution, logarithms, zeta.

Integers give the default float.
"""

from __future__ import annotations

from rushlight.ops import gammas
from rushlight.ops import special as ops
from rushlight.ops.fast import binary, unary
from rushlight.ops.outputs import into, require_tensor
from rushlight.ops.overloads import overloads
from rushlight.tensor import Tensor

__all__ = ["entr", "erfcx", "log_ndtr", "ndtr", "ndtri", "xlog1py", "zeta"]

entr = unary(
    ops.entr,
    """Return ``-x * log(x)``, 0 at 0 and -inf for negative elements.

    >>> import rushlight as torch
    >>> torch.special.entr(torch.tensor([-0.5, 0.0, 0.5]))
    tensor([  -inf, 0.0000, 0.3466])
    """,
)


def special_erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return ``exp(x²) * erfc(x)``, which neither over- nor underflows for large elements.

    >>> import rushlight as torch
    >>> torch.special.erfcx(torch.tensor([0.0, 1.0, 30.0]))
    tensor([1.0000, 0.4276, 0.0188])
    """
    result: Tensor = ops.erfcx.general(require_tensor(input, "special_erfcx", "input", 1))
    return result if out is None else into(out, result, "special_erfcx", input)


erfcx = special_erfcx

ndtr = unary(
    ops.ndtr,
    """Return the probability that a standard normal variable is at most each element.

    As PyTorch's it is ``(1 + erf(x / √2)) / 2``, 0 from about -8.3 down; `log_ndtr` goes further.

    >>> import rushlight as torch
    >>> torch.special.ndtr(torch.tensor([-2.0, 0.0, 2.0]))
    tensor([0.0228, 0.5000, 0.9772])
    """,
)
log_ndtr = unary(
    ops.log_ndtr,
    """Return the logarithm of that probability, also where it is too small for a float.

    >>> import rushlight as torch
    >>> torch.special.log_ndtr(torch.tensor([-40.0, 0.0]))
    tensor([-804.6084,   -0.6931])
    """,
)
ndtri = unary(
    ops.ndtri,
    """Return the number of which each element is the `ndtr`, nan outside of [0, 1].

    >>> import rushlight as torch
    >>> torch.special.ndtri(torch.tensor([0.0, 0.5, 0.975]))
    tensor([  -inf, 0.0000, 1.9600])
    """,
)
xlog1py = overloads(
    "special_xlog1py",
    """Return ``input * log1p(other)``, 0 where `input` is 0; one of them may be a number.

    >>> import rushlight as torch
    >>> torch.special.xlog1py(torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0]))
    tensor([0.0000, 2.7726])
    """,
    binary(ops.xlog1py, numbers=False),
    ops.xlog1py_of_number,
    ops.xlog1py_number,
)
zeta = overloads(
    "special_zeta",
    """Return Hurwitz's zeta function ``Σ (k + other) ** -input``; one of them may be a number.

    It has a derivative with respect to `other` only; asking for the one of `input` raises
    NotImplementedError.

    >>> import rushlight as torch
    >>> torch.special.zeta(torch.tensor([2.0, 4.0]), 1)
    tensor([1.6449, 1.0823])
    """,
    binary(gammas.zeta, numbers=False),
    gammas.zeta_of_number,
    gammas.zeta_number,
)
