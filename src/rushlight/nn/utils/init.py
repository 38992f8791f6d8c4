"""A module made without taking random numbers for its first values."""

from __future__ import annotations

import inspect
from typing import Any

from rushlight.nn.modules.module import Module
from rushlight.random import fork_rng

__all__ = ["skip_init"]


def skip_init(module_cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Make a module whose parameters are not initialised: no random number is used up.

    Their values may be anything. RuntimeError for a class that is no module, or that has no
    argument `device`.

    >>> import rushlight as torch
    >>> torch.nn.utils.skip_init(torch.nn.Linear, 5, 1)
    Linear(in_features=5, out_features=1, bias=True)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    device = kwargs.pop("device", "cpu")
    with fork_rng():  # PyTorch's way, a device without memory, is not there
        made = module_cls(*args, **kwargs, device=device)
    return made.to_empty(device=device)
