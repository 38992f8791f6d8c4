"""Hooks of a tensor: seeing and replacing its cotangent during backward, and keeping it."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable

from rushlight.autograd.engine import edge_of
from rushlight.autograd.hooks import Hooks, NodeHooks, RemovableHandle, add_hook
from rushlight.autograd.leaf import leaf_hooks
from rushlight.tensor import Tensor

METHODS = (
    "register_hook",
    "register_post_accumulate_grad_hook",
    "retain_grad",
)


def register_hook(input: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call ``hook(grad)`` whenever this tensor's cotangent is computed; it may return another.

    Raises RuntimeError for a tensor that doesn't require grad.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> x.sum().backward()
    >>> x.grad
    tensor([10., 10.])
    """
    edge = edge_of(input)
    if edge is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if edge is input:
        return add_hook(leaf_hooks(input).tensor, hook)
    hooks = edge.owner.own_hooks()
    return add_hook(hooks.tensor.setdefault(edge.index, OrderedDict()), hook)


def register_post_accumulate_grad_hook(
    input: Tensor, hook: Callable[[Tensor], None]
) -> RemovableHandle:
    """Call ``hook(tensor)`` after this leaf's ``.grad`` was accumulated.

    Raises RuntimeError for tensors that are no leaves or don't require grad.
    """
    edge = edge_of(input)
    if edge is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if edge is not input:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return add_hook(leaf_hooks(input).after, hook)


def retain_grad(input: Tensor) -> None:
    """Let this tensor, though no leaf, have its ``.grad`` filled during backward."""
    edge = edge_of(input)
    if edge is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if edge is not input:
        edge.owner.own_hooks().retain[edge.index] = weakref.ref(input)


def _retains_grad(self: Tensor) -> bool:
    edge = edge_of(self)
    if edge is None or edge is self:
        return False
    hooks: NodeHooks | None = edge.owner.hooks
    kept = None if hooks is None else hooks.retain.get(edge.index)
    return kept is not None and kept() is self


def _backward_hooks(self: Tensor) -> Hooks | None:
    edge = edge_of(self)
    if edge is None:
        return None
    if edge is self:
        holder = self.__dict__.get("_leaf_hooks")
        return holder.tensor or None if holder is not None else None
    hooks: NodeHooks | None = edge.owner.hooks
    return None if hooks is None else hooks.tensor.get(edge.index)


def _post_accumulate_grad_hooks(self: Tensor) -> Hooks | None:
    holder = self.__dict__.get("_leaf_hooks")
    return holder.after or None if holder is not None else None


ATTRIBUTES = {
    "_backward_hooks": property(
        _backward_hooks, doc="The hooks that `register_hook` registered, by their handles' ids."
    ),
    "_post_accumulate_grad_hooks": property(
        _post_accumulate_grad_hooks, doc="The hooks of `register_post_accumulate_grad_hook`."
    ),
    "retains_grad": property(
        _retains_grad, doc="Whether `retain_grad` was called on this non-leaf tensor."
    ),
}
__all__: list[str] = []
