"""The nodes that Operators record: saved values out, formulas in, broadcasts summed at the edges.

`OperatorNode` serves every Operator. The fast paths record others, with less to look up, which call
the very same formulas (rushlight.ops.fast_nodes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rushlight.autograd.node import FREED, Node, Slot, freed_error, stale_error, stale_input
from rushlight.kernels.accumulate import sum_to
from rushlight.kernels.flipped import FLIPPED, all_resolved, resolved
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from rushlight.ops.operator import Operator

__all__ = ["OperatorNode", "Output", "fit", "fit_graph", "named_node"]

new = object.__new__


def named_node(name: str, base: type[Node], **attributes: Any) -> type[Any]:
    """Make the node class of one operator, under the name that PyTorch shows."""
    return type(name, (base,), {"__module__": "builtins", **attributes})


class Output:
    """A node's own output, saved without its Tensor, so that no reference cycle closes."""

    __slots__ = ("__weakref__", "array", "counter", "index", "twin", "version")

    def __init__(self, array: Any, counter: list[int], index: int = 0) -> None:
        self.array = array
        self.counter = counter
        self.index = index
        self.version = counter[0]
        self.twin: Tensor | None = None  # a transform's output again, without its history

    def raw(self, node: Node) -> Any:
        """The array, after a look at the version."""
        if self.counter[0] != self.version:
            raise self.stale(node)
        return self.array

    def tensor(self, node: Node) -> Tensor:
        """The output again as a Tensor of the graph."""
        if self.counter[0] != self.version:
            raise self.stale(node)
        twin = self.twin
        if twin is None or twin._interpreter is None:
            out = new(Tensor)
            out._array = self.array
            out._counter = self.counter
        else:
            out = twin._interpreter.again(twin)
        out._edge = node if node.outputs == 1 else Slot(node, self.index)
        return out

    def stale(self, node: Node) -> RuntimeError:
        """PyTorch's error for an output that was modified in place since."""
        return stale_error(self.array, node, self.index, self.counter[0], self.version)


# -- edges fit a cotangent to the input's shape and dtype --------------------------------------


def fit(g: Any, meta: Any) -> Any:
    """Sum a raw cotangent over broadcast axes and cast it to the input's dtype."""
    shape, dtype = meta
    if g.shape != shape:
        g = sum_to(g, shape)
    if g.dtype != dtype:
        if g.dtype.kind == "c" and dtype.kind != "c":
            g = g.real
        g = g.astype(dtype)
    return g


def fit_graph(g: Any, meta: Any) -> Any:
    """As `fit`, on Tensors."""
    from rushlight.ops.fitting import cast_to, sum_to

    shape, dtype = meta
    if not isinstance(g, Tensor):
        g = np.asarray(g, dtype)
    if tuple(g.shape) != shape:
        g = sum_to(g, shape)
    if isinstance(g, Tensor) and g.dtype.numpy != dtype:
        g = cast_to(g, dtype)
    return g


# -- the node of every Operator ----------------------------------------------------------------


class OperatorNode(Node):
    """A call of an Operator.

    ``saved`` maps names in its formulas to tensors and outputs, ``params`` the other names to
    numbers, shapes and flags. A node without saved tensors can run twice, as in PyTorch.
    """

    op: ClassVar[Operator]
    params: dict[str, Any]

    def raw_value(self, name: str) -> Any:
        """The saved value `name` for a formula on ndarrays."""
        if name in self.params:
            return self.params[name]
        value = self.saved[name]
        if isinstance(value, Tensor):
            if value._counter[0] != self.versions[name]:
                raise stale_input(value, self.versions[name])
            value = value._array
        elif type(value) is Output:
            value = value.raw(self)
        else:
            for t, v in zip(value, self.versions[name]):
                if t._counter[0] != v:
                    raise stale_input(t, v)
            return tuple(resolved(t._array) for t in value)
        value = resolved(value) if type(value) in FLIPPED else value
        return value.conj() if value.dtype.kind == "c" and self.op.conjugate else value

    def graph_value(self, name: str) -> Any:
        """The saved value `name` for a formula on Tensors."""
        if name in self.params:
            return self.params[name]
        value = self.saved[name]
        if isinstance(value, Tensor):
            if value._counter[0] != self.versions[name]:
                raise stale_input(value, self.versions[name])
        elif type(value) is Output:
            value = value.tensor(self)
        else:
            for t, v in zip(value, self.versions[name]):
                if t._counter[0] != v:
                    raise stale_input(t, v)
            return value
        return value.conj() if value.dtype.is_complex and self.op.conjugate else value

    def positions(self) -> tuple[str, ...]:
        if self.saved is not FREED:
            return tuple(self.saved)
        places = self.op.kept(tuple([edge is not None for edge in self.edges]))
        return tuple([name for name, _, _ in places if name not in self.params])

    def settings(self) -> dict[str, Any]:
        return self.params

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        g = g if type(g) is np.ndarray else all_resolved(g)
        return self._apply(g, edges, self.raw_value, fit)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._apply(g, edges, self.graph_value, fit_graph)

    def _apply(
        self,
        g: Any,
        edges: tuple[Any, ...],
        value: Callable[[str], Any],
        fitted: Callable[[Any, Any], Any],
    ) -> Any:
        if self.saved is FREED:
            raise freed_error()
        op = self.op
        if op.together is not None:
            grads = op.together.formula(g, *[value(n) for n in op.together.names])
        elif op.variadic:
            rule = op.rules[op.inputs[0]]
            grads = rule.formula(g, *[value(n) for n in rule.names])
        else:
            if len(edges) == 1 and edges[0] is None:
                self.check_saved()
            metas = self.metas
            grads = []
            for i, key in enumerate(op.inputs):
                grad = None
                if edges[i] is not None:
                    rule = op.rules[key]
                    grad = rule.formula(g, *[value(name) for name in rule.names])
                    if grad is not None:
                        grad = fitted(grad, metas[i])
                grads.append(grad)
            return grads
        return [
            None if edge is None or grad is None else fitted(grad, meta)
            for edge, grad, meta in zip(edges, grads, self.metas)
        ]
