"""Which names of a file stand for what: PyTorch's own, and what a program allows beside them."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from rushlight.device import device
from rushlight.dtypes import dtype
from rushlight.layout import strided
from rushlight.serialization import rebuild
from rushlight.size import Size

__all__ = [
    "ALWAYS",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "safe_globals",
    "todays_name",
    "torchs_name",
]

Allowed = Callable[..., Any] | tuple[Callable[..., Any], str]


def _encode(text: Any, encoding: Any = "utf-8") -> bytes:
    """The bytes that protocol 2 has as text."""
    return str(text).encode(str(encoding))


ALWAYS: dict[str, Any] = {
    **rebuild.NAMES,
    "torch.Size": Size,
    "torch.device": device,
    "torch.strided": strided,
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": _encode,
    "builtins.set": set,
    "builtins.complex": complex,
    "builtins.bytearray": bytearray,
}
_OURS = {  # the names under which pickle finds them, and those in files
    f"rushlight.{'dtypes' if isinstance(found, dtype) else 'serialization.rebuild'}."
    f"{name.rpartition('.')[2]}": name
    for name, found in rebuild.NAMES.items()
}
_added: list[Allowed] = []


def torchs_name(module: str, name: str) -> tuple[str, str]:
    """Return the module and the name that a class or function of ours has in a file."""
    theirs = _OURS.get(f"{module}.{name}")
    if theirs is not None:
        found, _, name = theirs.rpartition(".")
        return found, name
    head, dot, rest = module.partition(".")
    return ("torch" + dot + rest if head == "rushlight" else module), name


def todays_name(module: str, name: str) -> str:
    """Return the path of a class or function that a file has under Python 2's name, or today's."""
    known = NAME_MAPPING.get((module, name)) or (IMPORT_MAPPING.get(module, module), name)
    return ".".join(known)


def added() -> dict[str, Any]:
    """What the program has allowed, by today's names."""
    found: dict[str, Any] = {}
    for entry in _added:
        if isinstance(entry, tuple):
            entry, path = entry
            module, _, name = path.rpartition(".")
        else:
            module, name = torchs_name(entry.__module__, entry.__qualname__)
        found[todays_name(module, name)] = entry
    return found


def add_safe_globals(safe_globals: list[Allowed]) -> None:
    """Let `load` make objects of these classes, and call these functions, as a file asks.

    An entry is a class or function, or a pair of one and the name that files have for it. Allow
    only what does no harm with any arguments.

    >>> import rushlight as torch
    >>> torch.serialization.add_safe_globals([range])
    >>> torch.serialization.get_safe_globals()
    [<class 'range'>]
    >>> torch.serialization.clear_safe_globals()
    """
    _added.extend(entry for entry in safe_globals if entry not in _added)


def get_safe_globals() -> list[Allowed]:
    """Return what the program has allowed."""
    return list(_added)


def clear_safe_globals() -> None:
    """Allow nothing any more but PyTorch's own names."""
    _added.clear()


class safe_globals:
    """Context manager: allow classes and functions, as `add_safe_globals` does, for a while."""

    def __init__(self, safe_globals: list[Allowed]) -> None:
        self._entries = safe_globals

    def __enter__(self) -> None:
        self._before = get_safe_globals()
        add_safe_globals(self._entries)

    def __exit__(self, *_: object) -> None:
        _added[:] = self._before
