"""DLPack: capsules of our memory for other libraries, and theirs for us, which NumPy reads.

NumPy knows the protocol but not bfloat16. Its elements travel in a capsule of 16-bit integers,
whose label is changed before it leaves, and changed back before NumPy sees one that comes.
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.kernels.flipped import FLIPPED, memory
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["to_dlpack"]


class DLDeviceType(enum.IntEnum):
    """DLPack's numbers of kinds of devices."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


# -- labels ----------------------------------------------------------------------------------------

UNSIGNED, BFLOAT = 1, 4  # DLPack's codes of types


def _relabel(capsule: Any, old: int, new: int) -> bool:
    """Give elements of one type another type's code; tell whether they were of it.

    DLManagedTensor begins with the DLTensor, its versioned form has 32 bytes in front. The code
    follows the pointer, the device and the number of dimensions.
    """
    import ctypes

    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    name = api.PyCapsule_GetName(capsule)
    if name not in (b"dltensor", b"dltensor_versioned"):
        return False  # used, which NumPy says
    start = api.PyCapsule_GetPointer(capsule, name) + (32 if name.endswith(b"versioned") else 0)
    code = ctypes.c_uint8.from_address(start + 20)
    found = code.value == old
    if found:
        code.value = new
    return found


class Source:
    """A capsule or an object that makes one, as NumPy asks for it."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.is_bfloat16 = False

    def __dlpack__(self, **options: Any) -> Any:
        """A capsule, which can be used once, of a type that NumPy reads."""
        has_one = type(self.source).__name__ == "PyCapsule"
        capsule = self.source if has_one else self.source.__dlpack__(**options)
        self.is_bfloat16 = _relabel(capsule, BFLOAT, UNSIGNED)
        return capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        """The CPU's, unless the object says something else."""
        if type(self.source).__name__ == "PyCapsule":
            return 1, 0
        return self.source.__dlpack_device__()  # type: ignore[no-any-return]


def read(source: Any, copy: bool | None) -> Any:
    """The ndarray of a capsule, or of an object that makes one."""
    seen = Source(source)
    array = np.from_dlpack(seen, copy=copy)
    return array.view(dtypes.bfloat16.numpy) if seen.is_bfloat16 else array


# -- our memory ------------------------------------------------------------------------------------


def __dlpack__(
    self: Tensor,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: Any = None,
    copy: bool | None = None,
) -> Any:
    """Return a DLPack capsule of the tensor's memory, which NumPy makes."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    array = self._array
    if type(array) in FLIPPED and array.conjugates:  # type: ignore[attr-defined]
        raise BufferError("Can't export tensors with the conjugate bit set")
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    array = memory(array)  # of negatives too, as in PyTorch
    halves = self.dtype is dtypes.bfloat16
    capsule = (array.view(np.uint16) if halves else array).__dlpack__(
        max_version=max_version, dl_device=dl_device, copy=copy
    )
    if halves:
        _relabel(capsule, UNSIGNED, BFLOAT)
    return capsule


__dlpack__.__qualname__ = "Tensor.__dlpack__"  # which Python's errors name it by


def __dlpack_device__(self: Tensor) -> tuple[DLDeviceType, int]:
    return DLDeviceType.kDLCPU, 0


def to_dlpack(tensor: Tensor) -> Any:
    """Return a DLPack capsule that shares the tensor's memory; it can be read once.

    >>> import rushlight as torch
    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return require_tensor(tensor, "_to_dlpack", "data", 1).detach().__dlpack__()


ATTRIBUTES = {"__dlpack__": __dlpack__, "__dlpack_device__": __dlpack_device__}
