"""Activations whose derivative costs least on the way to the result, from what is in cache there.

Their nodes keep it beside the input, and a backward pass multiplies with it. Whatever else needs
the derivative (hooks that packed the input, second derivatives, forward mode) has the Operator's
formula, which starts from the input. Four GELUs of 2M elements take 23 ms forward and back without,
11 with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.autograd.node import sequence, stale_input
from rushlight.kernels.blocks import BLOCK, in_blocks, pieces, share
from rushlight.ops.fast import F4, F8, with_parameters
from rushlight.ops.fast_nodes import UnaryNode
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, new

__all__ = ["sloped"]


class SlopedNode(UnaryNode):
    """``saved`` is ``(x, slope)``; hooks drop the last."""

    def positions(self) -> tuple[str, ...]:
        return (self.op.inputs[0],)

    def _input(self) -> Tensor:
        x: Tensor = self.saved[0]
        if x._counter[0] != self.versions[0]:
            raise stale_input(x, self.versions[0])
        return x

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x = self._input()
        if len(self.saved) == 1:
            return (self.rule(g, x._array, *self.params),)
        slope = self.saved[1]
        if g.size <= BLOCK:
            return (np.multiply(g, slope),)
        return (in_blocks(np.multiply, (g, slope), light=True),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g, self._input(), *self.params),)


def sloped(op: Operator) -> Callable[..., Tensor]:
    """Make ``f(input, *parameters)`` of an Operator of one input that has a `slope`."""
    plain = with_parameters(op)
    kernel: Any = op.slope

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        formula = staticmethod(op.rules[op.inputs[0]].formula)
        cls = named_node(op.node_name, SlopedNode, rule=formula, op=op)
        return cls()

    cls = first_node

    def function(input: Tensor, *parameters: Any) -> Tensor:
        kind = type(input)
        if (kind is not Tensor and kind is not Parameter) or not mode.grad:
            return plain(input, *parameters)
        x = input._array
        if x.dtype is not F4 and x.dtype is not F8:
            return plain(input, *parameters)
        edge = edge_of(input)
        if edge is None:
            return plain(input, *parameters)
        y, slope = np.empty_like(x), np.empty_like(x)
        if x.size <= BLOCK:
            kernel(x, y, slope, *parameters)
        else:
            share(lambda piece: kernel(*piece, *parameters), pieces(x, y, slope), x.size)
        result = new(Tensor)
        result._array = y
        result._counter = [0]
        node = cls()
        node.edges = (edge,)
        node.params = parameters
        node.saved = (input, slope)
        node.versions = (input._counter[0],)
        node.seq = next(sequence)
        result._edge = node
        return result

    op.function = function
    return function
