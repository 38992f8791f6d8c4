"""Size: what ``tensor.shape`` is."""

from __future__ import annotations

from typing import Any

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """A tuple of sizes that prints as PyTorch's.

    >>> import rushlight as torch
    >>> torch.zeros(2, 3).shape
    torch.Size([2, 3])
    """

    __module__ = "rushlight"
    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements of a tensor of this size."""
        n = 1
        for d in self:
            n *= d
        return n

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + tuple(other))

    def __mul__(self, n: Any) -> Size:
        return Size(tuple(self) * n)

    __rmul__ = __mul__

    def __getitem__(self, i: Any) -> Any:
        item = tuple.__getitem__(self, i)
        return Size(item) if type(i) is slice else item

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)
