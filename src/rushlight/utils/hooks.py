"""Handles of hooks, the hooks around a module's backward pass, and hooks that pickles leave out.

>>> import rushlight as torch
>>> from rushlight.utils.hooks import RemovableHandle
>>> x = torch.ones(1, requires_grad=True)
>>> isinstance(x.register_hook(print), RemovableHandle)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rushlight.autograd.hooks import RemovableHandle, unserializable_hook, warn_if_has_hooks

if TYPE_CHECKING:
    from rushlight.nn.modules.backward_hook import BackwardHook

__all__ = ["BackwardHook", "RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]


def __getattr__(name: str) -> Any:
    if name == "BackwardHook":  # which needs nn, as tensors don't
        from rushlight.nn.modules.backward_hook import BackwardHook

        return BackwardHook
    raise AttributeError(f"module 'rushlight.utils.hooks' has no attribute {name!r}")
