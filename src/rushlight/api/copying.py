"""Copying and overwriting: clone, contiguous, `copy_`, `fill_`, `zero_`.

The in-place functions write straight into memory where no graph sees it, and go through
`rushlight.ops.inplace` where one does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.arguments import check_format, invalid_combination
from rushlight.api.broadcasting import broadcast_pair
from rushlight.api.convert import layout_of, warn_discards
from rushlight.api.scalars import as_number, checked
from rushlight.autograd.modes import mode
from rushlight.kernels.copies import write
from rushlight.kernels.strides import address
from rushlight.layout import channels_last, channels_last_3d
from rushlight.ops import convert
from rushlight.ops.fast import unary
from rushlight.ops.inplace import check_operands, check_writable, overwrite
from rushlight.ops.operator import Operator, top_transform
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.tensor import Tensor, wrap

__all__ = ["clone", "fill", "fill_", "zero_"]

METHODS = ("clone", "contiguous", "copy_", "fill_", "is_contiguous", "zero_")


_clone = unary(convert.clone, "Return a copy that keeps the order of the axes.")


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Return a copy of `input` that gradients flow through.

    The copy's axes lie in memory in the order of the input's, or in that of `memory_format`.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.clone(x)
    tensor([1., 1.], grad_fn=<CloneBackward0>)
    """
    if memory_format is None:
        return _clone(input)
    require_tensor(input, "clone", "input", 1)
    check_format("clone", memory_format)
    result: Tensor = convert.clone_in(input, layout_of(input, memory_format))
    return result


def contiguous(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Return `input` itself if its elements lie in row-major order, or else a copy that does.

    >>> import rushlight as torch
    >>> x = torch.ones(2, 3)
    >>> x.contiguous() is x, x.mT.contiguous().stride()
    (True, (2, 1))
    """
    if is_contiguous(input, memory_format=memory_format):
        return input
    layout = "contiguous" if memory_format is None else layout_of(input, memory_format)
    result: Tensor = convert.clone_in(input, layout)
    return result


def is_contiguous(input: Tensor, *, memory_format: Any = None) -> bool:
    """Return whether the elements lie in row-major order, or in that of `memory_format`."""
    if input._interpreter is not None:
        return True  # what a transform hands on is always dense
    array = input._array
    if memory_format is not None:
        check_format("is_contiguous", memory_format)
        for last, rank in ((channels_last, 4), (channels_last_3d, 5)):
            if memory_format is last:
                if array.ndim != rank:
                    return False
                array = array.transpose(0, *range(2, rank), 1)
    return bool(array.flags.c_contiguous)


# -- overwriting -----------------------------------------------------------------------------------


def _records(input: Tensor, source: Any = None) -> bool:
    """Whether an in-place write of `source` over `input` belongs to a graph."""
    if not mode.grad or (input._edge is None and getattr(source, "_edge", None) is None):
        return False
    return input.requires_grad or (isinstance(source, Tensor) and source.requires_grad)


def copy_(input: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Write the values of `other` over `input`, broadcast and cast, and return `input`.

    Raises RuntimeError where `other` does not broadcast to the shape of `input`.

    >>> import rushlight as torch
    >>> torch.zeros(2, 2).copy_(torch.tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if non_blocking is not False and not isinstance(non_blocking, bool):
        raise TypeError(
            "copy_(): argument 'non_blocking' (position 2) must be bool, not "
            f"{type_name(non_blocking)}"
        )
    if isinstance(other, (bool, int, float, complex, np.generic)):
        other = wrap(np.asarray(other))
    elif not isinstance(other, Tensor):
        raise TypeError(
            f"copy_(): argument 'other' (position 1) must be Tensor, not {type_name(other)}"
        )
    if other._interpreter is not None or input._interpreter is not None:
        top_transform((input, other)).check_copy(input, other)
        return overwrite(input, convert.copy_over(input, other))
    target, source = input._array, other._array
    same = other is input or (0 in target.strides and _same_data(target, source))
    check_operands(input, () if same else (other,), overlap=not same)
    _check_broadcast(target.shape, source.shape)
    if source.dtype.kind == "c" and target.dtype.kind not in "cb":
        warn_discards()
    if _records(input, other):
        return overwrite(input, convert.copy_over(input, other), overlap=not same)
    check_writable(input, False, overlap=not same)
    write(target, source)
    input._counter[0] += 1
    return input


def _same_data(a: Any, b: Any) -> bool:
    """Whether two arrays are one view of the same memory: PyTorch has nothing to copy then."""
    alike = type(a) is type(b) and (a.shape, a.strides, a.dtype) == (b.shape, b.strides, b.dtype)
    return alike and address(a) == address(b)


def _check_broadcast(target: tuple[int, ...], source: tuple[int, ...]) -> None:
    """Raise PyTorch's error unless `source` broadcasts to `target`."""
    if source == target:
        return
    shape = broadcast_pair(target, source)
    if shape != target:
        raise RuntimeError(
            f"output with shape {list(target)} doesn't match the broadcast shape {list(shape)}"
        )


def _fill_value(
    function: str, input: Any, args: tuple[Any, ...], named: dict[str, Any], shown: tuple[Any, ...]
) -> Any:
    """Return the value of a call of fill: a 0-d tensor, or a number that `input` can hold.

    `shown` are the arguments that the error for a call without sense shows.
    """
    values = [*args, *named.values()]
    value = values[0] if len(values) == 1 and not named.keys() - {"value"} else None
    if isinstance(input, Tensor) and isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value.ndim} dimensions."
            )
        if value.dtype.is_complex and not input.dtype.is_complex:
            warn_discards()
        return value
    try:
        number = as_number(value, function, "value", None)
    except TypeError:
        input = None
    if not isinstance(input, Tensor):
        operand = "Tensor input, " if len(shown) > len(args) else ""
        overloads = f"{operand}Tensor value", f"{operand}Number value"
        invalid_combination(function, shown, named, *overloads)
    return checked(number, input.dtype)


def _by_kind(value: Any, with_number: Operator, with_tensor: Operator) -> Operator:
    return with_tensor if isinstance(value, Tensor) else with_number


def fill(input: Tensor, *args: Any, **named: Any) -> Tensor:
    """Return a tensor like `input` with every element `value`, a number or a 0-d tensor.

    >>> import rushlight as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    value = _fill_value("fill", input, args, named, (input, *args))
    result: Tensor = _by_kind(value, convert.fill, convert.fill_with)(input, value)
    return result


def fill_(input: Tensor, *args: Any, **named: Any) -> Tensor:
    """Write `value`, a number or a tensor of no dimensions, over every element.

    Raises RuntimeError for a number that the dtype can't hold.

    >>> import rushlight as torch
    >>> torch.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    value = _fill_value("fill_", input, args, named, args)
    special = input._interpreter is not None or getattr(value, "_interpreter", None) is not None
    if special or _records(input, value):
        check_writable(input, True, overlap=isinstance(value, Tensor))
        operator = _by_kind(value, convert.fill_inplace, convert.fill_inplace_with)
        return overwrite(input, operator(input, value), overlap=isinstance(value, Tensor))
    check_writable(input, False, overlap=isinstance(value, Tensor))
    if isinstance(value, Tensor):
        write(input._array, value._array)
    else:
        input._array.fill(value)
    input._counter[0] += 1
    return input


def zero_(input: Tensor) -> Tensor:
    """Write zero over every element.

    >>> import rushlight as torch
    >>> torch.ones(2).zero_()
    tensor([0., 0.])
    """
    if input._interpreter is not None or _records(input):
        check_operands(input, (), overlap=False)
        return overwrite(input, convert.zero(input), overlap=False)
    check_writable(input, False, overlap=False)
    input._array.fill(0)
    input._counter[0] += 1
    return input
