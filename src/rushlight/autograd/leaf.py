"""Leaves: where cotangents end. Accumulation into ``.grad``, and PyTorch's AccumulateGrad node.

In the graph the leaf itself is the edge; an `AccumulateGrad` object is only a face put on it for
code that walks ``next_functions`` (see `rushlight.autograd.node`). A leaf holds its face weakly
and the face its leaf strongly, so that neither keeps a dead graph alive.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.forward_ad import Dual
from rushlight.autograd.hooks import (
    Hooks,
    NodeHooks,
    check_replacement,
    check_replacements,
    run_hooks,
    run_prehooks,
)
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, check_arguments
from rushlight.dtypes import dtype
from rushlight.kernels.copies import check_broadcast_into, write
from rushlight.kernels.flipped import FLIPPED, like, memory, resolved
from rushlight.kernels.strides import check_expanded, room_for_gradient
from rushlight.tensor import LEAF, Tensor, wrap

__all__ = [
    "AccumulateGrad",
    "LeafHooks",
    "accumulate_alone",
    "accumulate_graph",
    "accumulate_locked",
    "accumulator",
    "before_leaf",
    "nothing_arrived",
]


class LeafHooks:
    """Everything that may happen when a cotangent reaches a leaf; kept in ``leaf._leaf_hooks``.

    In this order: a cast to `grad_dtype`, where one was asked for (None: none takes place), the
    hooks of the `tensor`, those of its AccumulateGrad node, accumulation, and those `after` it.
    """

    __slots__ = ("after", "grad_dtype", "node", "tensor")

    def __init__(self) -> None:
        self.tensor: Hooks | None = None
        self.after: Hooks | None = None
        self.node: NodeHooks | None = None
        self.grad_dtype: Any = ...


def leaf_hooks(leaf: Tensor) -> LeafHooks:
    """Return the leaf's hooks, made when first asked for."""
    hooks: LeafHooks | None = leaf._leaf_hooks
    if hooks is None:
        hooks = leaf._leaf_hooks = LeafHooks()
    return hooks


class AccumulateGrad(Node):
    """The node that PyTorch shows at the end of every path: adds into ``variable.grad``."""

    seq = 2**64 - 1

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable

    def __call__(self, *grad_outputs: Any) -> Any:
        """Add a gradient to the leaf's. No hooks run."""
        check_arguments(grad_outputs, 1)
        if grad_outputs[0] is not None:
            _add_tensor(self.variable, grad_outputs[0])
        return ()

    def meta_of(self, index: int) -> tuple[Any, Any] | None:
        """The leaf's own shape and dtype."""
        if index != 0:
            raise IndexError("tuple index out of range")
        return self.variable._array.shape, self.variable._array.dtype

    def own_hooks(self) -> NodeHooks:
        """The hooks live with the leaf: the face comes and goes."""
        holder = leaf_hooks(self.variable)
        if holder.node is None:
            holder.node = NodeHooks()
        return holder.node


AccumulateGrad.__module__ = "builtins"


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """Return the leaf's AccumulateGrad face: the same object for as long as somebody holds it."""
    ref = leaf.__dict__.get("_accumulator")
    face: AccumulateGrad | None = ref() if ref is not None else None
    if face is None:
        face = AccumulateGrad(leaf)
        leaf.__dict__["_accumulator"] = weakref.ref(face)
    return face


def accumulate_alone(leaf: Tensor, g: Any, fresh: bool, hooked: bool = True) -> None:
    """Add the raw cotangent `g` to ``leaf.grad``, keeping `g` itself when it is `fresh`."""
    hooks = leaf._leaf_hooks
    if hooks is not None and hooked:
        _around(leaf, hooks, wrap(np.asanyarray(g)), _add_values)
        return
    if leaf._edge is not LEAF and not _takes_grad(leaf):
        return
    grad = leaf._grad
    if grad is None:
        target = leaf._array
        if (
            fresh
            and type(g) is np.ndarray
            and g.base is None
            and (g.strides == target.strides or not mode.layout)
        ):
            leaf._grad = wrap(g)
        elif fresh and type(g) in FLIPPED:  # a conjugate stays one
            leaf._grad = wrap(like(memory(g).copy(), type(g)))
        else:
            own = room_for_gradient(target)
            write(own, resolved(g))
            leaf._grad = grad = wrap(own)
            grad._counter[0] = 1  # that write counts, in PyTorch
    elif (
        type(grad) is Tensor or grad._interpreter is None
    ):  # in place, as in PyTorch, even where a graph made it
        try:
            grad._counter[0] += 1
        except RuntimeError:  # an inference tensor, which nobody may write now
            check_update(grad)
        try:
            grad._array += g
        except ValueError:  # ``data`` has another shape since
            check_broadcast_into(grad._array.shape, g.shape)
            raise
    else:
        leaf._grad = grad + wrap(np.asanyarray(g))


def accumulate_locked(leaf: Tensor, g: Any, fresh: bool) -> None:
    """As `accumulate_alone`, where passes of other threads may add to the same leaf."""
    hooks = leaf._leaf_hooks
    if hooks is None:
        with _lock_of(leaf):
            accumulate_alone(leaf, g, fresh)
    else:
        _around(leaf, hooks, wrap(np.asanyarray(g)), _add_values)


def accumulate_graph(leaf: Tensor, g: Tensor) -> None:
    """As `accumulate_alone`, for ``create_graph=True``: out of place, and recorded.

    Without it, in a pass that runs on Tensors for other reasons, what is added is a plain value.
    """
    hooks = leaf._leaf_hooks
    if hooks is not None:
        _around(leaf, hooks, g, _add_tensor)
    else:
        _add_tensor(leaf, g)


def expect_expanded_grad(leaf: Tensor) -> None:
    """Send a leaf whose ``.grad`` can't be added to the way of hooks, where that is noticed."""
    if leaf.is_leaf:
        leaf_hooks(leaf)


Tensor._expect_expanded_grad = expect_expanded_grad  # tensor.py knows no hooks


def nothing_arrived(leaf: Tensor) -> None:
    """Tell the leaf's hooks that it was reached by a node that had no cotangent for it."""
    hooks = leaf._leaf_hooks
    if hooks is not None:
        _around(leaf, hooks, None, _add_tensor)


def before_leaf(hooks: LeafHooks, g: Tensor | None) -> Tensor | None:
    """Cast a leaf's cotangent to the dtype that the leaf asks for, and show it to its hooks."""
    if g is not None and isinstance(hooks.grad_dtype, dtype):
        if not hooks.grad_dtype.is_floating_point and not hooks.grad_dtype.is_complex:
            raise RuntimeError(f"a gradient cannot be cast to grad_dtype {hooks.grad_dtype}")
        g = g.to(hooks.grad_dtype)
    return g if hooks.tensor is None else run_hooks(hooks.tensor, g)


def _around(leaf: Tensor, hooks: LeafHooks, g: Any, add: Callable[[Tensor, Any], None]) -> None:
    """Run the hooks before, `add` what they make of `g`, if anything, and run the hooks after."""
    g = before_leaf(hooks, g)
    if hooks.node is not None:
        (g,) = run_prehooks(hooks.node.pre, (g,))
    if g is not None:
        add(leaf, g)
    if hooks.after is not None:
        told = leaf  # a hook may return its argument, as in-place methods do
        for hook in list(hooks.after.values()):
            result = hook(told)
            if result is not None:
                told = check_replacement(hook, told, result)
        if told is not leaf:
            raise RuntimeError("Tensor post accumulate grad hooks should return None.")
    if hooks.node is not None:
        for post in list(hooks.node.post.values()):
            result = post((), (g,))
            if result is not None:
                check_replacements(post, (), result)


def _takes_grad(leaf: Tensor) -> bool:
    """False where the leaf stopped requiring grad after the graph was made."""
    if not leaf.is_leaf:  # an in-place operation made it
        raise RuntimeError("leaf variable has been moved into the graph interior")
    return leaf.requires_grad


# A leaf's lock is one of a few, since leaves are many: two that share one wait for each other now
# and then. No hook runs while it is held.
_LOCKS = tuple(threading.RLock() for _ in range(64))


def _lock_of(leaf: Tensor) -> Any:
    return _LOCKS[id(leaf) // 64 % 64]


def _add_values(leaf: Tensor, g: Tensor) -> None:
    """Accumulate what hooks have seen, and may keep: the leaf gets a copy."""
    with _lock_of(leaf):
        if leaf._grad is None and g._array.dtype != leaf._array.dtype:  # see grad_dtype
            if _takes_grad(leaf):
                leaf._grad = wrap(room_for_gradient(leaf._array, g.dtype.numpy))
                leaf._grad._array[...] = resolved(g._array)
        else:
            if leaf._grad is not None:
                check_expanded(leaf._grad._array)
            accumulate_alone(leaf, g._array, type(g._array) in FLIPPED, False)


def _add_tensor(leaf: Tensor, g: Tensor) -> None:
    if not mode.grad and (g._interpreter is None or type(g) is Dual):
        _add_values(leaf, g)
        return
    if not _takes_grad(leaf):
        return
    with _lock_of(leaf):
        grad = leaf._grad
        if grad is not None:
            leaf._grad = grad + g
        elif g._interpreter is None:  # a copy, since other leaves may get the same tensor
            leaf._grad = wrap(room_for_gradient(leaf._array, g._array.dtype)).copy_(g)
        else:
            leaf._grad = g.clone()
