"""Names for annotations, as ``torch.types`` has them.

>>> import rushlight as torch
>>> isinstance(1.5, torch.types.Number)
True
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

from rushlight import dtypes
from rushlight.device import device as _device
from rushlight.size import Size
from rushlight.tensor import Tensor

__all__ = ["Device", "FileLike", "IntLikeType", "Number", "Storage", "Tensor"]

_dtype = dtypes.dtype
_size = Size | list[int] | tuple[int, ...]
_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_qscheme: TypeAlias = Any
_TensorOrTensors = Tensor | Sequence[Tensor]

Number = int | float | bool
Device = _device | str | int | None
FileLike = Any | str | os.PathLike[str]
IntLikeType = int
Storage: TypeAlias = Any
