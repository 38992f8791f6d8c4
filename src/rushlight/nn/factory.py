"""The arguments that say how tensors are made, among those of a constructor."""

from __future__ import annotations

from typing import Any

__all__ = ["factory_kwargs"]


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """Return the device, dtype and memory format among `kwargs`, in ``factory_kwargs`` or alone.

    TypeError for other arguments, and for one that is there twice.

    >>> from rushlight import nn
    >>> nn.factory_kwargs({"device": "cpu", "factory_kwargs": {"dtype": None}})
    {'dtype': None, 'device': 'cpu'}
    """
    if kwargs is None:
        return {}
    unexpected = kwargs.keys() - {*_ALONE, "factory_kwargs"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}")
    found = dict(kwargs.get("factory_kwargs", {}))
    for key in _ALONE:
        if key in kwargs:
            if key in found:
                raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
            found[key] = kwargs[key]
    return found


_ALONE = ("device", "dtype", "memory_format")
