"""Warnings that a program sees once, unless it asks to see them always."""

from __future__ import annotations

import warnings

from rushlight.ops.outputs import type_name

__all__ = ["is_warn_always_enabled", "set_warn_always"]

_warned: set[str] = set()
_always = [False]


def warn_once(message: str, stacklevel: int = 3) -> None:
    """Warn, about what the caller's caller did, if that wasn't said before."""
    if message not in _warned or _always[0]:
        _warned.add(message)
        warnings.warn(message, UserWarning, stacklevel=stacklevel)


def set_warn_always(b: bool) -> None:
    """Let warnings that come once a process come each time. For tests of such warnings.

    Raises RuntimeError for what isn't a bool.

    >>> import rushlight as torch
    >>> torch.set_warn_always(True)
    >>> torch.is_warn_always_enabled()
    True
    >>> torch.set_warn_always(False)
    """
    if type(b) is not bool:
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type_name(b)}")
    _always[0] = b


def is_warn_always_enabled() -> bool:
    """Return whether warnings that come once a process come each time."""
    return _always[0]
