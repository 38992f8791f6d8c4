"""Views: reshape, transpose, expand, squeeze and their relatives.

Each has a short path for plain tensors (`rushlight.ops.viewing.share`) and hands transforms to
its Operator. A view shares memory and version counter with its input, as PyTorch's do.
"""

from __future__ import annotations

import warnings
from typing import Any

from rushlight.api.sizes import as_int, as_sizes, int_list, wrap_dim, wrap_dims
from rushlight.ops import views as ops
from rushlight.ops.outputs import require_tensor, type_name
from rushlight.ops.viewing import is_plain, share
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, type_string

__all__ = [
    "flatten",
    "permute",
    "reshape",
    "squeeze",
    "swapaxes",
    "t",
    "transpose",
    "unsqueeze",
]

METHODS = ("flatten", "squeeze", "swapaxes", "t", "transpose", "unsqueeze")

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
    return _reshaped(input, int_list(shape, "reshape", "shape", 2), False)


def _reshape_method(self: Tensor, *shape: Any, **named: Any) -> Tensor:
    """As `torch.reshape`; sizes may be given one by one."""
    if named:
        shape = (named.pop("shape"),)
    elif not shape:
        raise TypeError('reshape() missing 1 required positional arguments: "shape"')
    return _reshaped(self, _sizes(shape, "reshape", "shape"), False)


def _view(self: Tensor, *size: Any, **named: Any) -> Tensor:
    """Return a view with another shape; raises RuntimeError where strides don't allow it.

    >>> import rushlight as torch
    >>> x = torch.zeros(2, 3)
    >>> x.view(-1)[0] = 7
    >>> x[0, 0]
    tensor(7.)
    """
    if named:
        size = (named.pop("size"),)
    return _reshaped(self, _sizes(size, "view", "size"), True)


def _sizes(args: tuple[Any, ...], function: str, argument: str) -> tuple[int, ...]:
    """Return sizes given one by one or together."""
    for n in args:
        if type(n) is not int:
            return as_sizes(args, function, argument)
    return args


def _reshaped(input: Tensor, size: tuple[int, ...], must_view: bool) -> Tensor:
    if not is_plain(input):
        return _reshape_any(input, size, must_view)
    x = input._array
    try:
        y = x.reshape(size)
    except ValueError:
        raise reshape_error(size, x.size) from None
    if y.shape != size:
        check_sizes(size, x.size)
    if not x.flags.c_contiguous:
        owner = y.base
        if owner is None or (owner is not x and owner is not x.base):
            if must_view:
                raise RuntimeError(NOT_VIEWABLE)
            return ops.unsafe_view(input, size)  # type: ignore[no-any-return]
    return share(input, y, ops.ReshapeNode, (x.shape,))


def _reshape_any(input: Tensor, size: tuple[int, ...], must_view: bool) -> Tensor:
    """Reshape a tensor of a transform, whose strides are nobody's business."""
    return ops.reshape(input, infer_size(size, input.numel()))  # type: ignore[no-any-return]


def infer_size(size: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Replace a -1 in `size` by what `n` elements need, or raise PyTorch's error."""
    check_sizes(size, n)
    product = 1
    for s in size:
        product *= s
    if -1 not in size:
        if product != n:
            raise reshape_error(size, n)
        return size
    rest = -product
    if rest == 0 or n % rest:
        raise reshape_error(size, n)
    return tuple([n // rest if s == -1 else s for s in size])


def check_sizes(size: tuple[int, ...], n: int) -> None:
    """Raise PyTorch's error for sizes below -1, which NumPy lets pass."""
    for i, s in enumerate(size):
        if s < -1:
            raise RuntimeError(f"invalid shape dimension {s} at index {i} of shape {list(size)}")


def reshape_error(size: tuple[int, ...], n: int) -> RuntimeError:
    """The error for a shape that `n` elements don't fit into."""
    check_sizes(size, n)
    if size.count(-1) > 1:
        return RuntimeError("only one dimension can be inferred")
    if n == 0 and -1 in size and 0 in size:
        return RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(size)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    return RuntimeError(f"shape '{list(size)}' is invalid for input of size {n}")


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
        return _reshaped(input, (1,), False)
    if start == end:
        return input
    merged = 1
    for s in shape[start : end + 1]:
        merged *= s
    return _reshaped(input, (*shape[:start], merged, *shape[end + 1 :]), False)


# -- axes ----------------------------------------------------------------------------------------


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions swapped.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).transpose(0, 1).shape
    torch.Size([3, 2])
    """
    require_tensor(input, "transpose", "input", 1)
    n = input.ndim
    dim0 = wrap_dim(as_int(dim0, "transpose", "dim0", 2), n)
    dim1 = wrap_dim(as_int(dim1, "transpose", "dim1", 3), n)
    if n == 0:
        dim0 = dim1 = 0
        return _aliased(input)
    if is_plain(input):
        return share(input, input._array.swapaxes(dim0, dim1), ops.TransposeNode, (dim0, dim1))
    return ops.transpose(input, dim0, dim1)  # type: ignore[no-any-return]


swapaxes = transpose


def _aliased(input: Tensor) -> Tensor:
    if is_plain(input):
        return share(input, input._array[...], ops.AliasNode, ())
    return ops.alias(input, (...,))  # type: ignore[no-any-return]


def t(input: Tensor) -> Tensor:
    """Return the transpose of a matrix; vectors and 0-d tensors come back as views.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).t().shape
    torch.Size([3, 2])
    """
    require_tensor(input, "t", "input", 1)
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    if is_plain(input):
        return share(input, input._array.T, ops.TNode, ())
    return ops.t(input)  # type: ignore[no-any-return]


def permute(input: Tensor, dims: Any) -> Tensor:
    """Return a view with the dimensions in the order `dims`.

    >>> import rushlight as torch
    >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    require_tensor(input, "permute", "input", 1)
    return _permuted(input, int_list(dims, "permute", "dims", 2))


def _permute_method(self: Tensor, *dims: Any, **named: Any) -> Tensor:
    """As `torch.permute`; dimensions may be given one by one."""
    if named:
        dims = (named.pop("dims"),)
    return _permuted(self, _sizes(dims, "permute", "dims"))


def _permuted(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    n = input.ndim
    if len(dims) != n:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            "length of the desired ordering of dimensions i.e. "
            f"input.dim() = {n} is not equal to len(dims) = {len(dims)}"
        )
    dims = tuple([wrap_dim(d, n) for d in dims])
    if len(set(dims)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    if is_plain(input):
        return share(input, input._array.transpose(dims), ops.PermuteNode, (dims,))
    return ops.permute(input, dims)  # type: ignore[no-any-return]


def _big_t(self: Tensor) -> Tensor:
    """A view with all dimensions in reverse order."""
    n = self.ndim
    if n != 2 and n != 0:
        _warn_once(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
            "deprecated and it will throw an error in a future release. Consider `x.mT` to "
            "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to "
            "reverse the dimensions of a tensor."
        )
    kind = type(self)
    if kind is Tensor or kind is Parameter:
        return share(self, self._array.T, ops.ReverseNode, ())
    return ops.reverse(self)  # type: ignore[no-any-return]


def _mt(self: Tensor) -> Tensor:
    """A view with the last two dimensions swapped."""
    kind = type(self)
    if (kind is Tensor or kind is Parameter) and self._array.ndim > 1:
        return share(self, self._array.mT, ops.MatrixTransposeNode, ())
    return _matrix_transpose(self, "mT")


def _matrix_transpose(x: Tensor, name: str) -> Tensor:
    if x.ndim == 0:
        _warn_once(
            f"Tensor.{name} is deprecated on 0-D tensors. This function is the identity in these "
            "cases."
        )
        return x
    if x.ndim == 1:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return transpose(x, -2, -1)


def _mh(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix or of a batch of matrices."""
    transposed = _matrix_transpose(self, "mH")
    return transposed.conj() if self.dtype.is_complex else transposed  # type: ignore[attr-defined,no-any-return]


def _h(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    if self.ndim == 2:
        return _mh(self)
    if self.ndim == 0:
        return _matrix_transpose(self, "H")
    tail = "" if self.ndim == 1 else " For batches of matrices, consider using tensor.mH"
    raise RuntimeError(
        f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor.{tail}"
    )


_warned: set[str] = set()


def _warn_once(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, UserWarning, stacklevel=3)


# -- sizes of one ----------------------------------------------------------------------------------


def expand_to(input: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return a view of `input` with dimensions of size 1 repeated; -1 keeps a size."""
    shape = tuple(input.shape)
    lead = len(size) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({type_string(input._array)}{{{list(shape)}}}, size={list(size)}): the number "
            f"of sizes provided ({len(size)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({len(shape)})"
        )
    target = []
    for i, n in enumerate(size):
        if i < lead:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, "
                    f"non-existing dimension {i}"
                )
        else:
            have = shape[i - lead]
            if n == -1:
                n = have
            elif n != have and (have != 1 or n < 0):
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) must match the existing size "
                    f"({have}) at non-singleton dimension {i}.  Target sizes: {list(size)}.  "
                    f"Tensor sizes: {list(shape)}"
                )
        target.append(n)
    size = tuple(target)
    if is_plain(input):
        x = input._array
        return share(input, ops.expand.kernel(x, size), ops.ExpandNode, (x.shape,))
    return ops.expand(input, size)  # type: ignore[no-any-return]


def _expand(self: Tensor, *size: Any, implicit: bool = False) -> Tensor:
    """Return a view in which dimensions of size 1 are repeated without copying; -1 keeps a size.

    >>> import rushlight as torch
    >>> torch.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    return expand_to(self, _sizes(size, "expand", "size"))


def _expand_as(self: Tensor, other: Tensor) -> Tensor:
    """Return a view of this tensor expanded to the size of `other`."""
    require_tensor(other, "expand_as", "other", 1)
    return expand_to(self, tuple(other.shape))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Return a view with a new dimension of size 1 before dimension `dim`.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).unsqueeze(-1).shape
    torch.Size([2, 3, 1])
    """
    require_tensor(input, "unsqueeze", "input", 1)
    n = input.ndim
    if type(dim) is not int:
        dim = as_int(dim, "unsqueeze", "dim", 2)
    if not 0 <= dim <= n:
        dim = wrap_dim(dim, n + 1)
    if is_plain(input):
        x = input._array
        shape = x.shape
        size = (*shape[:dim], 1, *shape[dim:])
        return share(input, x.reshape(size), ops.UnsqueezeNode, (shape,))
    shape = tuple(input.shape)
    return ops.unsqueeze(input, (*shape[:dim], 1, *shape[dim:]))  # type: ignore[no-any-return]


ALL: Any = object()


def squeeze(input: Tensor, dim: Any = ALL) -> Tensor:
    """Return a view without dimensions of size 1: all of them, or those in `dim`.

    >>> import rushlight as torch
    >>> x = torch.zeros(1, 2, 1)
    >>> x.squeeze().shape, x.squeeze(0).shape, x.squeeze(1).shape
    (torch.Size([2]), torch.Size([2, 1]), torch.Size([1, 2, 1]))
    """
    require_tensor(input, "squeeze", "input", 1)
    shape = tuple(input.shape)
    n = len(shape)
    if dim is ALL:
        size = tuple([s for s in shape if s != 1])
        node, op = ops.SqueezeNode, ops.squeeze
    elif isinstance(dim, (tuple, list)):
        dims = wrap_dims(int_list(dim, "squeeze", "dim", 2), n)
        size = tuple([s for i, s in enumerate(shape) if s != 1 or i not in dims])
        node, op = ops.SqueezeDimsNode, ops.squeeze_dims
    else:
        try:
            d = wrap_dim(as_int(dim, "squeeze", "dim", 2), n)
        except TypeError:
            raise TypeError(
                f"squeeze() received an invalid combination of arguments - got "
                f"({type_name(dim)}), but expected one of:\n * ()\n * (int dim)\n"
                " * (tuple of ints dim)\n"
            ) from None
        size = (*shape[:d], *shape[d + 1 :]) if n and shape[d] == 1 else shape
        node, op = ops.SqueezeDimNode, ops.squeeze_dim
    if is_plain(input):
        return share(input, input._array.reshape(size), node, (shape,))
    return op(input, size)  # type: ignore[no-any-return]


def _install() -> None:
    """Set the methods and properties that are no functions, or whose arguments differ."""
    methods = {
        "view": _view,
        "reshape": _reshape_method,
        "permute": _permute_method,
        "expand": _expand,
        "expand_as": _expand_as,
        "T": property(_big_t),
        "mT": property(_mt),
        "H": property(_h),
        "mH": property(_mh),
    }
    for name, method in methods.items():
        setattr(Tensor, name, method)


_install()
