"""Streams, events and the current device of CUDA, which there is none of.

>>> import rushlight as torch
>>> with torch.cuda.device_of(torch.ones(2)):  # the CPU's: no effect
...     pass
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NoReturn

from rushlight.device import device as Device

__all__ = ["Event", "OutOfMemoryError", "Stream", "device", "device_of", "stream"]


class OutOfMemoryError(RuntimeError):
    """A device has no memory left. Nothing raises it here."""

    __module__ = "rushlight"


class Stream:
    """A queue of work of a device. Making one raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A mark in a stream. Making one raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise RuntimeError("Tried to instantiate dummy base class Event")


class device:
    """A context in which another device is the current one.

    Raises ValueError for what is no CUDA device, and RuntimeError when one is to be entered; that
    of index -1, which means none, can be.
    """

    def __init__(self, device: Any) -> None:
        self.idx = _index(device)

    def __enter__(self) -> None:
        if self.idx >= 0:
            raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *_: object) -> Literal[False]:
        return False


class device_of(device):
    """A context in which the device of a tensor is the current one; of the CPU's it has none."""

    def __init__(self, obj: Any) -> None:
        super().__init__(-1)


def _index(given: Any) -> int:
    if given is None:
        return -1
    if isinstance(given, int):
        return given
    place = given if isinstance(given, Device) else Device(given)
    if place.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {place}")
    return -1 if place.index is None else place.index


def stream(stream: Any) -> AbstractContextManager[None]:
    """Return a context in which work goes to a stream; there is none, so that it has no effect."""
    return nullcontext()
