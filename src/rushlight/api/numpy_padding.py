"""``np.pad``: elements of the array in other places, or blocks along one axis after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.api.numpy_functions import Untranslated, as_array, as_tensor, public
from rushlight.api.numpy_picking import positions
from rushlight.tensor import Tensor, wrap

__all__ = ["pad"]

MOVED = ("edge", "reflect", "symmetric", "wrap")
STATISTICS: dict[str, Any] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """``np.pad`` in every mode but "empty" and a function of one's own."""
    x = as_tensor(array)
    if mode in MOVED:
        if options.pop("reflect_type", "even") != "even" or options:
            raise Untranslated  # odd reflections are no elements of the array
        places = np.pad(positions(x), pad_width, mode)
        return x.reshape(-1)[wrap(places)]
    if mode not in BLOCKS:
        raise Untranslated
    name, default = OPTIONS.get(mode, ("stat_length", None))
    given = options.pop(name, default)
    if options:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {set(options)}")
    widths = _by_side(pad_width, x.ndim)
    for axis, sides in enumerate(_by_side(given, x.ndim)):
        before, after = (int(as_array(n)) for n in widths[axis])
        lines = x.movedim(axis, 0)
        parts = [lines]
        if before:
            parts.insert(0, BLOCKS[mode](lines, before, sides[0], mode))
        if after:
            parts.append(BLOCKS[mode](lines.flip(0), after, sides[1], mode).flip(0))
        x = public("cat")(parts).movedim(0, axis)
    return x


def _by_side(given: Any, ndim: int) -> Any:
    """A pair for each axis, from one number, a pair, or a pair an axis (a dict tells some)."""
    if given is None:
        return [(None, None)] * ndim
    if isinstance(given, dict):
        pairs = [(0, 0)] * ndim
        for axis, sides in given.items():
            pairs[axis] = (sides, sides) if isinstance(sides, int) else tuple(sides)
        return pairs
    if isinstance(given, (list, tuple)):
        given = public("stack")([_pair_of(part) for part in given]) if len(given) > 0 else given
    return as_tensor(given).broadcast_to((ndim, 2)).unbind(0)


def _pair_of(part: Any) -> Any:
    if isinstance(part, (tuple, list)):
        return public("stack")([as_tensor(p) for p in part])
    return as_tensor(part)


# Blocks in front of the first line; the lines come backwards for those behind the last.


def _constant(lines: Tensor, width: int, value: Any, mode: str) -> Any:
    return value.to(lines.dtype).expand(width, *lines.shape[1:])


def _ramp(lines: Tensor, width: int, end: Any, mode: str) -> Any:
    ramp: Any = np.linspace(end, lines[0], width, endpoint=False)
    return ramp.to(lines.dtype)


def _statistic(lines: Tensor, width: int, length: Any, mode: str) -> Any:
    used = lines if length is None else lines[: int(length)]
    found = STATISTICS[mode](used, axis=0, keepdims=True)
    return found.to(lines.dtype).expand(width, *lines.shape[1:])


BLOCKS = {"constant": _constant, "linear_ramp": _ramp, **dict.fromkeys(STATISTICS, _statistic)}
OPTIONS = {"constant": ("constant_values", 0), "linear_ramp": ("end_values", 0)}
