"""Hooks of a tensor: seeing and replacing its cotangent during backward, and keeping it."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NoReturn

from rushlight.autograd.engine import edge_of
from rushlight.autograd.hooks import Hooks, NodeHooks, RemovableHandle, add_hook
from rushlight.autograd.leaf import leaf_hooks
from rushlight.autograd.node import NOWHERE
from rushlight.dtypes import dtype
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
    if edge is input or edge is NOWHERE:  # which may still become a leaf
        own = leaf_hooks(input)
        if own.tensor is None:
            own.tensor = OrderedDict()
        return add_hook(own.tensor, hook)
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
    if edge is not input and edge is not NOWHERE:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    own = leaf_hooks(input)
    if own.after is None:
        own.after = OrderedDict()
    return add_hook(own.after, hook)


def retain_grad(input: Tensor) -> None:
    """Let this tensor, though no leaf, have its ``.grad`` filled during backward."""
    edge = edge_of(input)
    if edge is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if edge is not input and edge is not NOWHERE and not input.retains_grad:
        edge.owner.own_hooks().retain[edge.index] = weakref.ref(input)
        input.__dict__["_retains"] = True


def _retains_grad(self: Tensor) -> bool:
    return "_retains" in self.__dict__


def _get_hooks(self: Tensor) -> Hooks | None:
    edge = edge_of(self)
    if edge is None or edge is self or edge is NOWHERE:
        own = self._leaf_hooks
        return None if own is None else own.tensor
    hooks: NodeHooks | None = edge.owner.hooks
    return None if hooks is None else hooks.tensor.get(edge.index)


def _set_hooks(self: Tensor, hooks: Hooks | None) -> None:
    edge = edge_of(self)
    if edge is None or edge is self or edge is NOWHERE:
        leaf_hooks(self).tensor = hooks
    elif hooks is None:
        edge.owner.own_hooks().tensor.pop(edge.index, None)
    else:
        edge.owner.own_hooks().tensor[edge.index] = hooks


def _get_after(self: Tensor) -> Hooks | None:
    own = self._leaf_hooks
    return None if own is None else own.after


def _set_after(self: Tensor, hooks: Hooks | None) -> None:
    leaf_hooks(self).after = hooks


def _get_grad_dtype(self: Tensor) -> dtype | None:
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    own = self._leaf_hooks
    return self.dtype if own is None or own.grad_dtype is ... else own.grad_dtype


def _set_grad_dtype(self: Tensor, wanted: dtype | None) -> None:
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be set on leaf tensors.")
    if wanted is not None and not isinstance(wanted, dtype):
        raise RuntimeError(
            f"grad_dtype must be a torch.dtype or None, but got {type(wanted).__name__}"
        )
    grad = self._grad
    if wanted is not None and grad is not None and grad.dtype is not wanted:
        raise RuntimeError(
            f"Cannot set grad_dtype to '{wanted.scalar_name}' because there is already a gradient "
            f"with dtype '{grad.dtype.cpp_name}'. Please clear the gradient (.grad = None) before "
            "changing grad_dtype, or ensure the new grad_dtype matches the existing gradient's "
            "dtype."
        )
    leaf_hooks(self).grad_dtype = wanted


def _drop_hooks(self: Tensor) -> NoReturn:
    raise RuntimeError("Deletion of _backwards_hooks not allowed!")


def _get_grad_fn(self: Tensor) -> Any:
    return self.grad_fn


def _set_grad_fn(self: Tensor, value: None) -> None:
    if value is not None:
        raise RuntimeError("_grad_fn can be only set to None")
    self.detach_()


def _drop_grad_fn(self: Tensor) -> NoReturn:
    raise RuntimeError("Deletion of _grad_fn not allowed. Detach tensor instead!")


ATTRIBUTES = {
    "_backward_hooks": property(
        _get_hooks,
        _set_hooks,
        _drop_hooks,
        doc="The hooks of `register_hook` by their handles' ids, or None.",
    ),
    "_grad_fn": property(
        _get_grad_fn, _set_grad_fn, _drop_grad_fn, doc="As `grad_fn`; set to None it detaches."
    ),
    "_post_accumulate_grad_hooks": property(
        _get_after, _set_after, doc="Those of `register_post_accumulate_grad_hook`, or None."
    ),
    "grad_dtype": property(
        _get_grad_dtype,
        _set_grad_dtype,
        doc="The dtype that gradients of this leaf are cast to, hooks and all; None for no cast.",
    ),
    "retains_grad": property(
        _retains_grad, doc="Whether `retain_grad` was called on this non-leaf tensor."
    ),
}
__all__: list[str] = []
