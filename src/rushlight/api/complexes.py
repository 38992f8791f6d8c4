"""Signs, magnitudes and angles; complex tensors from their parts, and conjugates."""

from __future__ import annotations

from typing import Any

from rushlight.api.queries import is_conj, is_neg
from rushlight.ops import complexes as ops
from rushlight.ops.fast import binary, unary
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.outputs import into, no_overload, plain_numbers, require_tensor
from rushlight.ops.promotion import NUMBERS
from rushlight.ops.viewing import is_plain, share
from rushlight.tensor import Tensor

__all__ = [
    "_conj",
    "_conj_physical",
    "_neg_view",
    "abs",
    "absolute",
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "copysign",
    "polar",
    "resolve_conj",
    "resolve_neg",
    "sgn",
    "sign",
    "signbit",
]

METHODS = [name for name in __all__ if name not in ("complex", "polar")]
INPLACE = ["conj_physical", "copysign", "sgn", "sign"]

# -- signs and magnitudes ----------------------------------------------------------------------

abs = unary(
    ops.absolute,
    """Return the magnitude of each element: a real tensor for a complex one.

    >>> import rushlight as torch
    >>> torch.abs(torch.tensor([-1.0, 2.0]))
    tensor([1., 2.])
    >>> torch.abs(torch.tensor([3 + 4j]))
    tensor([5.])
    """,
)
absolute = abs
sign = unary(
    ops.sign,
    """Return -1, 0 or 1 for each element; NotImplementedError for complex, which has `sgn`.

    >>> import rushlight as torch
    >>> torch.sign(torch.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """,
)


def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the direction ``z / |z|`` of each element, 0 at 0: the sign of real ones.

    >>> import rushlight as torch
    >>> torch.sgn(torch.tensor([3 + 4j, 0]))
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    result = ops.sgn(require_tensor(input, "sgn", "input", 1))
    return result if out is None else into(out, result, "sgn", input)


def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return whether the sign of each element is set, which tells -0 from 0.

    >>> import rushlight as torch
    >>> torch.signbit(torch.tensor([-1.0, -0.0, 0.0]))
    tensor([ True,  True, False])
    """
    result = ops.signbit(require_tensor(input, "signbit", "input", 1))
    if out is not None and out.dtype.category != 0:
        raise RuntimeError("signbit does not support non-boolean outputs.")
    return result if out is None else into(out, result, "signbit", input)


_COPYSIGN = (
    "(Tensor input, Tensor other, *, Tensor out = None)",
    "(Tensor input, Number other, *, Tensor out = None)",
)
_copysign = binary(ops.copysign, numbers=False)


def copysign(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """Return the magnitude of `input` with the sign of `other`, a tensor or a number.

    >>> import rushlight as torch
    >>> torch.copysign(torch.tensor([1.0, -2.0]), -0.0)
    tensor([-1., -2.])
    """
    if isinstance(input, Tensor) and isinstance(other, Tensor):
        result = _copysign(input, other)
    elif isinstance(input, Tensor) and isinstance(other, NUMBERS):
        result = ops.copysign_number(input, other)
    elif (plain := plain_numbers(input, other)) is not None:
        return copysign(*plain, out=out)
    else:
        raise no_overload("copysign", _COPYSIGN, input, other)
    return result if out is None else into(out, result, "copysign", input, other)


# -- complex numbers ---------------------------------------------------------------------------


def _parts(function: str, a: Any, b: Any, first: str, second: str) -> None:
    """Raise PyTorch's error for parts that no complex tensor is made of."""
    require_tensor(a, function, first, 1)
    require_tensor(b, function, second, 2)
    if not {a.dtype.name, b.dtype.name} <= {"float16", "float32", "float64"}:
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{a.dtype.scalar_name} and {b.dtype.scalar_name}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {a.dtype.scalar_name} but got scalar type "
            f"{b.dtype.scalar_name} for second argument"
        )
    _ = a.dtype.to_complex().numpy  # raises where complex numbers of such parts have no values


def _require_out(out: Any, result: Tensor) -> None:
    if isinstance(out, Tensor) and out.dtype is not result.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {result.dtype.scalar_name} but got scalar type "
            f"{out.dtype.scalar_name} for argument 'out'"
        )


def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Make a complex tensor of its parts, float32 or float64 tensors.

    >>> import rushlight as torch
    >>> torch.complex(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor([1.+3.j, 2.+4.j])
    """
    _parts("complex", real, imag, "real", "imag")
    result = ops.complex_(real, imag)
    _require_out(out, result)
    return result if out is None else into(out, result, "complex", real, imag)


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Make a complex tensor of magnitudes and angles, float32 or float64 tensors.

    >>> import rushlight as torch
    >>> torch.polar(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 3.14159265]))
    tensor([ 1.+0.0000e+00j, -2.-1.7485e-07j])
    """
    _parts("polar", abs, angle, "abs", "angle")
    result = ops.polar(abs, angle)
    _require_out(out, result)
    return result if out is None else into(out, result, "polar", abs, angle)


def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the angle of each element, in radians: 0 or π for real ones.

    >>> import rushlight as torch
    >>> torch.angle(torch.tensor([1j, -1]))
    tensor([1.5708, 3.1416])
    """
    result = ops.angle(require_tensor(input, "angle", "input", 1))
    return result if out is None else into(out, result, "angle", input)


def conj(input: Tensor) -> Tensor:
    """Return the view of the complex conjugates; a real tensor itself.

    It is the same memory with a bit (`is_conj`) that says how to read it, and is written through
    to `input`. Twice the conjugate is a plain view again.

    >>> import rushlight as torch
    >>> x = torch.tensor([1 + 2j])
    >>> y = torch.conj(x)
    >>> y, y.is_conj()
    (tensor([1.-2.j]), True)
    >>> y[0] = 5j
    >>> x
    tensor([0.-5.j])
    """
    require_tensor(input, "conj", "input", 1)
    return _conj(input) if input.dtype.is_complex else input


def _conj(input: Tensor) -> Tensor:
    """As `conj`; RuntimeError for a real tensor."""
    if not require_tensor(input, "_conj", "input", 1).dtype.is_complex:
        raise RuntimeError("_conj is only supported for complex tensors")
    if is_plain(input):
        return share(input, ops.conj.kernel(input._array), ops.ConjNode, ())
    return ops.conj(input)  # type: ignore[no-any-return]


def _neg_view(input: Tensor) -> Tensor:
    """Return the view of the negatives: the same memory with a bit (`is_neg`), as of `conj`.

    >>> import rushlight as torch
    >>> torch._neg_view(torch.tensor([1.0]))
    tensor([-1.])
    """
    require_tensor(input, "_neg_view", "input", 1)
    if is_plain(input):
        return share(input, ops.neg_view.kernel(input._array), ops.NegViewNode, ())
    return ops.neg_view(input)  # type: ignore[no-any-return]


def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the complex conjugate; a real tensor itself.

    >>> import rushlight as torch
    >>> torch.conj_physical(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    require_tensor(input, "conj_physical", "input", 1)
    result = ops.conj_physical(input) if input.dtype.is_complex else input
    return result if out is None else into(out, result, "conj_physical", input)


def _conj_physical(input: Tensor) -> Tensor:
    """As `conj_physical`, but a fresh tensor of real ones too."""
    require_tensor(input, "_conj_physical", "input", 1)
    result: Tensor = ops.conj_physical(input) if input.dtype.is_complex else input.clone()
    return result


def resolve_conj(input: Tensor) -> Tensor:
    """Return a computed copy of a view of conjugates, and any other tensor itself.

    >>> import rushlight as torch
    >>> torch.tensor([1 + 2j]).conj().resolve_conj().is_conj()
    False
    """
    conjugate = is_conj(require_tensor(input, "resolve_conj", "input", 1))
    return input.clone() if conjugate else input


def resolve_neg(input: Tensor) -> Tensor:
    """Return a computed copy of a view of negatives, and any other tensor itself.

    >>> import rushlight as torch
    >>> torch.tensor([1 + 2j]).conj().imag.resolve_neg().is_neg()
    False
    """
    negative = is_neg(require_tensor(input, "resolve_neg", "input", 1))
    return input.clone() if negative else input


def _abs_(self: Tensor) -> Tensor:
    """In-place form of `abs`; RuntimeError for complex, whose magnitudes are real."""
    check_operands(self, ())
    if self.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return overwrite(self, abs(self))


ATTRIBUTES = {"__abs__": abs, "abs_": _abs_, "absolute_": _abs_}
