"""Batching of pointwise Operators: the examples' dimension in front, other dimensions aligned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.func.rules.aligning import aligned, stacked
from rushlight.ops.fitting import cast_to
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor

__all__ = ["pointwise"]


def pointwise(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Run an Operator of corresponding elements on all examples."""
    if len(args) == 1 and len(op.outputs) == 1:
        return level.result_like(args[0], op(args[0]._value))
    ndim = max([a._array.ndim for a in args if isinstance(a, Tensor)])
    # Kernels other than ufuncs may rely on operands of one shape.
    fit = aligned if isinstance(op.kernel, np.ufunc) else stacked
    values = [fit(level, a, ndim) if isinstance(a, Tensor) else a for a in args]
    return level.results(op(*promoted(args, values)))


def promoted(args: Sequence[Any], values: list[Any]) -> list[Any]:
    """Cast values so that they promote as one example's do.

    A 0-d tensor doesn't decide over those with dimensions, but its examples side by side would.
    """
    tensors = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    first = args[tensors[0]]._array.dtype
    for i in tensors:
        if args[i]._array.dtype != first:
            break
    else:
        return values
    target = dtypes.result_dtype([args[i]._array for i in tensors])
    for i in tensors:
        dtype = args[i]._array.dtype
        if dtype != target and dtype.kind != "b" and args[i]._array.ndim == 0:
            values[i] = cast_to(values[i], target)
    return values
