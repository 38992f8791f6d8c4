"""The fast path of losses of an input and a target of one shape: mse_loss and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence, stale_input
from rushlight.ops.fast import F4, F8, named, view_edge
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View, new

__all__ = ["of_pairs"]


class PairNode(Node):
    """``saved`` is (input, target); the formulas want both and all options."""

    op: ClassVar[Operator]
    to_input: ClassVar[Callable[..., Any]]
    to_target: ClassVar[Callable[..., Any]]
    params: tuple[Any, ...]

    def positions(self) -> tuple[str, ...]:
        return self.op.args[:2]

    def settings(self) -> dict[str, Any]:
        return dict(zip(self.op.args[2:], self.params))

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, target = self.saved
        self.check(x, target)
        x = x._array
        target = target._array
        return (
            None if edges[0] is None else self.to_input(g, x, target, *self.params),
            None if edges[1] is None else self.to_target(g, x, target, *self.params),
        )

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, target = self.saved
        self.check(x, target)
        return (
            None if edges[0] is None else self.to_input(g, x, target, *self.params),
            None if edges[1] is None else self.to_target(g, x, target, *self.params),
        )

    def check(self, x: Tensor, target: Tensor) -> None:
        """Look at the versions of both."""
        before, after = self.versions
        if x._counter[0] != before:
            raise stale_input(x, before)
        if target._counter[0] != after:
            raise stale_input(target, after)


def of_pairs(op: Operator, slow: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make ``f(input, target, *options)`` of a loss whose formulas name all its arguments.

    `slow` takes what isn't two plain float tensors of one dtype and shape.
    """
    first, second = op.inputs
    assert op.rules[first].names == op.rules[second].names == op.args
    cls = named_node(
        op.node_name,
        PairNode,
        op=op,
        to_input=staticmethod(op.rules[first].formula),
        to_target=staticmethod(op.rules[second].formula),
    )
    kernel = op.kernel

    def function(input: Tensor, target: Tensor, *options: Any) -> Tensor:
        kind = type(input)
        other = type(target)
        if (kind is Tensor or kind is Parameter) and (other is Tensor or other is Parameter):
            x = input._array
            y = target._array
            dtype = x.dtype
            if (dtype is F4 or dtype is F8) and y.dtype is dtype and x.shape == y.shape:
                result = new(Tensor)
                result._array = kernel(x, y, *options)
                result._counter = [0]
                if mode.grad:
                    ex = input._edge
                    ey = target._edge
                    if ex is not None or ey is not None:
                        if ex is LEAF:
                            ex = input
                        elif type(ex) is View:
                            ex = view_edge(ex, input)
                        if ey is LEAF:
                            ey = target
                        elif type(ey) is View:
                            ey = view_edge(ey, target)
                        if ex is None and ey is None:
                            return result
                        node = new(cls)
                        node.edges = (ex, ey)
                        node.saved = (input, target)
                        node.versions = (input._counter[0], target._counter[0])
                        node.params = options
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return slow(input, target, *options)

    return named(function, op.name, "")
