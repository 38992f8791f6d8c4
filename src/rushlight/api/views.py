"""Views of other shapes: view, reshape, flatten, unflatten, ravel.

Each has a short path for plain tensors (`rushlight.ops.viewing.share`) and hands transforms to
its Operator. A view shares memory and version counter with its input, as PyTorch's do.
"""

from __future__ import annotations

from typing import Any

from rushlight import dtypes
from rushlight.api.sizes import as_int, int_list, wrap_dim
from rushlight.api.sizes import sizes as _sizes
from rushlight.kernels.strides import reshaped_view
from rushlight.ops import views as ops
from rushlight.ops.outputs import no_overload, require_tensor
from rushlight.ops.viewing import is_plain, share
from rushlight.tensor import Tensor

__all__ = ["flatten", "ravel", "reshape", "unflatten"]

METHODS = ("flatten", "ravel", "unflatten")

NOT_VIEWABLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension "
    "spans across two contiguous subspaces). Use .reshape(...) instead."
)


# -- reshape and view --------------------------------------------------------------------------


def reshape(input: Tensor, shape: Any) -> Tensor:
    """Return the elements of `input` in another shape: a view where strides allow, else a copy.

    One size may be -1: it follows from the others. Raises RuntimeError where the numbers of
    elements differ.

    >>> import rushlight as torch
    >>> torch.reshape(torch.tensor([1, 2, 3, 4]), (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    require_tensor(input, "reshape", "input", 1)
    return reshaped(input, int_list(shape, "reshape", "shape", 2))


def _reshape_method(self: Tensor, *shape: Any, **named: Any) -> Tensor:
    """As `torch.reshape`; sizes may be given one by one."""
    if named:
        shape = (named.pop("shape"),)
    elif not shape:
        raise TypeError('reshape() missing 1 required positional arguments: "shape"')
    return reshaped(self, _sizes(shape, "reshape", "shape"))


def _view(self: Tensor, *size: Any, **named: Any) -> Tensor:
    """Return a view with another shape, or of another dtype.

    Raises RuntimeError where strides don't allow it.

    >>> import rushlight as torch
    >>> x = torch.zeros(2, 3)
    >>> x.view(-1)[0] = 7
    >>> x[0, 0]
    tensor(7.)
    """
    if named:
        size = (named.pop("size") if "size" in named else named.pop("dtype"),)
    if len(size) == 1 and isinstance(size[0], dtypes.dtype):
        from rushlight.api.reinterpret import view_dtype

        return view_dtype(self, size[0])
    if not size or (len(size) == 1 and not _starts_a_size(size[0])):
        raise no_overload("view", ("(torch.dtype dtype)", "(tuple of ints size)"), *size)
    return reshaped(self, _sizes(size, "view", "size"), must_view=True)


def _starts_a_size(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.ndim == 0 and value.dtype.category <= dtypes.INTEGER
    return isinstance(value, (tuple, list)) or hasattr(value, "__index__")


def reshaped(input: Tensor, size: tuple[int, ...], must_view: bool = False) -> Tensor:
    """Return `input` in the shape `size`, which may hold one -1."""
    if not is_plain(input):
        return ops.reshape(input, infer_size(size, input.numel()))  # type: ignore[no-any-return]
    x = input._array
    if not x.flags.c_contiguous:
        size = infer_size(size, x.size)
        found = reshaped_view(x, size)
        if found is None:
            if must_view:
                raise RuntimeError(NOT_VIEWABLE)
            return ops.unsafe_view(input, size)  # type: ignore[no-any-return]
        return share(
            input, found, ops.ReshapeNode if must_view else ops.ReshapeAliasNode, (x.shape,)
        )
    try:
        y = x.reshape(size)
    except ValueError:
        raise reshape_error(size, x.size) from None
    if y.shape != size:
        check_sizes(size)
    return share(input, y, ops.ReshapeNode, (x.shape,))


def infer_size(size: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Replace a -1 in `size` by what `n` elements need, or raise PyTorch's error."""
    check_sizes(size)
    product = 1
    for s in size:
        product *= s
    if -1 not in size:
        if product != n:
            raise reshape_error(size, n)
        return size
    rest = -product
    if size.count(-1) > 1 or rest == 0 or n % rest:
        raise reshape_error(size, n)
    return tuple([n // rest if s == -1 else s for s in size])


def check_sizes(size: tuple[int, ...]) -> None:
    """Raise PyTorch's error for sizes below -1, which NumPy lets pass."""
    for i, s in enumerate(size):
        if s < -1:
            raise RuntimeError(f"invalid shape dimension {s} at index {i} of shape {list(size)}")


def reshape_error(size: tuple[int, ...], n: int) -> RuntimeError:
    """The error for a shape that `n` elements don't fit into."""
    check_sizes(size)
    if size.count(-1) > 1:
        return RuntimeError("only one dimension can be inferred")
    if n == 0 and -1 in size and 0 in size:
        return RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(size)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    return RuntimeError(f"shape '{list(size)}' is invalid for input of size {n}")


def _view_as(self: Tensor, other: Tensor) -> Tensor:
    """Return a view in the shape of `other`."""
    require_tensor(other, "view_as", "other", 1)
    return reshaped(self, tuple(other.shape), must_view=True)


def _reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """Return this tensor in the shape of `other`."""
    require_tensor(other, "reshape_as", "other", 1)
    return reshaped(self, tuple(other.shape))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Merge dimensions `start_dim` to `end_dim` into one; 0-d tensors become 1-d.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3, 4).flatten(1).shape
    torch.Size([2, 12])
    """
    require_tensor(input, "flatten", "input", 1)
    shape = tuple(input.shape)
    n = len(shape)
    start = wrap_dim(as_int(start_dim, "flatten", "start_dim", 2), n)
    end = wrap_dim(as_int(end_dim, "flatten", "end_dim", 3), n)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if n == 0:
        return reshaped(input, (1,))
    if start == end:
        return input
    merged = 1
    for s in shape[start : end + 1]:
        merged *= s
    return reshaped(input, (*shape[:start], merged, *shape[end + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Split dimension `dim` into several of the given sizes, one of which may be -1.

    >>> import rushlight as torch
    >>> torch.zeros(2, 12).unflatten(1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    require_tensor(input, "unflatten", "input", 1)
    parts = int_list(sizes, "unflatten", "sizes", 2)
    d = wrap_dim(as_int(dim, "unflatten", "dim", 2), input.ndim)
    if not parts:
        raise RuntimeError("unflatten: sizes must be non-empty")
    shape = tuple(input.shape)
    n = shape[d]
    try:
        parts = infer_size(parts, n)
    except RuntimeError as error:
        if "is invalid for input of size" not in str(error):
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(parts)} don't multiply up to the size of dim {d} "
            f"({n}) in the input tensor"
        ) from None
    return reshaped(input, (*shape[:d], *parts, *shape[d + 1 :]), must_view=True)


def ravel(input: Tensor) -> Tensor:
    """Return `input` with one dimension: a view where it is contiguous, else a copy.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).ravel().shape
    torch.Size([6])
    """
    require_tensor(input, "ravel", "input", 1)
    return reshaped(input.contiguous(), (-1,), must_view=True)


ATTRIBUTES = {
    "reshape": _reshape_method,
    "reshape_as": _reshape_as,
    "view": _view,
    "view_as": _view_as,
}
