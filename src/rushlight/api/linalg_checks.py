"""What the functions of matrices have in common: their errors, and results of several tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.results import require_dtype
from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.ops.outputs import into, type_name, wrong_type
from rushlight.tensor import Tensor, values_of

__all__ = [
    "as_complex",
    "check_bool",
    "check_fit",
    "check_floating",
    "check_info",
    "check_matrix",
    "check_old_system",
    "check_same",
    "check_square",
    "deliver",
    "deliver_all",
    "differentiated",
    "linalg_error",
    "refuse_half",
]


class _LinAlgError(RuntimeError):
    """A decomposition or a solver failed: `rushlight.linalg.LinAlgError`."""


def linalg_error(text: str) -> RuntimeError:
    """The error of an algorithm that failed on the numbers it got."""
    return _LinAlgError(text)


# -- arguments -----------------------------------------------------------------------------------


def check_bool(value: Any, function: str, argument: str, position: int | None = None) -> None:
    """Raise PyTorch's TypeError unless a flag is one."""
    if not isinstance(value, bool):
        if position is not None:
            raise wrong_type(function, argument, position, value, "bool")
        raise TypeError(f"{function}(): argument '{argument}' must be bool, not {type_name(value)}")


def check_matrix(name: str, x: Tensor, argument: str = "A") -> None:
    """Raise PyTorch's error for a tensor that is no stack of matrices."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def check_square(name: str, x: Tensor, argument: str = "A") -> None:
    """Raise PyTorch's error for a tensor that is no stack of square matrices."""
    check_matrix(name, x, argument)
    rows, columns = x.shape[-2:]
    if rows != columns:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {rows} by "
            f"{columns} matrices"
        )


def check_floating(name: str, x: Tensor, *, half: bool = True) -> None:
    """Raise PyTorch's error for integers, and for 16-bit floats unless `half` lets them pass."""
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. "
            f"Got {x.dtype.scalar_name}"
        )
    if not half and x.dtype.numpy.itemsize == 2:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {x.dtype.scalar_name}")


def refuse_half(kernel: str, x: Tensor) -> None:
    """Raise PyTorch's error for dtypes that LAPACK knows nothing of."""
    if x._array.dtype.char not in "fdFD":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")


def check_same(name: str, a: Tensor, b: Tensor, first: str = "A", second: str = "B") -> None:
    """Raise PyTorch's error for operands of two dtypes, which it calls `first` and `second`."""
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of "
            f"type {a.dtype.scalar_name} and {second} of type {b.dtype.scalar_name} instead"
        )


def check_fit(name: str, a: Tensor, shape: tuple[int, ...], left: bool) -> None:
    """Raise PyTorch's error unless the matrices B of this shape fit into ``A X = B``."""
    rows, columns = a.shape[-2:]
    m, n = shape[-2:]
    if rows != (m if left else n):
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {equation} "
            f"({rows}x{columns} and {m}x{n})"
        )


def check_old_system(name: str, A: Tensor, b: Tensor) -> None:
    """Raise the errors that PyTorch's older solvers have for systems that don't fit."""
    if b.ndim < 2:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [-{b.ndim}, {b.ndim - 1}], "
            "but got -2)"
        )
    rows, columns = A.shape[-2:]
    if A.dtype is not b.dtype:
        raise RuntimeError(
            "Expected b and A to have the same dtype, but found b of type "
            f"{b.dtype.scalar_name} and A of type {A.dtype.scalar_name} instead."
        )
    if rows != columns:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    if columns != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {rows} by {columns} but each "
            f"b matrix is {b.shape[-2]} by {b.shape[-1]}"
        )
    broadcast_pair(tuple(b.shape[:-2]), tuple(A.shape[:-2]))


def differentiated(x: Tensor) -> bool:
    """Whether a derivative by `x` may be asked for."""
    return (mode.grad and edge_of(x) is not None) or x._interpreter is not None


# -- results -------------------------------------------------------------------------------------


def check_info(name: str, info: Tensor, text: str) -> None:
    """Raise LinAlgError for the first matrix whose ``info`` isn't 0, which `text` may name."""
    codes = values_of(info)
    if codes.any():
        flat = codes.reshape(-1)
        first = int(np.flatnonzero(flat)[0])
        place = f"(Batch element {first}): " if codes.ndim else ""
        raise linalg_error(f"{name}: {place}" + text.format(info=int(flat[first])))


def deliver(out: Any, result: Tensor, function: str, kernel: str | None = None) -> Tensor:
    """Return a result, or write it to ``out=``, which must have its dtype.

    `kernel` is the function's name in PyTorch's error about gradients, where that is another.
    """
    if out is None:
        return result
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type_name(out)}")
    _refuse_gradients(kernel or function, (result, out))
    require_dtype(out, result.dtype)
    return into(out, result, kernel or function)


def _refuse_gradients(function: str, tensors: Any) -> None:
    if mode.grad and any(t.requires_grad for t in tensors):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )


def deliver_all(
    kind: str, out: Any, results: Any, function: str, position: int, kernel: str | None = None
) -> Any:
    """Return results as the named tuple `kind`, or write them to the tensors of ``out=``."""
    from rushlight import return_types

    if out is None:
        return getattr(return_types, kind)(results)
    if not isinstance(out, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'out' must be tuple of Tensors, not {type_name(out)}"
        )
    if len(out) != len(results):
        raise TypeError(f"expected tuple of {len(results)} elements but got {len(out)}")
    for place, t in enumerate(out):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"expected Tensor as element {place} in argument {position}, but got {type_name(t)}"
            )
    _refuse_gradients(kernel or function, (*out, *results))
    for target, result in zip(out, results):
        require_dtype(target, result.dtype)
    for target, result in zip(out, results):
        into(target, result, function)
    return getattr(return_types, f"{kind}_out")(out)


def as_complex(dtype: dtypes.dtype) -> dtypes.dtype:
    """The complex dtype of the eigenvalues of real matrices, or PyTorch's error."""
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"Unknown Complex ScalarType for {dtype.scalar_name}")
    return dtype.to_complex()
