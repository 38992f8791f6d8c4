"""``torch.mtia`` of a PyTorch built without it: there is no such device.

>>> import rushlight as torch
>>> torch.mtia.is_available(), torch.mtia.device_count()
(False, 0)
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
