"""Questions that a tensor answers: what dtype, what kind, which of PyTorch's many varieties.

Rushlight's tensors are dense and on the CPU, so most of the old flags are constants.
"""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from rushlight import dtypes
from rushlight.api.scalars import as_number
from rushlight.autograd import inference
from rushlight.device import device as Device
from rushlight.kernels.flipped import bits_of
from rushlight.layout import layout, memory_format, strided
from rushlight.ops.outputs import require_device, require_tensor
from rushlight.tensor import Tensor, values_of

__all__ = [
    "get_default_device",
    "get_device",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
    "result_type",
    "set_default_device",
    "typename",
]

METHODS = (
    "_is_view",
    "dense_dim",
    "dim_order",
    "get_device",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_same_size",
    "is_signed",
    "sparse_dim",
    "to_dense",
)


def is_tensor(obj: Any) -> bool:
    """Return whether `obj` is a tensor.

    >>> import rushlight as torch
    >>> torch.is_tensor(torch.ones(2)), torch.is_tensor([1.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """Return the number of elements."""
    return require_tensor(input, "numel", "input", 1).numel()  # type: ignore[no-any-return]


def is_floating_point(input: Tensor) -> bool:
    """Return whether the dtype is a floating-point one; complex ones are not.

    >>> import rushlight as torch
    >>> torch.is_floating_point(torch.ones(2))
    True
    """
    dtype: dtypes.dtype = require_tensor(input, "is_floating_point", "input", 1).dtype
    return dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Return whether the dtype is a complex one."""
    dtype: dtypes.dtype = require_tensor(input, "is_complex", "input", 1).dtype
    return dtype.is_complex


def is_signed(input: Tensor) -> bool:
    """Return whether the dtype has negative numbers."""
    dtype: dtypes.dtype = require_tensor(input, "is_signed", "input", 1).dtype
    return dtype.is_signed


def is_conj(input: Tensor) -> bool:
    """Return whether the tensor is a view of its memory's conjugates, as `conj` makes them.

    >>> import rushlight as torch
    >>> torch.tensor([1j]).conj().is_conj()
    True
    """
    return bits_of(type(values_of(require_tensor(input, "is_conj", "input", 1))))[0]


def is_neg(input: Tensor) -> bool:
    """Return whether the tensor is a view of its memory's negatives: ``x.conj().imag``, for one.

    >>> import rushlight as torch
    >>> torch.tensor([1j]).conj().imag.is_neg()
    True
    """
    return bits_of(type(values_of(require_tensor(input, "is_neg", "input", 1))))[1]


def is_inference(input: Tensor) -> bool:
    """Return whether the tensor was made in `inference_mode`, so that no graph may take it.

    >>> import rushlight as torch
    >>> with torch.inference_mode():
    ...     x = torch.ones(2)
    >>> x.is_inference()
    True
    """
    require_tensor(input, "is_inference", "input", 1)
    return inference.is_inference(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Return whether two tensors have the same sizes."""
    require_tensor(input, "is_same_size", "input", 1)
    require_tensor(other, "is_same_size", "other", 2)
    return input.shape == other.shape


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """Return the dtype of a sum of the two: tensors or numbers.

    >>> import rushlight as torch
    >>> torch.result_type(torch.tensor([1, 2]), 1.0)
    torch.float32
    """
    operands = []
    for i, x in enumerate((tensor1, tensor2)):
        if isinstance(x, Tensor):
            operands.append(np.empty((0,) * x.ndim, x.dtype.numpy))
        else:
            operands.append(as_number(x, "result_type", f"tensor{i + 1}", i + 1))
    return dtypes.from_numpy(dtypes.result_dtype(operands))


def typename(obj: Any) -> str:
    """Return the name of an object's type; of a tensor the old one: ``torch.FloatTensor``.

    A class, function or module gives its own name.

    >>> import rushlight as torch
    >>> torch.typename(torch.ones(2)), torch.typename(1), torch.typename(int)
    ('torch.FloatTensor', 'int', 'int')
    """
    if isinstance(obj, Tensor):
        return obj.type()  # type: ignore[no-any-return]
    named = obj if hasattr(obj, "__qualname__") or hasattr(obj, "__name__") else type(obj)
    name: str = getattr(named, "__qualname__", None) or named.__name__
    place = getattr(named, "__module__", None)
    return name if place in ("builtins", "", None) else f"{place}.{name}"


# -- device and layout -----------------------------------------------------------------------------


def get_default_device() -> Device:
    """Return where tensors are made: always ``device(type='cpu')``."""
    return Device("cpu")


def set_default_device(device: Any) -> None:
    """Choose where tensors are made; RuntimeError for anything but the CPU."""
    if device is not None:
        require_device("set_default_device", device)


def get_device(input: Tensor) -> int:
    """Return the number of the tensor's device: -1, the CPU."""
    return -1


def dense_dim(input: Tensor) -> int:
    """Return the number of dense dimensions: all."""
    return input.ndim


def sparse_dim(input: Tensor) -> int:
    """Return the number of sparse dimensions: none."""
    return 0


def to_dense(input: Tensor) -> Tensor:
    """Return the tensor, which is dense already."""
    return input


def _check_one_order(x: Tensor, check: Any) -> None:
    """Raise RuntimeError where `dim_order` is one of several answers."""
    formats = check if isinstance(check, list) else []
    if not (isinstance(check, (bool, list)) and all(isinstance(f, memory_format) for f in formats)):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    strides = x.stride()
    several = 1 in x.shape or any(a == b for a, b in pairwise(strides))
    if several and sum(x.is_contiguous(memory_format=f) for f in formats) != 1:
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given "
            "memory formats."
        )
    if check and 0 in strides:
        raise RuntimeError("The tensor does not have unique dim order.")


def dim_order(
    input: Tensor, *, ambiguity_check: bool | list[memory_format] = False
) -> tuple[int, ...]:
    """Return the dimensions in the order in which they lie in memory, outermost first.

    With `ambiguity_check` RuntimeError is raised where dimensions could change places, having size
    1 or being expanded; or, for a list of memory formats, where the tensor lies in none of them, or
    in several that say different things.

    >>> import rushlight as torch
    >>> torch.ones(2, 3).mT.dim_order()
    (1, 0)
    """
    if ambiguity_check is not False:
        _check_one_order(input, ambiguity_check)
    strides = input.stride()
    return tuple(sorted(range(input.ndim), key=lambda d: (-strides[d] or -(1 << 62), d)))


def _is_view(self: Tensor) -> bool:
    """Return whether the tensor is a view of another."""
    return self._base is not None


def _layout(self: Tensor) -> layout:
    """How the elements are kept: always `torch.strided`."""
    return strided


def _volatile(self: Tensor) -> bool:
    """False: an attribute that PyTorch gave up."""
    warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
    return False


def _name(self: Tensor) -> Any:
    """What `autograd.Variable` was told to call the tensor, or None."""
    return self.__dict__.get("_name")


def _no_name(self: Tensor, _: Any = None) -> NoReturn:
    raise AttributeError("attribute 'name' of 'torch._C.TensorBase' objects is not writable")


ATTRIBUTES = {
    "_cdata": property(id, doc="A number that no other tensor has at the same time."),
    "_has_symbolic_sizes_strides": property(lambda self: False, doc="False: sizes are numbers."),
    "is_cpu": property(lambda self: True, doc="True for every tensor here."),
    "layout": property(_layout),
    "name": property(_name, _no_name, _no_name),
    "volatile": property(_volatile),
}
for _flag in (
    "is_cuda",
    "is_ipu",
    "is_maia",
    "is_meta",
    "is_mkldnn",
    "is_mps",
    "is_mtia",
    "is_nested",
    "is_quantized",
    "is_sparse",
    "is_sparse_csr",
    "is_vulkan",
    "is_xla",
    "is_xpu",
):
    ATTRIBUTES[_flag] = property(lambda self: False, doc="False for every tensor here.")
