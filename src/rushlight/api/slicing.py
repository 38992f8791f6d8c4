"""Views of parts (narrow, select, diagonal, unfold, as_strided), and copies with other parts."""

from __future__ import annotations

from typing import Any

from rushlight.api.names import numpy_names
from rushlight.api.sizes import as_dim, as_int, int_list, wrap_dim
from rushlight.dtypes import INTEGER
from rushlight.kernels.strides import buffer_of, element_strides, expanded_error, reach
from rushlight.ops import rearrange, strided, views
from rushlight.ops.fitting import cast_to
from rushlight.ops.outputs import into, no_overload, require_tensor
from rushlight.ops.shape import along
from rushlight.ops.viewing import is_plain, share, view_node
from rushlight.tensor import Tensor

__all__ = [
    "as_strided",
    "as_strided_scatter",
    "diagonal",
    "diagonal_scatter",
    "narrow",
    "select",
    "select_scatter",
    "slice_scatter",
]

METHODS = (*__all__, "unfold")

DiagonalNode = view_node(rearrange.diagonal)
UnfoldNode = view_node(rearrange.unfold)
AsStridedNode = view_node(strided.as_strided)


# -- parts -------------------------------------------------------------------------------------


def _part(input: Tensor, index: tuple[Any, ...], node: Any, op: Any) -> Tensor:
    if is_plain(input):
        x = input._array
        return share(input, x[index], node, (x.shape, index))
    return op(input, index)  # type: ignore[no-any-return]


def sliced(input: Tensor, dim: int, start: int, stop: int, step: int = 1) -> Tensor:
    """Return the view of `start` to `stop` in one dimension; all three are in range."""
    return _part(input, along(dim, slice(start, stop, step)), views.SliceNode, views.slice_)


_NARROWS = (
    "(Tensor input, int dim, Tensor start, int length)",
    "(Tensor input, int dim, int start, int length)",
)


@numpy_names
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Return the view of `length` elements from `start` along a dimension.

    >>> import rushlight as torch
    >>> torch.narrow(torch.tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    require_tensor(input, "narrow", "input", 1)
    if input.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    for given in (dim, start, length):
        if not hasattr(given, "__index__"):
            raise no_overload("narrow", _NARROWS, input, dim, start, length)
    if isinstance(start, Tensor) and (start.ndim or start.dtype.category > INTEGER):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    length = as_int(length, "narrow", "length", 4)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    d = as_dim(dim, input, "narrow")
    n = input.shape[d]
    start = as_int(start, "narrow", "start", 3)
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})"
        )
    if start < 0:
        start += n
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return sliced(input, d, start, start + length)


def _selection(input: Tensor, dim: Any, index: Any, function: str) -> tuple[Any, ...]:
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = as_dim(dim, input, function)
    i = as_int(index, function, "index", 3)
    n = input.shape[d]
    if not -n <= i < n:
        raise IndexError(
            f"select(): index {i} out of range for tensor of size {list(input.shape)} at "
            f"dimension {d}"
        )
    return (*along(d, i), ...)


@numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Return the view of one index along a dimension, without that dimension.

    >>> import rushlight as torch
    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    require_tensor(input, "select", "input", 1)
    where = _selection(input, dim, index, "select")
    return _part(input, where, views.SelectNode, views.select)


def _diagonal_dims(dim1: Any, dim2: Any, ndim: int, function: str) -> tuple[int, int]:
    a = wrap_dim(as_int(dim1, function, "dim1", 3), ndim)
    b = wrap_dim(as_int(dim2, function, "dim2", 4), ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return a, b


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the view of a diagonal of two dimensions, which becomes the last dimension.

    >>> import rushlight as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    require_tensor(input, "diagonal", "input", 1)
    a, b = _diagonal_dims(dim1, dim2, input.ndim, "diagonal")
    offset = as_int(offset, "diagonal", "offset", 2)
    if is_plain(input):
        x = input._array
        y = rearrange.diagonal.kernel(x, offset, a, b)
        return share(input, y, DiagonalNode, (x.shape, offset, a, b))
    return rearrange.diagonal(input, offset, a, b)  # type: ignore[no-any-return]


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Return the view of all windows of `size` elements, `step` apart, along a dimension.

    The windows become a new last dimension.

    >>> import rushlight as torch
    >>> torch.tensor([1, 2, 3, 4]).unfold(0, 2, 1)
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    d = as_dim(dimension, input, "unfold", "dimension", 1)
    size = as_int(size, "unfold", "size", 2)
    step = as_int(step, "unfold", "step", 3)
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    n = input.shape[d] if input.ndim else 1
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {d} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if is_plain(input):
        x = input._array
        y = rearrange.unfold.kernel(x, d, size, step)
        return share(input, y, UnfoldNode, (x.shape, d, size, step))
    return rearrange.unfold(input, d, size, step)  # type: ignore[no-any-return]


# -- strides -----------------------------------------------------------------------------------


def geometry(
    input: Tensor, size: Any, stride: Any, storage_offset: Any, function: str
) -> tuple[tuple[int, ...], tuple[int, ...], int, tuple[int, ...] | None]:
    """Check the arguments of as_strided; the offset returned counts from the first element."""
    require_tensor(input, function, "input", 1)
    sizes = int_list(size, function, "size", 2)
    strides = int_list(stride, function, "stride", 3)
    if len(sizes) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(strides)}"
        )
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(sizes)} and "
            f"strides={list(strides)}"
        )
    x = input._array
    own = input.storage_offset()
    offset = own if storage_offset is None else as_int(storage_offset, function, "offset", 4)
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    item = x.dtype.itemsize
    last = reach(sizes, strides)
    held = buffer_of(x).nbytes
    if last and (offset + last) * item > held:
        raise RuntimeError(
            f"setStorage: sizes {list(sizes)}, strides {list(strides)}, storage offset {offset}, "
            f"and itemsize {item} requiring a storage size of {(offset + last) * item} are out of "
            f"bounds for storage of size {held}"
        )
    layout = None if x.flags.c_contiguous else element_strides(x)
    return sizes, strides, offset - own, layout


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Return the view of `input`'s memory with the given size, strides and offset, in elements.

    The offset counts from the start of the memory, and is by default `input`'s own.

    >>> import rushlight as torch
    >>> torch.as_strided(torch.tensor([1, 2, 3, 4]), (3, 2), (1, 1))
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    found = geometry(input, size, stride, storage_offset, "as_strided")
    if is_plain(input):
        x = input._array
        y = strided.as_strided.kernel(x, *found)
        return share(input, y, AsStridedNode, (x.shape, *found))
    return strided.as_strided(input, *found)  # type: ignore[no-any-return]


# -- copies of the whole with another part -----------------------------------------------------


def _check_source(src: Any, shape: tuple[int, ...], input: Tensor, function: str) -> Tensor:
    require_tensor(src, function, "src", 2)
    if tuple(src.shape) != shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(shape)}"
        )
    return src if src.dtype is input.dtype else cast_to(src, input.dtype.numpy)  # type: ignore[no-any-return]


@numpy_names
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Return a copy of `input` with `src` at one index of a dimension.

    >>> import rushlight as torch
    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    require_tensor(input, "select_scatter", "input", 1)
    where = _selection(input, dim, index, "select_scatter")
    d = wrap_dim(dim, input.ndim)
    shape = tuple(input.shape)
    src = _check_source(src, shape[:d] + shape[d + 1 :], input, "select_scatter")
    return views.select_scatter(input, src, where)  # type: ignore[no-any-return]


@numpy_names
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Return a copy of `input` with `src` at a slice of a dimension.

    >>> import rushlight as torch
    >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    require_tensor(input, "slice_scatter", "input", 1)
    d = as_dim(dim, input, "slice_scatter", position=3)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    shape = tuple(input.shape)
    part = range(shape[d])[start:end:step]
    src = _check_source(src, (*shape[:d], len(part), *shape[d + 1 :]), input, "slice_scatter")
    where = along(d, slice(part.start, part.stop, step))
    result: Tensor = views.slice_scatter(input, src, where)
    return result if out is None else into(out, result, "slice_scatter")


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """Return a copy of `input` with `src` on a diagonal.

    >>> import rushlight as torch
    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    part = diagonal(input, offset, dim1, dim2)
    src = _check_source(src, tuple(part.shape), input, "diagonal_scatter")
    a, b = _diagonal_dims(dim1, dim2, input.ndim, "diagonal_scatter")
    return rearrange.diagonal_scatter(input, src, offset, a, b)  # type: ignore[no-any-return]


def as_strided_scatter(
    input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None
) -> Tensor:
    """Return a copy of `input` with `src` where `as_strided` would look.

    >>> import rushlight as torch
    >>> torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    if any(n > 1 and not step for n, step in zip(input.shape, input.stride())):
        input = input.contiguous()  # no element in two places
    found = geometry(input, size, stride, storage_offset, "as_strided_scatter")
    src = _check_source(src, found[0], input, "as_strided_scatter")
    if src.numel() and any(n > 1 and not step for n, step in zip(found[0], found[1])):
        raise expanded_error()
    return strided.replace_strided(input, src, *found)  # type: ignore[no-any-return]
