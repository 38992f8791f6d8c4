"""Tensors of given sizes: zeros, ones, full, empty, eye, and what else needs no data.

Their options are PyTorch's: `dtype` (the default dtype, where nothing else says better), `device`
(only the CPU), `layout` (only `torch.strided`), `requires_grad`, `pin_memory` (refused: there is
no accelerator to pin for), and `out`, a tensor that takes the result's sizes and keeps its dtype.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import (
    allocate,
    check_format,
    check_options,
    finish,
    int_tuple,
    made,
    numpy_dtype,
    require_int,
    size_tuple,
    sizes,
)
from rushlight.api.scalars import as_number, checked
from rushlight.kernels.copies import in_layout
from rushlight.layout import channels_last, channels_last_3d, contiguous_format, preserve_format
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "empty",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "ones",
    "scalar_tensor",
    "zeros",
]


def zeros(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of zeros; the sizes are given one by one, or as one tuple or list.

    Raises TypeError for sizes that are no integers, RuntimeError for negative ones.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    >>> torch.zeros((2,), dtype=torch.int64)
    tensor([0, 0])
    """
    check_options("zeros", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("zeros", dtype, out) or dtypes.default_float()
    array = allocate(sizes("zeros", args, size), kind, np.zeros)
    return finish("zeros", array, out, requires_grad)


def ones(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of ones; the sizes are given one by one, or as one tuple or list.

    Raises TypeError for sizes that are no integers, RuntimeError for negative ones.

    >>> import rushlight as torch
    >>> torch.ones(3)
    tensor([1., 1., 1.])
    """
    check_options("ones", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("ones", dtype, out) or dtypes.default_float()
    array = allocate(sizes("ones", args, size), kind)
    array.fill(1)
    return finish("ones", array, out, requires_grad)


def empty(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Make a tensor whose values are whatever the memory held.

    Raises TypeError for sizes that are no integers, RuntimeError for negative ones.

    >>> import rushlight as torch
    >>> torch.empty(2, 0).shape
    torch.Size([2, 0])
    """
    check_options("empty", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("empty", dtype, out) or dtypes.default_float()
    shape = sizes("empty", args, size)
    if memory_format is not None and memory_format is not contiguous_format:
        array = _formatted("empty", shape, kind, memory_format)
    else:
        array = allocate(shape, kind)
    if out is not None:
        if out.requires_grad:
            raise RuntimeError("cannot resize variables that require grad")
        if out._array.shape != shape:
            out._array = array
        return out
    return made(array, requires_grad)


def _formatted(
    function: str, shape: tuple[int, ...], kind: np.dtype[Any], memory_format: Any
) -> NDArray[Any]:
    check_format(function, memory_format)
    if memory_format is preserve_format:
        raise RuntimeError("unsupported memory format Preserve")
    check_rank(len(shape), memory_format)
    return in_layout(np.broadcast_to(np.empty((), kind), shape), kind, "channels_last")


def check_rank(ndim: int, memory_format: Any) -> None:
    """Raise PyTorch's error where a channels-last format doesn't fit the number of dimensions."""
    for known, rank in ((channels_last, 4), (channels_last_3d, 5)):
        if memory_format is known and ndim != rank:
            raise RuntimeError(f"required rank {rank} tensor to use {known.name} format")


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of the tuple `size` with `fill_value` everywhere; its type tells the dtype.

    Raises TypeError where `fill_value` is no number, RuntimeError where the dtype can't hold it.

    >>> import rushlight as torch
    >>> torch.full((2,), 7), torch.full((2,), 0.5)
    (tensor([7, 7]), tensor([0.5000, 0.5000]))
    """
    check_options("full", layout, device, pin_memory, requires_grad)
    shape = size_tuple("full", size)
    number = as_number(fill_value, "full", "fill_value", 2)
    kind = numpy_dtype("full", dtype, out) or dtype_of(number)
    array = filled(shape, number, kind)
    return finish("full", array, out, requires_grad)


def dtype_of(number: Any) -> np.dtype[Any]:
    """The NumPy dtype that a Python number has in a tensor."""
    if isinstance(number, bool):
        return dtypes.bool_.numpy
    if isinstance(number, int):
        return dtypes.int64.numpy
    return dtypes.default_float() if isinstance(number, float) else dtypes.default_complex()


def filled(shape: tuple[int, ...], number: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """An array of one number, which its dtype must be able to hold."""
    number = checked(number, dtypes.from_numpy(kind))
    array = allocate(shape, kind)
    array.fill(number)
    return array


def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor without dimensions of the number `s`, in the default dtype.

    >>> import rushlight as torch
    >>> torch.scalar_tensor(3)
    tensor(3.)
    """
    check_options("scalar_tensor", layout, device, pin_memory, requires_grad)
    number = as_number(s, "scalar_tensor", "s", 1)
    kind = numpy_dtype("scalar_tensor", dtype) or dtypes.default_float()
    return made(filled((), number, kind), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a matrix of n by m (n by n) with ones on its diagonal and zeros elsewhere.

    >>> import rushlight as torch
    >>> torch.eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    check_options("eye", layout, device, pin_memory, requires_grad)
    rows = require_int("eye", n, "n", 1)
    columns = rows if m is None else require_int("eye", m, "m", 2)
    for name, count in (("n", rows), ("m", columns)):
        if count < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {count}")
    kind = numpy_dtype("eye", dtype, out) or dtypes.default_float()
    array = allocate((rows, columns), kind, np.zeros)
    array.reshape(-1)[: columns * columns : columns + 1] = 1
    return finish("eye", array, out, requires_grad)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make an uninitialised tensor with these strides, in elements.

    >>> import rushlight as torch
    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    check_options("empty_strided", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("empty_strided", dtype) or dtypes.default_float()
    return made(strided_memory("empty_strided", size, stride, kind), requires_grad)


def strided_memory(function: str, size: Any, stride: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """Uninitialised memory just long enough for these sizes and strides."""
    shape = size_tuple(function, size)
    steps = int_tuple(function, stride, 2, "stride")
    if len(shape) != len(steps):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides "
            f"({len(steps)})"
        )
    if any(step < 0 for step in steps):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and "
            f"strides={list(steps)}"
        )
    length = 0 if 0 in shape else 1 + sum((n - 1) * step for n, step in zip(shape, steps))
    memory = allocate((length,), kind)
    return np.ndarray(shape, kind, memory, 0, tuple(step * kind.itemsize for step in steps))


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make an uninitialised dense tensor whose axes lie in memory in this order, outermost first.

    >>> import rushlight as torch
    >>> torch.empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    (3, 1, 6)
    """
    check_options("empty_permuted", layout, device, pin_memory, requires_grad)
    kind = numpy_dtype("empty_permuted", dtype) or dtypes.default_float()
    shape = size_tuple("empty_permuted", size)
    order = int_tuple("empty_permuted", physical_layout, 2, "physical_layout")
    if len(order) != len(shape):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; "
            f"i.e. len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for i, axis in enumerate(order):
        if not 0 <= axis < len(shape):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got "
                f"{axis} at index {i}).  NB: negative dims not currently supported; file an issue "
                "if you want it."
            )
    if len(set(order)) != len(order):
        raise RuntimeError("Duplicate dim not allowed")
    memory = allocate(tuple(shape[axis] for axis in order), kind)
    return made(memory.transpose(np.argsort(order)), requires_grad)
