"""Max pooling: the largest of each window, and the tap or the flat index where it was found.

The first of equal elements counts, but nan wins over everything, the last nan over the others.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from rushlight.kernels.blocks import BLOCK
from rushlight.kernels.channels import follow
from rushlight.kernels.threads import for_each
from rushlight.kernels.windows import Array, Ints, Windows

_BITS: dict[int, Any] = {2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def lowest(dtype: np.dtype[Any]) -> Any:
    """What no element of that type is below."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def max_pool_forward(x: Array, windows: Windows) -> tuple[Array, Array]:
    """The largest elements, and the number of the tap where each was found (uint8 if it can)."""
    if x.dtype.kind == "V":  # NumPy has no quick loops over bfloat16
        y, taps = max_pool_forward(x.astype(np.float32), windows)
        return y.astype(x.dtype), taps
    lead = x.shape[: -len(windows.size)]
    y = np.empty((*lead, *windows.out), x.dtype)
    taps = np.empty(y.shape, np.uint8 if prod(windows.kernel) <= 256 else np.int32)
    if y.size:
        planes = x.reshape(-1, *windows.size)
        flat_y = y.reshape(-1, *windows.out)
        flat_taps = taps.reshape(-1, *windows.out)

        def work(part: slice) -> None:
            _largest(planes[part], flat_y[part], flat_taps[part], windows)

        for_each(work, _parts(len(planes), prod(windows.out)))
    return follow(y, x), follow(taps, x) if len(windows.size) == 2 else taps


def _parts(planes: int, size: int) -> list[slice]:
    """Planes that are worked on at a time, so that what they make stays in cache; two alike."""
    count = -(-planes * size // BLOCK)
    step = -(-planes // max(1, count + (count > 1 and count % 2)))
    return [slice(i, i + step) for i in range(0, planes, step)]


def _largest(x: Array, y: Array, taps: Array, windows: Windows) -> None:
    """Find the largest of each window, and its tap.

    What skips elements is copied first, at 0.5 ns an element: so much each of the two passes over
    it would take, which take 0.1 over the copy.
    """
    x = windows.padded(x, lowest(x.dtype))
    views = [x[(slice(None), *place)] for place in windows.taps]
    np.copyto(y, views[0])
    taps[...] = _first_inside(windows)
    better = np.empty(y.shape, bool)
    close = np.empty_like(y) if windows.stride[-1] > 1 else None
    found = better.view(np.uint8) if taps.itemsize == 1 else np.empty(y.shape, taps.dtype)
    for tap, view in enumerate(views[1:], 1):
        if close is not None:
            np.copyto(close, view)
            view = close
        np.greater(view, y, out=better)
        np.multiply(better.view(np.uint8), taps.dtype.type(tap), out=found)
        np.maximum(taps, found, out=taps)
        np.maximum(y, view, out=y)
    if y.dtype.kind == "f" and np.isnan(np.maximum.reduce(y, axis=None)):
        last = np.zeros_like(taps)
        for tap, view in enumerate(views):
            last[np.isnan(view)] = tap
        np.copyto(taps, last, where=np.isnan(y))


def _first_inside(windows: Windows) -> Any:
    """The first tap of each window that is not in the padding."""
    if not any(windows.padding):
        return 0
    first: Any = 0
    for o, k, s, p, d in zip(
        windows.out, windows.kernel, windows.stride, windows.padding, windows.dilation
    ):
        digit = -(np.minimum(np.arange(o) * s - p, 0) // d)
        first = np.asarray(first)[..., None] * k + digit
    return first


def max_pool_indices(taps: Array, windows: Windows) -> Array:
    """The flat index, in the plane of the input, of every element found (int64)."""
    n = len(windows.kernel)
    rest = taps.astype(np.int64)
    digits = []
    for k in reversed(windows.kernel):
        rest, digit = np.divmod(rest, k)
        digits.append(digit)
    index: Any = 0
    for axis, digit in enumerate(reversed(digits)):
        start = np.arange(windows.out[axis]) * windows.stride[axis] - windows.padding[axis]
        start = start.reshape(-1, *(1,) * (n - 1 - axis))
        index = index * windows.size[axis] + start + digit * windows.dilation[axis]
    return np.asarray(index)


def max_pool_backward(g: Array, taps: Array, windows: Windows) -> Array:
    """Send the cotangent to where the elements were found; contiguous."""
    simple = windows.fitting and windows.disjoint
    covered = simple and windows.extent == windows.size and windows.kernel == windows.stride
    shape = (*g.shape[: -len(windows.size)], *windows.size)
    dx = (np.empty if covered else np.zeros)(shape, g.dtype)
    if g.size:
        planes = dx.reshape(-1, *windows.size)
        flat_g = np.ascontiguousarray(g).reshape(-1, *windows.out)
        flat_taps = taps.reshape(-1, *windows.out)

        def work(part: slice) -> None:
            if simple:
                _place(flat_g[part], flat_taps[part], planes[part], windows)
            else:
                _add(flat_g[part], flat_taps[part], planes[part], windows)

        for_each(work, _parts(len(planes), prod(windows.out)))
    return dx


def _place(g: Array, taps: Array, dx: Array, windows: Windows) -> None:
    """Write the cotangent, or zeros, at every tap.

    A number is kept or dropped by multiplying its bits with 1 or 0, which costs no branch and
    leaves no nan behind.
    """
    bits = _BITS[g.itemsize]
    g = g.view(bits)
    dx = dx.view(bits)
    here = np.empty(g.shape, bits)
    for tap, place in enumerate(windows.taps):
        np.copyto(here, np.equal(taps, tap))
        np.multiply(g, here, out=dx[(slice(None), *place)])


def _add(g: Array, taps: Array, dx: Array, windows: Windows) -> None:
    bits = _BITS[g.itemsize]
    padded = np.zeros((len(g), *windows.extent), g.dtype)
    here = np.empty(g.shape, bits)
    for tap, place in enumerate(windows.taps):
        np.copyto(here, np.equal(taps, tap))
        np.multiply(g.view(bits), here, out=here)
        target = padded[(slice(None), *place)]
        np.add(target, here.view(g.dtype), out=target)
    inside, part = windows.middle
    dx[(slice(None), *part)] = padded[(slice(None), *inside)]


def max_pool_gather(h: Array, taps: Array, windows: Windows) -> Array:
    """What `h`, of the input's shape, has where the elements were found."""
    h = windows.padded(h, 0)
    out = np.zeros(taps.shape, h.dtype)
    for tap, place in enumerate(windows.taps):
        np.copyto(out, h[(..., *place)], where=taps == tap)
    return out


# -- windows of an adaptive size -----------------------------------------------------------------


def adaptive_bounds(n: int, out: int) -> list[slice]:
    """The windows that share `n` elements out: the first and the last may be shared by two."""
    return [slice(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]


def adaptive_max_pool_forward(x: Array, output_size: Ints) -> tuple[Array, Array]:
    """The largest element of each of `output_size` windows, and its flat index (int64)."""
    n = len(output_size)
    size = x.shape[-n:]
    shape = (*x.shape[:-n], *output_size)
    y = np.empty(shape, x.dtype)
    indices = np.empty(shape, np.int64)
    if y.size == 0:
        return y, indices
    numbers = np.arange(prod(size)).reshape(size)
    places: Any = product(*map(range, output_size))
    bounds: Any = product(*[adaptive_bounds(m, o) for m, o in zip(size, output_size)])
    for place, window in zip(places, bounds):
        part = x[(..., *window)].reshape(*x.shape[:-n], -1)
        found = np.argmax(part, axis=-1)
        largest = np.take_along_axis(part, found[..., None], -1)[..., 0]
        if np.isnan(largest).any():
            last = part.shape[-1] - 1 - np.argmax(np.isnan(part)[..., ::-1], axis=-1)
            found = np.where(np.isnan(largest), last, found)
        y[(..., *place)] = largest
        indices[(..., *place)] = numbers[window].reshape(-1)[found]
    return (follow(y, x), follow(indices, x)) if n == 2 else (y, indices)


def scatter_planes(g: Array, indices: Array, x_shape: Ints, dims: int) -> Array:
    """Add the cotangent up at the flat indices of each plane, a plane being `dims` dimensions."""
    size = prod(x_shape[-dims:])
    out = np.zeros((prod(x_shape[:-dims]), size), g.dtype)
    starts = np.arange(0, len(out) * size, max(size, 1))[:, None]
    flat = indices.reshape(len(out), prod(g.shape[-dims:])) + starts
    np.add.at(out.reshape(-1), flat.reshape(-1), g.reshape(-1))
    return out.reshape(x_shape)


def gather_planes(h: Array, indices: Array, dims: int) -> Array:
    """What each plane of `h` has at the flat indices."""
    lead = prod(h.shape[:-dims])
    flat = h.reshape(lead, prod(h.shape[-dims:]))
    places = indices.reshape(lead, prod(indices.shape[-dims:]))
    return np.take_along_axis(flat, places, 1).reshape(indices.shape)


def unpool_forward(x: Array, indices: Array, shape: Ints, dims: int) -> Array:
    """Zeros of `shape` with the elements of `x` at the flat indices; the last one there stays."""
    lead = prod(shape[:-dims])
    out = np.zeros((lead, prod(shape[-dims:])), x.dtype)
    count = prod(x.shape[-dims:])
    if out.size:
        np.put_along_axis(out, indices.reshape(lead, count), x.reshape(lead, count), 1)
    return follow(out.reshape(shape), x) if dims == 2 else out.reshape(shape)
