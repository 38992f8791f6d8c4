"""DLPack capsules: what `to_dlpack` makes, and an object around one that NumPy can read."""

from __future__ import annotations

from typing import Any

from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor

__all__ = ["to_dlpack"]


class Capsule:
    """A capsule that offers itself as an array does."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        """The capsule, which can be used once."""
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        """The CPU's."""
        return 1, 0


def to_dlpack(tensor: Tensor) -> Any:
    """Return a DLPack capsule that shares the tensor's memory; it can be read once.

    >>> import rushlight as torch
    >>> torch.from_dlpack(torch.to_dlpack(torch.ones(2)))
    tensor([1., 1.])
    """
    return require_tensor(tensor, "_to_dlpack", "data", 1).detach().__dlpack__()
