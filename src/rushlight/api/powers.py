"""Powers, roots, and sums of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes, return_types
from rushlight.api.results import out_pair
from rushlight.ops import powers as ops
from rushlight.ops.fast import binary, with_parameters
from rushlight.ops.fitting import cast_to
from rushlight.ops.inplace import overwrite
from rushlight.ops.outputs import into, no_overload, plain_numbers, require_tensor
from rushlight.ops.promotion import NUMBERS
from rushlight.ops.several import several
from rushlight.tensor import Tensor

__all__ = ["float_power", "frexp", "ldexp", "logaddexp", "logaddexp2", "pow"]

METHODS = [*__all__, "float_power_"]
INPLACE = ["ldexp", "pow"]

_POW = (
    "(Tensor input, Tensor exponent, *, Tensor out = None)",
    "(Number self, Tensor exponent, *, Tensor out = None)",
    "(Tensor input, Number exponent, *, Tensor out = None)",
)
_pow = binary(ops.pow_, numbers=False)
_pow_of_number = several(ops.pow_of_number)
_pow_number = with_parameters(ops.pow_number)


def power(input: Any, exponent: Any) -> Any:
    """Return the power, or None for operands that are neither tensors nor numbers."""
    kind = type(exponent)
    if (kind is int or kind is float) and isinstance(input, Tensor):
        return _pow_number(input, exponent)
    if isinstance(input, Tensor):
        if isinstance(exponent, Tensor):
            return _pow(input, exponent)
        if isinstance(exponent, NUMBERS):
            return ops.pow_number.general(input, exponent)
    elif isinstance(input, NUMBERS) and isinstance(exponent, Tensor):
        return _pow_of_number(input, exponent)
    return None


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """Return `input` to the power of `exponent`; one of them may be a number.

    Raises RuntimeError for an integer tensor and a negative integer.

    >>> import rushlight as torch
    >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    >>> torch.pow(2, torch.tensor([1, 2, 3]))
    tensor([2, 4, 8])
    """
    result = power(input, exponent)
    if result is None:
        plain = plain_numbers(input, exponent)
        if plain is not None:
            return pow(*plain, out=out)
        raise no_overload("pow", _POW, input, exponent)
    return result if out is None else into(out, result, "pow", input, exponent)


def _wide(x: Any, numpy_dtype: np.dtype[Any]) -> Any:
    if not isinstance(x, Tensor):
        return complex(x) if numpy_dtype.kind == "c" else float(x)
    return x if x.dtype.numpy == numpy_dtype else cast_to(x, numpy_dtype)


def _is_complex(x: Any) -> bool:
    return x.dtype.is_complex if isinstance(x, Tensor) else isinstance(x, complex)


def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the power computed in float64, or in complex128 where an operand is complex.

    >>> import rushlight as torch
    >>> torch.float_power(torch.tensor([2, 4]), 0.5)
    tensor([1.4142, 2.0000], dtype=torch.float64)
    """
    known = (Tensor, *NUMBERS)
    tensors = isinstance(input, Tensor) or isinstance(exponent, Tensor)
    if not tensors or not isinstance(input, known) or not isinstance(exponent, known):
        plain = plain_numbers(input, exponent)
        if plain is not None:
            return float_power(*plain, out=out)
        raise no_overload("float_power", _POW, input, exponent)
    wide = dtypes.complex128 if _is_complex(input) or _is_complex(exponent) else dtypes.float64
    result = pow(_wide(input, wide.numpy), _wide(exponent, wide.numpy))
    if isinstance(out, Tensor) and out.dtype is not wide:
        raise RuntimeError(
            f"the output given to float_power has dtype {out.dtype.scalar_name} but the "
            f"operation's result requires dtype {wide.scalar_name}"
        )
    return result if out is None else into(out, result, "float_power", input, exponent)


def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """In-place form of `float_power`; RuntimeError unless `input` is of the result's dtype."""
    result = float_power(input, exponent)
    if result.dtype is not input.dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype.scalar_name} but the "
            f"operation's result requires dtype {result.dtype.scalar_name}"
        )
    return overwrite(input, result)


logaddexp = binary(
    ops.logaddexp,
    """Return ``log(exp(input) + exp(other))`` without overflow; RuntimeError for integers.

    >>> import rushlight as torch
    >>> torch.logaddexp(torch.tensor([100.0]), torch.tensor([100.0]))
    tensor([100.6931])
    """,
    numbers=False,
)
logaddexp2 = binary(
    ops.logaddexp2,
    """Return ``log2(2**input + 2**other)`` without overflow; RuntimeError for integers.

    >>> import rushlight as torch
    >>> torch.logaddexp2(torch.tensor([3.0]), torch.tensor([3.0]))
    tensor([4.])
    """,
    numbers=False,
)


# -- mantissa and exponent ---------------------------------------------------------------------

_ldexp = binary(ops.ldexp, numbers=False)


def ldexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return ``input * 2**other``; integers give the default float.

    Integer exponents of floats scale exactly, also where ``2**other`` is no float, and leave
    the dtype alone.

    >>> import rushlight as torch
    >>> torch.ldexp(torch.tensor([1.0, 3.0]), torch.tensor([2, 3]))
    tensor([ 4., 24.])
    >>> torch.ldexp(torch.tensor([2.0**-100]), torch.tensor([200]))
    tensor([1.2677e+30])
    """
    require_tensor(input, "ldexp", "input", 1)
    require_tensor(other, "ldexp", "other", 2)
    if input.dtype.is_floating_point and other.dtype.category <= dtypes.INTEGER:
        if other.dtype.category < dtypes.INTEGER:
            raise NotImplementedError("\"ldexp_cpu_exp\" not implemented for 'Bool'")
        result: Tensor = ops.scaled_by_exponent.general(input, other)
    else:
        result = _ldexp(input, other)
    return result if out is None else into(out, result, "ldexp", input, other)


def frexp(input: Tensor, *, out: Any = None) -> Any:
    """Return mantissas in [0.5, 1) and int32 exponents with ``input == mantissa * 2**exponent``.

    RuntimeError for dtypes that aren't floating. The mantissa has a derivative.

    >>> import rushlight as torch
    >>> torch.frexp(torch.tensor([0.0, 1.0, 6.0])).mantissa
    tensor([0.0000, 0.5000, 0.7500])
    """
    require_tensor(input, "frexp", "input", 1)
    if not input.dtype.is_floating_point:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    result = ops.frexp(input)
    if out is None:
        return return_types.frexp(result)
    return out_pair(
        "frexp", return_types.frexp_out, out, result, _wrong_frexp, position=1, source=input
    )


def _wrong_frexp(which: str, wanted: dtypes.dtype, got: dtypes.dtype) -> str:
    if which == "values":
        return (
            f"torch.frexp() expects mantissa to have dtype {wanted.cpp_name} but got {got.cpp_name}"
        )
    return f"torch.frexp() expects exponent to have int dtype but got {got.cpp_name}"
