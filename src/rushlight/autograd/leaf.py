"""Leaves: where cotangents end. Accumulation into ``.grad``, and PyTorch's AccumulateGrad node.

In the graph the leaf itself is the edge; an `AccumulateGrad` object is only a face put on it for
code that walks ``next_functions`` (see `rushlight.autograd.node`). A leaf holds its face weakly
and the face its leaf strongly, so that neither keeps a dead graph alive.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any

import numpy as np

from rushlight.autograd.forward_ad import Dual
from rushlight.autograd.hooks import Hooks, NodeHooks, run_hooks, run_prehooks
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node
from rushlight.tensor import LEAF, Tensor, wrap

__all__ = ["AccumulateGrad", "LeafHooks", "accumulate", "accumulate_graph", "accumulator"]


class LeafHooks:
    """Everything that may run when a cotangent reaches a leaf; kept in ``leaf._leaf_hooks``."""

    __slots__ = ("after", "node", "tensor")

    def __init__(self) -> None:
        self.tensor: Hooks = OrderedDict()
        self.after: Hooks = OrderedDict()
        self.node: NodeHooks | None = None


def leaf_hooks(leaf: Tensor) -> LeafHooks:
    """Return the leaf's hooks, made when first asked for."""
    hooks = leaf.__dict__.get("_leaf_hooks")
    if hooks is None:
        hooks = leaf.__dict__["_leaf_hooks"] = LeafHooks()
    return hooks


class AccumulateGrad(Node):
    """The node that PyTorch shows at the end of every path: adds into ``variable.grad``."""

    seq = 2**64 - 1

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable

    def name(self) -> str:
        """Return ``torch::autograd::AccumulateGrad``, as PyTorch does."""
        return "torch::autograd::AccumulateGrad"

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


def accumulate(leaf: Tensor, g: Any, fresh: bool) -> None:
    """Add the raw cotangent `g` to ``leaf.grad``, keeping `g` itself when it is `fresh`."""
    if leaf._edge is not LEAF and not leaf.requires_grad:
        return  # it did when the graph was made
    hooks = leaf.__dict__.get("_leaf_hooks")
    if hooks is not None:
        g = _before(leaf, hooks, wrap(np.asarray(g)))._array
        fresh = False
    elif g is None:
        return
    grad = leaf._grad
    if grad is None:
        target = leaf._array
        if fresh and type(g) is np.ndarray and g.base is None and g.strides == target.strides:
            leaf._grad = wrap(g)
        else:
            own = np.empty_like(target)  # the leaf's own layout where that is dense
            own[...] = g
            leaf._grad = wrap(own)
    elif type(grad) is Tensor:  # in place, as in PyTorch, even where a graph made it
        grad._array += g
        grad._counter[0] += 1
    else:
        leaf._grad = grad + wrap(np.asarray(g))
    if hooks is not None:
        _after(leaf, hooks, wrap(np.asarray(g)))


def accumulate_graph(leaf: Tensor, g: Tensor) -> None:
    """As `accumulate`, for ``create_graph=True``: out of place, and recorded.

    Without it, in a pass that runs on Tensors for other reasons, what is added is a plain value.
    """
    if not mode.grad and (g._interpreter is None or type(g) is Dual):
        accumulate(leaf, g._array, False)
        return
    if leaf._edge is not LEAF and not leaf.requires_grad:
        return
    hooks = leaf.__dict__.get("_leaf_hooks")
    if hooks is not None:
        g = _before(leaf, hooks, g)
    grad = leaf._grad
    if grad is not None:
        leaf._grad = grad + g
    elif g._interpreter is None:  # a copy, since other leaves may get the same tensor
        leaf._grad = wrap(np.empty_like(leaf._array)).copy_(g)
    else:
        leaf._grad = g.clone()
    if hooks is not None:
        _after(leaf, hooks, g)


def _before(leaf: Tensor, hooks: LeafHooks, g: Tensor) -> Tensor:
    g = run_hooks(hooks.tensor, g)
    return g if hooks.node is None else run_prehooks(hooks.node.pre, (g,))[0]


def _after(leaf: Tensor, hooks: LeafHooks, g: Tensor) -> None:
    if hooks.node is not None:
        for fn in list(hooks.node.post.values()):
            fn((), (g,))
    for fn in list(hooks.after.values()):
        fn(leaf)
