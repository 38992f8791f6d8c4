"""Install public functions as Tensor methods, and make their in-place forms.

A function's first parameter is the tensor, so the function itself is the method: ``Tensor.exp is
exp``. Modules of this room say in ``METHODS`` and ``INPLACE`` which of their functions take part.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from rushlight.ops.inplace import check_operands, overwrite
from rushlight.tensor import Tensor

__all__ = ["inplace", "install"]


def inplace(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make ``f_`` of ``f``: run it, then write the result over the first argument."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_operands(self, args)
        return overwrite(self, function(self, *args, **kwargs))

    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"In-place form of `{function.__name__}`: writes the result over the tensor."
    return method


def install(*modules: ModuleType) -> None:
    """Hang every module's ``METHODS`` and ``INPLACE`` on `Tensor`."""
    for module in modules:
        for name in getattr(module, "METHODS", ()):
            setattr(Tensor, name, getattr(module, name))
        for name in getattr(module, "INPLACE", ()):
            setattr(Tensor, name + "_", inplace(getattr(module, name)))
