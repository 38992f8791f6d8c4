"""Adaptive pooling: as many windows as the output is to have elements."""

from __future__ import annotations

from typing import Any

from rushlight.api.arguments import int_tuple
from rushlight.kernels.windows import Ints
from rushlight.ops import pool as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d"]


def _one(function: str, x: Tensor, output_size: Any) -> Ints:
    if x.dim() not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {x.dim()}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {function})"
        )
    if isinstance(output_size, int) and not isinstance(output_size, bool):
        return (output_size,)
    size = int_tuple(function, output_size, 2, "output_size")
    if len(size) != 1:
        raise RuntimeError(
            f"{function}() argument 'output_size' should contain one int (got {len(size)})"
        )
    return size


def several(n: int, x: Any, output_size: Any) -> Ints:
    """`output_size` as ints, where None stands for the input's size."""
    if isinstance(output_size, int):
        return (output_size,) * n
    if len(output_size) > len(x.size()):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    wanted = [m if o is None else o for o, m in zip(output_size, x.shape[-len(output_size) :])]
    return int_tuple(f"adaptive_pool{n}d", wanted, 2, "output_size")


def _check_full(function: str, shape: list[int], first: int) -> None:
    for i in range(first, len(shape)):
        if shape[i] == 0:
            raise RuntimeError(
                f"{function}(): Expected input to have non-zero size for non-batch dimensions, "
                f"but input has sizes {shape} with dimension {i} being empty"
            )


def _refuse(x: Tensor, kernel: str) -> None:
    if not x.dtype.is_floating_point:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")


def average(n: int, x: Tensor, size: Ints, node: str) -> Tensor:
    function = f"adaptive_avg_pool{n}d"
    for d in range(2, n + 1 if all(s == 1 for s in size) else 0):
        x.size(-d)  # what PyTorch averages at once: IndexError where there is no such dimension
    if x.dim() not in (n + 1, n + 2):
        raise RuntimeError(
            f"{function}(): Expected {n + 1}D or {n + 2}D tensor, but got {list(x.shape)}"
        )
    if len(size) != n:
        raise RuntimeError(f"{function}: output_size must be {n}")
    if any(s < 0 for s in size):
        # PyTorch leaves out a space here in three dimensions.
        got = f"{size[0]}, {size[1]}" + "".join(f",{s}" for s in size[2:])
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{got}}}"
        )
    if all(s == 1 for s in size):
        if not x.dtype.is_floating_point and not x.dtype.is_complex:
            raise RuntimeError(
                "mean(): could not infer output dtype. Input dtype must be either a floating "
                f"point or complex dtype. Got: {x.dtype.scalar_name}"
            )
        node = "MeanBackward1" if node.startswith("Adaptive") else node
    else:
        _check_full(function, list(x.shape), x.dim() - n if n == 2 else 1)
        if x.numel() or n == 3:
            _refuse(x, function if n == 2 else f"{function}_cpu")
    return ops.adaptive_avg_pool[node](x, size)  # type: ignore[no-any-return]


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of `output_size` windows that share (N, C, L) or (C, L) out evenly.

    >>> import rushlight as torch
    >>> torch.nn.functional.adaptive_avg_pool1d(torch.arange(4.0).view(1, 4), 2)
    tensor([[0.5000, 2.5000]])
    """
    x: Tensor = require_tensor(input, "adaptive_avg_pool1d", "input", 1)
    size = _one("adaptive_avg_pool1d", x, output_size)
    if size[0] < 0 or not x.dtype.is_floating_point or x.shape[-1] == 0:
        return average(2, x.unsqueeze(-2), (1, *size), "SqueezeBackward1").squeeze(-2)  # type: ignore[no-any-return]
    return ops.adaptive_avg_pool["SqueezeBackward1"](x, size)  # type: ignore[no-any-return]


def largest(n: int, x: Tensor, size: Ints) -> tuple[Tensor, Tensor]:
    """Maxima over 1 dimension (which errors show as 2), 2 or 3; and their indices."""
    dims = max(n, 2)
    function = f"adaptive_max_pool{dims}d"
    shape = list(x.shape) if n > 1 else [*x.shape[:-1], 1, x.shape[-1]]
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{function}(): Expected {dims + 1}D or {dims + 2}D tensor, but got: {shape}"
        )
    _check_full(f"adaptive_max_pool{n}d", list(x.shape), 1)
    if len(size) != n:
        raise RuntimeError(f"{function}(): internal error: output_size.size() must be {dims}")
    full = [*shape[:-dims], *((1, *size) if n == 1 else size)]
    for s in size:
        if s < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {s}: {full}")
    _refuse(x, function if dims == 2 else f"{function}_cpu")
    return ops.adaptive_max_pool[n](x, size)  # type: ignore[no-any-return]


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """Return the largest elements of `output_size` windows of (N, C, L), and their indices.

    >>> import rushlight as torch
    >>> torch.adaptive_max_pool1d(torch.arange(4.0).view(1, 4), 2)
    (tensor([[1., 3.]]), tensor([[1, 3]]))
    """
    x: Tensor = require_tensor(input, "adaptive_max_pool1d", "input", 1)
    y, indices = largest(1, x, _one("adaptive_max_pool1d", x, output_size))
    return y, indices
