"""Reductions of neighbours that lengths or offsets tell, and the hash of a tensor's elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import require_int
from rushlight.api.dims import reduced_dims
from rushlight.api.indexed import index_add, index_reduce, index_select
from rushlight.api.sizes import as_dim
from rushlight.ops import sets as ops
from rushlight.ops.outputs import into, require_tensor, type_name
from rushlight.tensor import Tensor, wrap

__all__ = ["hash_tensor", "segment_reduce"]

METHODS = ("hash_tensor",)

# PyTorch's names of reductions, those of `index_reduce`, and what a reduction of nothing gives.
REDUCTIONS: dict[str, tuple[str, float]] = {
    "sum": ("sum", 0.0),
    "mean": ("mean", math.nan),
    "max": ("amax", -math.inf),
    "amax": ("amax", -math.inf),
    "min": ("amin", math.inf),
    "amin": ("amin", math.inf),
    "prod": ("prod", 1.0),
}


def segment_reduce(
    data: Tensor,
    reduce: Any = ...,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
) -> Tensor:
    """Return the "sum", "mean", "max", "min" or "prod" of each segment of `data` along `axis`.

    `lengths` has the length of each segment, `offsets` where each begins and the last ends; both
    may have dimensions in front, those of `data` before `axis`, for segments of their own. What
    was reduced so far begins with `initial`. Unless `unsafe`, lengths have to add up to the size
    of `data` along `axis`: RuntimeError.

    >>> import rushlight as torch
    >>> torch.segment_reduce(torch.tensor([1.0, 2.0, 3.0]), "sum", lengths=torch.tensor([1, 2]))
    tensor([1., 5.])
    """
    require_tensor(data, "segment_reduce", "data", 1)
    if reduce is ...:
        raise TypeError('segment_reduce() missing 1 required positional arguments: "reduce"')
    if initial is not None and not isinstance(initial, (bool, int, float, complex)):
        raise TypeError(
            f"segment_reduce(): argument 'initial' must be Number, not {type_name(initial)}"
        )
    at = as_dim(axis, data, "segment_reduce")
    if reduce not in REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    given = lengths if offsets is None else offsets
    if given is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    starts, ends = _segments(data, given, at, offsets is not None, unsafe)
    if not data.dtype.is_floating_point:
        raise NotImplementedError(
            f"\"_segment_reduce_cpu\" not implemented for '{data.dtype.scalar_name}'"
        )
    return _reduced(data, at, starts, ends, reduce, initial)


def _segments(data: Tensor, given: Tensor, axis: int, as_offsets: bool, unsafe: bool) -> Any:
    """Where segments begin and end, as arrays of integers."""
    what = "offsets" if as_offsets else "lengths"
    if data.ndim < given.ndim:
        raise RuntimeError(
            f"Expected data.dim() >= {what}_value.dim() to be true, but got false.  (Could this "
            "error message be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    if axis != given.ndim - 1:
        raise RuntimeError(
            f"segment_reduce(): Expected axis to be the last dimension of {what} but got {axis}."
        )
    if given.dtype not in (dtypes.int32, dtypes.int64):
        if not as_offsets:
            _check_lengths(given.numpy(force=True), data.shape[axis], unsafe)
        raise NotImplementedError(
            f'"_segment_reduce_{what}_cpu_kernel1" not implemented for '
            f"'{given.dtype.scalar_name}'"
        )
    numbers = given.numpy(force=True).astype(np.int64)
    if as_offsets:
        starts, ends = numbers[..., :-1], numbers[..., 1:]
        if (ends < starts).any():
            raise RuntimeError(
                "Expected segment_length >= 0 to be true, but got false.  (Could this error "
                "message be improved?  If so, please report an enhancement request to PyTorch.)"
            )
        return starts, ends
    _check_lengths(numbers, data.shape[axis], unsafe)
    ends = numbers.cumsum(-1)
    return ends - numbers, ends


def _check_lengths(lengths: Any, size: int, unsafe: bool) -> None:
    if unsafe:
        return
    if (lengths < 0).any():
        raise RuntimeError("lengths contains negative value!")
    if (lengths.sum(-1) != size).any():
        raise RuntimeError(
            "segment_reduce(): Expected all rows of lengths along axis to sum to "
            "data.size(lengths.dim()-1) when !unsafe."
        )


def _reduced(data: Tensor, axis: int, starts: Any, ends: Any, reduce: str, initial: Any) -> Tensor:
    """Bring the rows of all segments together, and reduce them into a row a segment."""
    name, nothing = REDUCTIONS[reduce]
    shape, size = tuple(data.shape), data.shape[axis]
    before = math.prod(shape[:axis])
    first = np.arange(before).reshape(shape[:axis] + (1,)) * size  # of each batch of segments
    lengths = (ends - starts).reshape(-1)
    total = int(lengths.sum())
    skipped = (first + starts).reshape(-1) - (lengths.cumsum() - lengths)
    rows = np.arange(total) + np.repeat(skipped, lengths)
    owner = wrap(np.repeat(np.arange(lengths.size), lengths))
    source = index_select(data.reshape(before * size, *shape[axis + 1 :]), 0, wrap(rows))
    start = (0.0 if reduce == "mean" else nothing) if initial is None else initial
    result = source.new_full((lengths.size, *shape[axis + 1 :]), start)
    if name in ("sum", "mean"):
        result = index_add(result, 0, owner, source)
    else:
        result = index_reduce(result, 0, owner, source, name)
    if name == "mean":
        count = wrap(lengths.astype(np.float64)).to(data.dtype)
        divisor = count if initial is None else count.clamp(min=1)
        result = result / divisor.reshape(-1, *[1] * (result.ndim - 1))
    return result.reshape(*starts.shape, *shape[axis + 1 :])  # type: ignore[no-any-return]


def hash_tensor(
    input: Tensor, dim: Any = (), *, keepdim: bool = False, mode: int = 0, out: Any = None
) -> Tensor:
    """Return a number of the bits of all elements, or of those over `dim`: their exclusive or.

    Floating-point elements have the bits of float64, others those of int64. The result is uint64.

    >>> import rushlight as torch
    >>> torch.hash_tensor(torch.tensor([[1, 2], [3, 4]]), 1)
    tensor([3, 7], dtype=torch.uint64)
    """
    x = require_tensor(input, "hash_tensor", "input", 1)
    mode = require_int("hash_tensor", mode, "mode", None)
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    if out is not None and out.dtype is not dtypes.uint64:
        raise RuntimeError(
            f"Expected result to be of dtype uint64, but got {out.dtype.scalar_name}"
        )
    dims = reduced_dims("hash_tensor", dim, x.ndim)
    _require_elements(x, dims or ())
    if x.dtype.is_complex or x.dtype in dtypes.WIDE_UNSIGNED:
        raise NotImplementedError(f"\"xor_sum_cpu\" not implemented for '{x.dtype.scalar_name}'")
    result: Tensor = ops.exclusive_or(x, dims, keepdim)
    return result if out is None else into(out, result, "hash_tensor")


def _require_elements(x: Tensor, dims: tuple[int, ...]) -> None:
    if x.numel():
        return
    if not dims:
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify "
            "the reduction dim with the 'dim' argument."
        )
    for d in dims:
        if not x.shape[d]:
            raise IndexError(f"hash_tensor: Expected reduction dim {d} to have non-zero size.")
