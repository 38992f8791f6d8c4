"""frexp: numbers taken apart into mantissas and exponents of two."""

from __future__ import annotations

from typing import Any

from rushlight import return_types
from rushlight.api.results import out_pair
from rushlight.ops import mantissas as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["frexp"]

METHODS = __all__


def _mismatch(which: str, wanted: Any, got: Any) -> str:
    if which == "values":
        kind = f"mantissa to have dtype {wanted.cpp_name}"
    else:
        kind = f"exponent to have {wanted.cpp_name} dtype"
    return f"torch.frexp() expects {kind} but got {got.cpp_name}"


def frexp(input: Tensor, *, out: Any = None) -> Any:
    """Return mantissas in [0.5, 1), with their signs, and exponents: ``mantissa * 2**exponent``.

    Exponents are int32; those of 0, inf and nan are 0. RuntimeError for other than floats.

    >>> import rushlight as torch
    >>> torch.frexp(torch.tensor([6.0, -0.25]))
    torch.return_types.frexp(
    mantissa=tensor([ 0.7500, -0.5000]),
    exponent=tensor([ 3, -1], dtype=torch.int32))
    """
    require_tensor(input, "frexp", "input", 1)
    if not input.is_floating_point():
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    found = ops.frexp(input)
    if out is None:
        return return_types.frexp(found)  # type: ignore[attr-defined]
    kind = return_types.frexp_out  # type: ignore[attr-defined]
    return out_pair("frexp", kind, out, found, _mismatch, position=1, source=input)
