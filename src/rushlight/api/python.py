"""From tensors to Python and NumPy: numbers, lists, ndarrays, text; and Python's own protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.kernels.flipped import FLIPPED, resolved
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_nonzero"]

METHODS = ("is_nonzero", "item", "numpy", "tolist")


def _init_subclass(cls: type[Tensor], /, **kwargs: Any) -> None:
    """Let functions ask a new subclass for their results, unless it is one of a transform's."""
    super(Tensor, cls).__init_subclass__(**kwargs)
    if cls._interpreter is None:
        from rushlight.api.torch_function import watch_type

        watch_type(cls)


ATTRIBUTES = {"__init_subclass__": classmethod(_init_subclass)}


def item(input: Tensor) -> Any:
    """Return the only element as a Python number; RuntimeError unless there is exactly one.

    >>> import rushlight as torch
    >>> torch.tensor([[2.5]]).item()
    2.5
    """
    array = input._array
    if array.size != 1:
        raise RuntimeError(f"a Tensor with {array.size} elements cannot be converted to Scalar")
    value = array.item()
    # The type that carries bfloat16 is no number to Python.
    return value if array.dtype.kind != "V" else float(value)


def tolist(input: Tensor) -> Any:
    """Return the elements as nested lists of Python numbers, or as one number.

    >>> import rushlight as torch
    >>> torch.tensor([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    array = input._array
    return (array if array.dtype.kind != "V" else array.astype(np.float32)).tolist()


def numpy(input: Tensor, *, force: bool = False) -> NDArray[Any]:
    """Return an ndarray of the same memory.

    Raises RuntimeError for a tensor that requires grad or is a view of conjugates or negatives,
    unless `force` (which may copy), and TypeError for bfloat16, which NumPy doesn't have.

    >>> import rushlight as torch
    >>> torch.ones(2).numpy()
    array([1., 1.], dtype=float32)
    """
    if input._edge is not None and not force and input.requires_grad:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    array = input._array
    if type(array) in FLIPPED:
        if not force:
            which, by = ("conjugate", "conj") if array.conjugates else ("negative", "neg")  # type: ignore[attr-defined]
            raise RuntimeError(
                f"Can't call numpy() on Tensor that has {which} bit set. "
                f"Use tensor.resolve_{by}().numpy() instead."
            )
        array = resolved(array)
    if array.dtype.kind == "V":
        raise TypeError("Got unsupported ScalarType BFloat16")
    return array.view()  # a view, so that nobody can reshape ours


# -- numbers -------------------------------------------------------------------------------------


def _only(self: Tensor) -> Any:
    """The element of a tensor that has one, for Python's conversions."""
    array = self._array
    if array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return item(self)


def _tell_of_scalar(self: Tensor) -> None:
    """Warn, once a process, that a number will take no part in the graph."""
    if mode.grad and self.requires_grad:
        from rushlight.api.once import warn_once

        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
            "behavior.\nConsider using tensor.detach() first.",
            stacklevel=4,
        )


def _float(self: Tensor) -> float:
    if self._edge is not None:
        _tell_of_scalar(self)
    value = _only(self)
    if isinstance(value, complex):
        if value.imag != 0:
            raise RuntimeError("value cannot be converted to type double without overflow")
        value = value.real
    return float(value)


def _int(self: Tensor) -> int:
    value = _only(self)
    if isinstance(value, complex):
        if value.imag != 0:
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        value = value.real
    return int(value)


def _complex(self: Tensor) -> complex:
    if self._edge is not None:
        _tell_of_scalar(self)
    return complex(_only(self))


def _bool(self: Tensor) -> bool:
    array = self._array
    if array.size != 1:
        which = "more than one value" if array.size else "no values"
        raise RuntimeError(f"Boolean value of Tensor with {which} is ambiguous")
    return bool(array)


def _index(self: Tensor) -> int:
    array = self._array
    if array.size != 1 or array.dtype.kind not in "biu":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(array.item())


Tensor.__float__ = _float
Tensor.__int__ = _int
Tensor.__complex__ = _complex
Tensor.__bool__ = Tensor.__nonzero__ = _bool
Tensor.__index__ = _index


# -- arrays --------------------------------------------------------------------------------------


def _array(self: Tensor, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
    array = numpy(self)
    if copy or (dtype is not None and array.dtype != dtype):
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return array.astype(array.dtype if dtype is None else dtype)
    return array


Tensor.__array__ = _array


# -- containers and text ---------------------------------------------------------------------------


def _reversed(self: Tensor) -> Tensor:
    return self if self.ndim == 0 else self.flip(0)


def _contains(self: Tensor, element: Any) -> bool:
    if not isinstance(element, (Tensor, bool, int, float, complex)):
        raise RuntimeError(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )
    found: Any = element == self
    return bool(found.any().item())


def _format(self: Tensor, spec: str) -> str:
    if type(self) is Tensor and self.ndim == 0:
        return format(self.item(), spec)
    return object.__format__(self, spec)


def _dir(self: Tensor) -> list[str]:
    names = set(dir(type(self))) | set(self.__dict__)
    return sorted(name for name in names if not name.isdigit())


Tensor.__reversed__ = _reversed
Tensor.__contains__ = _contains
Tensor.__format__ = _format  # type: ignore[assignment]
Tensor.__dir__ = _dir  # type: ignore[assignment]


def is_nonzero(input: Tensor) -> bool:
    """Return whether the only element differs from zero; RuntimeError unless there is one."""
    return bool(require_tensor(input, "is_nonzero", "input", 1))
