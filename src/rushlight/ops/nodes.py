"""The nodes that Operators record: saved values out, formulas in, broadcasts summed at the edges.

Three shapes: `OperatorNode` serves every Operator; `UnaryNode`s and `BinaryNode` are what the
fast paths of rushlight.ops.fast record, with less to look up. All call the very same formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rushlight.autograd.node import FREED, Node, Slot, freed_error, stale_error, stale_input
from rushlight.kernels.accumulate import sum_to
from rushlight.kernels.flipped import FLIPPED, all_resolved, resolved
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from rushlight.ops.operator import Operator

__all__ = ["BinaryNode", "OperatorNode", "Output", "UnaryNode", "fit", "fit_graph", "named_node"]

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
            rules = [None if e is None else op.rules[key] for e, key in zip(edges, op.inputs)]
            grads = [r if r is None else r.formula(g, *map(value, r.names)) for r in rules]
        return [
            None if edge is None or grad is None else fitted(grad, meta)
            for edge, grad, meta in zip(edges, grads, self.metas)
        ]


# -- the nodes of the fast paths ---------------------------------------------------------------


class UnaryNode(Node):
    """One real floating-point input, same shape and dtype as the output."""

    rule: ClassVar[Callable[..., Any]]
    op: ClassVar[Operator]
    params: tuple[Any, ...] = ()

    def settings(self) -> dict[str, Any]:
        return dict(zip(self.op.args[1:], self.params))


class FromNothing(UnaryNode):
    """The formula wants only the cotangent."""

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g),)

    vjp_graph = vjp


class FromInput(UnaryNode):
    """The formula wants the input: ``saved`` is ``(x, version)``."""

    def positions(self) -> tuple[str, ...]:
        return (self.op.inputs[0],)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x._array),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x),)


class FromOutput(UnaryNode):
    """The formula wants the output: ``saved`` is ``(array, counter, version)``."""

    def positions(self) -> tuple[str, ...]:
        return ("y",)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        if counter[0] != version:
            raise stale_error(y, self, 0, counter[0], version)
        return (self.rule(g, y),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        out = Output(y, counter)
        out.version = version
        return (self.rule(g, out.tensor(self)),)


class FromInputWith(FromInput):
    """As `FromInput`, where the formula also wants the operator's parameters."""

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x._array, *self.params),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x, *self.params),)


class FromOutputWith(FromOutput):
    """As `FromOutput`, where the formula also wants the operator's parameters."""

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        if counter[0] != version:
            raise stale_error(y, self, 0, counter[0], version)
        return (self.rule(g, y, *self.params),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        out = Output(y, counter)
        out.version = version
        return (self.rule(g, out.tensor(self), *self.params),)


class BinaryNode(Node):
    """Two real inputs; ``saved`` is ``(a, b)``, None for what the formulas don't want.

    The second operand may be a Python number: then its edge is None and it is saved as it is, and
    as the 0-d array `number`, by which NumPy multiplies in half the time.
    """

    number: Any
    op: ClassVar[Operator]
    rule_a: ClassVar[Callable[..., Any]]
    rule_b: ClassVar[Callable[..., Any]]
    takes_a: ClassVar[int]  # what a's formula wants: 0 nothing, 1 the other operand, 2 both
    takes_b: ClassVar[int]

    def positions(self) -> tuple[str, ...]:
        return self.op.inputs

    def uses(self) -> Sequence[tuple[int, ...]]:
        return ((), (1,), (0, 1))[self.takes_a], ((), (0,), (0, 1))[self.takes_b]

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        ea, eb = edges
        takes_a = self.takes_a
        takes_b = self.takes_b
        a = b = ga = gb = None
        if takes_a or takes_b:
            a, b = self.saved
            if isinstance(b, Tensor):  # PyTorch looks at the second first
                if b._counter[0] != self.versions[1]:
                    raise stale_input(b, self.versions[1])
                b = b._array
            elif b is not None:
                b = self.number
            if isinstance(a, Tensor):
                if a._counter[0] != self.versions[0]:
                    raise stale_input(a, self.versions[0])
                a = a._array
        if ea is not None:
            rule = self.rule_a
            ga = rule(g, b) if takes_a == 1 else rule(g) if takes_a == 0 else rule(g, a, b)
        if eb is not None:
            rule = self.rule_b
            gb = rule(g, a) if takes_b == 1 else rule(g) if takes_b == 0 else rule(g, a, b)
        metas = self.metas
        if metas is not None:
            if ga is not None:
                ga = fit(ga, metas[0])
            if gb is not None:
                gb = fit(gb, metas[1])
        return ga, gb

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        ea, eb = edges
        ga = gb = a = b = None
        if self.takes_a or self.takes_b:
            a, b = self.saved
            for x, version in zip((b, a), reversed(self.versions)):
                if isinstance(x, Tensor) and x._counter[0] != version:
                    raise stale_input(x, version)
        if ea is not None:
            ga = self.rule_a(g, *((), (b,), (a, b))[self.takes_a])
        if eb is not None:
            gb = self.rule_b(g, *((), (a,), (a, b))[self.takes_b])
        metas = self.metas
        if metas is not None:
            if ga is not None:
                ga = fit_graph(ga, metas[0])
            if gb is not None:
                gb = fit_graph(gb, metas[1])
        return ga, gb


class BinaryNodeWithOutput(BinaryNode):
    """As `BinaryNode`, with formulas of the output too: ``saved`` is ``(a, b, y)``, or None."""

    def positions(self) -> tuple[str, ...]:
        return (*self.op.inputs, "y")

    def uses(self) -> Sequence[tuple[int, ...]]:
        return ((0, 2), (1, 2)) if 4 in (self.takes_a, self.takes_b) else ((0, 1, 2), (0, 1, 2))

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        a, b, y = self.checked()
        a, b = [None if x is None else x._array for x in (a, b)]
        return self._apply(g, edges, a, b, y.raw(self), fit)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        a, b, y = self.checked()
        return self._apply(g, edges, a, b, y.tensor(self), fit_graph)

    def checked(self) -> Any:
        """Look at the versions of both inputs, and return what was saved."""
        for x, version in zip(self.saved[1::-1], reversed(self.versions)):
            if x is not None and x._counter[0] != version:
                raise stale_input(x, version)
        return self.saved

    def _apply(
        self,
        g: Any,
        edges: tuple[Any, ...],
        a: Any,
        b: Any,
        y: Any,
        fitted: Callable[[Any, Any], Any],
    ) -> Any:
        grads = [
            None if edge is None else rule(g, *((), (other,), (a, b), (a, b, y), (own, y))[takes])
            for edge, rule, takes, own, other in (
                (edges[0], self.rule_a, self.takes_a, a, b),
                (edges[1], self.rule_b, self.takes_b, b, a),
            )
        ]
        if self.metas is None:
            return grads
        return [x if x is None else fitted(x, meta) for x, meta in zip(grads, self.metas)]
