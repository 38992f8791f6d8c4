"""``x[index]``: ints, slices, None and Ellipsis make views; tensors, arrays, lists make copies.

Where both come together the views are taken first, as PyTorch does (NumPy orders the axes of such
a result in another way). The commonest indices have short paths; `parse` takes all the others, and
finds PyTorch's words for what is wrong.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.kernels.flipped import resolved
from rushlight.ops import indexing as ops
from rushlight.ops import views
from rushlight.ops.inplace import check_apart, check_history
from rushlight.ops.outputs import type_name
from rushlight.ops.viewing import is_plain, share
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__: list[str] = []

METHODS = ("__getitem__",)


def __getitem__(input: Tensor, index: Any) -> Tensor:
    """Return a view of part of `input`, or for tensor indices a copy."""
    kind = type(input)
    if kind is Tensor or kind is Parameter:
        x = input._array
        kind = type(index)
        try:
            if kind is int:
                y = x[index] if x.ndim > 1 else x[index, ...]
                return share(input, y, views.SelectNode, (x.shape, index))
            if kind is slice:
                step = index.step
                if (step is None or step == 1) and x.ndim:
                    return share(input, x[index], views.SliceNode, (x.shape, index))
            elif kind is tuple:
                last = basic_step(index, x.shape)
                if last is not None:
                    if Ellipsis not in index:
                        index = (*index, ...)
                    return share(input, x[index], NODES[last], (x.shape, index))
        except (IndexError, ValueError):
            pass  # the long way finds PyTorch's words for it
    found = parse(input, index)
    if found.basic is not None:
        input = basic_view(input, found.basic, found.last)
    if found.arrays is None:
        return input
    arrays = found.arrays if input._array.size else in_empty(input, found.arrays)
    try:
        return ops.indexed(input, arrays, found.tensors)
    except IndexError as error:
        raise out_of_bounds(error, found.arrays) from None


NODES = {
    "alias": views.IndexAliasNode,
    "select": views.SelectNode,
    "slice": views.SliceNode,
    "unsqueeze": views.IndexUnsqueezeNode,
}
OPERATORS = {
    "alias": views.index_alias,
    "select": views.select,
    "slice": views.slice_,
    "unsqueeze": views.index_unsqueeze,
}


def basic_step(index: tuple[Any, ...], shape: tuple[int, ...]) -> str | None:
    """Return the last step that a basic index takes, or None where it isn't all basic.

    PyTorch names the node after that step, and takes none for a slice of everything.
    """
    last = "alias"
    dim = 0
    for place, item in enumerate(index):
        kind = type(item)
        if kind is int:
            last = "select"
            dim += 1
        elif kind is slice:
            step = item.step
            if step is not None and step != 1:
                if type(step) is not int or step < 1:
                    return None
                last = "slice"
            else:
                start, stop = item.start, item.stop
                if (start is not None and start != 0) or (stop is not None and stop < shape[dim]):
                    last = "slice"
            dim += 1
        elif item is None:
            last = "unsqueeze"
        elif item is Ellipsis:
            rest = index[place + 1 :]
            if Ellipsis in rest:
                return None
            dim = len(shape) - len(rest) + rest.count(None)
        else:
            return None
    return last if dim <= len(shape) else None


def basic_view(input: Tensor, index: tuple[Any, ...], last: str) -> Tensor:
    """The view that NumPy's basic `index` gives, its node named after the `last` step."""
    if is_plain(input):
        x = input._array
        return share(input, x[index], NODES[last], (x.shape, index))
    return OPERATORS[last](input, index)  # type: ignore[no-any-return]


def in_empty(input: Tensor, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Indices of a tensor without elements: PyTorch looks at none where a dimension has some."""
    return tuple(
        [
            np.zeros_like(a) if a is not None and a.dtype.kind == "i" and n else a
            for a, n in zip(arrays, input.shape)
        ]
    )


def out_of_bounds(error: IndexError, arrays: tuple[Any, ...]) -> IndexError:
    """PyTorch's words for an index array that leads nowhere.

    PyTorch names the dimension as counted among those that are indexed by arrays.
    """
    text = str(error)
    found = re.fullmatch(r"(index -?\d+ is out of bounds for) axis (\d+) (with size \d+)", text)
    if found is None or text.endswith("size 0"):
        return IndexError("index is out of bounds for dimension with size 0")
    start, axis, end = found.groups()
    nth = sum(a is not None for a in arrays[: int(axis)])
    return IndexError(f"{start} dimension {nth} {end}")


# -- parsing ---------------------------------------------------------------------------------------


class Parsed:
    """An index, sorted: first NumPy's `basic` index (or None), then one `arrays` (or None)."""

    __slots__ = ("arrays", "basic", "last", "tensors")

    def __init__(
        self,
        basic: tuple[Any, ...] | None,
        last: str,
        arrays: tuple[Any, ...] | None,
        tensors: list[Tensor],
    ) -> None:
        self.basic = basic
        self.last = last  # the last basic step
        self.arrays = arrays  # for each dimension of the basic view: None or an ndarray
        self.tensors = tensors  # where the arrays came from


MASKED: Any = object()  # a dimension that a mask before it covers


def parse(input: Tensor, index: Any, source: Tensor | None = None) -> Parsed:
    """Sort out an index of any kind, or raise PyTorch's error for it.

    How masks and index tensors fit is looked at last: after what keeps `source` from being written.
    """
    tensors: list[Tensor] = []
    items = _items(index, tensors)
    shape = tuple(input.shape)
    ndim = len(shape)
    specified = sum([_consumes(item) for item in items])
    if specified > ndim:
        _check_scalar_index(input, items)
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    basic: list[Any] = []
    arrays: list[Any] = []
    last = "alias"
    dim = 0
    wrong: tuple[Any, int] | None = None
    for place, item in enumerate(items):
        kind = type(item)
        if kind is slice:
            if _leaves_out(item, shape[dim]) or len(items) == 1:
                last = "slice"
            basic.append(item)
            arrays.append(None)
            dim += 1
        elif item is None:
            basic.append(None)
            arrays.append(None)
            last = "unsqueeze"
        elif item is Ellipsis:
            skip = ndim - specified
            basic.extend([slice(None)] * skip)
            arrays.extend([None] * skip)
            dim += skip
            specified = ndim  # a second Ellipsis is empty
        elif kind is bool:  # a mask of no dimensions
            basic.append(None)
            arrays.append(np.array([0] if item else [], np.intp))
            last = "unsqueeze"
        elif kind is int:
            size = shape[dim]
            if not -size <= item < size:
                raise IndexError(  # PyTorch counts the items before it, not the dimensions
                    f"index {item} is out of bounds for dimension {place} with size {size}"
                )
            basic.append(item)
            last = "select"
            dim += 1
        else:
            covered = _consumes(item)
            if item.dtype.kind == "b" and item.shape != shape[dim : dim + item.ndim]:
                wrong = wrong or (item, len(arrays))
            basic.extend([slice(None)] * covered)
            arrays.append(item)
            arrays.extend([MASKED] * (covered - 1))
            dim += covered
    if all(a is None for a in arrays):
        return Parsed((*basic, ...), last, None, [])
    view = (*basic, ...) if last != "alias" else None
    try:
        if wrong is not None:
            raise _mask_error(*wrong, input._array[(*basic, ...)].shape)
        form = _one_form(arrays)
    except IndexError:
        if source is not None:
            target = input if view is None else basic_view(input, view, last)
            if mode.grad and (input.requires_grad or source.requires_grad):
                check_history(target)
            if source.numel() != 1 or len(tensors) > 1:  # else PyTorch fills
                check_apart(target, (source, *tensors))
        raise
    return Parsed(view, last, form, tensors)


def _items(index: Any, tensors: list[Tensor]) -> list[Any]:
    """An index as a list of ints, slices, None, Ellipsis, bools and index ndarrays."""
    if type(index) is not tuple:
        if isinstance(index, list) and _is_tuple_like(index):
            warnings.warn(
                "Using a non-tuple sequence for multidimensional indexing is deprecated and will "
                "be changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 "
                "this will be interpreted as tensor index, x[torch.tensor(seq)], which will result "
                "either in an error or a different result",
                UserWarning,
                stacklevel=4,
            )
        else:
            index = (index,)
    return [_item(i, tensors) for i in index]


def _is_tuple_like(index: list[Any]) -> bool:
    """PyTorch, after old NumPy, takes short lists that hold more than numbers for tuples."""
    return len(index) < 32 and any(
        isinstance(i, (Tensor, Sequence, slice, np.ndarray)) or i is None or i is Ellipsis
        for i in index
    )


def _item(item: Any, tensors: list[Tensor]) -> Any:
    kind = type(item)
    if kind is int or kind is slice or kind is bool or item is None or item is Ellipsis:
        return item
    if isinstance(item, Tensor):
        array = _index_array(resolved(item._array))
        if isinstance(array, np.ndarray):
            tensors.append(item)
        return array
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(item, (list, tuple, range, np.ndarray)):
        if isinstance(item, list) and any(isinstance(i, Tensor) for i in item):
            item = [resolved(i._array) if isinstance(i, Tensor) else i for i in item]
        array = np.asarray(item)
        letter = array.dtype.kind
        if not array.size or letter in "fi" or (letter == "u" and array.dtype != np.uint8):
            array = array.astype(np.int64)  # fractions are cut off
        return _index_array(array)
    if isinstance(item, np.integer) or (
        hasattr(item, "__index__") and not isinstance(item, np.generic)
    ):
        return operator.index(item)
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type_name(item)})"
    )


def _index_array(array: np.ndarray[Any, Any]) -> Any:
    """Check an index array: one of no dimensions is a number; uint8 is an old kind of mask."""
    dtype = array.dtype
    if dtype == np.uint8:
        warnings.warn(
            "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool "
            "instead.",
            UserWarning,
            stacklevel=6,
        )
        array = array.astype(np.bool_)
    elif dtype not in (np.bool_, np.int64, np.int32):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return array if array.ndim or type(array) is not np.ndarray else array.item()


def _consumes(item: Any) -> int:
    """How many dimensions an item indexes."""
    if item is None or item is Ellipsis or type(item) is bool:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype.kind == "b" else 1


def _check_scalar_index(input: Tensor, items: list[Any]) -> None:
    if input.ndim == 0 and len(items) == 1:
        if type(items[0]) is slice:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        if type(items[0]) is int:
            if items[0] != 0:
                raise IndexError(f"index {items[0]} is out of bounds for dimension 0 with size 0")
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
            )


def _leaves_out(item: slice, size: int) -> bool:
    """Check a slice, and say whether it leaves anything out."""
    start, stop, step = item.indices(size)
    if step < 0:
        raise ValueError("step must be greater than zero")
    return start != 0 or stop < size or step != 1


def _mask_error(mask: Any, dim: int, shape: tuple[int, ...]) -> IndexError:
    """The error for a mask at dimension `dim` that doesn't have the sizes found there."""
    j = next(j for j, n in enumerate(mask.shape) if n != shape[dim + j])
    return IndexError(
        f"The shape of the mask {list(mask.shape)} at index {j} does not match the "
        f"shape of the indexed tensor {list(shape)} at index {dim + j}"
    )


def _one_form(arrays: list[Any]) -> tuple[Any, ...]:
    """Bring index arrays to one form: a single mask, or integers that broadcast."""
    given = [a for a in arrays if a is not None and a is not MASKED]
    if len(given) == 1:
        return tuple([a for a in arrays if a is not MASKED])
    result: list[Any] = []
    for a in arrays:
        if a is None or (a is not MASKED and a.dtype.kind != "b"):
            result.append(a)
        elif a is not MASKED:
            result.extend(a.nonzero())
    try:
        np.broadcast_shapes(*[a.shape for a in result if a is not None])
    except ValueError:
        shapes = ", ".join([str(list(a.shape)) for a in result if a is not None])
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
        ) from None
    return tuple(result)
