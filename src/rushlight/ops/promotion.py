"""Pointwise Operators: operands of several dtypes, Python numbers and ndarrays meet in one dtype.

This is the slow path; rushlight.ops.fast comes first where everything is float32 or float64
already. The rules are torch's: dimensioned operands decide over 0-d ones, 0-d ones over Python
numbers, within a category (bool, integer, float, complex).

What torch has no kernel for is refused here, before anything runs, in torch's words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.kernels.copies import check_broadcast
from rushlight.kernels.flipped import FLIPPED, resolved
from rushlight.ops.operator import Operator, dispatch
from rushlight.tensor import Tensor, values_of

__all__ = [
    "Check",
    "Promoting",
    "as_operand",
    "checked_number",
    "checked_value",
    "no_kernel",
    "refuse",
    "rounded_to_half",
]

Dtype = np.dtype[Any]
# Looks at the operands, which are ndarrays and numbers, and at the dtype they are to meet in.
Check = Callable[[Sequence[Any], Dtype], None]

NUMBERS = (bool, int, float, complex)
F4 = np.dtype(np.float32)


class Promoting(Operator):
    """An Operator that brings its operands to torch's common dtype before the kernel runs.

    `operands` are the arguments that take part (numbers among them, None where one is absent); by
    default all inputs, or all arguments where nothing is differentiable. Others stay as given.
    `selects` says of a kernel that it rounds nothing, but chooses among values it is given.
    `unrounded` says that a number, or a tensor of no dimensions, keeps its digits behind one of
    halves; `halves` that the kernel rounds halves at every step, as torch's does.
    """

    def __init__(
        self,
        *args: Any,
        promote: str,
        operands: tuple[str, ...] | None = None,
        checks: tuple[Check, ...] = (),
        selects: bool = False,
        unrounded: bool = False,
        halves: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.selects = selects
        self.unrounded = unrounded
        self.halves = halves
        self.promote = promote
        self.operands = operands or self.inputs or self.args
        self.places = tuple(self.args.index(name) for name in self.operands)
        self.checks = checks

    def general(self, *args: Any) -> Any:
        """Run the kernel on ndarrays as they are, or on Tensors in their common dtype."""
        tensors = False
        arrays: list[Any] = []
        for a in args:
            if isinstance(a, Tensor):
                if a._interpreter is not None:
                    return dispatch(self, args)
                tensors = True
                a = a._array
            arrays.append(resolved(a) if type(a) in FLIPPED else a)
        if not tensors:
            return self.kernel(*arrays)
        places = self.places
        operands = [arrays[i] for i in places if i < len(arrays) and arrays[i] is not None]
        target = dtypes.result_dtype(operands)
        if self.promote == "float" and target.kind in "biu":
            target = dtypes.promotes_to_float(target)
        for check in self.checks:
            try:
                check(operands, target)
            except NotImplementedError:  # no kernel: torch finds that out after it has broadcast
                check_broadcast(*[a.shape for a in operands if isinstance(a, np.ndarray)])
                raise
        compute = self.compute_dtype(operands, target)
        for i in places:
            if i < len(arrays) and arrays[i] is not None:
                a = arrays[i]
                if compute is not target and not (
                    self.keeps_digits(operands) and a is operands[-1]
                ):
                    a = as_operand(a, target)  # what is no half yet is rounded to one, or infinite
                arrays[i] = as_operand(a, compute)
        try:
            result = self.kernel(*arrays)
        except ValueError:
            check_broadcast(*[a.shape for a in arrays if isinstance(a, np.ndarray)])
            raise
        if compute is not target:
            result = result.astype(target)
        return self.wrap(args, result)

    def compute_dtype(self, operands: Sequence[Any], target: Dtype) -> Dtype:
        """The dtype that the kernel works in: float32 for halves, where that shows.

        torch computes them in float32 and rounds once. So does a ufunc of NumPy, but a kernel of
        several would round at each.
        """
        if target.itemsize != 2 or target.kind not in "fV":
            return target
        if self.selects or self.promote == "bool":
            return target
        exact = self.halves or isinstance(self.kernel, np.ufunc)
        return target if exact and not self.keeps_digits(operands) else F4

    def keeps_digits(self, operands: Sequence[Any]) -> bool:
        """Whether the last operand isn't rounded to a half: a divisor that is one number."""
        if not self.unrounded:
            return False
        last = operands[-1]
        return type(last) in NUMBERS or (last.ndim == 0 and last.dtype != operands[0].dtype)


def as_operand(a: Any, target: Dtype) -> Any:
    """Bring one operand to the common dtype; integers that don't fit wrap around."""
    if type(a) is np.ndarray or isinstance(a, np.generic):
        return a if a.dtype == target else a.astype(target)
    array = np.asarray(a)
    if array.dtype == object:
        raise OverflowError("int too big to convert")
    return array.astype(target)


def rounded_to_half(number: Any, *operands: Any) -> Any:
    """A factor of tensors as torch takes it: a half where the operands meet in halves."""
    target = dtypes.result_dtype([a._array if isinstance(a, Tensor) else a for a in operands])
    if target.itemsize != 2 or target.kind not in "fV" or type(number) is not float:
        return number
    checked_number(number, target)
    return float(np.asarray(number).astype(target))


def checked_number(value: Any, target: Dtype) -> None:
    """Raise torch's RuntimeError where a number cannot be converted to `target`.

    Most operators let numbers wrap around; those that hold on to them (clamp, where) do not.
    """
    if isinstance(value, complex) and not value.imag:
        value = value.real
    if target.kind in "iu":
        limits = np.iinfo(target)
        # A negative integer may wrap around into an unsigned type, if its magnitude fits.
        wraps = target.kind == "u" and isinstance(value, int)
        lowest = -limits.max if wraps else limits.min
        fits = not isinstance(value, complex) and lowest <= value <= limits.max
    elif target.kind == "f":
        largest = float(np.finfo(target).max)
        fits = not isinstance(value, complex) and not largest < abs(value) < np.inf
    else:
        return
    if not fits:
        raise RuntimeError(
            f"value cannot be converted to type {_cpp_name(target)} without overflow"
        )


def checked_value(value: Tensor, target: Dtype) -> None:
    """As `checked_number`, for a 0-d tensor that stands for its number."""
    if value._array.dtype is not target:
        for number in values_of(value).reshape(-1).tolist():  # one for each example of a batch
            checked_number(number, target)


def _cpp_name(target: Dtype) -> str:
    if target.kind in "iu" and target != np.int32:
        return f"{target.name}_t"
    return dtypes.from_numpy(target).cpp_name


# -- what torch refuses ------------------------------------------------------------------------


def refuse(kinds: str, text: str, error: type[Exception] = RuntimeError) -> Check:
    """Make the check that raises `error` for types of `kinds`: b(ool), i(nteger), f, c, h(alves),
    w(ide unsigned integers).

    ``{}`` in `text` stands for the type's name as torch's errors have it.
    """
    numpy_kinds = kinds.replace("i", "iu").replace("f", "fV")
    halves, wide = "h" in kinds, "w" in kinds

    def check(operands: Sequence[Any], target: Dtype) -> None:
        if (
            target.kind in numpy_kinds
            or (halves and target.kind in "fV" and target.itemsize == 2)
            or (wide and target.kind == "u" and target.itemsize > 1)
        ):
            raise error(text.replace("{}", dtypes.from_numpy(target).scalar_name))

    return check


def no_kernel(kinds: str, name: str) -> Check:
    """Make the check for types of `kinds` that torch's kernel called `name` doesn't know."""
    return refuse(kinds, f"\"{name}\" not implemented for '{{}}'", NotImplementedError)
