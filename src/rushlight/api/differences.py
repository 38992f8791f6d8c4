"""Differences of neighbours, and sums that undo a broadcast."""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.comparison import logical_xor
from rushlight.api.names import numpy_names
from rushlight.api.shape import cat
from rushlight.api.sizes import as_int, sizes, wrap_dim
from rushlight.ops.outputs import into, require_tensor
from rushlight.tensor import Tensor

__all__ = ["diff"]

METHODS = ("diff", "sum_to_size")


@numpy_names
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return the differences of neighbours along `dim`, `n` times over; for bools, their xor.

    `prepend` and `append` are put before and behind the input first. Raises RuntimeError for 0-d
    tensors, a negative `n`, and parts that don't fit.

    >>> import rushlight as torch
    >>> torch.diff(torch.tensor([1.0, 4.0, 9.0]))
    tensor([3., 5.])
    """
    require_tensor(input, "diff", "input", 1)
    n = as_int(n, "diff", "n", 2)
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    at = wrap_dim(as_int(dim, "diff", "dim", 3), input.ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    for place, part in (("prepend", prepend), ("append", append)):
        if part is not None:
            require_tensor(part, "diff", place, 4 if place == "prepend" else 5)
            _check_part(input, part, at)
    if n == 0:  # and what is put around it is left out
        result = input.new_zeros(input.shape).copy_(input)
    else:
        parts = [part for part in (prepend, input, append) if part is not None]
        result = x = input if len(parts) == 1 else cat(parts, at)
        for _ in range(min(n, x.shape[at])):
            count = result.shape[at] - 1
            later, earlier = result.narrow(at, 1, count), result.narrow(at, 0, count)
            result = logical_xor(later, earlier) if x.dtype is dtypes.bool else later - earlier
    return result if out is None else into(out, result, "diff")


def _check_part(input: Tensor, part: Tensor, at: int) -> None:
    if part.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d in range(input.ndim):
        if d != at and part.shape[d] != input.shape[d]:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({d}) = {input.shape[d]}, "
                f"but got tensor.size({d}) = {part.shape[d]}"
            )


def sum_to_size(self: Tensor, *size: Any) -> Tensor:
    """Sum over the dimensions that broadcasting a tensor of `size` to this one's shape adds.

    >>> import rushlight as torch
    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    if not size:
        raise TypeError('sum_to_size() missing 1 required positional arguments: "size"')
    wanted, shape = sizes(size, "sum_to_size"), tuple(self.shape)
    lead = len(shape) - len(wanted)
    if lead < 0 or any(n not in (1, m) for n, m in zip(wanted, shape[lead:])):
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(shape)}}}.")
    dims = list(range(lead))
    dims += [d for d in range(lead, len(shape)) if wanted[d - lead] == 1 and shape[d] != 1]
    result = self.sum(dims, keepdim=True) if dims else self
    return result.view(wanted) if lead else result
