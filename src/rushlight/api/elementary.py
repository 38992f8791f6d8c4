"""Elementary functions: roots, exponentials, logarithms, circular and hyperbolic functions.

All take tensors of any dtype; bool and integers give the default float.
"""

from __future__ import annotations

import numpy as np

from rushlight.ops import elementary as ops
from rushlight.ops.fast import binary, unary

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "rad2deg",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
]

METHODS = __all__
INPLACE = __all__

# -- powers and roots --------------------------------------------------------------------------

square = unary(
    ops.square,
    """Multiply each element by itself; integers stay integers.

    >>> import rushlight as torch
    >>> torch.square(torch.tensor([2.0, -3.0]))
    tensor([4., 9.])
    """,
    floats=np.square,
)
sqrt = unary(
    ops.sqrt,
    """Return the square root of each element, nan for negative ones.

    >>> import rushlight as torch
    >>> torch.sqrt(torch.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """,
)
rsqrt = unary(
    ops.rsqrt,
    """Return one over the square root of each element.

    >>> import rushlight as torch
    >>> torch.rsqrt(torch.tensor([4.0, 2.0]))
    tensor([0.5000, 0.7071])
    """,
)
reciprocal = unary(
    ops.reciprocal,
    """Return one over each element.

    >>> import rushlight as torch
    >>> torch.reciprocal(torch.tensor([4, 5]))
    tensor([0.2500, 0.2000])
    """,
    floats=np.reciprocal,
)

# -- exponentials and logarithms ---------------------------------------------------------------

exp = unary(
    ops.exp,
    """Return e to the power of each element.

    >>> import rushlight as torch
    >>> torch.exp(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """,
)
exp2 = unary(
    ops.exp2,
    """Return 2 to the power of each element.

    >>> import rushlight as torch
    >>> torch.exp2(torch.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """,
    floats=np.exp2,
)
expm1 = unary(
    ops.expm1,
    """Return ``exp(input) - 1``, exact for small elements too.

    >>> import rushlight as torch
    >>> torch.expm1(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """,
)
log = unary(
    ops.log,
    """Return the natural logarithm of each element.

    >>> import rushlight as torch
    >>> torch.log(torch.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """,
)
log2 = unary(
    ops.log2,
    """Return the logarithm to base 2 of each element.

    >>> import rushlight as torch
    >>> torch.log2(torch.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """,
)
log10 = unary(
    ops.log10,
    """Return the logarithm to base 10 of each element.

    >>> import rushlight as torch
    >>> torch.log10(torch.tensor([1.0, 2.0]))
    tensor([0.0000, 0.3010])
    """,
)
log1p = unary(
    ops.log1p,
    """Return ``log(1 + input)``, exact for small elements too.

    >>> import rushlight as torch
    >>> torch.log1p(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """,
)
sigmoid = unary(
    ops.sigmoid,
    """Return ``1 / (1 + exp(-input))``.

    >>> import rushlight as torch
    >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """,
)

# -- circular functions ------------------------------------------------------------------------

sin = unary(
    ops.sin,
    """Return the sine of each element, in radians.

    >>> import rushlight as torch
    >>> torch.sin(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """,
)
cos = unary(
    ops.cos,
    """Return the cosine of each element, in radians.

    >>> import rushlight as torch
    >>> torch.cos(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """,
)
tan = unary(
    ops.tan,
    """Return the tangent of each element, in radians.

    >>> import rushlight as torch
    >>> torch.tan(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """,
)
asin = unary(
    ops.asin,
    """Return the angle in [-π/2, π/2] of which each element is the sine.

    >>> import rushlight as torch
    >>> torch.asin(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """,
)
acos = unary(
    ops.acos,
    """Return the angle in [0, π] of which each element is the cosine.

    >>> import rushlight as torch
    >>> torch.acos(torch.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """,
)
atan = unary(
    ops.atan,
    """Return the angle in (-π/2, π/2) of which each element is the tangent.

    >>> import rushlight as torch
    >>> torch.atan(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """,
)
atan2 = binary(
    ops.atan2,
    """Return the angle of the point with ordinate `input` and abscissa `other`, in [-π, π].

    >>> import rushlight as torch
    >>> torch.atan2(torch.tensor([1.0, 0.0]), torch.tensor([0.0, -1.0]))
    tensor([1.5708, 3.1416])
    """,
    numbers=False,
)
hypot = binary(
    ops.hypot,
    """Return the length of the hypotenuse over legs `input` and `other`; no integers.

    >>> import rushlight as torch
    >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))
    tensor([5.])
    """,
    numbers=False,
)
sinc = unary(
    ops.sinc,
    """Return ``sin(πx) / (πx)``, 1 at 0.

    >>> import rushlight as torch
    >>> torch.sinc(torch.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """,
)
deg2rad = unary(
    ops.deg2rad,
    """Turn degrees into radians.

    >>> import rushlight as torch
    >>> torch.deg2rad(torch.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """,
)
rad2deg = unary(
    ops.rad2deg,
    """Turn radians into degrees.

    >>> import rushlight as torch
    >>> torch.rad2deg(torch.tensor([0.0, 1.0]))
    tensor([ 0.0000, 57.2958])
    """,
)

# -- hyperbolic functions ----------------------------------------------------------------------

sinh = unary(
    ops.sinh,
    """Return the hyperbolic sine of each element.

    >>> import rushlight as torch
    >>> torch.sinh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """,
)
cosh = unary(
    ops.cosh,
    """Return the hyperbolic cosine of each element.

    >>> import rushlight as torch
    >>> torch.cosh(torch.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """,
)
tanh = unary(
    ops.tanh,
    """Return the hyperbolic tangent of each element.

    >>> import rushlight as torch
    >>> torch.tanh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """,
)
asinh = unary(
    ops.asinh,
    """Return the number of which each element is the hyperbolic sine.

    >>> import rushlight as torch
    >>> torch.asinh(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """,
)
acosh = unary(
    ops.acosh,
    """Return the number ≥ 0 of which each element is the hyperbolic cosine.

    >>> import rushlight as torch
    >>> torch.acosh(torch.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """,
)
atanh = unary(
    ops.atanh,
    """Return the number of which each element is the hyperbolic tangent.

    >>> import rushlight as torch
    >>> torch.atanh(torch.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """,
)

arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
