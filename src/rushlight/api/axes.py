"""Views with the dimensions in another order: transpose, permute, movedim, T."""

from __future__ import annotations

from typing import Any

from rushlight.api.sizes import as_int, int_list, sizes, wrap_dim
from rushlight.ops import views as ops
from rushlight.ops.outputs import require_tensor
from rushlight.ops.viewing import is_plain, share
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = [
    "adjoint",
    "moveaxis",
    "movedim",
    "permute",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
]

METHODS = ("adjoint", "moveaxis", "movedim", "swapaxes", "swapdims", "t", "transpose")


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions swapped.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).transpose(0, 1).shape
    torch.Size([3, 2])
    """
    require_tensor(input, "transpose", "input", 1)
    dim0 = as_int(dim0, "transpose", "dim0", 2)
    return _exchanged(input, dim0, as_int(dim1, "transpose", "dim1", 3))


def _exchanged(input: Tensor, dim0: int, dim1: int) -> Tensor:
    n = input.ndim
    dim0 = wrap_dim(dim0, n)
    dim1 = wrap_dim(dim1, n)
    if n == 0:
        if is_plain(input):
            return share(input, input._array, ops.TransposeScalarNode, ())
        return ops.transpose_scalar(input)  # type: ignore[no-any-return]
    if is_plain(input):
        y = input._array.swapaxes(dim0, dim1)
        return share(input, y, ops.TransposeNode, (dim0, dim1))
    return ops.transpose(input, dim0, dim1)  # type: ignore[no-any-return]


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Return a view with two dimensions swapped: another name of `transpose`.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).swapdims(0, 1).shape
    torch.Size([3, 2])
    """
    require_tensor(input, "swapdims", "input", 1)
    dim0 = as_int(dim0, "swapdims", "dim0", 2)
    return _exchanged(input, dim0, as_int(dim1, "swapdims", "dim1", 3))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Return a view with two dimensions swapped: `transpose` by NumPy's name.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).swapaxes(0, 1).shape
    torch.Size([3, 2])
    """
    require_tensor(input, "swapaxes", "input", 1)
    axis0 = as_int(axis0, "swapaxes", "axis0", 2)
    return _exchanged(input, axis0, as_int(axis1, "swapaxes", "axis1", 3))


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
    return permuted(input, int_list(dims, "permute", "dims", 2))


def _permute_method(self: Tensor, *dims: Any, **named: Any) -> Tensor:
    """As `torch.permute`; dimensions may be given one by one."""
    if named:
        dims = (named.pop("dims"),)
    elif not dims:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    return permuted(self, sizes(dims, "permute", "dims"))


def permuted(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Return the view of `input` with its dimensions in another order."""
    n = input.ndim
    if len(dims) != n:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            "length of the desired ordering of dimensions i.e. "
            f"input.dim() = {n} is not equal to len(dims) = {len(dims)}"
        )
    dims = tuple([d if 0 <= d < n else wrap_dim(d, n) for d in dims])
    if len(set(dims)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    if is_plain(input):
        return share(input, input._array.transpose(dims), ops.PermuteNode, (dims,))
    return ops.permute(input, dims)  # type: ignore[no-any-return]


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Return a view with the dimensions `source` moved to the places `destination`.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3, 4).movedim(0, -1).shape
    torch.Size([3, 4, 2])
    """
    require_tensor(input, "movedim", "input", 1)
    n = input.ndim
    moved = _dims(source, "source")
    places = _dims(destination, "destination")
    if len(moved) != len(places):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(moved)} dims) should "
            f"contain the same number of dims as destination ({list(places)} dims)"
        )
    origin = tuple([wrap_dim(d, n) for d in moved])
    target = tuple([wrap_dim(d, n) for d in places])
    for name, given, found in (("source", moved, origin), ("destination", places, target)):
        if len(set(found)) != len(found):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if n == 0:
        return ops.alias(input)  # type: ignore[no-any-return]
    rest = iter([d for d in range(n) if d not in origin])
    at = dict(zip(target, origin))
    return permuted(input, tuple([at[i] if i in at else next(rest) for i in range(n)]))


moveaxis = movedim


def _dims(dims: Any, argument: str) -> tuple[int, ...]:
    if isinstance(dims, (tuple, list)):
        return int_list(dims, "movedim", argument, 2)
    return (as_int(dims, "movedim", argument, 2),)


# -- T and its kin -------------------------------------------------------------------------------


def _reversed(self: Tensor) -> Tensor:
    """A view with all dimensions in reverse order."""
    n = self.ndim
    if n != 2:
        from rushlight.api.once import warn_once

        warn_once(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
            "deprecated and it will throw an error in a future release. Consider `x.mT` to "
            "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to "
            "reverse the dimensions of a tensor."
        )
    kind = type(self)
    if kind is Tensor or kind is Parameter:
        return share(self, self._array.T, ops.ReverseNode, ())
    return ops.reverse(self)  # type: ignore[no-any-return]


def _matrix_transpose(self: Tensor) -> Tensor:
    """A view with the last two dimensions swapped."""
    kind = type(self)
    if (kind is Tensor or kind is Parameter) and self._array.ndim > 1:
        return share(self, self._array.mT, ops.MatrixTransposeNode, ())
    return _swapped(self, "Tensor.mT")


def _swapped(x: Tensor, name: str) -> Tensor:
    if x.ndim == 0:
        advice = (
            "This function is the identity in these cases."
            if name == "Tensor.mT"
            else "Consider using x.conj()."
        )
        from rushlight.api.once import warn_once

        warn_once(f"{name} is deprecated on 0-D tensors. {advice}")
        return x
    if x.ndim == 1:
        raise RuntimeError(
            f"t{name[1:]} is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return transpose(x, -2, -1)


def _conjugate_transpose(self: Tensor, name: str = "Tensor.mH") -> Tensor:
    """The conjugate transpose of a matrix or of a batch of matrices."""
    swapped = _swapped(self, name)
    return swapped.conj() if self.dtype.is_complex else swapped


def adjoint(input: Tensor) -> Tensor:
    """Return the conjugate transpose of a matrix or of a batch of matrices.

    >>> import rushlight as torch
    >>> torch.zeros(5, 2, 3).adjoint().shape
    torch.Size([5, 3, 2])
    """
    require_tensor(input, "adjoint", "input", 1)
    return _conjugate_transpose(input, "adjoint()" if input.ndim == 0 else "Tensor.adjoint()")


def _matrix_conjugate_transpose(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    n = self.ndim
    if n == 2:
        return _conjugate_transpose(self)
    if n == 0:
        return _swapped(self, "Tensor.H")
    tail = "" if n == 1 else " For batches of matrices, consider using tensor.mH"
    raise RuntimeError(
        f"tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor.{tail}"
    )


ATTRIBUTES = {
    "H": property(_matrix_conjugate_transpose),
    "T": property(_reversed),
    "mH": property(_conjugate_transpose),
    "mT": property(_matrix_transpose),
    "permute": _permute_method,
}
