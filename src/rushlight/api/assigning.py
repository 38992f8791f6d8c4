"""``x[index] = value``: through a view where the index is basic, else by index_put."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from rushlight.api.broadcasting import expand_to
from rushlight.api.indexing import basic_step, basic_view, in_empty, out_of_bounds, parse
from rushlight.autograd.modes import mode
from rushlight.kernels.flipped import resolved
from rushlight.ops import indexing as ops
from rushlight.ops.fitting import cast_to
from rushlight.ops.inplace import (
    check_apart,
    check_history,
    check_writable,
    overwrite,
)
from rushlight.ops.operator import top_transform
from rushlight.ops.outputs import type_name
from rushlight.ops.promotion import checked_number, checked_value
from rushlight.ops.viewing import is_plain
from rushlight.tensor import Tensor, View, wrap

__all__: list[str] = []

METHODS = ("__delitem__", "__setitem__", "fill_diagonal_")

NUMBERS = (bool, int, float, complex)


def __setitem__(input: Tensor, index: Any, value: Any) -> None:
    """Write `value`, a number or a tensor, broadcast and cast, over part of `input`.

    Raises TypeError for other values, RuntimeError for shapes that don't broadcast, IndexError for
    indices out of bounds; nothing has changed then.
    """
    if _written_directly(input, index, value):
        return
    source = _source(value, input)
    found = parse(input, index, source)
    whole = found.last == "alias" or (type(index) is slice and _is_whole(index, input))
    target = input
    if found.basic is not None and not whole:
        target = basic_view(input, found.basic, found.last)
    if found.arrays is None:
        _copy_to(target, source)
    elif type(index) is bool:
        if found.arrays[0].size:  # x[True] = value; x[False] = value does nothing
            _copy_to(target, source)
    else:
        _put(target, source, found.arrays, found.tensors)


def __delitem__(input: Tensor, index: Any) -> NoReturn:
    """Raise PyTorch's TypeError: a tensor's size doesn't change."""
    raise TypeError("Tensor does not support deleting items")


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write a number over the main diagonal; with `wrap` a tall matrix has it again and again.

    Raises RuntimeError for fewer than two dimensions, and for more of different sizes.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).fill_diagonal_(5)
    tensor([[5., 0., 0.],
            [0., 5., 0.]])
    """
    is_number = isinstance(fill_value, (bool, int, float, complex, np.generic))
    if not is_number and not (isinstance(fill_value, Tensor) and not fill_value.ndim):
        raise TypeError(
            "fill_diagonal_(): argument 'fill_value' (position 1) must be Number, not "
            f"{type_name(fill_value)}"
        )
    if not isinstance(wrap, bool):
        raise TypeError(
            f"fill_diagonal_(): argument 'wrap' (position 2) must be bool, not {type_name(wrap)}"
        )
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    step, start = sum(input.stride()), input.storage_offset()
    input.as_strided((min(shape),), (step,), start).fill_(fill_value)
    rows, columns = shape[:2]
    if wrap and len(shape) == 2 and rows > columns + 1:
        count = -(-rows * columns // (columns + 1)) - min(shape)
        start += input.stride(0) * (columns + 1)
        input.as_strided((count,), (step,), start).fill_(fill_value)
    return input


def _written_directly(input: Tensor, index: Any, value: Any) -> bool:
    """Write where everything is plain and no graph is concerned; say whether that was so.

    Whatever is amiss is left to the long way, which has the words for it.
    """
    if not is_plain(input) or type(input._counter) is not list:
        return False
    x = input._array
    if 0 in x.strides:
        return False
    if mode.grad and _is_tracked(input):
        return False
    kind = type(value)
    if kind is Tensor:
        if mode.grad and value._edge is not None and _is_tracked(value):
            return False
        if value._counter is input._counter:
            return False
        value = value._array
        if value.dtype is not x.dtype:
            return False
    elif kind is float or (kind is int and -(2**63) <= value < 2**63):
        if x.dtype.kind != "f":
            return False
    else:
        return False
    kind = type(index)
    if kind is slice:
        step = index.step
        if step is not None and step != 1:
            return False
    elif kind is not int and (kind is not tuple or basic_step(index, x.shape) is None):
        return False
    try:
        x[index] = value
    except (IndexError, ValueError, OverflowError):
        return False
    input._counter[0] += 1
    return True


def _is_tracked(t: Tensor) -> bool:
    edge = t._edge
    if type(edge) is View:
        return edge.edge is not None or edge.base._edge is not None
    return edge is not None


def _source(value: Any, input: Tensor) -> Tensor:
    """The right-hand side as a Tensor."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.integer):
        value = value.item()
    if not isinstance(value, NUMBERS):
        raise TypeError(
            f"can't assign a {type_name(value)} to a torch.{input.dtype.scalar_name}Tensor"
        )
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError("Overflow when unpacking long long")
    dtype = input._array.dtype
    checked_number(value, dtype)
    return wrap(np.asarray(value).astype(dtype))


def _is_whole(index: slice, input: Tensor) -> bool:
    return input.ndim > 0 and index.indices(input.shape[0]) == (0, input.shape[0], 1)


def _copy_to(target: Tensor, source: Tensor) -> None:
    if source.ndim == 0 and target.ndim:
        if source.dtype is not target.dtype:
            source = source.to(target.dtype)
        target.fill_(source)
        return
    if source.shape != target.shape:
        source = expand_to(_without_leading_ones(source), tuple(target.shape))
    target.copy_(source)


def _without_leading_ones(source: Tensor) -> Tensor:
    shape = tuple(source.shape)
    lead = 0
    while lead < len(shape) and shape[lead] == 1:
        lead += 1
    return source.reshape(shape[lead:]) if lead else source


def _put(target: Tensor, source: Tensor, arrays: tuple[Any, ...], tensors: list[Tensor]) -> None:
    if not target._array.size:
        arrays = in_empty(target, arrays)
    put(target, _without_leading_ones(source), arrays, tensors)


def put(
    target: Tensor,
    source: Tensor,
    arrays: tuple[Any, ...],
    tensors: Iterable[Tensor],
    accumulate: bool = False,
) -> None:
    """Write `source` where index `arrays`, which came from `tensors`, say, or add it there.

    What is amiss is found in PyTorch's order: history, memory, shape, dtype, bounds.
    """
    records = mode.grad and (target.requires_grad or source.requires_grad)
    if records:
        check_history(target)
    if fills(source, arrays) and not accumulate:
        if source.dtype is not target.dtype:
            checked_value(source, target._array.dtype)
            source = cast_to(source, target.dtype.numpy)
    else:
        check_apart(target, (source, *tensors))
        check_put(target, source, arrays)
    special = any(a is not None and type(a) is not np.ndarray for a in arrays)
    if records or accumulate or special or not is_plain(target) or not is_plain(source):
        result = ops.index_put(target, source, arrays, accumulate)
        ops.keep_indices(result, arrays, tensors)
        overwrite(target, result, overlap=False, places=ops.numpy_index(arrays))
        return
    check_writable(target, False, overlap=False)
    target._array[ops.numpy_index(arrays)] = resolved(source._array)
    target._counter[0] += 1


def fills(source: Tensor, arrays: tuple[Any, ...]) -> bool:
    """Whether one mask and one value are all there is: then PyTorch fills, and casts the value."""
    given = [a for a in arrays if a is not None]
    mask = given[0] if len(given) == 1 else None
    return source.numel() == 1 and isinstance(mask, np.ndarray) and mask.dtype.kind == "b"


def check_put(target: Tensor, source: Tensor, arrays: tuple[Any, ...]) -> None:
    """Raise PyTorch's error for values of a wrong shape or dtype, or indices out of bounds."""
    if top_transform(arrays) is not None:
        return  # these have no values to look at
    error = None
    where = ops.numpy_index(arrays)
    try:
        shape = target._array[where].shape
    except IndexError as found:
        error = found
        if any(a is not None and not n for a, n in zip(arrays, target._array.shape)):
            raise out_of_bounds(found, arrays) from None
        inside = [a if isinstance(a, slice) or a.dtype.kind == "b" else a * 0 for a in where]
        shape = np.empty([max(n, 1) for n in target._array.shape], bool)[tuple(inside)].shape
    given = tuple(source.shape)
    fits = len(given) <= len(shape) and all(
        n == 1 or n == m for n, m in zip(reversed(given), reversed(shape))
    )
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(given)} cannot be broadcast to indexing "
            f"result of shape {list(shape)}"
        )
    if source.dtype is not target.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{target.dtype.scalar_name} for the destination and {source.dtype.scalar_name} for "
            "the source."
        )
    if error is not None:
        raise out_of_bounds(error, arrays) from None
