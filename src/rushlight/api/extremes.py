"""The larger and the smaller of two, bounds, choice by a mask, replacements for nan and inf."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.api.install import inplace
from rushlight.api.scalars import as_float
from rushlight.ops import extremes as ops
from rushlight.ops.fast import binary, with_parameters
from rushlight.ops.fitting import cast_to
from rushlight.ops.inplace import check_operands, overwrite
from rushlight.ops.masking import where as choose
from rushlight.ops.outputs import (
    into,
    no_overload,
    plain_numbers,
    require_tensor,
)
from rushlight.ops.promotion import NUMBERS
from rushlight.ops.several import several
from rushlight.tensor import Tensor

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "fmax",
    "fmin",
    "maximum",
    "minimum",
    "nan_to_num",
    "where",
]

METHODS = [*(name for name in __all__ if name != "where"), "clamp_", "clip_"]
INPLACE = ["clamp_max", "clamp_min", "nan_to_num"]

maximum = binary(
    ops.maximum,
    """Return the larger of each pair, nan where one is nan; ties share the gradient.

    >>> import rushlight as torch
    >>> torch.maximum(torch.tensor([1.0, 4.0]), torch.tensor([3.0, 2.0]))
    tensor([3., 4.])
    """,
    numbers=False,
    whole=True,
)
minimum = binary(
    ops.minimum,
    """Return the smaller of each pair, nan where one is nan; ties share the gradient.

    >>> import rushlight as torch
    >>> torch.minimum(torch.tensor([1.0, 4.0]), torch.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """,
    numbers=False,
    whole=True,
)
fmax = binary(
    ops.fmax,
    """Return the larger of each pair, the number where one is nan.

    >>> import rushlight as torch
    >>> torch.fmax(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """,
    numbers=False,
)
fmin = binary(
    ops.fmin,
    """Return the smaller of each pair, the number where one is nan.

    >>> import rushlight as torch
    >>> torch.fmin(torch.tensor([1.0, float("nan")]), torch.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """,
    numbers=False,
)

# -- bounds ------------------------------------------------------------------------------------

_CLAMP = (
    "(Tensor input, Tensor min = None, Tensor max = None, *, Tensor out = None)",
    "(Tensor input, Number min = None, Number max = None, *, Tensor out = None)",
)
# Bounds within these need no look at whether a float32 can hold them.
_SMALL = 1e38
_choose = several(choose)
_clamp_number = with_parameters(ops.clamp_number)
_nan_to_num = with_parameters(ops.nan_to_num)
_clamp_min_number = with_parameters(ops.clamp_min_number)
_clamp_max_number = with_parameters(ops.clamp_max_number)


def _fits(bound: Any) -> bool:
    """Whether the fast path may take a bound."""
    if bound is None:
        return True
    kind = type(bound)
    return (kind is float or kind is int) and -_SMALL < bound < _SMALL


def _bound(x: Any, kind: Any) -> bool:
    return x is None or isinstance(x, kind)


def clamp(input: Tensor, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Move elements below `min` up to it, and those above `max` down to it.

    The bounds are numbers or tensors, both of a kind; one may be None. `max` wins over `min`.
    On a bound the gradient passes.

    >>> import rushlight as torch
    >>> torch.clamp(torch.tensor([-2.0, 0.5, 3.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if not isinstance(input, Tensor):
        raise no_overload("clamp", _CLAMP, input, min, max)
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if _fits(min) and _fits(max):
        result = _clamp_number(input, min, max)
    elif _bound(min, NUMBERS) and _bound(max, NUMBERS):
        result = ops.clamp_number.general(input, min, max)
    elif _bound(min, Tensor) and _bound(max, Tensor):
        result = ops.clamp(input, min, max)
    elif (plain := plain_numbers(min, max)) is not None:
        return clamp(input, *plain, out=out)
    else:
        given = [b for b in (min, max) if b is not None]
        raise no_overload("clamp", _CLAMP, input, *given)
    return result if out is None else _clamped(out, result, "clamp", input, min, max)


clip = clamp
_clamp_between = inplace(clamp)


def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """In-place form of `clamp`. Raises RuntimeError where bounds don't fit the tensor's dtype."""
    if not (_bound(min, NUMBERS) and _bound(max, NUMBERS)):
        return _clamp_between(input, min, max)
    check_operands(input, ())
    result = clamp(input, min, max)
    if not dtypes.can_cast(result.dtype, input.dtype):
        raise RuntimeError(
            f"result type {result.dtype.scalar_name} can't be cast to the desired output type "
            f"{input.dtype.cpp_name}"
        )
    return overwrite(input, result)


clip_ = clamp_


def _clamped(out: Any, result: Tensor, function: str, input: Tensor, *bounds: Any) -> Tensor:
    """Write to ``out=``, which must have the result's dtype where the bounds are numbers."""
    tensors = any(isinstance(b, Tensor) for b in bounds)
    rule = None if tensors else "clamp_number"
    return into(out, result, function, input, *bounds, rule=rule)


def clamp_min(input: Tensor, min: Any, *, out: Tensor | None = None) -> Tensor:
    """Move elements below `min`, a number or a tensor, up to it.

    >>> import rushlight as torch
    >>> torch.clamp_min(torch.tensor([-2.0, 0.5]), 0)
    tensor([0.0000, 0.5000])
    """
    if isinstance(input, Tensor) and isinstance(min, Tensor):
        result = ops.clamp_min(input, min)
    elif isinstance(input, Tensor) and isinstance(min, NUMBERS):
        run = _clamp_min_number if _fits(min) else ops.clamp_min_number.general
        result = run(input, min)
    elif (plain := plain_numbers(min)) is not None:
        return clamp_min(input, *plain, out=out)
    else:
        signatures = (
            "(Tensor input, Tensor min, *, Tensor out = None)",
            "(Tensor input, Number min, *, Tensor out = None)",
        )
        raise no_overload("clamp_min", signatures, input, min)
    return result if out is None else _clamped(out, result, "clamp_min", input, min)


def clamp_max(input: Tensor, max: Any, *, out: Tensor | None = None) -> Tensor:
    """Move elements above `max`, a number or a tensor, down to it.

    >>> import rushlight as torch
    >>> torch.clamp_max(torch.tensor([-2.0, 0.5]), 0)
    tensor([-2.,  0.])
    """
    if isinstance(input, Tensor) and isinstance(max, Tensor):
        result = ops.clamp_max(input, max)
    elif isinstance(input, Tensor) and isinstance(max, NUMBERS):
        run = _clamp_max_number if _fits(max) else ops.clamp_max_number.general
        result = run(input, max)
    elif (plain := plain_numbers(max)) is not None:
        return clamp_max(input, *plain, out=out)
    else:
        signatures = (
            "(Tensor input, Tensor max, *, Tensor out = None)",
            "(Tensor input, Number max, *, Tensor out = None)",
        )
        raise no_overload("clamp_max", signatures, input, max)
    return result if out is None else _clamped(out, result, "clamp_max", input, max)


# -- choice by a mask --------------------------------------------------------------------------

_WHERE = (
    "(Tensor condition)",
    "(Tensor condition, Tensor input, Tensor other, *, Tensor out = None)",
    "(Tensor condition, Number self, Tensor other)",
    "(Tensor condition, Tensor input, Number other)",
    "(Tensor condition, Number self, Number other)",
)


def where(
    condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None
) -> Any:
    """Choose from `input` where `condition` holds, and from `other` elsewhere.

    All three broadcast; `input` and `other` may be numbers. With the condition alone the indices
    where it holds are returned, as of ``nonzero(as_tuple=True)``.

    >>> import rushlight as torch
    >>> x = torch.tensor([-1.0, 2.0])
    >>> torch.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if not isinstance(condition, Tensor):
        raise no_overload("where", _WHERE, condition, input, other)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    known = (Tensor, np.generic, *NUMBERS)
    if not isinstance(input, known) or not isinstance(other, known):
        given = [x for x in (input, other) if x is not None]
        raise no_overload("where", _WHERE, condition, *given)
    if condition.dtype.category != 0:
        condition = _mask_of_bytes(condition)
    input, other = (x.item() if isinstance(x, np.generic) else x for x in (input, other))
    result = _choose(condition, input, other)
    return result if out is None else into(out, result, "where", condition, input, other)


def _mask_of_bytes(condition: Tensor) -> Tensor:
    if condition.dtype.name != "uint8":
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{condition.dtype.scalar_name}"
        )
    warnings.warn(
        "where received a uint8 condition tensor. This behavior is deprecated and will be removed "
        "in a future version of PyTorch. Use a boolean condition instead.",
        UserWarning,
        stacklevel=3,
    )
    return cast_to(condition, np.dtype(np.bool_))  # type: ignore[no-any-return]


def _where(self: Tensor, condition: Tensor, other: Any) -> Any:
    """Choose from this tensor where `condition` holds, and from `other` elsewhere.

    >>> import rushlight as torch
    >>> torch.tensor([-1.0, 2.0]).where(torch.tensor([False, True]), 0)
    tensor([0., 2.])
    """
    return where(condition, self, other)


ATTRIBUTES = {"where": _where}

# -- what is not finite ------------------------------------------------------------------------


def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Replace nan by `nan` (0), inf by `posinf` and -inf by `neginf` (the largest numbers).

    >>> import rushlight as torch
    >>> torch.nan_to_num(torch.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    require_tensor(input, "nan_to_num", "input", 1)
    for position, (name, value) in enumerate(
        (("nan", nan), ("posinf", posinf), ("neginf", neginf))
    ):
        if value is not None:
            as_float(value, "nan_to_num", name, position + 2)
    if input.dtype.is_complex and input.requires_grad:
        raise RuntimeError(
            "nan_to_num does not support automatic differentiation for outputs with complex dtype."
        )
    result = _nan_to_num(input, 0.0 if nan is None else nan, posinf, neginf)
    return result if out is None else into(out, result, "nan_to_num", input)
