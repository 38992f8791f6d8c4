"""Devices: there is one, the CPU, and asking for another says so."""

from __future__ import annotations

from typing import Any

_KNOWN = "cpu, cuda, xpu, mps, meta, privateuseone"


class device:
    """A place for tensors. Rushlight has one: the CPU.

    >>> import rushlight as torch
    >>> torch.device("cpu")
    device(type='cpu')
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __new__(cls, type: str | device = "cpu", index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        name, _, number = type.partition(":")
        if name not in _KNOWN.split(", "):
            raise RuntimeError(f"Invalid device string: '{type}'")
        if name != "cpu":
            raise RuntimeError(f"Rushlight runs on the CPU only: device '{type}' is not available")
        if number:
            index = int(number)
        if index is None:
            return CPU if CPU is not None else _make(cls, None)
        return _make(cls, index)

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


def _make(cls: Any, index: int | None) -> device:
    made: device = object.__new__(cls)
    made.type = "cpu"
    made.index = index
    return made


CPU: device | None = None
CPU = device("cpu")
