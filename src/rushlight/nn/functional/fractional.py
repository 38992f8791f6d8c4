"""Fractional max pooling: windows at random places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.api.arguments import int_tuple, size_tuple
from rushlight.api.random import rand
from rushlight.ops import pool as ops
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

_AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def _pooled(
    n: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Any
) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{n}d"
    if output_size is None:
        if output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        output_size = _share(name, n, input, output_ratio)
    if samples is None:
        batch = 1 if input.dim() == n + 1 else input.size(0)
        samples = rand(batch, input.size(-n - 1), n, dtype=input.dtype, device=input.device)
    x: Tensor = require_tensor(input, name, "input", 1)
    kernel = _ints(name, kernel_size, n, 2, "kernel_size")
    out = _ints(name, output_size, n, 3, "output_size")
    require_tensor(samples, name, "random_samples", 4)
    _check(name, n, x, kernel, out, samples)
    size_tuple(name, [*x.shape[:-n], *out])
    y, indices = ops.fractional_max_pool[n](x, samples, kernel, out)
    return y, indices


def _share(name: str, n: int, input: Tensor, ratio: Any) -> list[int]:
    """The output's size by its ratio to the input's."""
    if n == 2 and len(ratio) > 2:
        raise ValueError(
            f"{name} requires output_ratio to either be a single Int or tuple of Ints."
        )
    several = isinstance(ratio, Sequence)
    return [int(input.size(i - n) * (ratio[i] if several else ratio)) for i in range(n)]


def _ints(name: str, value: Any, n: int, position: int, argument: str) -> tuple[int, ...]:
    values = (value,) * n if type(value) is int else int_tuple(name, value, position, argument)
    if len(values) != n:
        several = "Ints" if n == 2 else "three Ints"
        raise RuntimeError(f"{name}: {argument} must either be a single Int or tuple of {several}")
    return values


def _check(
    name: str, n: int, x: Tensor, kernel: tuple[int, ...], out: tuple[int, ...], samples: Tensor
) -> None:
    """Raise PyTorch's error for sizes and dtypes that don't fit."""
    place = f"{name}()" if n == 2 else f"{name}_out()"
    if x.dim() not in (n + 1, n + 2):
        raise RuntimeError(
            f"{place}: Expected {n + 1}D or {n + 2}D tensor, but got: {list(x.shape)}"
        )
    for i in range(x.dim() - n - 1, x.dim()):
        if x.shape[i] == 0:
            raise RuntimeError(
                f"{place}: Expected input to have non-zero size for non-batch dimensions, but "
                f"got{list(x.shape)} with dimension {i} being empty."
            )
    for axis, size, k, o in zip(_AXES[n], x.shape[-n:], kernel, out):
        if o + k - 1 > size - (n == 3):  # of volumes PyTorch wants one element more
            raise RuntimeError(
                f"{place}: pool {axis} {k} too large relative to input {axis} {size}"
            )
    if samples.dtype is not x.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.dim() != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.dim()}")
    if samples.shape[0] < (x.shape[0] if x.dim() == n + 2 else 1):
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != x.shape[-n - 1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != n:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {n}; got {samples.shape[2]}.")
    if not x.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"{name}_out_frame\" not implemented for '{x.dtype.scalar_name}'"
        )


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """As `fractional_max_pool2d`, and where in its flattened plane each maximum was found."""
    return _pooled(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """As `fractional_max_pool3d`, and where in its flattened volume each maximum was found."""
    return _pooled(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the largest elements of windows of (N, C, H, W) or (C, H, W) at random places.

    The result's height and width are `output_size`, or `output_ratio` of the input's: where windows
    of `kernel_size` start is drawn for each plane (Graham, 2014), or given as numbers in [0, 1) for
    width and height, (N, C, 2). With `return_indices` the places of the maxima come along.

    ValueError without a size, RuntimeError where sizes or dtypes don't fit.

    >>> import rushlight as torch
    >>> x, where = torch.arange(16.0).view(1, 4, 4), torch.zeros(1, 1, 2)
    >>> torch.nn.functional.fractional_max_pool2d(x, 2, 2, _random_samples=where)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    found = _pooled(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the largest elements of windows of (N, C, D, H, W) or (C, D, H, W) at random places.

    As `fractional_max_pool2d`; `_random_samples` (N, C, 3) are for depth, height and width.
    """
    found = _pooled(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]
