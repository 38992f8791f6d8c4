"""Layouts and memory formats: the words for how a tensor lies in memory."""

from __future__ import annotations

from typing import Any, Self

__all__ = ["FORMATS", "LAYOUTS", "channels_last", "contiguous_format", "layout", "memory_format",
           "preserve_format", "strided"]  # fmt: skip


class _Word:
    """One of a fixed set of words; there is one object a word, and `is` compares them."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        raise TypeError(f"cannot create 'torch.{cls.__name__}' instances")

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # copies and pickles find the one object in this module by its name


class layout(_Word):
    """How elements are kept. Rushlight has one: `torch.strided`.

    >>> import rushlight as torch
    >>> torch.zeros(2).layout
    torch.strided
    """

    __module__ = "rushlight"
    __slots__ = ()


class memory_format(_Word):
    """The order of the axes in memory that a copy shall have.

    >>> import rushlight as torch
    >>> torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).stride()
    (60, 1, 15, 3)
    """

    __module__ = "rushlight"
    __slots__ = ()


def _words(cls: type[Any], *names: str) -> dict[str, Any]:
    words = {}
    for name in names:
        words[name] = object.__new__(cls)
        words[name].name = name
    return words


# The sparse ones are there for programs that compare with them; no tensor has them.
LAYOUTS: dict[str, layout] = _words(
    layout, "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"
)
FORMATS: dict[str, memory_format] = _words(
    memory_format, "contiguous_format", "preserve_format", "channels_last", "channels_last_3d"
)

strided = LAYOUTS["strided"]
sparse_coo = LAYOUTS["sparse_coo"]
sparse_csr = LAYOUTS["sparse_csr"]
sparse_csc = LAYOUTS["sparse_csc"]
sparse_bsr = LAYOUTS["sparse_bsr"]
sparse_bsc = LAYOUTS["sparse_bsc"]
contiguous_format = FORMATS["contiguous_format"]
preserve_format = FORMATS["preserve_format"]
channels_last = FORMATS["channels_last"]
channels_last_3d = FORMATS["channels_last_3d"]
