"""Pointwise Operators: operands of several dtypes, Python numbers and ndarrays meet in one dtype.

This is the slow path; rushlight.ops.fast comes first where everything is float32 or float64
already. The rules are torch's: dimensioned operands decide over 0-d ones, 0-d ones over Python
numbers, within a category (bool, integer, float, complex).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.ops.operator import Operator, dispatch
from rushlight.tensor import Tensor

__all__ = ["Promoting"]

NUMBERS = (bool, int, float, complex)


class Promoting(Operator):
    """An Operator that brings its operands to torch's common dtype before the kernel runs."""

    def __init__(self, *args: Any, promote: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promote = promote
        self.operands = self.inputs or self.args  # parameters that follow operands stay as given

    def general(self, *args: Any) -> Any:
        """Run the kernel on ndarrays as they are, or on Tensors in their common dtype."""
        tensors = False
        arrays: list[Any] = []
        for a in args:
            if isinstance(a, Tensor):
                if a._interpreter is not None:
                    return dispatch(self, args)
                tensors = True
                arrays.append(a._array)
            else:
                arrays.append(a)
        if not tensors:
            return self.kernel(*arrays)
        n = len(self.operands)
        operands = arrays[:n]
        target = dtypes.result_dtype(operands)
        if self.promote == "float" and target.kind in "biu":
            target = dtypes.promotes_to_float(target)
        cast = [as_operand(a, target) for a in operands]
        return self.wrap(args, self.kernel(*cast, *arrays[n:]))


def as_operand(a: Any, target: np.dtype[Any]) -> Any:
    """Bring one operand to the common dtype."""
    if type(a) is np.ndarray or isinstance(a, np.generic):
        return a if a.dtype == target else a.astype(target)
    return np.asarray(a).astype(target) if isinstance(a, NUMBERS) else np.asarray(a, target)
