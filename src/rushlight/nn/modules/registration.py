"""Hooks of all modules that see what is registered, and may put something else in its place."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from rushlight.autograd.hooks import RemovableHandle, add_hook

__all__ = [
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

Hook = Callable[[Any, str, Any], Any]
Hooks = OrderedDict[int, Any]

BUFFER_HOOKS: Hooks = OrderedDict()
MODULE_HOOKS: Hooks = OrderedDict()
PARAMETER_HOOKS: Hooks = OrderedDict()


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` for each buffer; it may return another one."""
    return add_hook(BUFFER_HOOKS, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` for each submodule; it may return another one."""
    return add_hook(MODULE_HOOKS, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` for each parameter; it may return another one."""
    return add_hook(PARAMETER_HOOKS, hook)


def seen(hooks: Hooks, module: Any, name: str, value: Any) -> Any:
    """What the hooks leave of a value that is about to be registered."""
    for hook in hooks.values():
        changed = hook(module, name, value)
        if changed is not None:
            value = changed
    return value
