"""What a running backward pass answers to those who ask: its number, its node, what it will do.

A pass keeps none of this ready, so that it costs nothing. The number and the callbacks are made
when the first one asks (`rushlight.autograd.engine.Pass`), and the node that is being run is read
off the stack: it is a local variable of the engine's walk.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from rushlight.autograd import calls, engine, leaf
from rushlight.autograd.leaf import AccumulateGrad, accumulator
from rushlight.autograd.node import Node
from rushlight.tensor import Tensor

__all__ = [
    "current_graph_task_id",
    "current_node",
    "node_at",
    "queue_callback",
    "require_pass",
    "will_execute",
]


def require_pass() -> engine.Pass:
    """Return what the running pass knows of itself; RuntimeError where none runs."""
    found = engine.running_pass()
    if found is None:
        raise RuntimeError("no backward pass is running in this thread")
    return found


def current_graph_task_id() -> int:
    """Return the number of this thread's innermost backward pass, or -1 outside of one."""
    found = engine.running_pass()
    return -1 if found is None else found.number


_WALK = engine._walk.__code__
# The functions of the walk that serve a leaf, which each calls `leaf`.
_AT_A_LEAF = {
    fn.__code__
    for fn in (
        calls.leaf_capture,
        leaf.accumulate_alone,
        leaf.accumulate_graph,
        leaf.accumulate_locked,
        leaf.nothing_arrived,
    )
}


def current_node() -> Node | None:
    """Return the node that this thread's innermost backward pass is running, with its hooks."""
    frame = sys._getframe(1)
    at_leaf: Tensor | None = None
    while frame is not None:
        if frame.f_code in _AT_A_LEAF:
            at_leaf = frame.f_locals["leaf"]
        elif frame.f_code is _WALK:
            return frame.f_locals.get("node") if at_leaf is None else accumulator(at_leaf)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def node_at(error: BaseException) -> Node | None:
    """Return the node that the first walk on the traceback of `error` stopped at."""
    found: Node | None = None
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code is _WALK:
            if found is not None:
                break  # a walk inside of the node
            found = frame.f_locals.get("node")
        elif frame.f_code in _AT_A_LEAF:
            return accumulator(frame.f_locals["leaf"])
        trace = trace.tb_next
    return found


def will_execute(node: Node) -> bool:
    """Return whether this thread's backward pass runs `node` or reports its cotangent.

    Raises RuntimeError outside of a pass, for what is no node, and in `autograd.grad` for the
    leaves that it reports.
    """
    if not isinstance(node, Node):
        raise RuntimeError(
            f"_will_engine_execute_node expects an grad_fn, but got {type(node).__name__}"
        )
    nodes = engine.running()
    if nodes is None:
        raise RuntimeError(
            "_get_should_execute_nodes should only be called during the backward pass"
        )
    if not isinstance(node, AccumulateGrad):
        return node in nodes
    if node.variable in require_pass().captured:
        raise RuntimeError(
            "A leaf node was passed to _will_engine_execute_node but we are currently running "
            "autograd.grad(). This is currently not supported."
        )
    return node.variable in nodes


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call `callback` when this thread's innermost backward pass is over, if it ends well.

    Raises RuntimeError outside of a pass.
    """
    found = engine.running_pass()
    if found is None:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    found.callbacks.append(callback)
