"""What a running backward pass answers to those who ask: its number, its node, what it will do.

A pass keeps none of this ready, so that it costs nothing. The number and the callbacks are made
when the first one asks (`rushlight.autograd.threads.Pass`), and the node that is being run is read
off the stack: it is a local variable of the engine's walk.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from rushlight.autograd import calls, engine, leaf
from rushlight.autograd.engine import owner_of
from rushlight.autograd.leaf import AccumulateGrad, accumulator
from rushlight.autograd.multithreading import is_multithreading_enabled
from rushlight.autograd.node import Node, sequence
from rushlight.autograd.threads import running, running_pass
from rushlight.tensor import Tensor

__all__ = [
    "any_requires_grad",
    "current_graph_task_id",
    "current_node",
    "execution_order",
    "node_at",
    "queue_callback",
    "will_execute",
]


def current_graph_task_id() -> int:
    """Return the number of this thread's innermost backward pass, or -1 outside of one."""
    return -1 if running.nodes is None else running_pass().number


_RUN = engine.run.__code__
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


def execution_order() -> list[Node]:
    """Return the nodes of this thread's innermost backward pass in the order in which they run.

    Raises RuntimeError outside of a pass, and as in PyTorch unless multithreading is switched off.
    """
    here = _locals_of_run()
    if here is None:
        raise RuntimeError(
            "_current_graph_task_execution_order should only be called during the backward pass"
        )
    if is_multithreading_enabled():
        raise RuntimeError(
            "get_current_graph_task_execution_order expects the current backward to be executed "
            "with multithreading disabled, e.g. by running:\n\n>>> with torch.autograd."
            "set_multithreading_enabled(False):\n...     torch.autograd.grad(...)\n"
        )
    return _order(here["roots"], here.get("plan"))


def _locals_of_run() -> dict[str, Any] | None:
    """What `engine.run` knows of this thread's innermost pass."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_code is not _RUN:
        frame = frame.f_back  # type: ignore[assignment]
    return None if frame is None else frame.f_locals


def _order(roots: Sequence[Any], plan: dict[Any, tuple[Any, ...]] | None) -> list[Any]:
    """The nodes that a pass from `roots` runs, in the order of the engine's walk."""
    waits: dict[Any, int] = {}
    fronts = [roots]
    for front in fronts:  # which grows meanwhile
        for edge in front:
            if edge is not None:
                end = owner_of(edge)
                waits[end] = waits.get(end, 0) + 1
                if waits[end] == 1 and isinstance(end, Node):
                    fronts.append(end.edges if plan is None else plan.get(end, ()))
    found: list[Any] = []
    ready: list[tuple[int, int, Any]] = []
    front = roots
    while True:
        for edge in front:
            if edge is not None:
                end = owner_of(edge)
                waits[end] -= 1
                if waits[end] == 0 and isinstance(end, Node):
                    heappush(ready, (-end.seq, len(found), end))
                elif waits[end] == 0:
                    found.append(accumulator(end))
        if not ready:
            return found
        _, _, node = heappop(ready)
        found.append(node)
        front = node.edges if plan is None else plan.get(node, ())


def will_execute(node: Node) -> bool:
    """Return whether this thread's backward pass runs `node` or reports its cotangent.

    Raises RuntimeError outside of a pass, for what is no node, and in `autograd.grad` for the
    leaves that it reports. A pass that starts from one tensor only says no for that tensor's node,
    as PyTorch does, which takes such a node for the start and not for a part of the graph.
    """
    if not isinstance(node, Node):
        raise RuntimeError(
            f"_will_engine_execute_node expects an grad_fn, but got {type(node).__name__}"
        )
    nodes = running.nodes
    if nodes is None:
        raise RuntimeError(
            "_get_should_execute_nodes should only be called during the backward pass"
        )
    here = _locals_of_run()
    end = node.variable if isinstance(node, AccumulateGrad) else node
    if here is not None and len(here["roots"]) == 1 and owner_of(here["roots"][0]) is end:
        return False
    if end in nodes and end in running_pass().captured:
        raise RuntimeError(
            "A leaf node was passed to _will_engine_execute_node but we are currently running "
            "autograd.grad(). This is currently not supported."
        )
    return end in nodes


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call `callback` when this thread's innermost backward pass is over, if it ends well.

    Raises RuntimeError outside of a pass.
    """
    if running.nodes is None:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    running_pass().callbacks.append(callback)


def _get_sequence_nr() -> int:
    """Return the number that the next node gets, without taking it."""
    return int(repr(sequence)[len("count(") : -1])


def any_requires_grad(*args: Any) -> bool:
    """Return whether a tensor among `args`, or in a list or tuple among them, requires grad."""
    return any(
        t.requires_grad
        for arg in args
        for t in (arg if isinstance(arg, (list, tuple)) else (arg,))
        if isinstance(t, Tensor)
    )
