"""as_strided: the view that every view is, and the one that rewritten history goes through.

A view is described beside its base by ``(size, stride, offset, layout)``, all in elements: `offset`
counts from the base's first element, and `layout` is the base's own strides, or None where the
base is contiguous. A cotangent of the base has the base's shape but lies in memory as it likes;
these Operators read it as if it lay like the base.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.kernels.strides import (
    address,
    beyond,
    buffer_of,
    element_strides,
    overlaps,
    positions,
    reach,
    strided_view,
)
from rushlight.ops.declare import linear, view
from rushlight.ops.fitting import sum_to
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor, wrap

__all__ = [
    "Geometry",
    "as_strided",
    "describe_view",
    "gather_strided",
    "replace_strided",
    "scatter_strided",
]

Ints = tuple[int, ...]
Geometry = tuple[Ints, Ints, int, Ints | None]


def describe_view(base: Any, x: Any) -> Geometry:
    """Return the geometry of the ndarray `x` beside `base`, whose memory it shares."""
    # Each counts from the start of its own buffer: `base.data` may have been exchanged meanwhile.
    own, other = (address(a) - address(buffer_of(a)) for a in (x, base))
    offset = (own - other) // x.dtype.itemsize
    layout = None if base.flags.c_contiguous else element_strides(base)
    return x.shape, element_strides(x), offset, layout


# -- a canvas: flat memory that holds the base as it lies, and whatever a view reaches beyond ---


def _canvas(x_shape: Ints, geometry: Geometry) -> tuple[int, Ints, int, int]:
    """Return a canvas' length, the base's strides, and where base and view start on it."""
    size, stride, offset, layout = geometry
    if layout is None:
        layout = _contiguous(x_shape)
    start = min(offset, 0)
    stop = max(reach(x_shape, layout), offset + reach(size, stride))
    return stop - start, layout, -start, offset - start


def _contiguous(shape: Ints) -> Ints:
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def _fits(x_shape: Ints, geometry: Geometry) -> bool:
    """Whether the view lies within a contiguous base, so that no canvas is needed."""
    size, stride, offset, layout = geometry
    if layout is not None or offset < 0:
        return False
    total = 1
    for n in x_shape:
        total *= n
    return offset + reach(size, stride) <= total


def _read(canvas: Any, size: Ints, stride: Ints, offset: int) -> Any:
    return strided_view(canvas, size, stride, offset).copy()


def _add(canvas: Any, g: Any, size: Ints, stride: Ints, offset: int) -> None:
    if overlaps(size, stride):
        np.add.at(canvas, positions(size, stride, offset), g)
    elif g.size:
        strided_view(canvas, size, stride, offset)[...] = g


def _shared(x: Any, x_shape: Ints, layout: Ints, start: int, length: int) -> Any:
    """Divide by the number of the base's elements that lie in one place: expanded bases."""
    if not overlaps(x_shape, layout):
        return x
    count = np.zeros(length, np.intp)
    where = positions(x_shape, layout, start)
    np.add.at(count, where, 1)
    return x / count[where].astype(x.real.dtype)


# -- kernels ---------------------------------------------------------------------------------------


def _as_strided(x: Any, size: Ints, stride: Ints, offset: int, layout: Ints | None) -> Any:
    if x.flags.c_contiguous and offset >= 0 and offset + reach(size, stride) <= x.size:
        return strided_view(x, size, stride, offset)
    item = x.dtype.itemsize
    return beyond(x, size, tuple([s * item for s in stride]), offset * item)


def _gather_strided(x: Any, size: Ints, stride: Ints, offset: int, layout: Ints | None) -> Any:
    """Read a view's elements from an array shaped like its base."""
    geometry = (size, stride, offset, layout)
    if _fits(x.shape, geometry):
        return _read(np.ascontiguousarray(x), size, stride, offset)
    length, own, start, at = _canvas(x.shape, geometry)
    canvas = np.zeros(length, x.dtype)
    _add(canvas, _shared(x, x.shape, own, start, length), x.shape, own, start)
    return _read(canvas, size, stride, at)


def _scatter_strided(
    g: Any, base_shape: Ints, size: Ints, stride: Ints, offset: int, layout: Ints | None
) -> Any:
    """Add up a view's elements where they lie in an array of zeros shaped like the base."""
    geometry = (size, stride, offset, layout)
    if _fits(base_shape, geometry):
        out = np.zeros(base_shape, g.dtype)
        _add(out.reshape(-1), g, size, stride, offset)
        return out
    length, own, start, at = _canvas(base_shape, geometry)
    canvas = np.zeros(length, g.dtype)
    _add(canvas, g, size, stride, at)
    return _shared(_read(canvas, base_shape, own, start), base_shape, own, start, length)


def _replace_strided(
    x: Any, source: Any, size: Ints, stride: Ints, offset: int, layout: Ints | None
) -> Any:
    """A copy of `x` whose elements under the view are those of `source`."""
    geometry = (size, stride, offset, layout)
    if _fits(x.shape, geometry):
        out = np.array(x, order="C")
        strided_view(out, size, stride, offset)[...] = source
        return out
    length, own, start, at = _canvas(x.shape, geometry)
    canvas = np.zeros(length, x.dtype)
    strided_view(canvas, x.shape, own, start)[...] = x
    strided_view(canvas, size, stride, at)[...] = source
    return _read(canvas, x.shape, own, start)


def _as_strided_rule(
    g: Any, x_shape: Ints, size: Ints, stride: Ints, offset: int, layout: Ints | None
) -> Any:
    if 0 in size and type(g) is Tensor:  # PyTorch's zeros depend on nothing
        return wrap(np.zeros(x_shape, g._array.dtype))
    return scatter_strided(g, x_shape, size, stride, offset, layout)


as_strided: Operator = view(
    "as_strided",
    _as_strided,
    x=lambda g, x_shape, size, stride, offset, layout: _as_strided_rule(
        g, x_shape, size, stride, offset, layout
    ),
)
scatter_strided: Operator = linear(
    "as_strided_backward",
    _scatter_strided,
    g=lambda g, size, stride, offset, layout: gather_strided(g, size, stride, offset, layout),
)
gather_strided: Operator = linear(
    "as_strided_copy",
    _gather_strided,
    x=lambda g, x_shape, size, stride, offset, layout: scatter_strided(
        g, x_shape, size, stride, offset, layout
    ),
)
replace_strided: Operator = linear(
    "as_strided_scatter",
    _replace_strided,
    x=lambda g, size, stride, offset, layout: replace_strided(
        g,
        np.zeros((), g.dtype if isinstance(g, np.ndarray) else g.dtype.numpy),
        size,
        stride,
        offset,
        layout,
    ),
    source=lambda g, source_shape, size, stride, offset, layout: sum_to(
        gather_strided(g, size, stride, offset, layout), source_shape
    ),
)
