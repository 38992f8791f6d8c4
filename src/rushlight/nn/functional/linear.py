"""Affine maps: linear and bilinear."""

from __future__ import annotations

from typing import Any

from rushlight.api.affine import check_addmm_dtypes, check_expands
from rushlight.api.bilinear import bilinear
from rushlight.api.matrix import check_mm_shapes, check_same_mm_dtype, matmul, refuse_bool
from rushlight.ops import affine as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["bilinear", "linear"]


def _linear_slow(input: Any, weight: Any, bias: Any) -> Tensor:
    require_tensor(input, "linear", "input", 1)
    require_tensor(weight, "linear", "weight", 2)
    if bias is not None:
        require_tensor(bias, "linear", "bias", 3)
    m, n = input.ndim, weight.ndim
    if m == 0 or n == 0:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {m}D and {n}D"
        )
    if n > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
    if bias is not None and n == 1 and m == 2:
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    if n == 1:
        product = matmul(input, weight)
        return product if bias is None else product + bias
    rows = input.shape[:-1].numel()
    if bias is not None and bias.ndim > 1 and m != 2:
        product = _linear_slow(input, weight, None)
        if (
            sum(size != 1 for size in bias.shape) == 1
            and input.is_contiguous()
            and bias.is_contiguous()
        ):
            check_expands(bias, (rows, weight.shape[0]))  # PyTorch adds such a one to a matrix
            return (product.reshape(rows, weight.shape[0]) + bias).reshape(product.shape)  # type: ignore[no-any-return]
        return product.add_(bias)  # type: ignore[no-any-return]
    if bias is None:
        check_mm_shapes(rows, input.shape[-1], weight.shape[1], weight.shape[0])
        check_same_mm_dtype(input, weight)
    else:
        check_addmm_dtypes(bias, input, weight)
        check_mm_shapes(rows, input.shape[-1], weight.shape[1], weight.shape[0])
        check_expands(bias, (rows, weight.shape[0]))
    refuse_bool("addmm_impl_cpu_", input, weight)
    return ops.linear_operator(m, bias is not None)(input, weight, bias)  # type: ignore[no-any-return]


linear = ops.linear(
    _linear_slow,
    """Map the last dimension of `input` ``(*, in)`` by `weight` (out, in), and add `bias` (out).

    A `weight` of one dimension gives ``(*)``. All operands need one dtype; RuntimeError where sizes
    or dtypes don't fit.

    >>> import rushlight as torch
    >>> import rushlight.nn.functional as F
    >>> F.linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]), torch.ones(2))
    tensor([[12., 18.]])
    """,
)
