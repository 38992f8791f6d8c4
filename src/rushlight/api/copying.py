"""Copying and overwriting: clone, contiguous, copy_, fill_, zero_."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.ops import convert
from rushlight.ops.inplace import check_writable, overwrite
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.tensor import Tensor, wrap

__all__ = ["clone"]

METHODS = ("clone", "contiguous", "copy_", "fill_", "is_contiguous", "zero_")


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Return a copy of `input` that gradients flow through.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.clone(x)
    tensor([1., 1.], grad_fn=<CloneBackward0>)
    """
    require_tensor(input, "clone", "input", 1)
    result: Tensor = convert.clone(input)
    return result


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """Return `input` itself if its elements lie in row-major order, or else a copy that does."""
    if input._interpreter is None and input._array.flags.c_contiguous:
        return input
    result: Tensor = convert.clone(input, "contiguous")
    return result


def is_contiguous(input: Tensor, memory_format: Any = None) -> bool:
    """Return whether the elements lie in row-major order."""
    return bool(input._array.flags.c_contiguous)


def _records(input: Tensor, source: Any = None) -> bool:
    """Whether an in-place write of `source` over `input` belongs to a graph."""
    if not mode.grad:
        return False
    return input.requires_grad or (isinstance(source, Tensor) and source.requires_grad)


def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Write the values of `src` over `input`, broadcast and cast, and return `input`.

    Raises RuntimeError where `src` does not broadcast to the shape of `input`.
    """
    if isinstance(src, (bool, int, float, complex)):
        src = wrap(np.asarray(src))
    elif not isinstance(src, Tensor):
        raise TypeError(
            f"copy_(): argument 'src' (position 1) must be Tensor, not {type_name(src)}"
        )
    if _records(input, src):
        return overwrite(input, convert.copy_over(input, src))
    check_writable(input, False)
    np.copyto(input._array, src._array, casting="unsafe")
    input._counter[0] += 1
    return input


def fill_(input: Tensor, value: Any) -> Tensor:
    """Write `value`, a number or a tensor of no dimensions, over every element."""
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value.ndim} dimensions."
            )
        operator = convert.fill_inplace_with
    else:
        operator = convert.fill_inplace
    if _records(input, value):
        return overwrite(input, operator(input, value))
    check_writable(input, False)
    input._array.fill(value._array if isinstance(value, Tensor) else value)
    input._counter[0] += 1
    return input


def zero_(input: Tensor) -> Tensor:
    """Write zero over every element."""
    if _records(input):
        return overwrite(input, convert.zero(input))
    check_writable(input, False)
    input._array.fill(0)
    input._counter[0] += 1
    return input
