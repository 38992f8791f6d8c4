"""What a room of a kind of device says that isn't there: `mps`, `mtia` and `xpu` take it from here.

>>> import rushlight as torch
>>> torch.xpu.is_available(), torch.mtia.device_count(), torch.mps.is_available()
(False, 0, False)
"""

from __future__ import annotations

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """Return whether there is such a device: never."""
    return False


def device_count() -> int:
    """Return the number of such devices: none."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the current device, once there is one."""


def manual_seed_all(seed: int) -> None:
    """Seed all devices, of which there are none."""
