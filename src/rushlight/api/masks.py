"""Masks: masked_fill, masked_select, masked_scatter; nonzero, argwhere, one_hot."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.scalars import checked
from rushlight.ops import masks as ops
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.outputs import into, no_overload, require_tensor, type_name
from rushlight.ops.promotion import checked_value
from rushlight.ops.viewing import is_plain
from rushlight.tensor import Tensor

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero"]

METHODS = (*__all__, "masked_fill_")
INPLACE = ("masked_scatter",)

NUMBERS = (bool, int, float, complex)
_FILL = ("(Tensor mask, Tensor value)", "(Tensor mask, Number value)")


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Return a copy of `input` with `value`, a number or 0-d tensor, where the mask holds.

    `mask` is a bool tensor that broadcasts with `input`.

    >>> import rushlight as torch
    >>> torch.tensor([1.0, 2.0]).masked_fill(torch.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    require_tensor(input, "masked_fill", "input", 1)
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (Tensor, *NUMBERS)) or not isinstance(mask, Tensor):
        raise no_overload("masked_fill", _FILL, input, mask, value)
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{mask.dtype.cpp_name}"
        )
    _check_broadcast(mask, input)
    if isinstance(value, Tensor):
        checked_value(value, input._array.dtype)
        return ops.masked_fill_with(input, mask, value)  # type: ignore[no-any-return]
    return ops.masked_fill(input, mask, checked(value, input.dtype))  # type: ignore[no-any-return]


def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """In-place form of `masked_fill`; an expanded tensor takes the value where any mask holds."""
    check_operands(input, (mask, value), overlap=False)
    overwrite(input, masked_fill(input, mask, value), overlap=False)
    if 0 in input._array.strides:
        filler = value._array if isinstance(value, Tensor) else checked(value, input.dtype)
        np.copyto(input._array, filler, casting="unsafe", where=mask._array)
    return input


def _check_broadcast(mask: Tensor, input: Tensor) -> None:
    if mask.shape != input.shape:
        broadcast_pair(tuple(mask.shape), tuple(input.shape))


def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return a vector of the elements of `input` where the mask holds; the two broadcast.

    >>> import rushlight as torch
    >>> x = torch.tensor([3, 1, 2])
    >>> torch.masked_select(x, x > 1)
    tensor([3, 2])
    """
    require_tensor(input, "masked_select", "input", 1)
    require_tensor(mask, "masked_select", "mask", 2)
    if mask.dtype.name != "bool":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    if isinstance(out, Tensor) and out.dtype is not input.dtype:
        raise RuntimeError("masked_select(): self and result must have the same scalar type")
    _check_broadcast(mask, input)
    result = ops.masked_select(input, mask)
    return result if out is None else into(out, result, "masked_select", input, mask, apart=True)


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Return a copy of `input` with the elements of `source`, in order, where the mask holds.

    >>> import rushlight as torch
    >>> m = torch.tensor([True, False, True])
    >>> torch.zeros(3).masked_scatter(m, torch.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    require_tensor(input, "masked_scatter", "input", 1)
    require_tensor(mask, "masked_scatter", "mask", 2)
    require_tensor(source, "masked_scatter", "source", 3)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{input.dtype.scalar_name} and {source.dtype.scalar_name}"
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{mask.dtype.scalar_name}"
        )
    shape = broadcast_pair(tuple(mask.shape), tuple(input.shape))
    copies = 1
    for n in shape:
        copies *= n
    ones = int(mask._array.sum()) * (copies // max(mask.numel(), 1)) if is_plain(mask) else 0
    if ones > source.numel():
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return ops.masked_scatter(input, mask, source)  # type: ignore[no-any-return]


def nonzero(input: Tensor, *, out: Tensor | None = None, as_tuple: bool = False) -> Any:
    """Return the indices of all elements that aren't zero: a row each, or a vector a dimension.

    >>> import rushlight as torch
    >>> torch.nonzero(torch.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    require_tensor(input, "nonzero", "input", 1)
    if not isinstance(as_tuple, bool):
        raise TypeError(f"nonzero(): argument 'as_tuple' must be bool, not {type_name(as_tuple)}")
    if isinstance(out, Tensor) and out.dtype.name != "int64":
        raise RuntimeError(
            "nonzero: Expected out tensor to have scalar type Long but got scalar type"
            f"{out.dtype.scalar_name}"
        )
    if as_tuple:
        rows = ops.nonzero(input if input.ndim else input.reshape(1))
        return rows.unbind(1)
    result = ops.nonzero(input)
    return result if out is None else into(out, result, "nonzero", input, apart=True)


def argwhere(input: Tensor) -> Tensor:
    """Return the indices of all elements that aren't zero, a row each.

    >>> import rushlight as torch
    >>> torch.argwhere(torch.tensor([0, 5]))
    tensor([[1]])
    """
    require_tensor(input, "argwhere", "input", 1)
    return ops.nonzero(input)  # type: ignore[no-any-return]


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return int64 vectors with a 1 at the index that each element names.

    Without `num_classes` there are as many classes as the largest index needs. This is
    ``nn.functional.one_hot``.

    >>> import rushlight as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    require_tensor(tensor, "one_hot", "input", 1)
    if tensor.dtype.name != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    values = tensor._array
    if values.size == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
    else:
        if values.min() < 0:
            raise RuntimeError("Class values must be non-negative.")
        top = int(values.max())
        if num_classes == -1:
            num_classes = top + 1
        elif num_classes <= top:
            raise RuntimeError("Class values must be smaller than num_classes.")
    return ops.one_hot(tensor, num_classes)  # type: ignore[no-any-return]
