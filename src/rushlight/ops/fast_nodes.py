"""The nodes of the fast paths: one input, or two.

Their `vjp` is a closure made for the operator: a formula in a cell costs 0.05 us less than one in
an attribute of the class, and there are up to five such attributes to look up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rushlight.autograd.node import Node, stale_error, stale_input
from rushlight.ops.nodes import Output, fit, fit_graph
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from rushlight.ops.operator import Operator

__all__ = [
    "NUMBERS",
    "BinaryNode",
    "BinaryNodeWithOutput",
    "FromInput",
    "FromInputWith",
    "FromNothing",
    "FromOutput",
    "FromOutputWith",
]

Formula = Callable[..., Any]


class UnaryNode(Node):
    """One real floating-point input, same shape and dtype as the output."""

    rule: ClassVar[Formula]
    op: ClassVar[Operator]
    params: tuple[Any, ...] = ()

    def settings(self) -> dict[str, Any]:
        return dict(zip(self.op.args[1:], self.params))

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""
        raise NotImplementedError


class FromNothing(UnaryNode):
    """The formula wants only the cotangent."""

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""
        return lambda self, g, edges: (rule(g),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g),)


class FromInput(UnaryNode):
    """The formula wants the input: ``saved`` is ``(x, version)``."""

    def positions(self) -> tuple[str, ...]:
        return (self.op.inputs[0],)

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            x, version = self.saved
            if x._counter[0] != version:
                raise stale_input(x, version)
            return (rule(g, x._array),)

        return vjp

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x),)


class FromOutput(UnaryNode):
    """The formula wants the output: ``saved`` is ``(array, counter, version)``."""

    def positions(self) -> tuple[str, ...]:
        return ("y",)

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            y, counter, version = self.saved
            if counter[0] != version:
                raise stale_error(y, self, 0, counter[0], version)
            return (rule(g, y),)

        return vjp

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        out = Output(y, counter)
        out.version = version
        return (self.rule(g, out.tensor(self)),)


class FromInputWith(FromInput):
    """As `FromInput`, where the formula also wants the operator's parameters."""

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            x, version = self.saved
            if x._counter[0] != version:
                raise stale_input(x, version)
            return (rule(g, x._array, *self.params),)

        return vjp

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, version = self.saved
        if x._counter[0] != version:
            raise stale_input(x, version)
        return (self.rule(g, x, *self.params),)


class FromOutputWith(FromOutput):
    """As `FromOutput`, where the formula also wants the operator's parameters."""

    @staticmethod
    def raw(rule: Formula) -> Formula:
        """Make the `vjp` of a formula."""

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            y, counter, version = self.saved
            if counter[0] != version:
                raise stale_error(y, self, 0, counter[0], version)
            return (rule(g, y, *self.params),)

        return vjp

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        y, counter, version = self.saved
        out = Output(y, counter)
        out.version = version
        return (self.rule(g, out.tensor(self), *self.params),)


class Numbers(dict[Any, Any]):
    """The numbers that programs calculate with, as 0-d arrays of one dtype: ``x * 0.5``.

    NumPy converts a Python number in every call, which takes it 0.3 us of 0.9.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__()
        self.dtype = dtype

    def __missing__(self, number: Any) -> Any:
        if type(number) is int and not -(2**63) <= number < 2**64:
            raise OverflowError("int too big to convert")
        constant = np.array(number, self.dtype)
        if number:  # 0.0 and -0.0 would be one key
            if len(self) >= 256:
                self.clear()  # numbers that change with every step must not pile up
            self[number] = constant
        return constant


NUMBERS = {dtype: Numbers(dtype) for dtype in (np.dtype(np.float32), np.dtype(np.float64))}


class BinaryNode(Node):
    """Two real inputs; ``saved`` is ``(a, b)``, None for what the formulas don't want.

    The second operand may be a Python number: then its edge is None and it is saved as it is, and
    as the 0-d array `number`, by which NumPy multiplies in half the time.
    """

    number: Any
    op: ClassVar[Operator]
    rule_a: ClassVar[Formula]
    rule_b: ClassVar[Formula]
    takes_a: ClassVar[int]  # what a's formula wants: 0 nothing, 1 the other operand, 2 both
    takes_b: ClassVar[int]

    def positions(self) -> tuple[str, ...]:
        return self.op.inputs

    def uses(self) -> Sequence[tuple[int, ...]]:
        return ((), (1,), (0, 1))[self.takes_a], ((), (0,), (0, 1))[self.takes_b]

    @staticmethod
    def raw(rule_a: Formula, rule_b: Formula, takes_a: int, takes_b: int) -> Formula:
        """Make the `vjp` of two formulas."""
        saves = takes_a or takes_b

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            ea, eb = edges
            a = b = ga = gb = None
            if saves:
                a, b = self.saved
                if isinstance(b, Tensor):  # PyTorch looks at the second first
                    if b._counter[0] != self.versions[1]:
                        raise stale_input(b, self.versions[1])
                    b = b._array
                elif b is not None:
                    b = self.number
                if a is not None:
                    if a._counter[0] != self.versions[0]:
                        raise stale_input(a, self.versions[0])
                    a = a._array
            if ea is not None:
                if takes_a == 1:
                    ga = rule_a(g, b)
                else:
                    ga = rule_a(g, a, b) if takes_a else rule_a(g)
            if eb is not None:
                if takes_b == 1:
                    gb = rule_b(g, a)
                else:
                    gb = rule_b(g, a, b) if takes_b else rule_b(g)
            metas = self.metas
            if metas is not None:
                if ga is not None:
                    ga = fit(ga, metas[0])
                if gb is not None:
                    gb = fit(gb, metas[1])
            return ga, gb

        return vjp

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

    @staticmethod
    def raw(rule_a: Formula, rule_b: Formula, takes_a: int, takes_b: int) -> Formula:
        """The `vjp` is the same for all: few programs call these operators often."""

        def vjp(self: Any, g: Any, edges: tuple[Any, ...]) -> Any:
            a, b, y = self.checked()
            a, b = [None if x is None else x._array for x in (a, b)]
            return self._apply(g, edges, a, b, y.raw(self), fit)

        return vjp

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
