"""Tensors like others: `zeros_like` takes sizes and dtype over, `new_zeros` the dtype only."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight import dtypes
from rushlight.api.arguments import (
    allocate,
    check_format,
    check_options,
    made,
    numpy_dtype,
    size_tuple,
    sizes,
)
from rushlight.api.convert import layout_of
from rushlight.api.create import filled, strided_memory
from rushlight.api.data import copied
from rushlight.api.scalars import as_number, checked
from rushlight.kernels.copies import in_layout
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]

METHODS = ("new_empty", "new_empty_strided", "new_full", "new_ones", "new_tensor", "new_zeros")


def memory_like(
    function: str,
    input: Tensor,
    dtype: Any,
    layout: Any,
    device: Any,
    pin_memory: Any,
    requires_grad: Any,
    memory_format: Any,
) -> NDArray[Any]:
    """Check the arguments of a ``_like`` function, and return uninitialised memory for it."""
    require_tensor(input, function, "input", 1)
    check_options(function, layout, device, pin_memory, requires_grad)
    kind = numpy_dtype(function, dtype) or input.dtype.numpy
    if memory_format is not None:
        check_format(function, memory_format)
    if input._interpreter is not None:
        return allocate(tuple(input.shape), kind)  # a transform's strides are nobody's business
    array = input._array
    if memory_format is None and array.flags.c_contiguous:
        return np.empty(array.shape, kind)
    return in_layout(array, kind, layout_of(input, memory_format))


def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor of zeros with the sizes, the dtype and the order of axes of `input`.

    >>> import rushlight as torch
    >>> torch.zeros_like(torch.ones(2))
    tensor([0., 0.])
    """
    array = memory_like(
        "zeros_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    array.fill(0)
    return made(array, requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor of ones with the sizes, the dtype and the order of axes of `input`.

    >>> import rushlight as torch
    >>> torch.ones_like(torch.zeros(2), dtype=torch.int64)
    tensor([1, 1])
    """
    array = memory_like(
        "ones_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    array.fill(1)
    return made(array, requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make an uninitialised tensor with the sizes, the dtype and the order of axes of `input`.

    >>> import rushlight as torch
    >>> torch.empty_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    array = memory_like(
        "empty_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    return made(array, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor of one number with the sizes, the dtype and the order of axes of `input`.

    Raises TypeError where `fill_value` is no number, RuntimeError where the dtype can't hold it.

    >>> import rushlight as torch
    >>> torch.full_like(torch.ones(2), 7)
    tensor([7., 7.])
    """
    require_tensor(input, "full_like", "input", 1)
    number = as_number(fill_value, "full_like", "fill_value", 2)
    array = memory_like(
        "full_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format
    )
    array.fill(checked(number, dtypes.from_numpy(array.dtype)))
    return made(array, requires_grad)


# -- in the dtype of another tensor --------------------------------------------------------------


def new_zeros(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of zeros in the dtype of this one; sizes as in `zeros`."""
    check_options("new_zeros", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("new_zeros", dtype) or input.dtype.numpy
    return made(allocate(sizes("new_zeros", args, size), kind, np.zeros), requires_grad)


def new_ones(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of ones in the dtype of this one; sizes as in `ones`."""
    check_options("new_ones", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("new_ones", dtype) or input.dtype.numpy
    return made(filled(sizes("new_ones", args, size), 1, kind), requires_grad)


def new_empty(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make an uninitialised tensor in the dtype of this one; sizes as in `empty`."""
    check_options("new_empty", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("new_empty", dtype) or input.dtype.numpy
    return made(allocate(sizes("new_empty", args, size), kind), requires_grad)


def new_full(
    input: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of one number in the dtype of this one."""
    check_options("new_full", layout, device, pin_memory, requires_grad)
    shape = size_tuple("new_full", size)
    number = as_number(fill_value, "new_full", "fill_value", 2)
    kind = numpy_dtype("new_full", dtype) or input.dtype.numpy
    return made(filled(shape, number, kind), requires_grad)


def new_empty_strided(
    input: Tensor,
    size: Any,
    stride: Any,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make an uninitialised tensor with these strides in the dtype of this one."""
    check_options("new_empty_strided", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("new_empty_strided", dtype) or input.dtype.numpy
    return made(strided_memory("new_empty_strided", size, stride, kind), requires_grad)


def new_tensor(
    input: Tensor,
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: Any = False,
) -> Tensor:
    """Make a tensor of a copy of `data`, as `tensor` does, in the dtype of this one."""
    check_options("new_tensor", None, device, pin_memory, requires_grad)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "tensor.new_tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    kind = numpy_dtype("new_tensor", dtype) or input.dtype.numpy
    return made(copied(data, kind), requires_grad)
