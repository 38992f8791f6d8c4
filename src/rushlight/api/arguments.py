"""What the functions that make tensors share: sizes, dtype, layout, device, out, requires_grad."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.autograd.inference import check_update, mark_inference
from rushlight.autograd.modes import mode
from rushlight.dtypes import dtype as DType
from rushlight.kernels.copies import write
from rushlight.kernels.strides import check_expanded, resized
from rushlight.layout import layout as Layout
from rushlight.layout import memory_format as MemoryFormat
from rushlight.layout import strided
from rushlight.ops.outputs import require_device, type_name
from rushlight.tensor import LEAF, Tensor, wrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "allocate",
    "check_format",
    "check_options",
    "finish",
    "int_tuple",
    "invalid_combination",
    "is_int",
    "made",
    "numpy_dtype",
    "require_int",
    "size_tuple",
    "sizes",
]


def invalid_combination(
    function: str, args: Sequence[Any], named: dict[str, Any], *overloads: str
) -> NoReturn:
    """Raise PyTorch's TypeError for arguments that fit none of a function's `overloads`."""
    given = ", ".join(
        [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in named.items()]
    )
    if named and not args:
        given += ", "
    lines = "".join(f" * ({overload})\n" for overload in overloads)
    raise TypeError(
        f"{function}() received an invalid combination of arguments - got ({given}), but expected "
        f"one of:\n{lines}"
    )


# -- sizes -------------------------------------------------------------------------------------


def sizes(function: str, args: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """Return the sizes of ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``.

    Raises PyTorch's TypeError for anything that isn't ints, RuntimeError for negative ones.
    """
    for n in args:
        if type(n) is not int or not 0 <= n < 2**63:
            break
    else:
        if args and named is None:
            return args
    if named is not None:
        if args:
            raise TypeError(f"{function}() got multiple values for argument 'size'")
        return size_tuple(function, named, None)
    if not args:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    if not is_int(args[0]):
        if len(args) > 1:
            raise TypeError(f"{function}() takes 1 positional argument but {len(args)} were given")
        return size_tuple(function, args[0])
    return _non_negative(function, _unpacked(function, args))


def size_tuple(
    function: str, size: Any, position: int | None = 1, argument: str = "size"
) -> tuple[int, ...]:
    """Return the ints of the tuple or list `size`, checked to be sizes."""
    return _non_negative(function, int_tuple(function, size, position, argument))


def int_tuple(function: str, values: Any, position: int | None, argument: str) -> tuple[int, ...]:
    """Return the ints of a tuple or list, or raise PyTorch's TypeError."""
    place = "" if position is None else f" (position {position})"
    if not isinstance(values, (tuple, list)):
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be tuple of ints, "
            f"not {type_name(values)}"
        )
    if values and not is_int(values[0]):
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be tuple of ints, but found element "
            f"of type {type_name(values[0])} at pos 0"
        )
    return _unpacked(function, values, argument)


def require_int(function: str, value: Any, argument: str, position: int | None) -> int:
    """Return `value` as an int, or raise PyTorch's TypeError: a bool is none."""
    if type(value) is int:
        return value
    if not is_int(value):
        place = "" if position is None else f" (position {position})"
        raise TypeError(
            f"{function}(): argument '{argument}'{place} must be int, not {type_name(value)}"
        )
    return operator.index(value)


def is_int(n: Any) -> bool:
    """Whether PyTorch takes `n` for a size: anything that counts, but a bool."""
    if type(n) is int:
        return True
    if isinstance(n, Tensor):
        return n.numel() == 1 and n.dtype.category <= dtypes.INTEGER
    return hasattr(n, "__index__") and not isinstance(n, (bool, np.bool_, np.ndarray))


def _unpacked(function: str, values: Sequence[Any], argument: str = "size") -> tuple[int, ...]:
    ints = []
    for i, n in enumerate(values):
        if not isinstance(n, bool) and not is_int(n):
            reason = f"type must be tuple of ints,but got {type_name(n)}"
        else:
            n = operator.index(n)
            if -(2**63) <= n < 2**63:
                ints.append(n)
                continue
            reason = "Overflow when unpacking long long"
        raise TypeError(
            f"{function}(): argument '{argument}' failed to unpack the object at pos {i + 1} with "
            f'error "{reason}"'
        )
    return tuple(ints)


def _non_negative(function: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    for n in shape:
        if n < 0:
            if function == "zeros":
                raise RuntimeError("zeros: Dimension size must be non-negative.")
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}"
            )
    return shape


def allocate(shape: tuple[int, ...], dtype: Any, fresh: Any = np.empty) -> NDArray[Any]:
    """Return fresh memory, or raise PyTorch's error where there can't be any."""
    try:
        return fresh(shape, dtype)  # type: ignore[no-any-return]
    except ValueError:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)}"
        ) from None
    except MemoryError:
        bytes_ = math.prod(shape) * np.dtype(dtype).itemsize
        raise RuntimeError(
            f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {bytes_} bytes. "
            "Error code 12 (Cannot allocate memory)"
        ) from None


# -- the options of every factory ----------------------------------------------------------------


def check_format(function: str, value: Any) -> None:
    """Raise PyTorch's TypeError unless `value` is a memory format."""
    if not isinstance(value, MemoryFormat):
        raise TypeError(
            f"{function}(): argument 'memory_format' must be torch.memory_format, "
            f"not {type_name(value)}"
        )


def check_options(
    function: str, layout: Any, device: Any, pin_memory: Any, requires_grad: Any
) -> None:
    """Check the options that change nothing on a CPU but have to be right."""
    if layout is not None and layout is not strided:
        if not isinstance(layout, Layout):
            raise TypeError(
                f"{function}(): argument 'layout' must be torch.layout, not {type_name(layout)}"
            )
        raise NotImplementedError(
            f"{function}(): Rushlight has dense tensors only (layout=torch.strided), not {layout}"
        )
    if device is not None:
        require_device(function, device)
    if pin_memory is not False and pin_memory is not None:
        if not isinstance(pin_memory, bool):
            raise _not_a_bool(function, "pin_memory", pin_memory)
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory "
            "allocator is available on this system."
        )
    if requires_grad is not False and requires_grad is not True:
        raise _not_a_bool(function, "requires_grad", requires_grad)


def _not_a_bool(function: str, argument: str, value: Any) -> TypeError:
    return TypeError(f"{function}(): argument '{argument}' must be bool, not {type_name(value)}")


# Kernels that don't make uint16, uint32 and uint64.
_NOT_WIDE = {"eye": "eye"} | {f: f"{f}_cpu" for f in ("arange", "linspace", "logspace", "range")}


def numpy_dtype(function: str, dtype: Any, out: Any = None) -> np.dtype[Any] | None:
    """Return the NumPy dtype to make, None for the default; `out` has a say in it."""
    wanted = None
    if dtype is not None:
        # as_dtype takes NumPy's types too, of which PyTorch's factories know nothing.
        if not isinstance(dtype, DType) and dtype not in (float, int, bool, complex):
            raise TypeError(
                f"{function}(): argument 'dtype' must be torch.dtype, not {type_name(dtype)}"
            )
        wanted = dtypes.as_dtype(dtype)
    made = wanted if out is None else getattr(out, "dtype", None)
    if made in dtypes.WIDE_UNSIGNED and function in _NOT_WIDE:
        raise NotImplementedError(
            f"\"{_NOT_WIDE[function]}\" not implemented for '{made.scalar_name}'"
        )
    if out is None:
        return None if wanted is None else wanted.numpy
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type_name(out)}")
    if wanted is not None and wanted is not out.dtype:
        raise RuntimeError(
            f"dtype {wanted.scalar_name} does not match dtype of out parameter "
            f"({out.dtype.scalar_name})"
        )
    return out.dtype.numpy


# -- finishing -----------------------------------------------------------------------------------


def made(array: NDArray[Any], requires_grad: bool = False) -> Tensor:
    """Make the Tensor that a factory returns."""
    result = wrap(array)
    if requires_grad:
        if array.dtype.kind not in "fcV":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        result._edge = LEAF
    if mode.inference:
        mark_inference(result)
    return result


_CONSTANT = ("zeros", "ones", "full", "empty")  # one value everywhere: expanded tensors take it


def finish(
    function: str, array: NDArray[Any], out: Tensor | None, requires_grad: bool = False
) -> Tensor:
    """Return `array` as a factory's result, or write it to `out`, which takes its shape."""
    if out is None:
        return made(array, requires_grad)
    if mode.grad and out.requires_grad:
        raise RuntimeError(
            f"aten::{function}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    check_update(out)
    if out._array.shape == array.shape:
        if 0 in out._array.strides and function not in _CONSTANT:
            check_expanded(out._array)
        write(out._array, array)
    else:
        out._array = resized(out._array, array.shape)
        write(out._array, array)
    out._counter[0] += 1
    if requires_grad or out.requires_grad:
        out.requires_grad_(requires_grad)
    return out
