"""The engine: runs cotangents backwards through a graph. It names no operator.

Two walks. The first counts, for every node that can be reached, the edges that will bring it a
cotangent. The second runs a node when all of them have arrived; of several ready nodes the one
recorded last goes first (PyTorch's order), and a leaf goes at once. Nothing recurses, so depth is
limited by memory alone, and a cotangent that has a single consumer is handed on without touching
a table.

Cotangents are raw ndarrays. With ``create_graph=True``, or where a cotangent is more than a plain
Tensor, they are Tensors, and the same walk calls the nodes' `vjp_graph`.
"""

from __future__ import annotations

from _thread import _count as count_threads  # those that Python started and that still run
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heapreplace
from operator import attrgetter
from typing import Any

from rushlight.autograd.calls import after_node, before_node, leaf_capture
from rushlight.autograd.leaf import (
    accumulate_alone,
    accumulate_graph,
    accumulate_locked,
    nothing_arrived,
)
from rushlight.autograd.modes import mode
from rushlight.autograd.node import FREED, NOWHERE, Node, Slot, end_nowhere
from rushlight.autograd.threads import NESTED, PASS, Pass, in_fresh_thread, nest, running
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["Route", "edge_of", "leaves_of", "owner_of", "run", "set_guard"]

# How leaves take gradients: with a lock where the process has threads. Each pass looks when it
# starts, and what it finds is right for all, so that a pass that is on its way follows.
accumulate: Callable[[Tensor, Any, bool], None] = accumulate_alone


class Route:
    """The paths from some roots to what is wanted, for passes that differ in cotangents alone."""

    found: tuple[Any, ...] | None = None  # what `_plan` returns


def edge_of(t: Tensor) -> Any:
    """Return where a cotangent of `t` goes: None, a Node, a Slot, or `t` itself for a leaf."""
    edge = t._edge
    if type(edge) is View:
        edge = edge.refresh(t)
    return t if edge is LEAF else edge


def run(
    roots: Sequence[Any],
    cotangents: Sequence[Any],
    keep_graph: bool,
    graph: bool,
    create_graph: bool,
    wanted: Sequence[Any] | None = None,
    accumulate_wanted: bool = False,
    route: Route | None = None,
) -> list[Any]:
    """Send `cotangents` from the edges `roots` backwards, as Tensors where `graph` is set.

    With `wanted`, a list of edges, only paths that lead there are walked, and their cotangents are
    returned (None where none arrived). With `accumulate_wanted` too the leaves among them
    accumulate instead, and the nodes run. Without `wanted` every leaf accumulates. A `route` that
    several passes share keeps the paths that the first of them found.
    """
    global accumulate
    outer = running.nodes
    if outer is not None:  # a pass inside a pass: see Note [Reentrant backwards]
        if running.depth == NESTED:
            args = roots, cotangents, keep_graph, graph, create_graph, wanted, accumulate_wanted
            running.depth = 0  # should it go on in this thread after all
            try:
                return in_fresh_thread(run, *args, route)  # type: ignore[no-any-return]
            finally:
                running.depth = NESTED
        running.depth += 1
    accumulate = accumulate_locked if count_threads() else accumulate_alone
    before = mode.grad
    mode.grad = create_graph
    try:
        if wanted is None:
            running.nodes = counts = _count(roots)
            _walk(roots, cotangents, keep_graph, graph, counts, None, {})
            if PASS in counts:
                counts[PASS].call_back()
            return []
        found = None if route is None else route.found
        if found is None:
            found = _plan(roots, wanted, accumulate_wanted)
        plan, counts, roots = found
        if route is not None:
            route.found = found
            counts = counts.copy()  # a pass counts down
        captured = {} if accumulate_wanted else {_key(edge): None for edge in wanted}
        counts[PASS] = asked = Pass(frozenset(captured))
        lone = roots[0] if len(roots) == 1 else None
        if isinstance(lone, Tensor) and not any(edge is lone for edge in wanted):
            captured[lone] = None  # which keeps it from accumulating
        running.nodes = counts
        outside, nest.partial = nest.partial, True
        try:
            _walk(roots, cotangents, keep_graph, graph, counts, plan, captured)
        finally:
            nest.partial = outside
        asked.call_back()
        return [captured.get(_key(edge)) for edge in wanted]
    finally:
        mode.grad = before
        running.nodes = outer
        if outer is not None:
            running.depth -= 1


def _key(edge: Any) -> Any:
    """One hashable name for an edge: leaves and nodes are their own, outputs are pairs."""
    return (edge.owner, edge.index) if isinstance(edge, (Node, Slot)) else edge


def _count(roots: Sequence[Any]) -> dict[Any, Any]:
    """Count the edges that lead to each reachable node or leaf."""
    counts: dict[Any, Any] = {}
    get = counts.get
    fronts = [roots]
    for front in fronts:  # which grows meanwhile
        for edge in front:
            if edge is None:
                continue
            seen = get(edge)
            if seen is not None:
                counts[edge] = seen + 1
            elif isinstance(edge, Node):
                counts[edge] = 1
                fronts.append(edge.edges)
            elif type(edge) is Slot:
                node = edge.owner
                seen = counts[node] = get(node, 0) + 1
                if seen == 1:
                    fronts.append(node.edges)
            else:
                counts[edge] = 1
    if NOWHERE in counts:
        end_nowhere(counts)
    return counts


def leaves_of(edges: Sequence[Any]) -> list[Tensor]:
    """Return the leaves that can be reached from `edges`."""
    return [edge for edge in _count(edges) if isinstance(edge, Tensor)]


def _plan(
    roots: Sequence[Any], wanted: Sequence[Any], run_wanted: bool
) -> tuple[dict[Any, tuple[Any, ...]] | None, dict[Any, Any], Sequence[Any]]:
    """Return, for each node on a path to `wanted`, its edges on such a path, and their counts.

    The first is None where all paths lead there. The third is `roots`, None for those that no path
    starts from. With `run_wanted` the nodes that are wanted run too, whether or not a path goes on
    from there.
    """
    reachable = _count(roots)
    leads = {owner_of(edge) for edge in wanted}  # and every node with an edge to one that leads
    nodes = [end for end in reachable if isinstance(end, Node)]
    ends = [end for end in leads if end in reachable]
    if len(nodes) + len(ends) == len(reachable) and not any(isinstance(e, Node) for e in ends):
        dead = [n for n in nodes if n.edges[0] is None and all(e is None for e in n.edges)]
        if not dead:  # every leaf is wanted, and nothing else; no path ends elsewhere
            return None, reachable, roots
    plan: dict[Any, tuple[Any, ...]] = {}
    counts: dict[Any, Any] = {}
    # Producers have smaller numbers than consumers, so this order sees every edge's end first.
    nodes.sort(key=_number)
    for node in _producers_first(roots, reachable) if Node.renumbered else nodes:
        edges: list[Any] = []
        leading = 0
        for edge in node.edges:
            end = edge.owner if type(edge) is Slot else edge
            if end in leads:
                counts[end] = counts.get(end, 0) + 1
                edges.append(edge)
                leading += 1
            else:
                edges.append(None)
        if leading:
            plan[node] = tuple(edges)
            leads.add(node)
    if run_wanted:
        for edge in wanted:
            if not isinstance(edge, Tensor) and edge.owner in reachable:
                plan.setdefault(edge.owner, (None,) * len(edge.owner.edges))
    # A root that leads nowhere is left out, but for its hooks where it is the only one.
    starts = [edge if len(roots) == 1 or owner_of(edge) in leads else None for edge in roots]
    for edge in starts:
        if edge is not None:
            end = edge.owner if type(edge) is Slot else edge
            counts[end] = counts.get(end, 0) + 1
    return plan, counts, starts


_number = attrgetter("seq")


def _producers_first(roots: Sequence[Any], counts: dict[Any, Any]) -> list[Node]:
    """The nodes in an order that the graph itself gives, where somebody changed their numbers."""
    left = dict(counts)
    found: list[Node] = []
    ready = list(roots)
    while ready:
        edge = ready.pop()
        node = None if edge is None else owner_of(edge)
        if isinstance(node, Node):
            left[node] -= 1
            if left[node] == 0:
                found.append(node)
                ready.extend(node.edges)
    return found[::-1]


def owner_of(edge: Any) -> Any:
    """Return the node or the leaf that an edge leads to."""
    return edge.owner if type(edge) is Slot else edge


_guard: Callable[..., Any] | None = None


def set_guard(guard: Callable[..., Any] | None) -> None:
    """Let ``guard(node, g, edges, graph)`` call the nodes, from the next pass on."""
    global _guard
    _guard = guard


def _walk(
    edges: Sequence[Any],
    grads: Sequence[Any],
    keep_graph: bool,
    graph: bool,
    counts: dict[Any, Any],
    plan: dict[Any, tuple[Any, ...]] | None,
    captured: dict[Any, Any],
) -> None:
    """Run everything that `counts` says will be reached; see the module's text."""
    heap: list[tuple[int, Node, Any]] = []  # ready nodes but the best: (-seq, node, cotangent)
    buffers: dict[Any, Any] = {}  # partial sums of edges that expect more
    owned: set[Any] = set()  # the buffers that are ours to add into
    slots: dict[Node, list[Any]] = {}  # cotangents by output, for nodes with several
    guard = _guard
    plain = not graph and guard is None
    watched = {key[0] for key in captured if type(key) is tuple} if captured else captured
    g: Any = None
    fresh = False  # the roots' cotangents belong to the caller
    while True:
        ready: Any = None  # the best of the nodes that this one made ready
        ready_g: Any = None
        i = -1  # zip takes 0.1 us more a node
        for edge in edges:
            i += 1
            if edge is None:
                continue
            out = grads[i]
            mine = fresh and out is not g
            if type(edge) is Slot:
                edge, out = _gather(slots, edge, out, counts)
            # A count of 1 is the common edge with one consumer. Of several, the first to arrive
            # turns the count negative and opens a buffer, the last takes the sum along.
            left = counts[edge]
            if left != 1:
                if left > 1:
                    buffers[edge] = out
                    counts[edge] = 1 - left
                    continue
                if out is not None and type(out) is not list:
                    total = buffers[edge]
                    if total is None:
                        mine = False  # a second holder may keep it: treat as the first to arrive
                    elif edge in owned:
                        total += out
                        out = total
                        mine = True
                    else:
                        out = total + out
                        mine = not graph
                        if mine:
                            owned.add(edge)
                elif out is None:
                    out = buffers[edge]
                    mine = edge in owned
                if left != -1:
                    buffers[edge] = out
                    counts[edge] = left + 1
                    continue
                del buffers[edge]
            if isinstance(edge, Node):
                if ready is None:
                    ready = edge
                    ready_g = out
                elif edge.seq > ready.seq:
                    heappush(heap, (-ready.seq, ready, ready_g))
                    ready = edge
                    ready_g = out
                else:
                    heappush(heap, (-edge.seq, edge, out))
            elif edge in captured:
                captured[edge] = leaf_capture(edge, out)
            elif out is not None:
                if graph:
                    accumulate_graph(edge, out)
                else:
                    accumulate(edge, out, mine)
            else:
                nothing_arrived(edge)
        if ready is not None:
            if heap and -heap[0][0] > ready.seq:
                _, node, g = heapreplace(heap, (-ready.seq, ready, ready_g))
            else:
                node = ready
                g = ready_g
        elif heap:
            _, node, g = heappop(heap)
        else:
            return
        fresh = True
        hooks = node.hooks
        runs = plan is None or node in plan  # else it is wanted itself, and nothing behind it is
        if hooks is not None or (watched and node in watched):
            g = before_node(node, g, graph, captured, runs)
        if not runs:
            edges = ()
            continue
        edges = node.edges if plan is None else plan[node]
        if g is None and not node.takes_none:
            node.check_saved()
            grads = (None,) * len(edges)
        elif plain:
            grads = node.vjp(g, edges)
        elif guard is None:
            grads = node.vjp_graph(g, edges)
        else:
            grads = guard(node, g, edges, graph)
        if not keep_graph and node.saved:
            node.saved = FREED
        if hooks is not None and hooks.post:
            grads = after_node(node, hooks, edges, grads, g, graph)


def _gather(
    slots: dict[Node, list[Any]], slot: Slot, out: Any, counts: dict[Any, Any]
) -> tuple[Node, Any]:
    """Put a cotangent in its place among its node's outputs; the list is the node's cotangent.

    With the last of them the list leaves `slots`, so that it dies when the node has run. Formulas
    are never called with a list of nothing but None: that is None, as for one output.
    """
    node = slot.owner
    outs = slots.get(node)
    if outs is None:
        if out is None and not node.takes_none:
            return node, None
        outs = slots[node] = [None] * node.outputs
    had = outs[slot.index]
    outs[slot.index] = out if had is None else had if out is None else had + out
    if counts[node] in (1, -1):
        del slots[node]
    return node, outs
