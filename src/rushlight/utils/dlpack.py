"""Tensors from other libraries and to them by DLPack, under the name of ``torch.utils.dlpack``.

>>> import rushlight as torch
>>> torch.utils.dlpack.from_dlpack(torch.ones(2))
tensor([1., 1.])
"""

from __future__ import annotations

from rushlight.api.capsules import DLDeviceType, to_dlpack
from rushlight.api.data import from_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
