"""What public functions do around an Operator: look at their operands, and write to ``out=``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.autograd.forward_ad import Dual
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import mode
from rushlight.device import device as Device
from rushlight.device import require_cpu
from rushlight.kernels.flipped import like, memory
from rushlight.kernels.strides import (
    check_expanded,
    partly_shared,
    resized,
    same_places,
    shared_error,
    shares,
)
from rushlight.tensor import Tensor, wrap

__all__ = [
    "into",
    "no_overload",
    "number_tensor",
    "operands",
    "plain_numbers",
    "refuse_wide",
    "require_device",
    "require_tensor",
    "type_name",
    "wrong_type",
]


# The modules whose types PyTorch (or NumPy) has in C, where errors name them with the package.
_PLACES = {
    "numpy": "numpy",
    "rushlight": "torch",
    "rushlight.storage": "torch.storage",
}


# Functions that are no part of any graph, so that their outputs may be.
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_LOGIC = ("logical_and", "logical_or", "logical_xor", "logical_not")
_WITHOUT_DERIVATIVES = {*_COMPARISONS, *_LOGIC, "histc"}


def type_name(x: Any) -> str:
    """The type of `x` as PyTorch's argument errors name it."""
    kind = type(x)
    if kind is Tensor or (isinstance(x, Tensor) and x._interpreter is not None):
        return "Tensor"
    place = _PLACES.get(kind.__module__)
    return kind.__name__ if place is None else f"{place}.{kind.__name__}"


def require_device(function: str, value: Any) -> Device:
    """Return `value` as a device; only the CPU passes."""
    if isinstance(value, (Device, str)):
        return require_cpu(Device(value))
    if isinstance(value, int) and not isinstance(value, bool):
        raise RuntimeError("Cannot access accelerator device when none is available.")
    raise TypeError(f"{function}(): argument 'device' must be torch.device, not {type_name(value)}")


def require_tensor(x: Any, function: str, argument: str, position: int) -> Any:
    """Return `x`, or raise PyTorch's TypeError for an argument that has to be a Tensor."""
    if isinstance(x, Tensor):
        return x
    raise wrong_type(function, argument, position, x)


def wrong_type(
    function: str, argument: str, position: int, x: Any, expected: str = "Tensor"
) -> TypeError:
    """PyTorch's error for the one argument that is of no type that its function takes."""
    return TypeError(
        f"{function}(): argument '{argument}' (position {position}) must be {expected}, "
        f"not {type_name(x)}"
    )


def no_overload(
    function: str, signatures: tuple[str, ...], *args: Any, **options: Any
) -> TypeError:
    """PyTorch's error for arguments that fit none of a function's several `signatures`."""
    got = [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in options.items()]
    lines = "".join(f"\n * {signature}" for signature in signatures)
    return TypeError(
        f"{function}() received an invalid combination of arguments - got ({', '.join(got)}), "
        f"but expected one of:{lines}"
    )


def operands(
    function: str, input: Any, other: Any, *, second: str = "other", numbers: bool = True
) -> tuple[Any, Any]:
    """Check the operands of a binary function, whose second argument is called `second`.

    An ndarray beside a Tensor becomes one, and a number where there is no Tensor beside it.
    Python numbers are operands where `numbers` says so.
    """
    if isinstance(other, np.ndarray):
        other = wrap(other)
    elif isinstance(other, np.generic):
        other = other.item()
    if isinstance(input, np.ndarray) and isinstance(other, Tensor):
        input = wrap(input)
    elif isinstance(input, np.generic):
        input = input.item()
    known = (Tensor, bool, int, float, complex) if numbers else Tensor
    if not isinstance(input, known):
        raise wrong_type(function, "input", 1, input)
    if not isinstance(other, known):
        raise wrong_type(function, second, 2, other)
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        input = number_tensor(input)
    return input, other


def plain_numbers(*values: Any) -> tuple[Any, ...] | None:
    """The `values` with Python's numbers for NumPy's, or None where there are none of those."""
    if any(isinstance(v, np.generic) for v in values):
        return tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    return None


def refuse_wide(kernel: str, x: Tensor) -> None:
    """Raise PyTorch's error for uint16, uint32 and uint64, which its kernel doesn't know."""
    if x.dtype in dtypes.WIDE_UNSIGNED:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.dtype.scalar_name}'")


def number_tensor(number: Any) -> Tensor:
    """A 0-d tensor of a Python number, in the dtype that numbers of its kind have."""
    return wrap(np.asarray(number, dtypes.result_dtype((number, number))))


def refuse_recording(function: str, *tensors: Tensor) -> None:
    """Raise PyTorch's error for an ``out=`` where one of the `tensors` requires grad."""
    if mode.grad and any(t.requires_grad for t in tensors):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )


def into(
    out: Any,
    result: Tensor,
    function: str,
    *operands: Any,
    apart: bool = False,
    rule: str | None = None,
    called: str | None = None,
) -> Tensor:
    """Write `result` to the ``out=`` tensor of `function` as PyTorch does, resizing it.

    `rule` is the name under which its dtypes are looked up, and `called` the one that was called,
    where these aren't the function's.
    An operand may be the output itself, but must not share only a part of its memory; where
    operands have to be `apart`, nothing at all.
    """
    if not isinstance(out, Tensor):
        name = called or function
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type_name(out)}")
    if function not in _WITHOUT_DERIVATIVES:
        refuse_recording(function, result, out)
    if type(result) is Dual or type(out) is Dual:
        raise NotImplementedError(
            f"Trying to use forward AD with {function}_out that does not support it because it is "
            "an out= function"
        )
    check_update(out)
    values = result._array
    if operands:
        _check_overlap(out, operands, apart)
    if out.dtype is not result.dtype:  # few programs need these rules
        from rushlight.ops.out_dtypes import check_out_dtype

        check_out_dtype(rule or function, result.dtype, out.dtype)
    if out._array.shape != values.shape:
        if out._array.size:
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(out._array.shape)}, which does not match the required output shape "
                f"{list(values.shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can "
                "explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
                "t.resize_(0).",
                UserWarning,
                stacklevel=3,
            )
        out._array = like(resized(memory(out._array), values.shape), type(out._array))
    elif 0 in out._array.strides:
        check_expanded(out._array)
    np.copyto(out._array, values, casting="unsafe")
    out._counter[0] += 1
    return out


def _check_overlap(out: Tensor, operands: tuple[Any, ...], apart: bool) -> None:
    """Raise PyTorch's error where `out` shares memory with itself or, in part, with an operand.

    What shares memory shares a version counter, too.
    """
    target = out._array
    if 0 in target.strides:
        check_expanded(target)
    for x in operands:
        if not isinstance(x, Tensor) or x._counter is not out._counter:
            continue
        values = x._array
        if apart:
            refused = shares(target, values)
        else:
            refused = not same_places(target, values) and partly_shared(target, values)
        if refused:
            raise shared_error()
