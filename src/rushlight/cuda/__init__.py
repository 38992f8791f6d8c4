"""What ``torch.cuda`` says in a PyTorch built for the CPU: there are no such devices.

Programs ask before they use them. What has no effect without a device (seeds, caches, counters)
does nothing; what needs one raises PyTorch's AssertionError.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from rushlight.cuda.contexts import Event, OutOfMemoryError, Stream, device, device_of, stream

__all__ = [
    "Event",
    "OutOfMemoryError",
    "Stream",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "device_of",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state",
    "set_rng_state_all",
    "set_stream",
    "stream",
    "synchronize",
]


def is_available() -> bool:
    """Return whether there is a CUDA device: never.

    >>> import rushlight as torch
    >>> torch.cuda.is_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Return whether CUDA is in use: never."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Return whether a CUDA device computes in bfloat16: none does."""
    return False


def device_count() -> int:
    """Return the number of CUDA devices: none."""
    return 0


# -- without effect --------------------------------------------------------------------------------


def manual_seed(seed: int) -> None:
    """Seed the current device, once there is one."""


def manual_seed_all(seed: int) -> None:
    """Seed all devices, of which there are none."""


def seed() -> None:
    """Seed the current device at random, once there is one."""


def seed_all() -> None:
    """Seed all devices at random, of which there are none."""


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Set the state of a device's generator, once there is one."""


def set_stream(stream: Any) -> None:
    """Make a stream the current one; of None nothing comes.

    Raises AssertionError for all else, which would be a stream.
    """
    if stream is not None:
        _missing()


def empty_cache() -> None:
    """Return cached memory, of which there is none."""


def get_rng_state_all() -> list[Any]:
    """Return the state of every device's generator: of none."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Set the states of all devices, of which there are none."""
    for _ in new_states:
        _missing()


def memory_allocated(device: Any = None) -> int:
    """Return the bytes that tensors occupy there: 0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """Return the most bytes that tensors occupied there: 0."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Return the bytes that the allocator holds there: 0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """Return the most bytes that the allocator held there: 0."""
    return 0


# -- needs a device --------------------------------------------------------------------------------


def _missing(*args: Any, **kwargs: Any) -> NoReturn:
    raise AssertionError("Torch not compiled with CUDA enabled")


def _needs_a_device(name: str) -> Callable[..., NoReturn]:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        _missing()

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raise the AssertionError of a PyTorch without CUDA."
    return function


init = _needs_a_device("init")
synchronize = _needs_a_device("synchronize")
current_device = _needs_a_device("current_device")
default_stream = _needs_a_device("default_stream")
current_stream = _needs_a_device("current_stream")
get_device_name = _needs_a_device("get_device_name")
get_device_properties = _needs_a_device("get_device_properties")
get_device_capability = _needs_a_device("get_device_capability")
set_device = _needs_a_device("set_device")
get_rng_state = _needs_a_device("get_rng_state")


def __getattr__(name: str) -> Any:
    if name == "amp":  # old programs only
        return import_module("rushlight.cuda.amp")
    raise AttributeError(f"module 'rushlight.cuda' has no attribute {name!r}")
