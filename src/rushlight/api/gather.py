"""gather and scatter: one index an element, along one dimension."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight.api.broadcasting import broadcast_pair, expand_to
from rushlight.api.dims import is_int
from rushlight.api.install import inplace_apart
from rushlight.api.names import numpy_names
from rushlight.api.results import require_dtype
from rushlight.api.scalars import as_number, checked
from rushlight.api.sizes import as_dim, as_int, wrap_dim
from rushlight.api.views import flatten
from rushlight.ops import gather as ops
from rushlight.ops.inplace import check_apart
from rushlight.ops.outputs import into, no_overload, require_tensor, type_name, wrong_type
from rushlight.ops.scatter_reduce import ALIASES, REDUCTIONS
from rushlight.ops.scatter_reduce import scatter_reduce as reduce_op
from rushlight.tensor import Tensor

__all__ = ["gather", "scatter", "scatter_add", "scatter_reduce", "take_along_dim"]

METHODS = __all__

INTEGERS = ("int64", "int32")
NUMBERS = (bool, int, float, complex)


def _check_index(input: Tensor, dim: Any, index: Any, function: str, kind: str) -> int:
    """Check an index tensor's type; return the wrapped dimension."""
    require_tensor(input, function, "input", 1)
    if type(dim) is not int:
        dim = as_int(dim, function, "dim", 2)
    require_tensor(index, function, "index", 3)
    d = wrap_dim(dim, input.ndim)
    if index.dtype.name not in INTEGERS:
        raise RuntimeError(f"{kind}(): Expected dtype int32/int64 for index")
    return d


def gather(
    input: Tensor,
    dim: Any = None,
    index: Any = None,
    *,
    sparse_grad: bool = False,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """Pick ``input[index[i][j]][j]`` (for `dim` 0): one element along `dim` for each index.

    `index` is int64 or int32, has as many dimensions as `input`, and is no larger than it but
    along `dim`. Raises RuntimeError for an index out of bounds.

    >>> import rushlight as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    if index is None:
        raise TypeError('gather() missing 1 required positional arguments: "index"')
    if sparse_grad is not False and sparse_grad is not True:
        raise TypeError(
            f"gather(): argument 'sparse_grad' must be bool, not {type_name(sparse_grad)}"
        )
    d = _check_index(input, dim if axis is None else axis, index, "gather", "gather")
    if out is not None:
        require_dtype(require_tensor(out, "gather", "out", 5), input.dtype)
    result = ops.gather(input, d, index)
    return result if out is None else into(out, result, "gather", input, index, apart=True)


def _check_scatter(
    input: Tensor, dim: Any, index: Any, src: Any, function: str, kind: str = "scatter"
) -> int:
    d = _check_index(input, dim, index, function, kind)
    if isinstance(src, Tensor) and src.dtype is not input.dtype:
        raise RuntimeError(f"{kind}(): Expected self.dtype to be equal to src.dtype")
    return d


_SCATTER = (
    "(int dim, Tensor index, Tensor src)",
    "(int dim, Tensor index, Tensor src, *, str reduce)",
    "(int dim, Tensor index, Number value)",
    "(int dim, Tensor index, Number value, *, str reduce)",
)


@numpy_names
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of `input` with ``src[i][j]`` at ``[index[i][j]][j]`` (for `dim` 0).

    `src` is a tensor of the dtype of `input`, or a number. Of several values for one place any may
    win; with ``reduce="add"`` or ``"multiply"`` all take part.

    >>> import rushlight as torch
    >>> torch.scatter(torch.zeros(2, 2), 1, torch.tensor([[0], [1]]), 5.0)
    tensor([[5., 0.],
            [0., 5.]])
    """
    if src is None:
        src = value
    if (
        not isinstance(input, Tensor)
        or not isinstance(index, Tensor)
        or not isinstance(src, (Tensor, np.generic, *NUMBERS))
        or not (type(dim) is int or is_int(dim))
    ):
        raise no_overload("scatter", _SCATTER, input, dim, index, src)
    if reduce is not None and reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    d = _check_scatter(input, dim, index, src, "scatter")
    if isinstance(out, Tensor):
        check_apart(out, (index, src))
    if not isinstance(src, Tensor):
        src = checked(as_number(src, "scatter", "value", 4), input.dtype)
    if reduce is not None:
        result = _scatter_combined(input, d, index, src, reduce)
    elif isinstance(src, Tensor):
        result = ops.scatter(input, d, index, src)
    else:
        result = ops.scatter_fill(input, d, index, src)
    return result if out is None else into(out, result, "scatter", input)


def _scatter_combined(input: Tensor, dim: int, index: Tensor, src: Any, reduce: str) -> Tensor:
    """PyTorch has no derivative for the old form with `reduce`; ours is scatter_reduce's."""
    if isinstance(src, Tensor):
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be "
            "removed in a future PyTorch release. Use torch.scatter_reduce instead for more "
            "reduction options.",
            UserWarning,
            stacklevel=3,
        )
    else:
        src = input.new_full(tuple(index.shape), src)
    how = "sum" if reduce == "add" else "prod"
    return reduce_op(input, dim, index, src, how, True)  # type: ignore[no-any-return]


@numpy_names
def scatter_add(
    input: Tensor, dim: int, index: Tensor, src: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy of `input` with ``src[i][j]`` added at ``[index[i][j]][j]`` (for `dim` 0).

    >>> import rushlight as torch
    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 0, 2]), torch.ones(3))
    tensor([2., 0., 1.])
    """
    require_tensor(input, "scatter_add", "input", 1)
    require_tensor(index, "scatter_add", "index", 3)
    require_tensor(src, "scatter_add", "src", 4)
    d = _check_scatter(input, dim, index, src, "scatter_add")
    if isinstance(out, Tensor):
        check_apart(out, (index, src))
    result = ops.scatter_add(input, d, index, src)
    return result if out is None else into(out, result, "scatter_add", input)


@numpy_names
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Reduce ``src[i][j]`` into ``[index[i][j]][j]`` (for `dim` 0) of a copy of `input`.

    `reduce` is "sum", "prod", "mean", "amax" or "amin"; `include_self` says whether the elements
    of `input` take part.

    >>> import rushlight as torch
    >>> x, i = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.scatter_reduce(x, 0, i, torch.tensor([5.0, 7.0]), "mean", include_self=False)
    tensor([6., 2.])
    """
    require_tensor(input, "scatter_reduce", "input", 1)
    require_tensor(index, "scatter_reduce", "index", 3)
    require_tensor(src, "scatter_reduce", "src", 4)
    if not isinstance(reduce, str):
        raise wrong_type("scatter_reduce", "reduce", 5, reduce, "str")
    if not isinstance(include_self, bool):
        raise TypeError(
            f"scatter_reduce(): argument 'include_self' must be bool, not {type_name(include_self)}"
        )
    if reduce not in REDUCTIONS and reduce not in ALIASES:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    d = _check_scatter(input, dim, index, src, "scatter_reduce")
    if isinstance(out, Tensor):
        check_apart(out, (index, src))
    _check_reduction(input, reduce, index.numel())
    sizes, given = tuple(index.shape), tuple(src.shape)
    fits = max(src.ndim, 1) == max(index.ndim, 1) and 0 < index.numel() <= src.numel()
    if given != sizes and fits and all(n <= m for n, m in zip(sizes, given)):
        if src.ndim < 2 > index.ndim:  # one of them may have no dimension, which counts as one
            src = src.reshape(-1)
        src = src[tuple([slice(n) for n in sizes])]
    result = reduce_op(input, d, index, src, reduce, include_self)
    return result if out is None else into(out, result, "scatter_reduce", input)


def _check_reduction(input: Tensor, reduce: str, count: int) -> None:
    """Raise PyTorch's error for a dtype that its kernel of a reduction lacks."""
    dtype = input.dtype
    reduce = ALIASES.get(reduce, reduce)
    kernel = ""
    if reduce == "mean" and dtype.name == "bool":
        kernel = "scatter_gather_tensor_cpu_reduce_mean" if count else "div_floor_cpu"
    elif reduce in ("amax", "amin") and dtype.is_complex and count:
        kernel = f"scatter_gather_tensor_cpu_reduce_{reduce}"
    if kernel:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.scalar_name}'")


@numpy_names
def take_along_dim(
    input: Tensor, indices: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
    """As `gather` with `input` and `indices` broadcast; without `dim`, from the flattened tensor.

    >>> import rushlight as torch
    >>> x = torch.tensor([[3, 1, 2], [6, 5, 4]])
    >>> torch.take_along_dim(x, torch.argsort(x, dim=1), dim=1)
    tensor([[1, 2, 3],
            [4, 5, 6]])
    """
    require_tensor(input, "take_along_dim", "input", 1)
    require_tensor(indices, "take_along_dim", "indices", 2)
    if indices.dtype.name != "int64":
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{indices.dtype.scalar_name}"
        )
    if dim is None:
        return gather(flatten(input), 0, flatten(indices), out=out)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    d = as_dim(dim, input, "take_along_dim", position=3)
    own, wanted = list(input.shape), list(indices.shape)
    wanted_there, own_there = wanted[d], own[d]
    wanted[d] = own_there
    shape = list(broadcast_pair(tuple(own), tuple(wanted)))
    shape[d] = own_there
    whole = expand_to(input, tuple(shape))
    shape[d] = wanted_there
    if own_there:
        indices = indices.remainder(
            own_there
        )  # as PyTorch has it: any index counts, round and round
    return gather(whole, d, expand_to(indices, tuple(shape)), out=out)


# -- in place --------------------------------------------------------------------------------------


ATTRIBUTES = {
    "scatter_": inplace_apart(scatter),
    "scatter_add_": inplace_apart(scatter_add),
    "scatter_reduce_": inplace_apart(scatter_reduce),
}
