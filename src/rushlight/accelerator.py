"""``torch.accelerator`` of a PyTorch built for the CPU: there is none.

>>> import rushlight as torch
>>> torch.accelerator.is_available(), torch.accelerator.current_accelerator()
(False, None)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["current_accelerator", "current_device_index", "current_stream", "device_count"]
__all__ += ["empty_cache", "is_available", "max_memory_allocated", "memory_allocated"]
__all__ += ["set_device_index", "set_stream", "synchronize"]


def is_available() -> bool:
    """Return whether there is an accelerator: never."""
    return False


def device_count() -> int:
    """Return the number of accelerators: none."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """Return the device of the accelerator: None."""


def _needs_one(name: str) -> Callable[..., NoReturn]:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("Cannot access accelerator device when none is available.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raise the RuntimeError of a PyTorch without an accelerator."
    return function


current_device_index = _needs_one("current_device_index")
current_stream = _needs_one("current_stream")
empty_cache = _needs_one("empty_cache")
max_memory_allocated = _needs_one("max_memory_allocated")
memory_allocated = _needs_one("memory_allocated")
set_device_index = _needs_one("set_device_index")
set_stream = _needs_one("set_stream")
synchronize = _needs_one("synchronize")
