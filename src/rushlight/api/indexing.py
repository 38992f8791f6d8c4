"""``x[index]`` and ``x[index] = value``.

Ints, slices, None and Ellipsis make views; tensors, arrays, lists and masks make copies. Where
both come together the views are taken first, as PyTorch does (NumPy orders the axes of such a
result in another way).
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.api.broadcasting import expand_to
from rushlight.api.copying import copy_
from rushlight.autograd.modes import mode
from rushlight.ops import indexing as ops
from rushlight.ops import views
from rushlight.ops.inplace import check_writable, overwrite
from rushlight.ops.outputs import type_name
from rushlight.ops.viewing import is_plain, share
from rushlight.tensor import Tensor, type_string, wrap

__all__ = ["argument"]

METHODS = ("__getitem__", "__setitem__")

INTEGERS = (int, np.integer)


def __getitem__(input: Tensor, index: Any) -> Tensor:
    """Return a view of, or for tensor indices a copy of, part of `input`."""
    kind = type(index)
    if is_plain(input):
        x = input._array
        try:
            if kind is int:
                y = x[index] if x.ndim > 1 else x[index, ...]
                return share(input, y, views.SelectNode, (x.shape, index))
            if kind is slice:
                step = index.step
                if (step is None or step == 1) and x.ndim:
                    return share(input, x[index], views.SliceNode, (x.shape, index))
        except IndexError:
            pass  # the long way finds PyTorch's words for it
    basic, last, indices = parse(input, index)
    if basic is not None:
        input = basic_view(input, basic, last)
    if indices is None:
        return input
    return ops.index(input, indices)  # type: ignore[no-any-return]


NODES = {
    "select": (views.SelectNode, views.select),
    "slice": (views.SliceNode, views.slice_),
    "unsqueeze": (views.IndexUnsqueezeNode, views.index_unsqueeze),
}


def basic_view(input: Tensor, index: tuple[Any, ...], last: str) -> Tensor:
    """The view that NumPy's basic `index` gives, its node named after the `last` step."""
    if last == "alias":
        if is_plain(input):
            return share(input, input._array[...], views.AliasNode, ())
        return views.alias(input)  # type: ignore[no-any-return]
    node, op = NODES[last]
    if is_plain(input):
        x = input._array
        return share(input, x[index], node, (x.shape, index))
    return op(input, index)  # type: ignore[no-any-return]


# -- parsing ---------------------------------------------------------------------------------------


def parse(input: Tensor, index: Any) -> tuple[tuple[Any, ...] | None, str, tuple[Any, ...] | None]:
    """Sort an index into a basic one (or None), the name of its last step, and tensor indices."""
    items = as_items(index)
    shape = input.shape
    ndim = len(shape)
    specified = sum(_consumes(item) for item in items)
    if specified > ndim:
        _check_scalar_index(input, items)
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    basic: list[Any] = []
    tensors: list[Any] = []  # one for each dimension of the basic view
    last = "alias"
    dim = 0
    for item in items:
        kind = type(item)
        if kind is slice:
            if not ndim:
                raise IndexError("slice() cannot be applied to a 0-dim tensor.")
            if _checked_slice(item, shape[dim]) or len(items) == 1:
                last = "slice"
            basic.append(item)
            tensors.append(None)
            dim += 1
        elif item is None:
            basic.append(None)
            tensors.append(None)
            last = "unsqueeze"
        elif item is Ellipsis:
            skip = ndim - specified
            basic.extend([slice(None)] * skip)
            tensors.extend([None] * skip)
            dim += skip
            specified += skip  # a second Ellipsis is empty
        elif kind is bool or (
            isinstance(item, np.ndarray) and item.dtype == np.bool_ and item.ndim == 0
        ):
            basic.append(None)
            tensors.append(np.array([0] if item else [], np.intp))
            last = "unsqueeze"
        elif isinstance(item, np.ndarray) and (item.ndim or item.dtype == np.bool_):
            n = item.ndim if item.dtype == np.bool_ else 1
            basic.extend([slice(None)] * n)
            if item.dtype == np.bool_:
                _check_mask(item, shape, dim, len(tensors))
                tensors.append(item)
                tensors.extend([MASKED] * (n - 1))
            else:
                tensors.append(item)
            dim += n
        else:
            i = operator.index(item)
            size = shape[dim]
            if not -size <= i < size:
                raise IndexError(f"index {i} is out of bounds for dimension {dim} with size {size}")
            basic.append(i)
            last = "select"
            dim += 1
    found = [t for t in tensors if t is not None]
    if not found:
        return (*basic, ...), last, None
    result = (*basic, ...) if last != "alias" else None
    return result, last, _broadcast(tensors, tuple(shape))


MASKED: Any = object()  # a dimension that a mask before it covers


def as_items(index: Any) -> tuple[Any, ...]:
    """An index as a tuple of ints, slices, None, Ellipsis, bools and index ndarrays."""
    if type(index) is not tuple and not (isinstance(index, list) and _is_tuple_like(index)):
        index = (index,)
    return tuple([_item(i) for i in index])


def _is_tuple_like(index: list[Any]) -> bool:
    """PyTorch, after old NumPy, takes short lists that hold more than numbers for tuples."""
    if len(index) >= 32:
        return False
    return any(
        isinstance(i, (Tensor, Sequence, slice, np.ndarray)) or i is None or i is Ellipsis
        for i in index
    )


def _item(item: Any) -> Any:
    kind = type(item)
    if kind is int or kind is slice or kind is bool or item is None or item is Ellipsis:
        return item
    if isinstance(item, Tensor):
        return _index_array(item._array)
    if isinstance(item, np.ndarray):
        return _index_array(item)
    if isinstance(item, np.integer):
        return int(item)
    if isinstance(item, (list, tuple, range)):
        array = np.asarray(
            [i._array if isinstance(i, Tensor) else i for i in item] if len(item) else item
        )
        return _index_array(array if array.size else array.astype(np.intp))
    if not isinstance(item, np.generic) and hasattr(item, "__index__"):
        return operator.index(item)
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type_name(item)})"
    )


def _index_array(array: np.ndarray[Any, Any]) -> Any:
    """Check the dtype of an index; uint8 is an old way to write a mask."""
    dtype = array.dtype
    if dtype == np.bool_:
        return array
    if dtype == np.uint8:
        return array.astype(np.bool_)
    if dtype == np.int64 or dtype == np.int32:
        return array
    raise IndexError("tensors used as indices must be long, int, byte or bool tensors")


def _consumes(item: Any) -> int:
    """How many dimensions an item indexes."""
    if item is None or item is Ellipsis or type(item) is bool:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype == np.bool_ else 1


def _check_scalar_index(input: Tensor, items: tuple[Any, ...]) -> None:
    if input.ndim == 0 and len(items) == 1:
        if type(items[0]) is slice:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        if type(items[0]) is int:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
            )


def _checked_slice(item: slice, size: int) -> bool:
    """Check a slice, and say whether it leaves anything out."""
    start, stop, step = item.indices(size)
    if step < 0:
        raise ValueError("step must be greater than zero")
    return start != 0 or stop < size or step != 1


def _check_mask(mask: Any, shape: Sequence[int], dim: int, at: int) -> None:
    for j, n in enumerate(mask.shape):
        if n != shape[dim + j]:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {j} does not match the shape "
                f"of the indexed tensor {list(shape)} at index {dim + j}"
            )


def _broadcast(tensors: list[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Bring tensor indices to one form: a single mask, or integer arrays that broadcast."""
    count = sum(t is not None and t is not MASKED for t in tensors)
    if count == 1:
        return tuple([t for t in tensors if t is not MASKED])
    result: list[Any] = []
    for t in tensors:
        if t is MASKED:
            continue
        if t is not None and t.dtype == np.bool_:
            result.extend(t.nonzero())
        else:
            result.append(t)
    try:
        np.broadcast_shapes(*[t.shape for t in result if t is not None])
    except ValueError:
        shapes = ", ".join(str(list(t.shape)) for t in result if t is not None)
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes " + shapes
        ) from None
    return tuple(result)


# -- writing ---------------------------------------------------------------------------------------


def argument(value: Any, input: Tensor) -> Tensor:
    """The right-hand side of ``x[index] = value`` as a Tensor."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return wrap(np.asarray(value, input._array.dtype))
    raise TypeError(f"can't assign a {type_name(value)} to a {type_string(input._array)}")


def __setitem__(input: Tensor, index: Any, value: Any) -> None:
    """Write `value`, broadcast and cast, over part of `input`."""
    source = argument(value, input)
    basic, last, indices = parse(input, index)
    target = input
    if basic is not None:
        target = basic_view(input, basic, last)
    if indices is None:
        have = source.ndim - target.ndim
        if have > 0 and set(source.shape[:have]) == {1}:
            source = source.reshape(source.shape[have:])
        if source.shape != target.shape:
            source = expand_to(source, tuple(target.shape))
        copy_(target, source)
        return
    if source.dtype is not target.dtype:
        source = source.to(target.dtype)
    if mode.grad and (target.requires_grad or source.requires_grad):
        overwrite(target, ops.index_put(target, source, indices, False))
        return
    check_writable(target, False)
    target._array[ops.numpy_index(indices)] = source._array
    target._counter[0] += 1
