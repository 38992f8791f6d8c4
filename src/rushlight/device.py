"""Devices: there is one, the CPU. Others have names, and asking for a tensor there says so."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["device", "require_cpu"]

_KINDS = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class device:
    """A place for tensors. Rushlight has one: the CPU.

    Programs name other places before they ask whether they are there, so any of PyTorch's names
    makes a device. As a context (``with torch.device("cpu"):``) it changes nothing: tensors are
    made on the CPU anyway.

    >>> import rushlight as torch
    >>> torch.device("cuda:1" if torch.cuda.is_available() else "cpu")
    device(type='cpu')
    """

    __module__ = "rushlight"
    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __new__(cls, type: str | int | device = "cpu", index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if not isinstance(type, str):
            raise _no_device(type)
        if not type:
            raise RuntimeError("Device string must not be empty")
        found = re.fullmatch(r"([a-zA-Z_]+)(?::(0|[1-9][0-9]*))?", type)
        if found is None:
            raise RuntimeError(f"Invalid device string: '{type}'")
        name, number = found.groups()
        if name not in _KINDS:
            raise RuntimeError(
                f"Expected one of {', '.join(_KINDS)} device type at start of device string: {name}"
            )
        if number is not None:
            index = int(number)
        if name == "cpu" and index is None and CPU is not None:
            return CPU
        made: device = object.__new__(cls)
        made.type = name
        made.index = index
        return made

    def __repr__(self) -> str:
        tail = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{tail})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, device) and other.type == self.type and other.index == self.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (str(self),)

    def __enter__(self) -> device:
        require_cpu(self)
        return self

    def __exit__(self, *raised: object) -> None:
        """Leave the block: nothing was changed."""


def _no_device(given: Any) -> Exception:
    """PyTorch's error for a device that is neither a name nor a device."""
    if isinstance(given, int) and not isinstance(given, bool):
        return RuntimeError("Cannot access accelerator device when none is available.")
    return TypeError(
        "device() received an invalid combination of arguments - got "
        f"({type(given).__name__}), but expected one of:\n * (torch.device device)\n * (str type, "
        "int index = -1)\n"
    )


def require_cpu(place: device) -> device:
    """Return `place`, or raise the error that a PyTorch built for the CPU has for another one."""
    if place.type == "cpu":
        return place
    if place.type in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {place.type.upper()} enabled")
    if place.type == "mps":
        raise RuntimeError("PyTorch is not linked with support for mps devices")
    raise NotImplementedError(f"Rushlight runs on the CPU only, and has no device '{place}'")


CPU: device | None = None
CPU = device("cpu")
