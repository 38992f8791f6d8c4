"""One index for a whole slice, or into the flattened tensor: index_select, index_add, take, put."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.assigning import check_put, fills
from rushlight.api.assigning import put as assign
from rushlight.api.dims import require_bool
from rushlight.api.indexing import parse
from rushlight.api.install import inplace_apart
from rushlight.api.names import numpy_names
from rushlight.api.scalars import as_number, checked
from rushlight.api.sizes import as_dim
from rushlight.ops import gather as ops
from rushlight.ops import indexing
from rushlight.ops.fitting import cast_to
from rushlight.ops.inplace import check_apart, check_operands, overwrite
from rushlight.ops.outputs import into, no_overload, require_tensor, type_name, wrong_type
from rushlight.ops.scatter_reduce import index_reduce as reduced_into
from rushlight.tensor import Tensor

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "index_select",
    "put",
    "take",
]

METHODS = (*__all__, "index_fill_", "index_put_")
INPLACE = ("put",)

INTEGERS = ("int64", "int32")
NUMBERS = (bool, int, float, complex)


@numpy_names
def index_select(input: Tensor, dim: int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the slices of `input` along `dim` that a vector of indices names.

    >>> import rushlight as torch
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    require_tensor(input, "index_select", "input", 1)
    require_tensor(index, "index_select", "index", 3)
    d = as_dim(dim, input, "index_select")
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype.name not in INTEGERS:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    result = ops.index_select(input, d, index)
    return result if out is None else into(out, result, "index_select", input, index, apart=True)


@numpy_names
def index_add(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    *,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of `input` with ``alpha * source`` added to the slices that `index` names.

    >>> import rushlight as torch
    >>> torch.index_add(torch.zeros(3), 0, torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    require_tensor(input, "index_add", "input", 1)
    require_tensor(index, "index_add", "index", 3)
    require_tensor(source, "index_add", "source", 4)
    d = as_dim(dim, input, "index_add")
    if index.dtype.name not in INTEGERS:
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.scalar_name}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"index_add_(): self ({input.dtype.scalar_name}) and source "
            f"({source.dtype.scalar_name}) must have the same scalar type"
        )
    alpha = checked(as_number(alpha, "index_add", "alpha", None), input.dtype)
    if isinstance(out, Tensor):
        check_apart(out, (index, source))
    result = ops.index_add(input, d, index, source, alpha)
    return result if out is None else into(out, result, "index_add", input)


@numpy_names
def index_copy(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """Return a copy of `input` whose slices that `index` names are those of `source`.

    >>> import rushlight as torch
    >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    require_tensor(input, "index_copy", "input", 1)
    require_tensor(index, "index_copy", "index", 3)
    require_tensor(source, "index_copy", "source", 4)
    d = as_dim(dim, input, "index_copy")
    if index.dtype.name != "int64":
        raise RuntimeError(
            f"index_copy_(): Expected a long tensor for index, but got {index.dtype.scalar_name}"
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{input.dtype.scalar_name} and (source) {source.dtype.scalar_name}"
        )
    if isinstance(out, Tensor):
        check_apart(out, (index, source))
    result = ops.index_copy(input, d, index, source)
    return result if out is None else into(out, result, "index_copy", input)


@numpy_names
def _missing_kernel(input: Tensor, index: Tensor, reduce: str, include_self: bool) -> str | None:
    """The first of PyTorch's kernels for a reduction that doesn't know the dtype."""
    if not (input.dtype.is_complex or input.dtype is dtypes.bool_):
        return None
    if not include_self:
        return "index_reduce_func_exclude_input_init"
    if input.ndim <= 1:
        return "index_func_"
    if not index.numel():
        return None
    if input.dtype is dtypes.bool_:
        return "div_floor_cpu" if reduce == "mean" else None
    return {"amax": "maximum_cpu", "amin": "minimum_cpu"}.get(reduce)


def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of `input` with slices of `source` reduced into those that `index` names.

    `reduce` is "prod", "mean", "amax" or "amin"; `include_self` says whether the elements of
    `input` take part.

    >>> import rushlight as torch
    >>> x, i = torch.tensor([1.0, 2.0]), torch.tensor([0, 0])
    >>> torch.index_reduce(x, 0, i, torch.tensor([5.0, 7.0]), "mean", include_self=False)
    tensor([6., 2.])
    """
    require_tensor(input, "index_reduce", "input", 1)
    require_tensor(index, "index_reduce", "index", 3)
    require_tensor(source, "index_reduce", "source", 4)
    d = as_dim(dim, input, "index_reduce")
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({input.dtype.scalar_name}) and source "
            f"({source.dtype.scalar_name}) must have the same scalar type"
        )
    if index.dtype.name not in INTEGERS:
        raise RuntimeError(
            "index_reduce_(): Expected dtype int32/int64 for index but got: "
            f"{index.dtype.scalar_name}"
        )
    kernel = _missing_kernel(input, index, reduce, include_self)
    if kernel is not None:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar_name}'")
    if isinstance(out, Tensor):
        check_apart(out, (index, source))
    result = reduced_into(input, d, index, source, reduce, include_self)
    return result if out is None else into(out, result, "index_reduce", input)


_FILL = ("(int dim, Tensor index, Tensor value)", "(int dim, Tensor index, Number value)")


@numpy_names
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Return a copy of `input` with `value`, a number or 0-d tensor, in slices along `dim`.

    >>> import rushlight as torch
    >>> torch.index_fill(torch.zeros(2, 2), 0, torch.tensor([1]), 5)
    tensor([[0., 0.],
            [5., 5.]])
    """
    require_tensor(input, "index_fill", "input", 1)
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (Tensor, *NUMBERS)) or not isinstance(index, Tensor):
        raise no_overload("index_fill", _FILL, input, dim, index, value)
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    if index.dtype.name != "int64":
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    d = as_dim(dim, input, "index_fill")
    if not isinstance(value, Tensor):
        if isinstance(value, complex) and not input.dtype.is_complex:
            raise RuntimeError(
                "index_fill_(): Converting complex Scalar to non-complex type is not supported"
            )
        value = checked(value, input.dtype)
    op = ops.index_fill_with if isinstance(value, Tensor) else ops.index_fill
    return op(input, d, index, value)  # type: ignore[no-any-return]


def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """In-place form of `index_fill`; an expanded tensor takes the value at any of its places."""
    check_operands(input, (index,), overlap=False)
    result = index_fill(input, dim, index, value)
    overwrite(input, result, overlap=False)
    if 0 in input._array.strides:
        np.copyto(input._array, result._array, where=result._array != input._array)
    return input


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """Return a copy of `input` with ``input[indices] = values``, or added with `accumulate`.

    >>> import rushlight as torch
    >>> i = torch.tensor([0, 0])
    >>> torch.index_put(torch.zeros(2), (i,), torch.ones(2), accumulate=True)
    tensor([2., 0.])
    """
    require_tensor(input, "index_put", "input", 1)
    arrays = _put_where("index_put", input, indices, values)
    if fills(values, arrays) and not accumulate:
        if values.dtype is not input.dtype:
            values = cast_to(values, input.dtype.numpy)
    else:
        check_put(input, values, arrays)
    result = indexing.index_put(input, values, arrays, accumulate)
    return indexing.keep_indices(result, arrays, indices)


def index_put_(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """In-place form of `index_put`."""
    arrays = _put_where("index_put_", input, indices, values)
    assign(input, values, arrays, indices, accumulate)
    return input


def _put_where(function: str, input: Tensor, indices: Any, values: Any) -> tuple[Any, ...]:
    """The indices of `index_put` as arrays."""
    if not isinstance(indices, (tuple, list)):
        raise wrong_type(function, "indices", 2, indices, "tuple of Tensors")
    for i, item in enumerate(indices):
        if not isinstance(item, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 1, but got {type_name(item)}"
            )
    require_tensor(values, function, "values", 3)
    if not indices:
        raise RuntimeError("sym_strides() called on an undefined Tensor")
    used = sum([i.ndim if i.dtype.name in ("bool", "uint8") else 1 for i in indices])
    if used > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim} (got {used})")
    if not input.ndim:
        raise IndexError("too many indices for tensor of dimension 0 (got 1)")
    arrays = parse(input, _vectors(indices)).arrays
    assert arrays is not None
    return arrays


def _vectors(indices: Any) -> tuple[Any, ...]:
    """Index tensors of no dimensions as vectors: here they are no mere numbers."""
    return tuple([i if i.ndim else i.reshape(1) for i in indices])


def _check_flat(index: Tensor, function: str) -> None:
    if index.dtype.name != "int64":
        raise RuntimeError(
            f"{function}(): Expected a long tensor for index, but got {index.dtype.scalar_name}"
        )


def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the elements of the flattened `input` at `index`, in the shape of `index`.

    >>> import rushlight as torch
    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, 3]))
    tensor([1, 4])
    """
    require_tensor(input, "take", "input", 1)
    require_tensor(index, "take", "index", 2)
    _check_flat(index, "take")
    if isinstance(out, Tensor) and out.dtype is not input.dtype:
        raise RuntimeError(
            "take(): self and out expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.scalar_name} and out.dtype = {out.dtype.scalar_name}"
        )
    result = ops.take(input, index)
    return result if out is None else into(out, result, "take", input, index, apart=True)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Return a copy of `input` with `source` at indices of the flattened tensor.

    >>> import rushlight as torch
    >>> torch.zeros(2, 2).put(torch.tensor([3]), torch.tensor([5.0]))
    tensor([[0., 0.],
            [0., 5.]])
    """
    require_tensor(input, "put", "input", 1)
    require_tensor(index, "put", "index", 1)
    require_tensor(source, "put", "source", 2)
    require_bool("put", "accumulate", 3, accumulate)
    if index.dtype.name == "int64" and source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.scalar_name} and source.dtype = {source.dtype.scalar_name}"
        )
    _check_flat(index, "put_")
    return ops.put(input, index, source, accumulate)  # type: ignore[no-any-return]


ATTRIBUTES = {
    "index_add_": inplace_apart(index_add),
    "index_reduce_": inplace_apart(index_reduce),
    "index_copy_": inplace_apart(index_copy),
}
