"""Public products of matrices and vectors."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.results import require_dtype
from rushlight.autograd.engine import edge_of
from rushlight.ops import matrix as ops
from rushlight.ops.matrix import product
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, refuse_wide, require_tensor
from rushlight.ops.views import unsafe_view
from rushlight.tensor import Tensor, wrap

__all__ = ["bmm", "dot", "ger", "inner", "kron", "matmul", "mm", "mv", "outer", "trace", "vdot"]

METHODS = __all__


# -- what has to fit ---------------------------------------------------------------------------


def refuse_bool(kernel: str, input: Tensor, other: Tensor | None = None) -> None:
    """Raise PyTorch's error for bool and wide unsigned, unless an operand is empty (no kernel)."""
    if other is None or (input.numel() and other.numel()):
        refuse_wide(kernel, input)
        if input.dtype is dtypes.bool_:
            raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def check_same_dtype(input: Tensor, other: Tensor) -> None:
    """Raise the error that PyTorch's stacked products have for operands of two dtypes."""
    if input.dtype is not other.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.scalar_name} but found {other.dtype.scalar_name}"
        )


def check_mm_shapes(rows: int, k: int, k2: int, columns: int) -> None:
    """Raise PyTorch's error for matrices that can't be multiplied."""
    if k != k2:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {k2}x{columns})"
        )


def check_same_mm_dtype(input: Tensor, other: Tensor) -> None:
    """Raise the error that PyTorch has for two matrices of two dtypes."""
    if input.dtype is not other.dtype:
        raise RuntimeError(
            "expected m1 and m2 to have the same dtype, but got: "
            f"{input.dtype.cpp_name} != {other.dtype.cpp_name}"
        )


def check_mm(input: Tensor, other: Tensor, rows: int) -> None:
    """Raise PyTorch's errors for a matrix, or a stack folded to `rows`, and a matrix."""
    check_mm_shapes(rows, input.shape[-1], *other.shape)
    check_same_mm_dtype(input, other)
    refuse_bool("addmm_impl_cpu_", input, other)


def check_mv(mat: Tensor, vec: Tensor, rows: int, columns: int, result: dtypes.dtype) -> None:
    """Raise PyTorch's errors for a matrix, perhaps folded, and a vector."""
    if columns != vec.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({rows}), mat ({rows}x{columns}), vec ({vec.shape[0]})"
        )
    if mat.dtype is not vec.dtype or mat.dtype is not result:
        names = [d.scalar_name for d in (result, mat.dtype, vec.dtype)]
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {names[0]}, {names[1]}, "
            f"and {names[2]}"
        )
    refuse_bool("addmv_impl_cpu", mat, vec)


def check_vectors(input: Tensor, other: Tensor) -> None:
    """Raise PyTorch's errors for two vectors without a dot product."""
    if input.ndim != 1 or other.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors")
    if input.dtype is not other.dtype:
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{input.dtype.scalar_name} and {other.dtype.scalar_name}"
        )
    m, n = input.shape[0], other.shape[0]
    if m != n:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{m}] and src [{n}] to have the same "
            f"number of elements, but got {m} and {n} elements respectively"
        )
    refuse_bool("dot", input)


def finish(result: Tensor, out: Any, function: str, *operands: Any) -> Tensor:
    """Write to ``out=``, which must have the result's dtype here, and not lie across `operands`."""
    if out is None:
        return result
    if isinstance(out, Tensor):
        require_dtype(out, result.dtype)
    return into(out, result, function, *operands)


# -- any number of dimensions ------------------------------------------------------------------


def _multiply(input: Tensor, other: Tensor) -> Tensor:
    """The product of two tensors, after a look at their shapes."""
    m, n = input.ndim, other.ndim
    if m == 0 or n == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D"
        )
    if m == 1 and n == 1:
        check_vectors(input, other)
        return ops.dot(input, other)  # type: ignore[no-any-return]
    shape, k = input.shape, input.shape[-1]
    if n == 1:
        rows = shape[:-1].numel()
        check_mv(input, other, rows, k, other.dtype)
        return (ops.mv if m == 2 else ops.fold_vector)(input, other)  # type: ignore[no-any-return]
    if n == 2:
        check_mm(input, other, shape[:-1].numel())
        return (ops.mm.general if m == 2 else ops.vm if m == 1 else ops.fold)(input, other)  # type: ignore[no-any-return]
    if m == 1:
        return _vector_times_stack(input, other)
    return _multiply_stacks(input, other)


def _vector_times_stack(input: Tensor, other: Tensor) -> Tensor:
    n, (k, columns), size = input.shape[0], other.shape[-2:], other.shape[:-2].numel()
    if k != n and edge_of(input) is None:
        raise RuntimeError(_misfit(size, n, k))
    if k != n:
        rows = size * columns
        raise RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{k}), vec ({n})")
    check_same_dtype(input, other)
    refuse_bool("bmm", input, other)
    return ops.vector_matmul(input, other)  # type: ignore[no-any-return]


def _misfit(size: int, expected: int, found: int) -> str:
    return (
        f"Expected size for first two dimensions of batch2 tensor to be: [{size}, {expected}] "
        f"but got: [{size}, {found}]."
    )


def _multiply_stacks(input: Tensor, other: Tensor) -> Tensor:
    a, b = input.shape, other.shape
    lead = max(len(a), len(b)) - 2
    for i in range(1, lead + 1):
        p = a[-2 - i] if i <= len(a) - 2 else 1
        q = b[-2 - i] if i <= len(b) - 2 else 1
        if p != q and p != 1 and q != 1:
            raise RuntimeError(
                f"The size of tensor a ({p}) must match the size of tensor b ({q}) at "
                f"non-singleton dimension {lead - i}"
            )
    if a[-1] != b[-2]:
        raise RuntimeError(_misfit(prod(np.broadcast_shapes(a[:-2], b[:-2])), a[-1], b[-2]))
    check_same_dtype(input, other)
    refuse_bool("bmm", input, other)
    # PyTorch swaps the factors where that saves it from repeating a matrix that is trained.
    single = len(a) == 2 or (len(a) == 3 == len(b) and a[0] == 1 != b[0])
    swapped = single and edge_of(input) is not None
    op: Operator = ops.matmul_swapped if swapped else ops.matmul
    return op(input, other)  # type: ignore[no-any-return]


def _matmul_slow(input: Any, other: Any) -> Tensor:
    require_tensor(input, "matmul", "input", 1)
    return _multiply(input, require_tensor(other, "matmul", "other", 2))


def _operator_slow(input: Any, other: Any) -> Any:
    if isinstance(other, np.ndarray):
        other = wrap(other)
    return _multiply(input, other) if isinstance(other, Tensor) else NotImplemented


def _reflected(self: Tensor, other: Any) -> Any:
    return _multiply(wrap(other), self) if isinstance(other, np.ndarray) else NotImplemented


_matmul = product("matmul", _matmul_slow)
ATTRIBUTES = {
    "__matmul__": product("__matmul__", _operator_slow),
    "__rmatmul__": _reflected,
}


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Multiply vectors, matrices, or stacks of matrices whose leading dimensions broadcast.

    A vector counts as a row on the left and as a column on the right. Operands need one dtype.
    Raises RuntimeError where sizes or dtypes don't fit.

    >>> import rushlight as torch
    >>> torch.matmul(torch.ones(2, 3), torch.tensor([1.0, 2.0, 3.0]))
    tensor([6., 6.])
    >>> (torch.ones(5, 2, 3) @ torch.ones(3, 4)).shape
    torch.Size([5, 2, 4])
    """
    if out is None:
        return _matmul(input, other)  # type: ignore[no-any-return]
    return finish(_matmul(input, other), out, "matmul")


# -- a fixed number of dimensions --------------------------------------------------------------


def _mm_slow(input: Any, mat2: Any) -> Tensor:
    require_tensor(input, "mm", "input", 1)
    require_tensor(mat2, "mm", "mat2", 2)
    if input.ndim != 2:
        raise RuntimeError("self must be a matrix")
    if mat2.ndim != 2:
        raise RuntimeError("mat2 must be a matrix")
    check_mm(input, mat2, input.shape[0])
    return ops.mm.general(input, mat2)  # type: ignore[no-any-return]


_mm: Callable[[Any, Any], Any] = product("mm", _mm_slow)


def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Multiply two matrices of one dtype; RuntimeError where they don't fit.

    >>> import rushlight as torch
    >>> torch.mm(torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[1., 2.],
            [3., 4.]])
    """
    return finish(_mm(input, mat2), out, "mm")


def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Multiply matrix by matrix two stacks of the same length, both of three dimensions.

    >>> import rushlight as torch
    >>> torch.bmm(torch.ones(5, 2, 3), torch.ones(5, 3, 4)).shape
    torch.Size([5, 2, 4])
    """
    require_tensor(input, "bmm", "input", 1)
    require_tensor(mat2, "bmm", "mat2", 2)
    check_bmm(input, mat2)
    check_same_dtype(input, mat2)
    refuse_bool("bmm", input, mat2)
    return finish(ops.bmm(input, mat2), out, "bmm")


def check_bmm(batch1: Tensor, batch2: Tensor) -> None:
    """Raise PyTorch's errors for two stacks of matrices that don't fit."""
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    want, got = [batch1.shape[0], batch1.shape[2]], list(batch2.shape[:2])
    if want != got:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: {want} but got: {got}."
        )


def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Multiply a matrix with a vector.

    >>> import rushlight as torch
    >>> torch.mv(torch.ones(2, 3), torch.tensor([1.0, 2.0, 3.0]))
    tensor([6., 6.])
    """
    require_tensor(input, "mv", "input", 1)
    require_tensor(vec, "mv", "vec", 2)
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.ndim}, {vec.ndim}")
    rows, columns = input.shape
    result = vec.dtype if out is None else require_tensor(out, "mv", "out", 3).dtype
    check_mv(input, vec, rows, columns, result)
    return finish(ops.mv(input, vec), out, "mv")


def _finish_dot(result: Tensor, out: Any, function: str) -> Tensor:
    if isinstance(out, Tensor) and out.dtype is not result.dtype:
        raise RuntimeError(
            f"result dtype {out.dtype.scalar_name} does not match input dtype "
            f"{result.dtype.scalar_name}"
        )
    return result if out is None else into(out, result, function)


def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the sum of the products of two vectors' elements; complex ones are not conjugated.

    >>> import rushlight as torch
    >>> torch.dot(torch.tensor([2, 3]), torch.tensor([2, 1]))
    tensor(7)
    """
    require_tensor(input, "dot", "input", 1)
    require_tensor(tensor, "dot", "tensor", 2)
    check_vectors(input, tensor)
    return _finish_dot(ops.dot(input, tensor), out, "dot")


def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """As `dot`, with the first vector conjugated.

    >>> import rushlight as torch
    >>> torch.vdot(torch.tensor([1j, 2.0]), torch.tensor([1j, 2.0]))
    tensor(5.+0.j)
    """
    require_tensor(input, "vdot", "input", 1)
    require_tensor(other, "vdot", "other", 2)
    check_vectors(input, other)
    return _finish_dot(ops.vdot(input, other), out, "vdot")


def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the matrix of all products of two vectors' elements.

    >>> import rushlight as torch
    >>> torch.outer(torch.tensor([1, 2]), torch.tensor([3, 4, 5]))
    tensor([[ 3,  4,  5],
            [ 6,  8, 10]])
    """
    require_tensor(input, "outer", "input", 1)
    require_tensor(vec2, "outer", "vec2", 2)
    for name, vector in (("self", input), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    result = input.reshape(input.shape[0], 1) * vec2
    return result if out is None else into(out, result, "mul", input, vec2)


ger = outer


# -- sums and products along dimensions ----------------------------------------------------------


def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the dot products of all vectors along the last dimensions of two tensors.

    >>> import rushlight as torch
    >>> torch.inner(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    require_tensor(input, "inner", "input", 1)
    require_tensor(other, "inner", "other", 2)
    m, n = input.ndim, other.ndim
    if m == 0 or n == 0:
        result = input * other
        return result if out is None else into(out, result, "inner")
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    from rushlight.api.einsum import tensordot

    return tensordot(input, other, ((m - 1,), (n - 1,)), out=out)


def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the Kronecker product: `other` multiplied by each element of `input`, side by side.

    >>> import rushlight as torch
    >>> torch.kron(torch.tensor([1, 10]), torch.tensor([[1, 2], [3, 4]]))
    tensor([[ 1,  2, 10, 20],
            [ 3,  4, 30, 40]])
    """
    require_tensor(input, "kron", "input", 1)
    require_tensor(other, "kron", "other", 2)
    n = max(input.ndim, other.ndim)
    a = (1,) * (n - input.ndim) + tuple(input.shape)
    b = (1,) * (n - other.ndim) + tuple(other.shape)
    blocks = unsafe_view(input, tuple(s for d in a for s in (d, 1)))
    inside = unsafe_view(other, tuple(s for d in b for s in (1, d)))
    result = unsafe_view(blocks * inside, tuple(p * q for p, q in zip(a, b)))
    return result if out is None else into(out, result, "mul", input, other, called="kron")


def trace(input: Tensor) -> Tensor:
    """Return the sum of a matrix's diagonal.

    >>> import rushlight as torch
    >>> torch.trace(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    require_tensor(input, "trace", "input", 1)
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    refuse_bool("trace", input)
    return ops.trace(input)  # type: ignore[no-any-return]
