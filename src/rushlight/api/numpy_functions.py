"""NumPy's functions that are no public function of ours with other words: a few lines each.

They have NumPy's signatures; what they don't take is a TypeError from Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.python import numpy
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Untranslated",
    "alike",
    "append",
    "argsort",
    "array_split",
    "as_array",
    "as_tensor",
    "atleast",
    "concatenate",
    "count_nonzero",
    "cross",
    "cumulative",
    "diff",
    "dot",
    "einsum",
    "expand_dims",
    "flip",
    "matmul",
    "meshgrid",
    "outer",
    "prod",
    "ptp",
    "public",
    "ravel",
    "repeat",
    "reshape",
    "sort",
    "split",
    "spread",
    "take",
    "take_along_axis",
    "tile",
    "trace",
    "transpose",
    "vdot",
]


class Untranslated(Exception):
    """A call that our functions have no word for: an argument, or the function itself."""


def public(path: str) -> Any:
    """The public function of that name, looked up when it is called: the package isn't complete
    when NumPy's table is made."""
    import rushlight

    found: Any = rushlight
    for part in path.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise Untranslated
    return found


def as_tensor(x: Any) -> Any:
    """A Tensor of whatever may stand beside one."""
    return x if isinstance(x, Tensor) else wrap(np.asarray(x))


def as_array(x: Any) -> Any:
    """The numbers of a Tensor as an ndarray, for what only looks at them; others as they are."""
    if not isinstance(x, Tensor):
        return x if isinstance(x, (slice, str)) else np.asarray(x)
    if x._interpreter is not None:
        raise Untranslated  # of one example of a batch there are no numbers to look at
    return numpy(x, force=True)


def reshape(a: Tensor, shape: Any = None, order: str = "C", *, copy: bool | None = None) -> Tensor:
    """``np.reshape``, in C order."""
    if order != "C":
        raise TypeError(f"np.reshape(): a tensor is reshaped in C order, not {order!r}")
    out: Tensor = a.reshape(shape)
    return out.clone() if copy and out.data_ptr() == a.data_ptr() else out


def ravel(a: Tensor, order: str = "C") -> Tensor:
    """``np.ravel``, in C order."""
    return reshape(a, -1, order)


def transpose(a: Tensor, axes: Any = None) -> Tensor:
    """``np.transpose``: all axes in reverse, or in the order given."""
    return a.permute(tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))  # type: ignore[no-any-return]


def flip(m: Tensor, axis: Any = None) -> Tensor:
    """``np.flip``."""
    return m.flip(tuple(range(m.ndim)) if axis is None else axis)  # type: ignore[no-any-return]


def tile(A: Tensor, reps: Any) -> Tensor:
    """``np.tile``."""
    return A.tile((reps,) if isinstance(reps, int) else tuple(reps))  # type: ignore[no-any-return]


def repeat(a: Tensor, repeats: Any, axis: int | None = None) -> Tensor:
    """``np.repeat``."""
    if not isinstance(repeats, int):
        repeats = as_tensor(repeats)
    return a.repeat_interleave(repeats, dim=axis)  # type: ignore[no-any-return]


def atleast(dimensions: int) -> Callable[..., Any]:
    """``np.atleast_1d``, ``np.atleast_2d`` or ``np.atleast_3d``."""

    def function(*arys: Any) -> Any:
        made = [public(f"atleast_{dimensions}d")(as_tensor(x)) for x in arys]
        return made[0] if len(made) == 1 else tuple(made)

    return function


def concatenate(
    arrays: Any, axis: int | None = 0, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """``np.concatenate``: of the flattened tensors where no axis is given."""
    parts = [as_tensor(x) for x in arrays]
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    whole = public("cat")(parts, axis)
    return whole if dtype is None else whole.to(dtypes.as_dtype(dtype))


def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    """``np.append``: flattened where no axis is given."""
    return concatenate([arr, values], axis)  # type: ignore[no-any-return]


def array_split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """``np.array_split``: parts of nearly the same size, or between indices."""
    parts = indices_or_sections
    cuts = parts if isinstance(parts, int) else tuple(int(i) for i in parts)
    return list(ary.tensor_split(cuts, axis))


def split(ary: Tensor, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """``np.split``: as `array_split`, but a number of parts has to divide the size."""
    if isinstance(indices_or_sections, int) and ary.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """``np.meshgrid``, whose first two axes are swapped unless ``indexing="ij"``."""
    if sparse:
        axes = list(range(len(xi)))
        axes[:2] = axes[:2] if indexing == "ij" else axes[1::-1] if len(xi) > 1 else axes
        shapes = [[-1 if i == axis else 1 for i in range(len(xi))] for axis in axes]
        return tuple(as_tensor(x).reshape(shape) for x, shape in zip(xi, shapes))
    grids = public("meshgrid")(*map(as_tensor, xi), indexing=indexing)
    return tuple(grid.clone() for grid in grids) if copy else grids


def take(a: Any, indices: Any, axis: int | None = None) -> Tensor:
    """``np.take``: of the flattened tensor where no axis is given."""
    a, where = as_tensor(a), as_tensor(indices)
    if axis is None:
        return a.reshape(-1)[where]  # type: ignore[no-any-return]
    return a[(slice(None),) * (axis % a.ndim) + (where,)]  # type: ignore[no-any-return]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """``np.take_along_axis``."""
    return public("take_along_dim")(as_tensor(arr), as_tensor(indices), axis)  # type: ignore[no-any-return]


def sort(a: Tensor, axis: int | None = -1, *, stable: bool | None = None) -> Tensor:
    """``np.sort``: the values alone."""
    if axis is None:
        a, axis = a.reshape(-1), 0
    return a.sort(dim=axis, stable=bool(stable))[0]  # type: ignore[no-any-return]


def argsort(a: Any, axis: int | None = -1, *, stable: bool | None = None) -> Tensor:
    """``np.argsort``: of the flattened tensor where the axis is None."""
    x = as_tensor(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    return x.argsort(dim=axis, stable=bool(stable))  # type: ignore[no-any-return]


def expand_dims(a: Any, axis: Any) -> Tensor:
    """``np.expand_dims``, at one place or several of the result."""
    x = as_tensor(a)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = x.ndim + len(axes)
    for i in sorted(i + ndim if i < 0 else i for i in axes):
        x = x.unsqueeze(i)
    return x  # type: ignore[no-any-return]


def prod(a: Tensor, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """``np.prod``, which takes several axes where PyTorch's takes one."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    every = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(axis % a.ndim for axis in every)
    if not axes:
        return a.clone() if wanted is None else a.to(wanted, copy=True)  # type: ignore[no-any-return]
    if len(axes) == 1:
        return a.prod(axes[0], keepdim=keepdims, dtype=wanted)  # type: ignore[no-any-return]
    rest = [i for i in range(a.ndim) if i not in axes]
    out = a.permute(*rest, *axes).flatten(len(rest)).prod(-1, dtype=wanted)
    if not keepdims:
        return out  # type: ignore[no-any-return]
    return out.reshape([1 if i in axes else n for i, n in enumerate(a.shape)])  # type: ignore[no-any-return]


def ptp(a: Tensor, axis: Any = None, *, keepdims: bool = False) -> Tensor:
    """``np.ptp``, the range of the values."""
    axes = tuple(range(a.ndim)) if axis is None else axis
    return a.amax(axes, keepdim=keepdims) - a.amin(axes, keepdim=keepdims)  # type: ignore[no-any-return]


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """``np.diff``, whose ends may be numbers."""
    a = as_tensor(a)

    def end(value: Any) -> Any:
        if value is None:
            return None
        value = as_tensor(value)
        if value.ndim == 0:
            value = value.broadcast_to(
                [1 if i == axis % a.ndim else k for i, k in enumerate(a.shape)]
            )
        return value

    return public("diff")(a, n, axis, end(prepend), end(append))  # type: ignore[no-any-return]


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """``np.cross`` of vectors of three along the last axis, or those given; the rest broadcasts."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = (as_tensor(x).movedim(i, -1) for x, i in ((a, axisa), (b, axisb)))
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]  # type: ignore[no-any-return]
    # Vectors of two beside others lie in the plane.
    a, b = (public("constant_pad_nd")(x, (0, 1)) if x.shape[-1] == 2 else x for x in (a, b))
    return public("linalg.cross")(*public("broadcast_tensors")(a, b)).movedim(-1, axisc)  # type: ignore[no-any-return]


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """``np.trace``, over the two axes given."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    return as_tensor(a).diagonal(offset, axis1, axis2).sum(-1, dtype=wanted)


def cumulative(name: str) -> Callable[..., Tensor]:
    """``np.cumsum`` or ``np.cumprod``, which flatten where no axis is given."""

    def function(a: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
        if axis is None:
            a, axis = a.reshape(-1), 0
        wanted = None if dtype is None else dtypes.as_dtype(dtype)
        return public(name)(a, axis, dtype=wanted)  # type: ignore[no-any-return]

    return function


def spread(name: str) -> Callable[..., Tensor]:
    """``np.std`` or ``np.var``, which divide by n where PyTorch divides by n - 1."""

    def function(
        a: Tensor,
        axis: Any = None,
        dtype: Any = None,
        *,
        ddof: float = 0,
        correction: float | None = None,
        keepdims: bool = False,
    ) -> Tensor:
        if dtype is not None:
            a = a.to(dtypes.as_dtype(dtype))
        divisor = ddof if correction is None else correction
        return public(name)(a, axis, correction=divisor, keepdim=keepdims)  # type: ignore[no-any-return]

    return function


def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """``np.count_nonzero``, with ``keepdims`` too."""
    x = as_tensor(a)
    if not keepdims:
        return public("count_nonzero")(x, axis)
    return (x != 0).sum(tuple(range(x.ndim)) if axis is None else axis, keepdim=True)


def outer(a: Any, b: Any) -> Any:
    """``np.outer``, which flattens."""
    return as_tensor(a).reshape(-1, 1) * as_tensor(b).reshape(-1)


def dot(a: Any, b: Any) -> Any:
    """``np.dot``: the last axis of `a` with the last but one of `b`, or a product with a number."""
    a, b = as_tensor(a), as_tensor(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim <= 2:
        return matmul(a, b)
    return public("tensordot")(*alike(a, b), dims=([a.ndim - 1], [b.ndim - 2]))


def vdot(a: Any, b: Any) -> Any:
    """``np.vdot``, which flattens."""
    return public("vdot")(*alike(as_tensor(a).reshape(-1), as_tensor(b).reshape(-1)))


def matmul(a: Any, b: Any) -> Any:
    """``np.matmul``, whose operands may differ in dtype where PyTorch's must not."""
    return public("matmul")(*alike(as_tensor(a), as_tensor(b)))


def alike(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common dtype."""
    if a.dtype is b.dtype:
        return a, b
    common = public("result_type")(a, b)
    return a.to(common), b.to(common)


def einsum(*operands: Any, optimize: Any = None) -> Any:
    """``np.einsum``; the order of the contractions is ours."""
    function = public("einsum")
    equation, *rest = operands
    if isinstance(equation, str):
        return function(equation, *map(as_tensor, rest))
    return function(*[as_tensor(x) if isinstance(x, np.ndarray) else x for x in operands])
