"""Public sums of a tensor and a product: addmm and its relatives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from rushlight import dtypes
from rushlight.api.broadcasting import expand_to
from rushlight.api.matrix import check_bmm, check_mm, finish, refuse_bool
from rushlight.api.queries import result_type
from rushlight.api.scalars import as_number, checked
from rushlight.ops import affine as ops
from rushlight.ops.inplace import overwrite
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]

METHODS = __all__


def _tensors(function: str, **named: Any) -> None:
    for position, (name, value) in enumerate(named.items(), 1):
        require_tensor(value, function, name, position)


def _factor(value: Any, function: str, name: str, dtype: dtypes.dtype) -> Any:
    """Return `beta` or `alpha` as `dtype` can hold it."""
    if type(value) is int and value == 1:
        return 1
    return checked(as_number(value, function, name, None), dtype)


def check_expands(input: Tensor, size: Sequence[int]) -> None:
    """Raise PyTorch's error unless `input` broadcasts to `size`."""
    if tuple(input.shape) != tuple(size):
        expand_to(input, tuple(size))


def _check_scaled(input: Tensor, beta: Any) -> None:
    """Raise PyTorch's error where nothing is left but beta * input, which promotes bools."""
    from rushlight.ops.out_dtypes import check_out_dtype  # few programs come here

    check_out_dtype("mul", result_type(input, beta), input.dtype)


def check_addmm_dtypes(input: Tensor, mat1: Tensor, mat2: Tensor) -> None:
    """Raise PyTorch's error for operands of several dtypes."""
    for name, x in (("self", input), ("mat1", mat1)):
        if x.dtype is not mat2.dtype:
            raise RuntimeError(
                f"{name} and mat2 must have the same dtype, but got {x.dtype.scalar_name} and "
                f"{mat2.dtype.scalar_name}"
            )


def addmm(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``; `input` broadcasts.

    With beta 0 a nan in `input` doesn't matter. Operands need one dtype.

    >>> import rushlight as torch
    >>> torch.addmm(torch.tensor([1.0, 2.0]), torch.ones(1, 3), torch.ones(3, 2))
    tensor([[4., 5.]])
    """
    _tensors("addmm", input=input, mat1=mat1, mat2=mat2)
    for name, mat in (("mat1", mat1), ("mat2", mat2)):
        if mat.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {mat.ndim}-D tensor")
    check_addmm_dtypes(input, mat1, mat2)
    check_mm(mat1, mat2, mat1.shape[0])
    check_expands(input, (mat1.shape[0], mat2.shape[1]))
    scale = _factor(beta, "addmm", "beta", input.dtype)
    alpha = _factor(alpha, "addmm", "alpha", input.dtype)
    if scale and not mat1.shape[1]:
        _check_scaled(input, beta)
    return finish(ops.addmm(input, mat1, mat2, scale, alpha), out, "addmm", input)


def addmv(
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * (mat @ vec)``; `input` broadcasts.

    >>> import rushlight as torch
    >>> torch.addmv(torch.tensor([1.0, 2.0]), torch.ones(2, 3), torch.ones(3), alpha=10)
    tensor([31., 32.])
    """
    _tensors("addmv", input=input, mat=mat, vec=vec)
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}"
        )
    rows, columns = mat.shape
    n = input.numel()
    if columns != vec.shape[0] or n not in (1, rows):
        raise RuntimeError(
            f"size mismatch, got input ({n}), mat ({rows}x{columns}), vec ({vec.shape[0]})"
        )
    if not input.dtype is mat.dtype is vec.dtype:
        names = [x.dtype.scalar_name for x in (input, mat, vec)]
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {names[0]}, {names[1]}, "
            f"and {names[2]}"
        )
    refuse_bool("addmv_impl_cpu", mat, vec)
    beta = _factor(beta, "addmv", "beta", input.dtype)
    alpha = _factor(alpha, "addmv", "alpha", input.dtype)
    return finish(ops.addmv(input, mat, vec, beta, alpha), out, "addmv", input)


def addbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * bmm(batch1, batch2).sum(0)``; `input` broadcasts.

    >>> import rushlight as torch
    >>> torch.addbmm(torch.zeros(1, 1), torch.ones(5, 1, 3), torch.ones(5, 3, 1))
    tensor([[15.]])
    """
    _tensors("addbmm", input=input, batch1=batch1, batch2=batch2)
    check_expands(input, (batch1.size(1), batch2.size(2)))
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    (m, rows, k), (n, k2, columns) = batch1.shape, batch2.shape
    if m != n:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {m} and {n}")
    if k != k2:
        raise RuntimeError(f"Incompatible matrix sizes for bmm ({rows}x{k} and {k2}x{columns})")
    check_addmm_dtypes(input, batch1, batch2)
    refuse_bool("addmm_impl_cpu_", batch1, batch2)
    scale = _factor(beta, "addbmm", "beta", input.dtype)
    alpha = _factor(alpha, "addbmm", "alpha", input.dtype)
    if scale and not (m and k):
        _check_scaled(input, beta)
    return finish(ops.addbmm(input, batch1, batch2, scale, alpha), out, "addbmm", input)


def baddbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * bmm(batch1, batch2)``; `input` broadcasts.

    >>> import rushlight as torch
    >>> torch.baddbmm(torch.zeros(2, 1, 1), torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    _tensors("baddbmm", input=input, batch1=batch1, batch2=batch2)
    check_expands(input, (batch1.size(0), batch1.size(1), batch2.size(2)))
    check_bmm(batch1, batch2)
    if input.dtype is not batch1.dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {input.dtype.cpp_name}, batch1: "
            f"{batch1.dtype.cpp_name}, batch2: {batch2.dtype.cpp_name}"
        )
    if batch1.dtype is not batch2.dtype:
        raise RuntimeError(
            f"expected scalar type {batch1.dtype.scalar_name} but found {batch2.dtype.scalar_name}"
        )
    refuse_bool("baddbmm", batch1, batch2)
    scale = _factor(beta, "baddbmm", "beta", input.dtype)
    alpha = _factor(alpha, "baddbmm", "alpha", input.dtype)
    if scale and len(batch1) and not batch1.shape[2]:
        _check_scaled(input, beta)
    return finish(ops.baddbmm(input, batch1, batch2, scale, alpha), out, "baddbmm", input)


def addr(
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return ``beta * input + alpha * outer(vec1, vec2)``; `input` broadcasts, dtypes promote.

    >>> import rushlight as torch
    >>> torch.addr(torch.zeros(2, 2), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 10.0]))
    tensor([[ 1., 10.],
            [ 2., 20.]])
    """
    _tensors("addr", input=input, vec1=vec1, vec2=vec2)
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D")
    check_expands(input, (vec1.shape[0], vec2.shape[0]))
    dtype = dtypes.promote_types(input.dtype, dtypes.promote_types(vec1.dtype, vec2.dtype))
    beta = _addr_factor(beta, "beta", dtype)
    alpha = _addr_factor(alpha, "alpha", dtype)
    operands = [x if x.dtype is dtype else x.to(dtype) for x in (input, vec1, vec2)]
    result = ops.addr(*operands, beta, alpha)
    return result if out is None else into(out, result, "addr", input, vec1, vec2)


def _addr_factor(value: Any, name: str, dtype: dtypes.dtype) -> Any:
    number = as_number(value, "addr", name, None)
    if isinstance(number, bool) and dtype is not dtypes.bool_:
        raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
    if isinstance(number, float) and dtype.category <= dtypes.INTEGER:
        raise RuntimeError(
            f"For integral input tensors, argument {name} must not be a floating point number."
        )
    return checked(number, dtype)


# -- in place --------------------------------------------------------------------------------------


def _inplace(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make ``addmm_`` of `addmm`: here `self` must have the size of the product."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        result = function(self, *args, **kwargs)
        if result.shape != self.shape:
            raise RuntimeError(
                f"Bad in-place call: input tensor size {list(self.shape)} and output tensor size "
                f"{list(result.shape)} should match"
            )
        return overwrite(self, result)

    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"In-place form of `{function.__name__}`: writes the result over the tensor."
    return method


ATTRIBUTES = {f.__name__ + "_": _inplace(f) for f in (addbmm, addmm, addmv, addr, baddbmm)}
