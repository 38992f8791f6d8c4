"""``torch.cpu``: the one device, under the names that other devices have in PyTorch.

>>> import rushlight as torch
>>> torch.cpu.is_available(), torch.cpu.device_count(), torch.cpu.current_device()
(True, 1, 'cpu')
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = ["Stream", "current_device", "current_stream", "device_count", "is_available"]
__all__ += ["is_initialized", "set_device", "stream", "synchronize"]


class Stream:
    """A queue of work. There is one, in which everything happens at once."""

    def __init__(self, priority: int = -1) -> None:
        pass

    def wait_stream(self, stream: Any) -> None:
        """Wait for another stream, which is done already."""


_CURRENT = Stream()


def is_available() -> bool:
    """Return whether there is a CPU: always."""
    return True


def is_initialized() -> bool:
    """Return whether the CPU is ready: always."""
    return True


def device_count() -> int:
    """Return the number of CPU devices, which is 1."""
    return 1


def current_device() -> str:
    """Return the name of the current device."""
    return "cpu"


def set_device(device: Any) -> None:
    """Take the one device for the current one, which it is."""


def synchronize(device: Any = None) -> None:
    """Wait until all work is done, which it is."""


def current_stream(device: Any = None) -> Stream:
    """Return the one stream."""
    return _CURRENT


def stream(stream: Any) -> AbstractContextManager[None]:
    """Return a context in which work goes to `stream`; it all goes to the one."""
    return nullcontext()
