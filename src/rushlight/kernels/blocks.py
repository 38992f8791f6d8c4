"""What every kernel leans on: buffers it owns, blocks that stay in cache, ready-made constants.

A kernel is called as ``f(x, params, out=None)`` and returns an ndarray, also for 0-d input. An
``out`` must not overlap an input unless the kernel says so. Floating-point warnings (an ``exp``
that overflows to the right limit) are not kernels' business: silence them once, further up.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"

# Elements. A kernel of many passes runs over pieces of this size, so that every pass but the
# first reads from the nearer caches. Smaller ones would suit L2 better (32 Ki elements: 0.11 ns an
# element and pass where there is 1 MiB of it, as much as here on an AMD EPYC), but two threads then
# meet at the GIL after each pass of 2 to 5 µs, and whoever has to sleep there takes as long to wake
# up: four GELUs of 2M elements take 45 ms in pieces of 32 Ki on two threads, 36 of 64 Ki, 23 of
# 128 Ki, and 43 on one thread.
BLOCK = 1 << 17

# A second thread takes 10 to 50 µs to wake up, which a kernel of many passes spends on a block.
_SHARED = 2 * BLOCK

# Elements from which short rows, and operands that broadcast, earn calls of their own (uneven.py).
MANY = 1 << 15

# Up to here a branch per element costs less than the extra calls that avoid it.
FEW = 512

# glibc gives blocks that are freed back to the system, unless they are smaller than one it has seen
# freed before (32 MiB at most), and the next array faults for each page. So let it see one, which
# is never written to: it is mapped and unmapped. A step of a small CNN goes from 16.9 to 12.6 ms,
# one of a residual block from 8.8 to 6.7; their peaks stay.
np.empty((32 << 20) - (2 << 12), np.uint8)

# It also gives back the heap's end where more than twice that is free, as after each step of a
# program that keeps more: four GELUs of 2M elements then fault 4,800 times, and take 22 ms, not 14.
_M_TRIM_THRESHOLD = -1
if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
    libc.mallopt(_M_TRIM_THRESHOLD, 256 << 20)

_BITS: dict[int, np.dtype[Any]] = {
    2: np.dtype(np.int16),
    4: np.dtype(np.int32),
    8: np.dtype(np.int64),
}


class PerDtype(dict[Any, Array]):
    """One constant as a 0-d array of each dtype asked for: NumPy converts a number on each call."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, dtype: np.dtype[Any]) -> Array:
        constant = np.array(self.value, dtype)
        constant.flags.writeable = False
        self[dtype] = constant
        return constant


ZERO, HALF, ONE, TWO = PerDtype(0.0), PerDtype(0.5), PerDtype(1.0), PerDtype(2.0)


@cache
def special() -> ModuleType:
    """SciPy's special functions, imported when the first one is needed."""
    return import_module("scipy.special")


if np.lib.NumpyVersion(np.__version__) >= "2.3.0":

    def owned(like: Array, out: Array | None) -> Any:
        """What to pass as ``out=`` of a ufunc, so that it returns an array of ours even in 0-d."""
        return ... if out is None else out

else:

    def owned(like: Array, out: Array | None) -> Any:
        """What to pass as ``out=`` of a ufunc, so that it returns an array of ours even in 0-d."""
        return np.empty_like(like) if out is None else out


def in_blocks(
    kernel: Callable[..., Array],
    arrays: tuple[Array, ...],
    *params: Any,
    out: Array | None = None,
    light: bool = False,
) -> Array:
    """Run an elementwise ``kernel(*arrays, *params, out=)`` piece by piece, on all cores.

    One of a few passes is ``light``: it takes more elements until a second thread pays.
    Halves are widened to float32 piece by piece, computed there and rounded once, as torch does.
    """
    if out is None:
        out = np.empty_like(arrays[0])
    if out.itemsize < 4:

        def work(piece: list[Array]) -> None:
            *inputs, target = piece
            wide = kernel(*[a.astype(np.float32) for a in inputs], *params)
            np.copyto(target, wide, casting="same_kind")

    else:

        def work(piece: list[Array]) -> None:
            *inputs, target = piece
            kernel(*inputs, *params, out=target)

    share(work, pieces(*arrays, out), out.size // 4 if light else out.size)
    return out


def share(work: Callable[[Any], object], items: Iterable[Any], size: int) -> None:
    """Call ``work`` on every item, on several threads where the elements are many."""
    if size < _SHARED:
        for item in items:
            work(item)
        return
    from rushlight.kernels.threads import for_each

    for_each(work, items)


def pieces(*arrays: Array) -> Iterator[list[Array]]:
    """Matching views of arrays of one shape, a block at a time, the last array's memory in order.

    Arrays that are all contiguous are cut as if flat, others along the outermost axis in memory.
    """
    last = arrays[-1]
    if last.ndim == 0 or all(a.flags.c_contiguous for a in arrays):
        if last.ndim != 1:
            arrays = tuple(a.reshape(-1) for a in arrays)
        axis = 0
    else:
        extent = [abs(stride) * (size > 1) for stride, size in zip(last.strides, last.shape)]
        axis = extent.index(max(extent))
    length = arrays[-1].shape[axis]
    step = max(1, BLOCK * length // max(1, last.size))
    lead = (slice(None),) * axis
    for start in range(0, length, step):
        cut = (*lead, slice(start, start + step))
        yield [a[cut] for a in arrays]


def short_buffers(inner: int, size: int) -> AbstractContextManager[object]:
    """Let a large loop broadcast columns over rows of ``inner`` elements without NumPy's buffers.

    A ufunc with a broadcast operand copies every operand through its buffers (8192 elements),
    unless the innermost axis alone fills most of them: 0.43 ns an element against 0.15.
    """
    return _AS_IT_IS if inner < 384 or size < BLOCK // 2 else _ShortBuffers()


_AS_IT_IS = nullcontext()


class _ShortBuffers:
    def __enter__(self) -> None:
        self.before = np.setbufsize(512)

    def __exit__(self, *failure: object) -> None:
        np.setbufsize(self.before)


class _Zeros(dict[Any, Array]):
    """A block of zeros of each dtype asked for."""

    def __missing__(self, dtype: Any) -> Array:
        zeros = self[dtype] = np.zeros(BLOCK, dtype)
        zeros.flags.writeable = False
        return zeros


_ZEROS = _Zeros()


def zeros_for(x: Array) -> Array:
    """Zeros to take the maximum or minimum with, for arrays of one block.

    With many they lie as ``x`` does: NumPy takes 0.14 ns an element then, 0.40 with one zero.
    """
    if x.size <= FEW:
        return ZERO[x.dtype]
    zeros = _ZEROS[x.dtype]
    if x.flags.c_contiguous:
        return zeros[: x.size].reshape(x.shape)
    reach = sum((n - 1) * stride for n, stride in zip(x.shape, x.strides))
    if min(x.strides) < 0 or reach >= zeros.nbytes:
        return ZERO[x.dtype]
    return np.ndarray(x.shape, x.dtype, zeros, 0, x.strides)


def finite(x: Array) -> bool:
    """Whether all elements are; perhaps no where large ones are among them."""
    return bool(np.isfinite(np.vdot(x, x)))


def fill(out: Array, mask: Array, value: PerDtype | float) -> Array:
    """Write ``value`` into ``out`` where ``mask`` holds.

    Large arrays are filled without a branch per element (a mispredicted one costs 6 ns): kept
    bits are multiplied by 1 and dropped ones by 0 as integers, which no nan or inf survives.
    """
    if out.size <= FEW or out.itemsize == 1:
        np.putmask(out, mask, value[out.dtype] if isinstance(value, PerDtype) else value)
        return out
    bits = _BITS[out.itemsize]
    raw = out.view(bits)
    np.multiply(raw, np.logical_not(mask).astype(bits), out=raw)
    if value is not ZERO:
        constant = value[out.dtype] if isinstance(value, PerDtype) else np.array(value, out.dtype)
        chosen = mask.astype(bits)
        np.multiply(chosen, constant.view(bits), out=chosen)
        np.bitwise_or(raw, chosen, out=raw)
    return out


def drop(g: Array, mask: Array, out: Array | None = None) -> Array:
    """A copy of ``g`` with +0 where ``mask`` holds, whatever stood there."""
    if g.size > BLOCK:
        return in_blocks(drop, (g, mask), out=out, light=True)
    if g.size <= FEW:
        return fill(np.positive(g, out=owned(g, out)), mask, ZERO)
    return keep(g, np.logical_not(mask), out)


def keep(g: Array, mask: Array, out: Array | None = None) -> Array:
    """A copy of ``g`` with +0 but where ``mask`` holds, as in `fill`; for arrays of one block."""
    if out is None:
        out = np.empty_like(g)
    bits = _BITS[g.itemsize]
    np.multiply(g.view(bits), mask.astype(bits), out=out.view(bits))
    return out


def pick(mask: Array, x: Array, y: Array, out: Array) -> Array:
    """``np.where(mask, x, y)`` without a branch per element; ``out`` is neither of them."""
    bits = _BITS[out.itemsize]
    chosen, raw, below = mask.astype(bits), out.view(bits), y.view(bits)
    np.negative(chosen, out=chosen)  # all bits, or none
    np.bitwise_xor(x.view(bits), below, out=raw)
    np.bitwise_and(raw, chosen, out=raw)
    np.bitwise_xor(raw, below, out=raw)
    return out
