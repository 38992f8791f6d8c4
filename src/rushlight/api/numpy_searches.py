"""NumPy's functions whose answers are places and truths, and those that call a user's function.

Their answers have no derivative, so they may look at a tensor that requires grad.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_functions import alike, as_array, as_tensor, public
from rushlight.tensor import Tensor, wrap

__all__ = ["SEARCHES"]


def _answered(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's answer to a question about the numbers, in Tensors."""

    def asked(*args: Any, **options: Any) -> Any:
        given = {name: _seen(value) for name, value in options.items()}
        return _told(function(*map(_seen, args), **given))

    return asked


def _seen(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_seen, value))
    return as_array(value) if isinstance(value, Tensor) else value


def _told(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return tuple(map(_told, answer))
    return wrap(np.asarray(answer))


def _nonzero(a: Any) -> Any:
    return as_tensor(a).nonzero(as_tuple=True)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """``np.where``: with the condition alone, the places where it holds."""
    if x is None and y is None:
        return _nonzero(condition)
    x, y = (v if isinstance(v, (bool, int, float, complex)) else as_tensor(v) for v in (x, y))
    return public("where")(as_tensor(condition).to(dtypes.bool), x, y)


def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    ordered, wanted = alike(as_tensor(a), as_tensor(v))
    order = None if sorter is None else as_tensor(sorter)
    return public("searchsorted")(ordered, wanted, side=side, sorter=order)


def _isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, **kind: Any
) -> Any:
    return public("isin")(
        as_tensor(element), as_tensor(test_elements), assume_unique=assume_unique, invert=invert
    )


def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """``np.bincount``: the sums of weights can be differentiated."""
    places = as_tensor(x)
    if weights is None:
        return public("bincount")(places, minlength=minlength)
    w = as_tensor(weights)
    empty = public("bincount")(places, minlength=minlength).to(w.dtype) * 0
    return empty.index_add(0, places, w)


def _choose(a: Any, choices: Any, *, mode: Any = "raise") -> Any:
    """``np.choose``: each element from the choice of that number."""
    parts = public("broadcast_tensors")(as_tensor(a), *map(as_tensor, choices))
    numbers = np.choose(as_array(parts[0]), range(len(parts) - 1), mode=mode)
    return public("take_along_dim")(public("stack")(parts[1:]), wrap(numbers)[None], 0)[0]


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **options: Any) -> Any:
    """``np.piecewise``: the last condition that holds says which function."""
    x = as_tensor(x)
    if not isinstance(condlist, (list, tuple)) or (not np.ndim(as_array(condlist[0])) and x.ndim):
        condlist = [condlist]
    flat = x.reshape(-1)
    conditions = [as_tensor(c).to(dtypes.bool).broadcast_to(x.shape).reshape(-1) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~public("stack")(conditions).any(0))
    if len(funclist) != len(conditions):
        n = len(conditions)
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    result = public("zeros_like")(flat)
    for holds, function in zip(conditions, funclist):
        values = function(flat[holds], *args, **options) if callable(function) else function
        result = result.index_put((holds,), as_tensor(values).to(x.dtype))
    return result.reshape(x.shape)


def _apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **options: Any) -> Any:
    """``np.apply_along_axis``: the user's function, once a line."""
    x = as_tensor(arr).movedim(axis, -1)
    found = [as_tensor(func1d(line, *args, **options)) for line in x.reshape(-1, x.shape[-1])]
    whole = public("stack")(found).reshape(*x.shape[:-1], *found[0].shape)
    dims = range(x.ndim - 1, whole.ndim)
    return whole.movedim(tuple(dims), tuple(d - x.ndim + 1 + axis % x.ndim for d in dims))


def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    x = as_tensor(a)
    for axis in np.atleast_1d(axes).tolist():
        found = func(x, axis)
        x = found if found.ndim == x.ndim else found.unsqueeze(axis)
    return x


def _real_if_close(a: Any, tol: float = 100) -> Any:
    x = as_tensor(a)
    if not x.dtype.is_complex:
        return x
    bound = tol * np.finfo(as_array(x).dtype).eps if tol > 1 else tol
    return x.real if bool((x.imag.abs() < bound).all()) else x


SEARCHES: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.nonzero: _nonzero,
    np.argwhere: lambda a: public("argwhere")(as_tensor(a)),
    np.flatnonzero: lambda a: as_tensor(a).reshape(-1).nonzero()[:, 0],
    np.searchsorted: _searchsorted,
    np.isin: _isin,
    np.isposinf: lambda x: public("isposinf")(x),
    np.isneginf: lambda x: public("isneginf")(x),
    np.isreal: lambda x: public("isreal")(x),
    np.iscomplex: lambda x: ~public("isreal")(x),
    **{
        function: _answered(function)
        for function in (
            np.argpartition,
            np.diag_indices_from,
            np.digitize,
            np.ix_,
            np.lexsort,
            np.ravel_multi_index,
            np.tril_indices_from,
            np.triu_indices_from,
            np.unravel_index,
        )
    },
    np.bincount: _bincount,
    np.choose: _choose,
    np.piecewise: _piecewise,
    np.apply_along_axis: _apply_along_axis,
    np.apply_over_axes: _apply_over_axes,
    np.real_if_close: _real_if_close,
}
