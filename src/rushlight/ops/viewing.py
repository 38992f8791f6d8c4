"""How a view is made: memory, version counter and base shared, a node of one formula recorded.

`share` is the hot path of every view of one output. It stands apart from `Operator.wrap` because
a view costs NumPy only 0.1 us, so that every look-up around it shows; its node keeps nothing but
sizes, and so can run any number of times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rushlight.autograd.modes import mode
from rushlight.autograd.node import NOWHERE, Node, sequence
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["ViewNode", "is_plain", "share", "view_node"]

new = object.__new__


class ViewNode(Node):
    """The node of a view: ``params`` are what the formula names, all of it metadata."""

    op: ClassVar[Operator]
    rule: ClassVar[Callable[..., Any]]
    params: tuple[Any, ...]

    def settings(self) -> dict[str, Any]:
        return dict(zip(self.op.rules[self.op.inputs[0]].names, self.params))

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g, *self.params),)

    vjp_graph = vjp


def view_node(op: Operator) -> type[Node]:
    """Make the node class that `share` records for a view Operator of one input."""
    rule = op.rules[op.inputs[0]]
    return named_node(op.node_name, ViewNode, op=op, rule=staticmethod(rule.formula))


def is_plain(x: Any) -> bool:
    """True for tensors that the short paths take; transforms and subclasses go to Operators."""
    kind = type(x)
    return kind is Tensor or kind is Parameter


def share(input: Tensor, array: Any, node_type: type[Node], params: tuple[Any, ...]) -> Tensor:
    """Make the view of `input` whose values are `array`; its node's formula gets `params`."""
    out = new(Tensor)
    out._array = array
    out._counter = counter = input._counter
    view = new(View)
    edge = input._edge
    if type(edge) is View:
        view.base = edge.base
        view.origin = edge.origin
        if mode.grad:
            edge = edge.edge if edge.version == counter[-1] else edge.refresh(input)
            if edge is None and view.base._edge is not None:
                edge = NOWHERE
    else:
        view.base = input
        view.origin = ""
    if not mode.grad:
        edge = None
        if type(counter) is not list:  # an inference tensor's views are tensors like others
            return out
        if view.origin != "inference":
            view.origin = "inference" if mode.inference else "no_grad"
    elif edge is not None:
        if edge is LEAF:
            if type(counter) is not list:
                return out
            edge = input
        node: Any = new(node_type)
        node.edges = (edge,)
        node.params = params
        node.seq = next(sequence)
        edge = node
    elif type(counter) is not list:
        return out
    view.edge = edge
    view.version = counter[-1]  # [0] refuses those of inference tensors
    out._edge = view
    return out
