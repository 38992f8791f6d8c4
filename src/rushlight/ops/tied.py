"""Nodes whose gradient depends on the input although its values don't.

The cotangent that pooling hands on is a choice among the cotangents it gets: its derivative by the
input is zero, and the formula doesn't name the input, so that the graph need not keep it. PyTorch
records that derivative all the same, where a gradient is made with a graph: the gradient requires
grad, and differentiating it gives zeros. `TiedNode` ties a knot to that end, in graph mode only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence
from rushlight.ops.nodes import OperatorNode, named_node
from rushlight.tensor import Tensor, new, wrap

__all__ = ["TiedNode", "tie"]


class TiedNode(OperatorNode):
    """The node of an Operator that is declared as ``tied``."""

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        grads = super().vjp_graph(g, edges)
        return [
            tie(grad, edge, meta, self.op.node_name)
            for grad, edge, meta in zip(grads, self.edges, self.metas)
        ]


def tie(grad: Any, edge: Any, meta: Any, name: str) -> Any:
    """The same gradient, which depends by zeros on where `edge` leads to.

    `meta` is shape and dtype of what is there, `name` that of the node whose gradient it is. Where
    nothing records, it is `grad` itself.
    """
    if not mode.grad or edge is None or not isinstance(grad, Tensor):
        return grad
    if grad._interpreter is not None:
        return grad
    out = new(Tensor)
    out._array = grad._array
    out._counter = grad._counter
    node = _classes.get(name)
    if node is None:
        shown = f"{name[:-1]}Backward0" if name.endswith("Backward0") else name
        node = _classes[name] = named_node(shown, _Knot)
    made = node()
    made.edges = (edge_of(grad), edge)
    made.meta = meta
    made.seq = next(sequence)
    out._edge = made
    return out


class _Knot(Node):
    """Passes a cotangent on, and sends zeros the other way."""

    meta: tuple[tuple[int, ...], Any]

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return g, None if edges[1] is None else np.zeros(*self.meta)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return g, None if edges[1] is None else wrap(np.zeros(*self.meta))


_classes: dict[str, Any] = {}
