"""The states of random number generators on accelerators: of which there are none here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rushlight.tensor import Tensor

__all__ = ["DefaultDeviceType", "get_device_states", "set_device_states"]


class DefaultDeviceType:
    """The kind of device whose generators a checkpoint keeps the states of, besides the CPU's."""

    _default_device_type: ClassVar[str | None] = None

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        """Name another kind. With no such device there is nothing to keep."""
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type() -> str:
        """Return the kind's name, ``"cpu"`` where none was set."""
        return DefaultDeviceType._default_device_type or "cpu"


def get_device_states(*args: Any) -> tuple[list[int], list[Tensor]]:
    """Return numbers and states of the accelerators that tensors among `args` are on: none."""
    return [], []


def set_device_states(
    devices: Sequence[int], states: Sequence[Tensor], *, device_type: str | None = None
) -> None:
    """Go back to the states that `get_device_states` told. RuntimeError for any device at all."""
    if devices and device_type != "meta":
        kind = DefaultDeviceType.get_device_type() if device_type is None else device_type
        raise RuntimeError(
            f"rushlight runs on the CPU only: there is no {kind} device {devices[0]}"
        )
