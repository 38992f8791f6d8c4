"""Evenly spaced numbers: arange, range, linspace, logspace; and the indices of triangles."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.api.arguments import (
    allocate,
    check_options,
    finish,
    invalid_combination,
    made,
    numpy_dtype,
    require_int,
)
from rushlight.api.scalars import as_number, checked
from rushlight.kernels import spaced
from rushlight.tensor import Tensor

__all__ = ["arange", "linspace", "logspace", "range", "tril_indices", "triu_indices"]

_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, "
    "bool pin_memory = False, bool requires_grad = False"
)
_MISSING: Any = object()


def arange(
    *args: Any,
    start: Any = _MISSING,
    end: Any = _MISSING,
    step: Any = _MISSING,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of the numbers from `start` (0) up to but not including `end`, by `step` (1).

    Called as ``arange(end)``, ``arange(start, end)`` or ``arange(start, end, step)``. The dtype is
    int64 where all three are integers. Raises RuntimeError for a step that leads away from `end`.

    >>> import rushlight as torch
    >>> torch.arange(3), torch.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    check_options("arange", layout, device, pin_memory, requires_grad)
    plain = start is end is step and dtype is None and out is None and not requires_grad
    if plain and len(args) == 1 and type(args[0]) is int and 0 <= args[0] < 2**63:
        return made(np.arange(args[0]))
    named = {k: v for k, v in (("start", start), ("end", end), ("step", step)) if v is not _MISSING}
    first, last, by = _bounds(args, named)
    wanted = numpy_dtype("arange", dtype, out)
    if wanted is None:
        whole = not any(isinstance(x, float) for x in (first, last, by))
        wanted = dtypes.int64.numpy if whole else dtypes.default_float()
    if wanted.kind in "bc":
        raise _not_implemented("arange_cpu", wanted)
    kind = dtypes.from_numpy(wanted)
    if kind is dtypes.int64:
        first, last, by = (checked(x, kind) for x in (first, last, by))
    length = _length(first, last, by)
    if wanted.kind in "iu":
        first, by = int(first), int(by)
    values = spaced.arange(first, by, length, wanted)
    if out is not None and out.numel() not in (0, length):
        warnings.warn(
            f"The number of elements in the out tensor of shape {list(out.shape)} is "
            f"{out.numel()} which does not match the computed number of elements {length}. Note "
            "that this may occur as a result of rounding error. The out tensor will be resized to "
            f"a tensor of shape ({length},).",
            UserWarning,
            stacklevel=2,
        )
    return finish("arange", values, out, requires_grad)


def _bounds(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return start, end and step as numbers, or raise PyTorch's TypeError."""
    names = ("end",) if len(args) == 1 and "end" not in named else ("start", "end", "step")
    given = dict(zip(names, args))
    if len(args) > 3 or "end" not in {**given, **named} or given.keys() & named.keys():
        _no_such_arange(args, named)
    given.update(named)
    if list(given) == ["end"]:
        return 0, _real("end", given["end"], 1), 1
    for value in given.values():
        if not _is_number(value):
            _no_such_arange(args, named)
    return (
        _real("start", given.get("start", 0), 1),
        _real("end", given["end"], 2),
        _real("step", given.get("step", 1), 3),
    )


def _is_number(x: Any) -> bool:
    try:
        as_number(x, "", "", None)
    except TypeError:
        return False
    return True


def _real(argument: str, value: Any, position: int) -> Any:
    """A number that is an int or a float: bools count as ints here."""
    number = as_number(value, "arange", argument, position)
    if isinstance(number, complex):
        number = checked(number, dtypes.float64)
    return int(number) if isinstance(number, int) else number


def _no_such_arange(args: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    invalid_combination(
        "arange",
        args,
        named,
        f"Number end, *, Tensor out = None, {_OPTIONS}",
        f"Number start, Number end, *, {_OPTIONS}",
        f"Number start, Number end, Number step = 1, *, Tensor out = None, {_OPTIONS}",
    )


def _check_range(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def _length(start: Any, end: Any, step: Any) -> int:
    """How many steps there are before `end`; exact for integers."""
    _check_range(start, end, step)
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        return -((end - start) // -step)
    return math.ceil(float(end - start) / float(step))


def _not_implemented(kernel: str, kind: np.dtype[Any]) -> NotImplementedError:
    name = dtypes.from_numpy(kind).scalar_name
    return NotImplementedError(f"\"{kernel}\" not implemented for '{name}'")


def range(
    start: Any = 0,
    end: Any = _MISSING,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of the numbers from `start` to `end`, both included. Use `arange` instead.

    >>> import rushlight as torch
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.range(1, 3)
    tensor([1., 2., 3.])
    """
    check_options("range", layout, device, pin_memory, requires_grad)
    if end is _MISSING:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior "
        "is inconsistent with Python's range builtin. Instead, use torch.arange, which produces "
        "values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    first, last, by = (
        as_number(x, "range", name, i + 1)
        for i, (name, x) in enumerate((("start", start), ("end", end), ("step", step)))
    )
    kind = numpy_dtype("range", dtype, out) or dtypes.default_float()
    if kind.kind in "bc":
        raise _not_implemented("range_cpu", kind)
    _check_range(first, last, by)
    length = int((last - first) / by + 1)
    if kind.kind in "iu":
        first, by = int(first), int(by)
    values = spaced.arange(first, by, length, kind)
    return finish("range", values, out, requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: Any,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of `steps` evenly spaced numbers from `start` to `end`, both included.

    >>> import rushlight as torch
    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    check_options("linspace", layout, device, pin_memory, requires_grad)
    first, last, length = _ends("linspace", start, end, steps)
    kind = numpy_dtype("linspace", dtype, out) or _kind_of(first, last)
    if kind.kind == "b":
        raise _not_implemented("linspace_cpu", kind)
    values = spaced.linspace(first, last, length, kind)
    return finish("linspace", values, out, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: Any,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of `base` to the powers of `steps` evenly spaced exponents.

    >>> import rushlight as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    check_options("logspace", layout, device, pin_memory, requires_grad)
    first, last, length = _ends("logspace", start, end, steps)
    kind = numpy_dtype("logspace", dtype, out) or _kind_of(first, last)
    if kind.kind == "b":
        raise _not_implemented("logspace_cpu", kind)
    values = spaced.logspace(first, last, length, float(base), kind)
    return finish("logspace", values, out, requires_grad)


def _ends(function: str, start: Any, end: Any, steps: Any) -> tuple[Any, Any, int]:
    """Return both ends as numbers and the number of steps, or raise PyTorch's errors."""
    for name, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value.ndim:
            raise RuntimeError(
                f"{function} only supports 0-dimensional start and end tensors, but got {name} "
                f"with {value.ndim} dimension(s)."
            )
    if type(steps) is not int and not hasattr(steps, "__index__"):
        invalid_combination(
            function, (start, end, steps), {}, "Number start, Number end, int steps, ..."
        )
    first = as_number(start, function, "start", 1)
    last = as_number(end, function, "end", 2)
    length = require_int(function, steps, "steps", 3)
    if length < 0:
        raise RuntimeError("number of steps must be non-negative")
    return first, last, length


def _kind_of(first: Any, last: Any) -> np.dtype[Any]:
    if isinstance(first, complex) or isinstance(last, complex):
        return dtypes.default_complex()
    return dtypes.default_float()


# -- the indices of triangles --------------------------------------------------------------------


def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """Return the indices of a matrix's lower triangle as a tensor of 2 rows.

    The triangle ends `offset` above the main diagonal.

    >>> import rushlight as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    check_options("tril_indices", layout, device, pin_memory, False)
    return _triangle("tril_indices", row, col, offset, dtype)


def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """Return the indices of a matrix's upper triangle as a tensor of 2 rows.

    The triangle begins `offset` above the main diagonal.

    >>> import rushlight as torch
    >>> torch.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    check_options("triu_indices", layout, device, pin_memory, False)
    return _triangle("triu_indices", row, col, offset, dtype)


def _triangle(function: str, row: Any, col: Any, offset: Any, dtype: Any) -> Tensor:
    rows = require_int(function, row, "row", 1)
    columns = require_int(function, col, "col", 2)
    offset = require_int(function, offset, "offset", 3)
    for name, count in (("row", rows), ("col", columns)):
        if count < 0:
            raise RuntimeError(f"{name} must be non-negative, got{count}")
    kind = numpy_dtype(function, dtype) or dtypes.int64.numpy
    if kind not in (np.int32, np.int64):
        raise _not_implemented(function, kind)
    lower = np.tri(rows, columns, offset if function == "tril_indices" else offset - 1, bool)
    found = (lower if function == "tril_indices" else ~lower).nonzero()
    indices = allocate((2, len(found[0])), kind)
    indices[0], indices[1] = found
    return made(indices)
