"""Whether backward passes may use several threads: a setting that PyTorch has for its devices.

Here every pass runs in the thread that asked for it, as PyTorch's passes on the CPU do, so the
setting changes nothing but what `is_multithreading_enabled` says.
"""

from __future__ import annotations

import threading
from typing import Any

from rushlight.autograd.modes import _Decorator, check_enabled
from rushlight.autograd.threads import carried

__all__ = ["is_multithreading_enabled", "set_multithreading_enabled", "switch"]


class _Setting(threading.local):
    enabled: bool = True


_setting = carried(_Setting())


def is_multithreading_enabled() -> bool:
    """Return whether this thread's backward passes may use several threads."""
    return _setting.enabled


def switch(enabled: bool) -> None:
    """Set it without a way back."""
    check_enabled("set_multithreading_enabled", enabled)
    _setting.enabled = enabled


class set_multithreading_enabled(_Decorator):
    """Set it: at once as a function, back at the exit as a context manager.

    >>> import rushlight as torch
    >>> with torch.autograd.set_multithreading_enabled(False):
    ...     torch.autograd.is_multithreading_enabled()
    False
    """

    __module__ = "rushlight.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        self.prev = is_multithreading_enabled()
        switch(mode)
        self.mode = mode

    def clone(self) -> set_multithreading_enabled:
        return set_multithreading_enabled(self.mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        switch(self.prev)
