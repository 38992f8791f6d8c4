"""NumPy's functions that only move elements: NumPy says which goes where, and they are gathered.

``np.delete`` of an array of positions gives the positions of what stays, so the tensor's elements
at these are ``np.delete`` of the tensor. Every argument means what NumPy makes of it, and the
derivative is that of indexing. Writes (``np.put``) find their places the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.numpy_functions import Untranslated, as_array, as_tensor, public
from rushlight.tensor import Tensor, wrap

__all__ = ["PICKING", "positions"]


def positions(x: Tensor) -> np.ndarray[Any, Any]:
    """The place of each element in C order, in an array of the tensor's shape."""
    return np.arange(x.numel()).reshape(tuple(x.shape))


def _at(x: Tensor, places: Any) -> Any:
    """The elements at these places in C order."""
    return x.reshape(-1)[wrap(np.ascontiguousarray(places))]


def _moving(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """NumPy's function of that name, which keeps, drops or repeats elements."""

    def moved(a: Any, *args: Any, **options: Any) -> Any:
        x = as_tensor(a)
        others = [as_array(v) if isinstance(v, Tensor) else v for v in args]
        return _at(x, function(positions(x), *others, **options))

    return moved


def _resize(a: Any, new_shape: Any) -> Any:
    """``np.resize``: the elements as often as it takes; zeros where there are none."""
    x = as_tensor(a)
    return _moving(np.resize)(x, new_shape) if x.numel() else x.new_zeros(new_shape)


def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """``np.insert``; the values come in the dtype of `arr`."""
    x, new = as_tensor(arr), as_tensor(values)
    places = np.insert(positions(x), as_array(obj), positions(new) + x.numel(), axis)
    return _at(public("cat")([x.reshape(-1), new.reshape(-1).to(x.dtype)]), places)


def _partition(a: Any, kth: Any, axis: int | None = -1, **options: Any) -> Any:
    """``np.partition``: the elements where ``np.argpartition`` finds them."""
    x = as_tensor(a)
    found = np.argpartition(as_array(x), kth, axis=axis, **options)
    return public("take_along_dim")(x, wrap(found), axis)


def _sort_complex(a: Any) -> Any:
    """``np.sort_complex``: by real parts, then by imaginary ones, along the last axis."""
    x = as_tensor(a)
    if not x.dtype.is_complex:
        x = x.to(dtypes.promote_types(x.dtype, dtypes.complex64))
    return public("take_along_dim")(x, wrap(np.argsort(as_array(x))), -1)


def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """``np.trim_zeros``: without zeros at the front (f) and the back (b)."""
    x = as_tensor(filt)
    if axis is not None or x.ndim != 1:
        raise Untranslated
    found = np.flatnonzero(as_array(x))
    first, end = (found[0], found[-1] + 1) if found.size else (x.numel(), x.numel())
    return x[(first if "f" in trim.lower() else 0) : (end if "b" in trim.lower() else None)]


def _windows(x: Any, window_shape: Any, axis: Any = None, **options: Any) -> Any:
    """``np.lib.stride_tricks.sliding_window_view``, a view here too."""
    sizes = (window_shape,) if isinstance(window_shape, int) else tuple(window_shape)
    if axis is None:
        axis = range(as_tensor(x).ndim)
        if len(axis) != len(sizes):
            raise ValueError(
                "Since axis is None, must provide window_shape for all dimensions of `x`; got "
                f"{len(sizes)} window_shape elements and `x.ndim` is {len(axis)}."
            )
    for i, size in zip((axis,) if isinstance(axis, int) else axis, sizes):
        x = as_tensor(x).unfold(i if i >= 0 else i + x.ndim, size, 1)
    return x


def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """``np.rollaxis``, a view."""
    x = as_tensor(a)
    axis, start = (i + x.ndim if i < 0 else i for i in (axis, start))
    return x.movedim(axis, start - (axis < start))


# -- sets ------------------------------------------------------------------------------------------


def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    **options: Any,
) -> Any:
    """``np.unique``: the first of each value, and integers about them."""
    x = as_tensor(ar)
    wanted = (return_index, return_inverse, return_counts)
    _, index, inverse, counts = np.unique(as_array(x), True, True, True, axis, **options)
    picked = x.reshape(-1) if axis is None else x
    values = picked.index_select(axis or 0, wrap(index))
    more = [wrap(v) for v, asked in zip((index, inverse, counts), wanted) if asked]
    return (values, *more) if more else values


def _unique_as(name: str, *asked: str) -> Callable[[Any], Any]:
    """A function of the array standard's names, whose result has them for fields."""

    def function(x: Any, /) -> Any:
        found = _unique(x, **{f"return_{part}": True for part in asked}, equal_nan=False)
        kind = type(getattr(np, name)(np.zeros(1)))
        return kind(*found) if asked else found

    return function


def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    x = as_tensor(ar1).reshape(-1)
    x = x if assume_unique else _unique(x)
    return x[~public("isin")(x, as_tensor(ar2))]


def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    x = as_tensor(ar1)
    _, first, second = np.intersect1d(as_array(x), as_array(ar2), assume_unique, True)
    values = _at(x, first)
    return (values, wrap(first), wrap(second)) if return_indices else values


def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    both = [_setdiff1d(ar1, ar2, assume_unique), _setdiff1d(ar2, ar1, assume_unique)]
    return np.sort(np.concatenate(both))


# -- writes ----------------------------------------------------------------------------------------


def _write(a: Any, places: np.ndarray[Any, Any], values: Any) -> None:
    """Write at places in C order; values are repeated as often as it takes."""
    if not isinstance(a, Tensor):
        raise Untranslated
    given = as_tensor(values).reshape(-1).to(a.dtype)
    if places.size and given.numel():
        given = given[wrap(np.arange(places.size) % given.numel())]
        at = np.unravel_index(places.reshape(-1), tuple(a.shape)) if a.ndim else ()
        a.index_put_(tuple(map(wrap, at)), given if a.ndim else given[-1])


def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    size, places = as_tensor(a).numel(), as_array(ind).reshape(-1)
    if mode == "raise" and np.any((places < -size) | (places >= size)):
        wrong = places[(places < -size) | (places >= size)][0]
        raise IndexError(f"index {wrong} is out of bounds for axis 0 with size {size}")
    _write(a, places.clip(0, size - 1) if mode == "clip" else places % size, v)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    places = np.flatnonzero(as_array(mask))
    if places.size and not as_tensor(vals).numel():
        raise ValueError("Cannot insert from an empty array!")
    _write(arr, places, vals)


def _putmask(a: Any, mask: Any, values: Any) -> None:
    """Each value goes to its own place, counted round."""
    places, given = np.flatnonzero(as_array(mask)), as_tensor(values).reshape(-1)
    if given.numel():
        _write(a, places, given[wrap(places % given.numel())])


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    marks = np.zeros(tuple(as_tensor(a).shape), bool)
    np.fill_diagonal(marks, True, wrap)
    _write(a, np.flatnonzero(marks), val)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    x = as_tensor(arr)
    every, at = (positions(x).reshape(-1), 0) if axis is None else (positions(x), axis)
    places = np.take_along_axis(every, as_array(indices), at)
    _write(arr, places, as_tensor(values).broadcast_to(places.shape))


def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Tensor):
        raise Untranslated
    new = as_tensor(src)
    if not np.can_cast(as_array(new).dtype, as_array(dst).dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {as_array(new).dtype!r} to {as_array(dst).dtype!r} "
            f"according to the rule '{casting}'"
        )
    dst.copy_(new if where is True else public("where")(as_tensor(where), new.to(dst.dtype), dst))


PICKING: dict[Any, Callable[..., Any]] = {
    np.delete: _moving(np.delete),
    np.resize: _resize,
    np.insert: _insert,
    np.partition: _partition,
    np.sort_complex: _sort_complex,
    np.trim_zeros: _trim_zeros,
    np.lib.stride_tricks.sliding_window_view: _windows,
    np.rollaxis: _rollaxis,
    # sets
    np.unique: _unique,
    np.unique_values: _unique_as("unique_values"),
    np.unique_counts: _unique_as("unique_counts", "counts"),
    np.unique_inverse: _unique_as("unique_inverse", "inverse"),
    np.unique_all: _unique_as("unique_all", "index", "inverse", "counts"),
    np.union1d: lambda ar1, ar2: _unique(np.append(as_tensor(ar1), as_tensor(ar2))),
    np.setdiff1d: _setdiff1d,
    np.intersect1d: _intersect1d,
    np.setxor1d: _setxor1d,
    # writes
    np.put: _put,
    np.place: _place,
    np.putmask: _putmask,
    np.fill_diagonal: _fill_diagonal,
    np.put_along_axis: _put_along_axis,
    np.copyto: _copyto,
}
