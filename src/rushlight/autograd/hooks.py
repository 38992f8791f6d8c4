"""Hooks of tensors and nodes, and the handles that take them away again."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["NodeHooks", "RemovableHandle"]


class RemovableHandle:
    """What `register_*hook` returns: ``remove()`` takes the hook away. A context manager too."""

    _ids = itertools.count()

    def __init__(self, hooks: Any, *, extra_dict: Any = None) -> None:
        self.id = next(RemovableHandle._ids)
        self.hooks_ref = weakref.ref(hooks)
        extras = extra_dict if isinstance(extra_dict, (list, tuple)) else [extra_dict]
        self.extra_refs = tuple(weakref.ref(d) for d in extras if d is not None)

    def remove(self) -> None:
        """Take the hook away; doing so twice is harmless."""
        for ref in (self.hooks_ref, *self.extra_refs):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, int]:
        return self.hooks_ref(), self.id

    def __setstate__(self, state: tuple[Any, int]) -> None:
        hooks = state[0] if state[0] is not None else OrderedDict()
        self.hooks_ref = weakref.ref(hooks)
        self.id = state[1]
        self.extra_refs = ()
        RemovableHandle._ids = itertools.count(max(self.id + 1, next(RemovableHandle._ids)))


Hooks = OrderedDict[int, Callable[..., Any]]


class NodeHooks:
    """All hooks of one node, made when the first is registered.

    They run in this order: `tensor` hooks of each output, `retain` (fills ``.grad`` of tensors
    that asked with `retain_grad`), `pre` (all outputs' cotangents), the node, `post`.
    """

    __slots__ = ("post", "pre", "retain", "tensor")

    def __init__(self) -> None:
        self.tensor: dict[int, Hooks] = {}
        self.retain: dict[int, weakref.ref[Any]] = {}
        self.pre: Hooks = OrderedDict()
        self.post: Hooks = OrderedDict()


def add_hook(hooks: Hooks, fn: Callable[..., Any], *extras: Any) -> RemovableHandle:
    """Register `fn` in `hooks` and return its handle."""
    handle = RemovableHandle(hooks, extra_dict=list(extras))
    hooks[handle.id] = fn
    return handle
