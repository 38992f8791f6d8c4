"""Casts: `to` in all its forms, `float` and its kin, `type`, `type_as`, `cpu`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from rushlight import dtypes
from rushlight.api.arguments import check_format, invalid_combination
from rushlight.api.create import check_rank
from rushlight.api.legacy import dtype_of_type, type_name_of
from rushlight.autograd.modes import mode
from rushlight.device import device as Device
from rushlight.dtypes import dtype as DType
from rushlight.kernels import copies
from rushlight.layout import channels_last, channels_last_3d, contiguous_format, preserve_format
from rushlight.ops.convert import cast_to
from rushlight.ops.outputs import require_device, require_tensor
from rushlight.tensor import Tensor, wrap

METHODS = (
    "bfloat16",
    "byte",
    "cdouble",
    "cfloat",
    "chalf",
    "char",
    "cpu",
    "cuda",
    "double",
    "half",
    "long",
    "short",
    "to",
    "type",
    "type_as",
)

_NONE = None.__class__
_FORMS = (
    "torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, "
    "bool copy = False, *, torch.memory_format memory_format = None",
    "torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None",
    "Tensor tensor, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None",
)


def to(input: Tensor, *args: Any, **named: Any) -> Tensor:
    """Return the tensor with another dtype, on another device, in another memory format.

    Called as ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, each followed by
    `non_blocking` and `copy`; `memory_format` goes by name. Where nothing changes the tensor
    itself is returned, unless `copy` is true.

    >>> import rushlight as torch
    >>> x = torch.ones(2)
    >>> x.to(torch.float64)
    tensor([1., 1.], dtype=torch.float64)
    >>> x.to("cpu") is x
    True
    """
    if len(args) == 1 and not named:
        if args[0] == "cpu":
            return input
        if isinstance(args[0], DType):
            return cast(input, args[0])
    wanted, copy, memory_format = parse_to(args, named)
    return cast(input, wanted, copy, memory_format)


def parse_to(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[DType | None, bool, Any]:
    """Return the dtype, whether to copy, and the memory format of a call of `to`."""
    first = args[0] if args else None
    if isinstance(first, Tensor):
        names: tuple[str, ...] = ("tensor", "non_blocking", "copy")
    elif isinstance(first, DType) or first in (float, int, bool, complex):
        names = ("dtype", "non_blocking", "copy")
    else:
        names = ("device", "dtype", "non_blocking", "copy")
    given = dict(zip(names, args))
    if len(args) > len(names) or given.keys() & named.keys():
        _no_such_to(args, named)
    given.update(named)
    other, dtype, device = (
        given.pop("tensor", None),
        given.pop("dtype", None),
        given.pop("device", None),
    )
    blocking, copy = given.pop("non_blocking", False), given.pop("copy", False)
    memory_format = given.pop("memory_format", None)
    kinds = (DType, _NONE)
    if (
        given
        or not (isinstance(dtype, kinds) or dtype in (float, int, bool, complex))
        or not isinstance(device, (str, Device, int, _NONE))
        or isinstance(device, bool)
        or not (isinstance(blocking, bool) and isinstance(copy, bool))
        or not isinstance(other, (Tensor, _NONE))
    ):
        _no_such_to(args, named)
    if memory_format is not None:
        check_format("to", memory_format)
    if device is not None:
        require_device("to", device)
    if other is not None:
        return other.dtype, copy, memory_format
    return None if dtype is None else dtypes.as_dtype(dtype), copy, memory_format


def _no_such_to(args: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    invalid_combination("to", args, named, *_FORMS)


def cast(
    input: Tensor, dtype: DType | None, copy: bool = False, memory_format: Any = None
) -> Tensor:
    """Return `input` in `dtype` and `memory_format`: itself where it is so already."""
    source = input.dtype
    if dtype is None:
        dtype = source
    if dtype is source and not copy and (memory_format is None or _lies(input, memory_format)):
        return input
    if source.is_complex and not dtype.is_complex and dtype is not dtypes.bool_:
        warn_discards()
    layout = "preserve" if memory_format is None else layout_of(input, memory_format)
    recorded = input._edge is not None and dtype.numpy.kind in "fcV"
    if not recorded and input._interpreter is None and not mode.inference:
        return wrap(copies.cast(input._array, dtype.numpy, layout))
    result: Tensor = cast_to(input, dtype.numpy, layout)
    return result


def warn_discards() -> None:
    """Warn as PyTorch does where a complex tensor is cast to real numbers."""
    warnings.warn(
        "Casting complex values to real discards the imaginary part", UserWarning, stacklevel=4
    )


def layout_of(input: Tensor, memory_format: Any) -> str:
    """The order of axes that `memory_format` asks of a copy, in the word that kernels know."""
    if memory_format is None or memory_format is preserve_format:
        return "preserve"
    check_rank(input.ndim, memory_format)
    return "contiguous" if memory_format is contiguous_format else "channels_last"


def _lies(input: Tensor, memory_format: Any) -> bool:
    """Whether a tensor counts as being in a memory format; any that isn't channels-last is."""
    if memory_format is preserve_format:
        return True
    last = {4: channels_last, 5: channels_last_3d}.get(input.ndim)
    array = input._array
    is_last = (
        last is not None
        and not array.flags.c_contiguous
        and array.transpose(0, *range(2, array.ndim), 1).flags.c_contiguous
    )
    return memory_format is (last if is_last else contiguous_format)


def _caster(name: str, dtype: DType) -> Callable[..., Tensor]:
    """Make the method that casts to one dtype."""

    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        if memory_format is not None:
            check_format(name, memory_format)
        return cast(self, dtype, False, memory_format)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"""Return the tensor in {dtype}: itself where it is so already."""
    return method


bfloat16 = _caster("bfloat16", dtypes.bfloat16)
byte = _caster("byte", dtypes.uint8)
cdouble = _caster("cdouble", dtypes.complex128)
cfloat = _caster("cfloat", dtypes.complex64)
chalf = _caster("chalf", dtypes.complex32)
char = _caster("char", dtypes.int8)
double = _caster("double", dtypes.float64)
half = _caster("half", dtypes.float16)
long = _caster("long", dtypes.int64)
short = _caster("short", dtypes.int16)
ATTRIBUTES = {  # Python's own types are wanted under these names in this module
    "bool": _caster("bool", dtypes.bool_),
    "float": _caster("float", dtypes.float32),
    "int": _caster("int", dtypes.int32),
}


def type(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Return the name of the tensor's type, or the tensor in another dtype.

    >>> import rushlight as torch
    >>> torch.ones(2).type(), torch.ones(2).type(torch.int64)
    ('torch.FloatTensor', tensor([1, 1]))
    """
    if dtype is None:
        return type_name_of(input.dtype)
    return cast(input, dtype if isinstance(dtype, DType) else dtype_of_type(dtype))


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Return the tensor in the dtype of `other`."""
    return cast(input, require_tensor(other, "type_as", "other", 1).dtype)


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """Return the tensor itself: there is no other place than the CPU."""
    return cast(input, None, False, memory_format)


def cuda(
    input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None
) -> NoReturn:
    """Raise the AssertionError of a PyTorch without CUDA."""
    raise AssertionError("Torch not compiled with CUDA enabled")
