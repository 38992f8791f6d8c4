"""NumPy's functions that are no public function of ours with other words: a few lines each.

They have NumPy's signatures; what they don't take is a TypeError from Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Untranslated",
    "atleast_1d",
    "cumulative",
    "dot",
    "einsum",
    "flip",
    "matmul",
    "outer",
    "public",
    "ravel",
    "repeat",
    "reshape",
    "sort",
    "spread",
    "tile",
    "transpose",
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


def atleast_1d(*arys: Tensor) -> Any:
    """``np.atleast_1d``."""
    made = [x.reshape(1) if x.ndim == 0 else x for x in map(as_tensor, arys)]
    return made[0] if len(made) == 1 else tuple(made)


def sort(a: Tensor, axis: int | None = -1, *, stable: bool | None = None) -> Tensor:
    """``np.sort``: the values alone."""
    if axis is None:
        a, axis = a.reshape(-1), 0
    return a.sort(dim=axis, stable=bool(stable))[0]  # type: ignore[no-any-return]


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
    return public("tensordot")(*_alike(a, b), dims=([a.ndim - 1], [b.ndim - 2]))


def matmul(a: Any, b: Any) -> Any:
    """``np.matmul``, whose operands may differ in dtype where PyTorch's must not."""
    return public("matmul")(*_alike(as_tensor(a), as_tensor(b)))


def _alike(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common dtype."""
    if a.dtype is b.dtype:
        return a, b
    common = dtypes.promote_types(a.dtype, b.dtype)
    return a.to(common), b.to(common)


def einsum(*operands: Any, optimize: Any = None) -> Any:
    """``np.einsum``; the order of the contractions is ours."""
    function = public("einsum")
    equation, *rest = operands
    if isinstance(equation, str):
        return function(equation, *map(as_tensor, rest))
    return function(*[as_tensor(x) if isinstance(x, np.ndarray) else x for x in operands])
