"""Sizes of one: expand and broadcast, squeeze and unsqueeze, atleast_*d, meshgrid."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from rushlight.api.sizes import as_int, int_list, sizes, wrap_dim, wrap_dims
from rushlight.api.views import reshaped
from rushlight.ops import views as ops
from rushlight.ops.outputs import no_overload, require_tensor, type_name
from rushlight.ops.viewing import is_plain, share
from rushlight.size import Size
from rushlight.tensor import Tensor, type_string

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "meshgrid",
    "squeeze",
    "unsqueeze",
]

METHODS = ("squeeze", "unsqueeze")


# -- repeated without a copy -------------------------------------------------------------------


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
    target = list(size)
    for i in range(len(size) - 1, -1, -1):
        n = size[i]
        if i < lead:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, "
                    f"non-existing dimension {i}"
                )
            continue
        have = shape[i - lead]
        if n == -1:
            target[i] = have
        elif n != have and (have != 1 or n < 0):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: "
                f"{list(shape)}"
            )
    size = tuple(target)
    if is_plain(input):
        x = input._array
        return share(input, ops.expand.kernel(x, size), ops.ExpandNode, (shape,))
    return ops.expand(input, size)  # type: ignore[no-any-return]


def _expand(self: Tensor, *size: Any, implicit: bool = False, **named: Any) -> Tensor:
    """Return a view in which dimensions of size 1 are repeated without copying; -1 keeps a size.

    >>> import rushlight as torch
    >>> torch.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if named:
        size = (named.pop("size"),)
    return expand_to(self, sizes(size, "expand"))


def _expand_as(self: Tensor, other: Tensor) -> Tensor:
    """Return a view of this tensor expanded to the size of `other`."""
    require_tensor(other, "expand_as", "other", 1)
    return expand_to(self, tuple(other.shape))


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Return a view of `input` expanded to `size`.

    >>> import rushlight as torch
    >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    require_tensor(input, "broadcast_to", "input", 1)
    return expand_to(input, int_list(size, "broadcast_to", "size", 2))


def _broadcast_to_method(self: Tensor, *size: Any) -> Tensor:
    """As `torch.broadcast_to`; sizes may be given one by one."""
    return expand_to(self, sizes(size, "broadcast_to"))


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that all `shapes` broadcast to.

    >>> import rushlight as torch
    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    wholes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    result = [1] * max((len(s) for s in wholes), default=0)
    for k, shape in enumerate(wholes):
        for i in range(-1, -1 - len(shape), -1):
            n = shape[i]
            if n < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if n == 1 or n == result[i]:
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {n} at {i}! Mismatching "
                    f"argument at index {k} had {shapes[k]}; but expected shape should be "
                    f"broadcastable to {result}"
                )
            result[i] = n
    return Size(result)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return views of all tensors, expanded to the shape they broadcast to.

    >>> import rushlight as torch
    >>> a, b = torch.broadcast_tensors(torch.zeros(2, 1), torch.zeros(3))
    >>> a.shape, b.shape
    (torch.Size([2, 3]), torch.Size([2, 3]))
    """
    xs = _tensors(tensors)
    shape: tuple[int, ...] = ()
    for x in xs:
        shape = broadcast_pair(shape, tuple(x.shape))
    return tuple([x if tuple(x.shape) == shape else expand_to(x, shape) for x in xs])


def broadcast_pair(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that two shapes broadcast to, or raise PyTorch's error."""
    n = max(len(a), len(b))
    result = [0] * n
    for i in range(n - 1, -1, -1):
        p = a[i - n + len(a)] if i >= n - len(a) else 1
        q = b[i - n + len(b)] if i >= n - len(b) else 1
        if p != q and p != 1 and q != 1:
            raise RuntimeError(
                f"The size of tensor a ({p}) must match the size of tensor b ({q}) at "
                f"non-singleton dimension {i}"
            )
        result[i] = q if p == 1 else p
    return tuple(result)


def _tensors(tensors: Sequence[Any]) -> list[Tensor]:
    """Tensors given one by one or as one sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tensors[0]
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    return list(tensors)


# -- dimensions of size 1 ----------------------------------------------------------------------


def unsqueeze(input: Tensor, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Return a view with a new dimension of size 1 before dimension `dim`.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).unsqueeze(-1).shape
    torch.Size([2, 3, 1])
    """
    require_tensor(input, "unsqueeze", "input", 1)
    n = input.ndim
    if type(dim) is not int:
        if dim is None and axis is None:
            raise TypeError('unsqueeze() missing 1 required positional arguments: "dim"')
        dim = as_int(dim if axis is None else axis, "unsqueeze", "dim", 2)
    if not 0 <= dim <= n:
        dim = wrap_dim(dim, n + 1)
    if is_plain(input):
        x = input._array
        shape = x.shape
        # At the end, the stride that NumPy's reshape would give is not PyTorch's.
        y = x[..., None] if dim == n else x.reshape((*shape[:dim], 1, *shape[dim:]))
        return share(input, y, ops.UnsqueezeNode, (shape,))
    shape = tuple(input.shape)
    return ops.unsqueeze(input, (*shape[:dim], 1, *shape[dim:]))  # type: ignore[no-any-return]


ALL: Any = object()


def squeeze(input: Tensor, dim: Any = ALL, *, axis: Any = None) -> Tensor:
    """Return a view without dimensions of size 1: all of them, or those in `dim`.

    >>> import rushlight as torch
    >>> x = torch.zeros(1, 2, 1)
    >>> x.squeeze().shape, x.squeeze(0).shape, x.squeeze(1).shape
    (torch.Size([2]), torch.Size([2, 1]), torch.Size([1, 2, 1]))
    """
    require_tensor(input, "squeeze", "input", 1)
    size, kind = squeezed_size(tuple(input.shape), dim if axis is None else axis)
    node, op = _SQUEEZES[kind]
    if is_plain(input):
        x = input._array
        return share(input, x.reshape(size), node, (x.shape,))
    return op(input, size)  # type: ignore[no-any-return]


_SQUEEZES = (
    (ops.SqueezeNode, ops.squeeze),
    (ops.SqueezeDimNode, ops.squeeze_dim),
    (ops.SqueezeDimsNode, ops.squeeze_dims),
)


def squeezed_size(shape: tuple[int, ...], dim: Any = ALL) -> tuple[tuple[int, ...], int]:
    """Return the size after `squeeze`, and which of its three forms it was."""
    n = len(shape)
    if dim is ALL:
        return tuple([s for s in shape if s != 1]), 0
    if isinstance(dim, (tuple, list)):
        dims = wrap_dims(int_list(dim, "squeeze", "dim", 2), n)
        return tuple([s for i, s in enumerate(shape) if s != 1 or i not in dims]), 2
    try:
        d = wrap_dim(as_int(dim, "squeeze", "dim", 2), n)
    except TypeError:
        forms = ("(Tensor input)", "(Tensor input, int dim)", "(Tensor input, tuple of ints dim)")
        raise no_overload("squeeze", forms, Tensor(), dim) from None
    return ((*shape[:d], *shape[d + 1 :]) if n and shape[d] == 1 else shape), 1


def _at_least(function: str, tensors: Sequence[Any], n: int) -> Any:
    if len(tensors) == 1:
        if isinstance(tensors[0], Tensor):
            return _grown(tensors[0], n)
        if not isinstance(tensors[0], (tuple, list)):
            raise no_overload(function, ("(Tensor input)", "(tuple of Tensors tensors)"), *tensors)
    return tuple([_grown(t, n) for t in _tensors(tensors)])


def _grown(x: Tensor, n: int) -> Tensor:
    if x.ndim == 0:
        return reshaped(x, (1,) * n)
    if x.ndim == 1 and n > 1:
        x = unsqueeze(x, 0)
    return unsqueeze(x, -1) if x.ndim == 2 and n == 3 else x


def atleast_1d(*tensors: Any) -> Any:
    """Return views of tensors with at least one dimension.

    >>> import rushlight as torch
    >>> torch.atleast_1d(torch.tensor(1.0))
    tensor([1.])
    """
    return _at_least("atleast_1d", tensors, 1)


def atleast_2d(*tensors: Any) -> Any:
    """Return views of tensors with at least two dimensions; vectors become rows.

    >>> import rushlight as torch
    >>> torch.atleast_2d(torch.tensor([1.0, 2.0])).shape
    torch.Size([1, 2])
    """
    return _at_least("atleast_2d", tensors, 2)


def atleast_3d(*tensors: Any) -> Any:
    """Return views of tensors with at least three dimensions; matrices get a last one.

    >>> import rushlight as torch
    >>> torch.atleast_3d(torch.zeros(2, 3)).shape
    torch.Size([2, 3, 1])
    """
    return _at_least("atleast_3d", tensors, 3)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Return the coordinates of a grid: view number i varies along dimension i.

    With ``indexing="xy"`` the first two dimensions change places.

    >>> import rushlight as torch
    >>> a, b = torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), indexing="ij")
    >>> b
    tensor([[3, 4, 5],
            [3, 4, 5]])
    """
    if indexing is not None and not isinstance(indexing, str):
        raise TypeError(f"meshgrid(): argument 'indexing' must be str, not {type_name(indexing)}")
    xs = _tensors(tensors)
    if not xs:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in xs:
        if x.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x}"
            )
        if x.dtype is not xs[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument.",
            UserWarning,
            stacklevel=2,
        )
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(
            'torch.meshgrid: indexing must be one of "xy" or "ij", but received: ' + str(indexing)
        )
    places = list(range(len(xs)))  # the dimension along which each grid varies
    if indexing == "xy" and len(xs) > 1:
        places[0], places[1] = 1, 0
    shape = [0] * len(xs)
    for place, x in zip(places, xs):
        shape[place] = x.numel()
    grids = []
    for place, x in zip(places, xs):
        own = [1] * len(xs)
        own[place] = x.numel()
        grids.append(expand_to(reshaped(x, tuple(own)), tuple(shape)))
    return tuple(grids)


ATTRIBUTES = {
    "broadcast_to": _broadcast_to_method,
    "expand": _expand,
    "expand_as": _expand_as,
}
