"""Bessel functions and Airy's. The exponentially scaled i0e, i1 and i1e have derivatives.

PyTorch has none for the others: their results don't require grad, whatever their arguments do.
Integers give the default float; float16 and bfloat16 are refused but for i0e, i1 and i1e.
"""

from __future__ import annotations

from collections.abc import Callable

from rushlight.ops import bessel as ops
from rushlight.ops.fast import named
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "i0e",
    "i1",
    "i1e",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "spherical_bessel_j0",
]


def _function(op: Operator, doc: str, *, x: bool = False) -> Callable[..., Tensor]:
    """Make ``f(input, *, out=None)``, or ``f(x, *, out=None)``."""

    def run(argument: Tensor, out: Tensor | None) -> Tensor:
        result: Tensor = op.general(require_tensor(argument, op.name, "x" if x else "input", 1))
        return result if out is None else into(out, result, op.name, argument)

    function: Callable[..., Tensor]
    if x:

        def function(x: Tensor, *, out: Tensor | None = None) -> Tensor:
            return run(x, out)
    else:

        def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
            return run(input, out)

    return named(function, op.name, doc)


# -- with derivatives --------------------------------------------------------------------------

i0e = _function(
    ops.i0e,
    """Return ``exp(-abs(x))`` times the modified Bessel function of the first kind and order 0.

    >>> import rushlight as torch
    >>> torch.special.i0e(torch.tensor([0.0, 1.0, 1000.0]))
    tensor([1.0000, 0.4658, 0.0126])
    """,
)
i1 = _function(
    ops.i1,
    """Return the modified Bessel function of the first kind and order 1.

    >>> import rushlight as torch
    >>> torch.special.i1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5652])
    """,
)
i1e = _function(
    ops.i1e,
    """Return ``exp(-abs(x))`` times the modified Bessel function of the first kind and order 1.

    >>> import rushlight as torch
    >>> torch.special.i1e(torch.tensor([0.0, 1.0, 1000.0]))
    tensor([0.0000, 0.2079, 0.0126])
    """,
)

# -- without -----------------------------------------------------------------------------------

airy_ai = _function(
    ops.airy_ai,
    """Return Airy's function Ai.

    >>> import rushlight as torch
    >>> torch.special.airy_ai(torch.tensor([0.0, 1.0]))
    tensor([0.3550, 0.1353])
    """,
    x=True,
)
bessel_j0 = _function(
    ops.bessel_j0,
    """Return the Bessel function of the first kind and order 0.

    >>> import rushlight as torch
    >>> torch.special.bessel_j0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.7652])
    """,
)
bessel_j1 = _function(
    ops.bessel_j1,
    """Return the Bessel function of the first kind and order 1.

    >>> import rushlight as torch
    >>> torch.special.bessel_j1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.4401])
    """,
)
bessel_y0 = _function(
    ops.bessel_y0,
    """Return the Bessel function of the second kind and order 0, nan below 0.

    >>> import rushlight as torch
    >>> torch.special.bessel_y0(torch.tensor([1.0, 2.0]))
    tensor([0.0883, 0.5104])
    """,
)
bessel_y1 = _function(
    ops.bessel_y1,
    """Return the Bessel function of the second kind and order 1, nan below 0.

    >>> import rushlight as torch
    >>> torch.special.bessel_y1(torch.tensor([1.0, 2.0]))
    tensor([-0.7812, -0.1070])
    """,
)
modified_bessel_i0 = _function(
    ops.modified_bessel_i0,
    """Return the modified Bessel function of the first kind and order 0; `i0` has a derivative.

    >>> import rushlight as torch
    >>> torch.special.modified_bessel_i0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 1.2661])
    """,
)
modified_bessel_i1 = _function(
    ops.modified_bessel_i1,
    """Return the modified Bessel function of the first kind and order 1; `i1` has a derivative.

    >>> import rushlight as torch
    >>> torch.special.modified_bessel_i1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.5652])
    """,
)
modified_bessel_k0 = _function(
    ops.modified_bessel_k0,
    """Return the modified Bessel function of the second kind and order 0, nan below 0.

    >>> import rushlight as torch
    >>> torch.special.modified_bessel_k0(torch.tensor([1.0, 2.0]))
    tensor([0.4210, 0.1139])
    """,
)
modified_bessel_k1 = _function(
    ops.modified_bessel_k1,
    """Return the modified Bessel function of the second kind and order 1, nan below 0.

    >>> import rushlight as torch
    >>> torch.special.modified_bessel_k1(torch.tensor([1.0, 2.0]))
    tensor([0.6019, 0.1399])
    """,
)
scaled_modified_bessel_k0 = _function(
    ops.scaled_modified_bessel_k0,
    """Return ``exp(x)`` times `modified_bessel_k0`.

    >>> import rushlight as torch
    >>> torch.special.scaled_modified_bessel_k0(torch.tensor([1.0, 2.0]))
    tensor([1.1445, 0.8416])
    """,
    x=True,
)
scaled_modified_bessel_k1 = _function(
    ops.scaled_modified_bessel_k1,
    """Return ``exp(x)`` times `modified_bessel_k1`.

    >>> import rushlight as torch
    >>> torch.special.scaled_modified_bessel_k1(torch.tensor([1.0, 2.0]))
    tensor([1.6362, 1.0335])
    """,
    x=True,
)
spherical_bessel_j0 = _function(
    ops.spherical_bessel_j0,
    """Return ``sin(x) / x``, 1 at 0.

    >>> import rushlight as torch
    >>> torch.special.spherical_bessel_j0(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.8415])
    """,
    x=True,
)
