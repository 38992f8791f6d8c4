"""What an in-place form says of arguments that its function refused.

In-place forms run the function first, whose errors name it and count the tensor among its
arguments. PyTorch's name the in-place form, count without the tensor, and find a result that the
tensor can't hold before they find that there is no kernel for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.ops.outputs import wrong_type
from rushlight.ops.promotion import NUMBERS
from rushlight.tensor import Tensor

__all__ = ["in_place_error"]

_POSITION = re.compile(r"\(position (\d+)\)")
_FIRST_TYPE = re.compile(r"got \([^,)]+(, )?")


def in_place_error(error: Exception, name: str, self: Any, args: Sequence[Any]) -> Exception:
    """Return what ``name_`` raises where ``name`` raised `error`."""
    if not isinstance(self, Tensor):
        return wrong_type(f"{name}_", "input", 1, self)
    if isinstance(error, TypeError):
        return TypeError(_renamed(str(error), name))
    operands = [a._array if isinstance(a, Tensor) else a for a in (self, *args)]
    operands = [a for a in operands if isinstance(a, np.ndarray) or type(a) in NUMBERS]
    wanted = dtypes.from_numpy(dtypes.result_dtype(operands))
    if dtypes.can_cast(wanted, self.dtype):
        return error
    return RuntimeError(
        f"result type {wanted.scalar_name} can't be cast to the desired output type "
        f"{self.dtype.scalar_name}"
    )


def _renamed(text: str, name: str) -> str:
    """The text of a TypeError of ``name()``, as ``name_()`` has it."""
    if not text.startswith(f"{name}()"):
        return text
    text = f"{name}_{text.removeprefix(name)}"
    message, newline, signatures = text.partition("\n")
    message = _POSITION.sub(lambda found: f"(position {int(found[1]) - 1})", message, count=1)
    return _FIRST_TYPE.sub("got (", message, count=1) + newline + signatures
