"""Copies of arrays: into another dtype with PyTorch's rounding, into another order of the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rushlight.kernels.blocks import MANY

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "cast",
    "check_broadcast",
    "check_broadcast_into",
    "clone",
    "contiguous",
    "in_layout",
    "write",
]

Array: TypeAlias = "NDArray[Any]"

F4 = np.dtype(np.float32)
F8 = np.dtype(np.float64)
I8 = np.dtype(np.int64)


def cast(x: Array, dtype: np.dtype[Any], layout: str = "preserve") -> Array:
    """Return a copy of `x` in another dtype, the axes in the order that `layout` says.

    A complex number becomes real by losing its imaginary part, and true where it isn't zero.
    NumPy warns of what is lost and PyTorch doesn't.
    """
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    source = x.dtype
    if dtype.itemsize >= source.itemsize and dtype.kind not in "iu":
        return _cast(x, dtype, layout)
    with np.errstate(over="ignore", invalid="ignore"):
        # PyTorch makes 16-bit floats from float32 and uint8 from int64, also when these are not
        # what there is: so it rounds twice, and huge numbers wrap around.
        if source == F8 and dtype.itemsize == 2 and dtype.kind not in "iu":
            x = x.astype(F4)
        elif dtype.kind == "u" and source.kind not in "iub" and dtype.itemsize < 8:
            x = x.astype(I8)
        return _cast(x, dtype, layout)


def _cast(x: Array, dtype: np.dtype[Any], layout: str) -> Array:
    if layout == "preserve" and (x.flags.c_contiguous or 0 not in x.strides):
        return x.astype(dtype)
    out = in_layout(x, dtype, layout)
    if x.dtype == dtype:
        _copy(out, x)
    else:
        np.copyto(out, x, casting="unsafe")
    return out


def clone(x: Array, layout: str = "preserve") -> Array:
    """Return a copy of `x`, the axes in the order that `layout` says."""
    if x.flags.c_contiguous and layout != "channels_last":
        return x.copy()
    out = in_layout(x, x.dtype, layout)
    _copy(out, x)
    return out


def contiguous(x: Array) -> Array:
    """Return `x` itself, or a C-contiguous copy."""
    return x if x.flags.c_contiguous else clone(x, "contiguous")


def write(target: Array, source: Array) -> None:
    """Write `source`, broadcast and cast, over `target`."""
    _copy(target, source if source.dtype == target.dtype else cast(source, target.dtype))


def _copy(target: Array, source: Array) -> None:
    if source.size < MANY or (source.flags.c_contiguous and target.flags.c_contiguous):
        np.copyto(target, source)
    else:
        from rushlight.kernels.blas import copy  # a file that small programs need not read

        copy(target, source)


def in_layout(x: Array, dtype: np.dtype[Any], layout: str) -> Array:
    """Return fresh memory for values shaped like `x`.

    `layout` is ``"preserve"`` for the order that the axes have in `x`, ``"contiguous"``, or
    ``"channels_last"`` (of 4 or 5 dimensions, axis 1 innermost). NumPy's order "K" is PyTorch's
    but for expanded axes, whose stride of 0 says nothing of their place: these stay outside of the
    axes behind them.
    """
    if layout == "channels_last":
        fresh = np.empty((x.shape[0], *x.shape[2:], x.shape[1]), dtype)
        return fresh.transpose(0, x.ndim - 1, *range(1, x.ndim - 1))
    if layout == "contiguous" or x.flags.c_contiguous:
        return np.empty(x.shape, dtype)
    if 0 not in x.strides:
        return np.empty_like(x, dtype, "K", False)
    order = _axis_order(x.shape, x.strides)
    fresh = np.empty([x.shape[axis] for axis in order], dtype)
    return fresh.transpose(sorted(range(x.ndim), key=order.__getitem__))


def _axis_order(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    """The axes from the outermost to the innermost; those of stride 0 take part in no swap."""
    order = list(range(len(shape)))
    for end in range(1, len(order)):
        place = end
        for i in range(end - 1, -1, -1):
            outer, inner = order[i], order[place]
            if strides[outer] == 0 or strides[inner] == 0:
                continue
            if (strides[outer], shape[outer]) >= (strides[inner], shape[inner]):
                break
            order[i], order[place] = inner, outer
            place = i
    return order


# -- shapes that fit ----------------------------------------------------------------------------


def check_broadcast(*shapes: tuple[int, ...]) -> None:
    """Raise torch's RuntimeError for the first two of `shapes` that don't broadcast."""
    so_far: tuple[int, ...] = ()
    for shape in shapes:
        n = max(len(so_far), len(shape))
        a = (1,) * (n - len(so_far)) + so_far
        b = (1,) * (n - len(shape)) + shape
        for i in range(n - 1, -1, -1):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at "
                    f"non-singleton dimension {i}"
                )
        so_far = tuple(p if q == 1 else q for p, q in zip(a, b))


def check_broadcast_into(target: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raise torch's RuntimeError where `shape` can't be written, or added, to `target`."""
    check_broadcast(target, shape)
    lead = len(shape) - len(target)
    whole = tuple(m if n == 1 else n for n, m in zip((1,) * lead + target, (1,) * -lead + shape))
    if whole != target:
        raise RuntimeError(
            f"output with shape {list(target)} doesn't match the broadcast shape {list(whole)}"
        )
