"""Where the engine calls out: hooks before and after a node, and captured cotangents.

The engine comes here only for nodes that have hooks and for walks that capture, so that the plain
walk pays one test. Hooks see Tensors in both of the engine's modes, and None where no cotangent
arrived.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.hooks import NodeHooks, check_replacements, run_hooks, run_prehooks
from rushlight.autograd.leaf import before_leaf
from rushlight.autograd.node import Node
from rushlight.kernels.flipped import without_negative
from rushlight.tensor import Tensor, wrap

__all__ = ["after_node", "before_node", "leaf_capture", "to_raw", "to_tensor"]


def to_tensor(g: Any) -> Any:
    """Show a raw cotangent to a hook: a Tensor; Tensors and None pass."""
    return g if g is None or isinstance(g, Tensor) else wrap(np.asanyarray(g))


def to_raw(g: Any) -> Any:
    """Take a hook's Tensor back into the raw walk: a view, since the hook may keep the tensor."""
    return without_negative(g._array).view() if isinstance(g, Tensor) else g


def before_node(node: Node, g: Any, graph: bool, captured: dict[Any, Any], runs: bool) -> Any:
    """Capture, run tensor hooks, fill ``.grad`` of retaining tensors, then run pre-hooks.

    A node that only is captured (it `runs` not) reports its cotangents after its tensors' hooks,
    and one that also runs reports them before: PyTorch's order.
    """
    hooks = node.hooks
    outs = _outs(node, g)
    if runs and captured:
        _capture(node, outs, captured)
    if hooks is not None:
        back = to_tensor if graph else to_raw
        for index, fns in hooks.tensor.items():
            if fns:
                outs[index] = back(run_hooks(fns, to_tensor(outs[index])))
        for index, ref in hooks.retain.items():
            tensor = ref()
            if tensor is not None and outs[index] is not None:
                _retain(tensor, to_tensor(outs[index]), graph)
        if runs and hooks.pre:
            given = run_prehooks(hooks.pre, tuple(to_tensor(out) for out in outs))
            outs = [back(out) for out in given]
    if not runs:
        _capture(node, outs, captured)
    if node.outputs == 1 and not isinstance(g, list):
        return outs[0]
    return outs if node.takes_none or any(out is not None for out in outs) else None


def _outs(node: Node, g: Any) -> list[Any]:
    """The cotangents of a node's outputs, which the walk hands over as a list where they are slots.

    A split into one part has one output and a slot for it.
    """
    if isinstance(g, list):
        return list(g)
    return [g] if node.outputs == 1 else [None] * node.outputs


def _capture(node: Node, outs: list[Any], captured: dict[Any, Any]) -> None:
    for index, out in enumerate(outs):
        if (node, index) in captured:
            captured[node, index] = out


def after_node(
    node: Node, hooks: NodeHooks, edges: tuple[Any, ...], grads: Any, g: Any, graph: bool
) -> Any:
    """Run the post-hooks ``fn(grad_inputs, grad_outputs)``, which may replace `grads`."""
    outs = tuple(to_tensor(x) for x in _outs(node, g))
    ins = tuple(to_tensor(x) for x in grads)
    if not node.takes_none:  # a Function's are shown as it returned them, wanted or not
        ins = tuple(None if edge is None else x for edge, x in zip(edges, ins))
    for fn in list(hooks.post.values()):
        result = fn(ins, outs)
        if result is not None:
            ins = check_replacements(fn, ins, result)
    return ins if graph else tuple(to_raw(x) for x in ins)


def leaf_capture(leaf: Tensor, g: Any) -> Any:
    """Return what `autograd.grad` reports for a leaf: its cotangent after its tensor hooks."""
    hooks = leaf._leaf_hooks
    if hooks is None:
        return g
    result = before_leaf(hooks, to_tensor(g))
    return result if isinstance(g, Tensor) else to_raw(result)


def _retain(tensor: Tensor, g: Tensor, graph: bool) -> None:
    if tensor._grad is None:
        tensor._grad = g.clone() if graph else wrap(g._array.copy())
    else:
        tensor._grad = tensor._grad + g
