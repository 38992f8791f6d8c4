"""Hooks of tensors and nodes, and the handles that take them away again."""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from rushlight.tensor import Tensor, type_string

__all__ = [
    "Hooks",
    "NodeHooks",
    "RemovableHandle",
    "check_replacements",
    "run_hooks",
    "run_prehooks",
    "unserializable_hook",
    "warn_if_has_hooks",
]


class RemovableHandle:
    """What `register_*hook` returns: ``remove()`` takes the hook away. A context manager too."""

    __module__ = "rushlight.utils.hooks"  # where users know it, and pickles look
    _ids = itertools.count()

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.id = next(RemovableHandle._ids)
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        extras = extra_dict if isinstance(extra_dict, (list, tuple)) else [extra_dict]
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extras if d is not None)

    def remove(self) -> None:
        """Take the hook away; doing so twice is harmless."""
        for ref in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, ...]:
        extras = tuple(ref() for ref in self.extra_dict_ref)
        state = (self.hooks_dict_ref(), self.id)
        return (*state, extras) if extras else state

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.hooks_dict_ref = weakref.ref(_or_empty(state[0]))
        self.id = state[1]
        self.extra_dict_ref = tuple(
            weakref.ref(_or_empty(d)) for d in (state[2] if len(state) > 2 else ())
        )
        RemovableHandle._ids = itertools.count(max(self.id + 1, next(RemovableHandle._ids)))


def _or_empty(hooks: Any) -> Any:
    """A dictionary of hooks that is gone is an empty one."""
    return OrderedDict() if hooks is None else hooks


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


def check_replacement(fn: Callable[..., Any], g: Any, result: Any) -> Any:
    """Check what the hook `fn` returned in place of the cotangent `g`: PyTorch's errors."""
    if not isinstance(result, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(result).__name__}'")
    if g is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if result.dtype is not g.dtype:
        raise RuntimeError(
            f"hook '{_name(fn)}' has changed the type of value (was {type_string(g._array)} got "
            f"{type_string(result._array)})"
        )
    if result.shape != g.shape:
        raise RuntimeError(f"hook '{_name(fn)}' has changed the size of value")
    return result


def check_replacements(
    fn: Callable[..., Any], given: tuple[Any, ...], result: Any
) -> tuple[Any, ...]:
    """Check the tuple that a hook of a node returned in place of `given`, element by element."""
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(given):
        raise RuntimeError(
            f"hook '{_name(fn)}' has returned an incorrect number of values (got {len(result)}, "
            f"but expected {len(given)})"
        )
    return tuple(None if r is None else check_replacement(fn, g, r) for g, r in zip(given, result))


def run_hooks(fns: Hooks, g: Any) -> Any:
    """Pass the cotangent `g` through the hooks of one tensor, in the order of registration."""
    for fn in list(fns.values()):
        result = fn(g)
        if result is not None:
            g = check_replacement(fn, g, result)
    return g


def run_prehooks(fns: Hooks, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Pass a node's cotangents through its pre-hooks."""
    for fn in list(fns.values()):
        result = fn(given)
        if result is not None:
            given = check_replacements(fn, given, result)
    return given


def _name(fn: Callable[..., Any]) -> str:
    return getattr(fn, "__name__", "<unknown>")


# -- what pickles leave out ---------------------------------------------------------------------


def unserializable_hook(f: Any) -> Any:
    """Mark a hook that is meant to stay behind when its tensor is pickled: no warning is given."""
    f.__torch_unserializable__ = True
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Warn of each hook that `register_hook` gave the tensor: copies and pickles don't have it."""
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, "
                "you can decorate the function with @torch.utils.hooks.unserializable_hook to "
                "suppress this warning",
                stacklevel=2,
            )
