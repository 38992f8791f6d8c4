"""The fast path of pointwise Operators with more than two arguments: where, lerp, addcmul.

As rushlight.ops.fast has it for one and two operands: everything plain and of one floating-point
dtype, or else the Operator's slow path. The node keeps tensors and numbers by their position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence, stale_input
from rushlight.kernels.copies import check_broadcast
from rushlight.ops.fast import F4, F8, named
from rushlight.ops.nodes import Output, fit, fit_graph, named_node
from rushlight.ops.promotion import Promoting
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor

__all__ = ["several"]

new = object.__new__
# A number beyond may not fit a float32, and has to be looked at.
SMALL = 1e38

Rules = tuple[tuple[Callable[..., Any], tuple[int, ...]], ...]


class SeveralNode(Node):
    """``saved`` and ``params`` go by the arguments' positions, the output's is the last.

    Tensors are in ``saved``, None where no formula wants one; numbers are in ``params``.
    """

    rules: ClassVar[Rules]  # of each input, the formula and the positions of what it wants
    params: tuple[Any, ...]
    op: ClassVar[Promoting]

    def positions(self) -> tuple[str, ...]:
        return (*self.op.args, "y")

    def settings(self) -> dict[str, Any]:
        return {name: p for name, p in zip(self.op.args, self.params) if p is not None}

    def uses(self) -> Sequence[tuple[int, ...]]:
        return [places for _, places in self.rules]

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        values = list(self.params)
        for i, x in enumerate(self.saved):
            if x is not None:
                if type(x) is Output:
                    values[i] = x.raw(self)
                else:
                    if x._counter[0] != self.versions[i]:
                        raise stale_input(x, self.versions[i])
                    values[i] = x._array
        return self._apply(g, edges, values, fit)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        values = list(self.params)
        for i, x in enumerate(self.saved):
            if x is not None:
                if type(x) is Output:
                    x = x.tensor(self)
                elif x._counter[0] != self.versions[i]:
                    raise stale_input(x, self.versions[i])
                values[i] = x
        return self._apply(g, edges, values, fit_graph)

    def _apply(
        self, g: Any, edges: tuple[Any, ...], values: list[Any], fitted: Callable[..., Any]
    ) -> list[Any]:
        grads = [
            None if edge is None else formula(g, *[values[i] for i in places])
            for edge, (formula, places) in zip(edges, self.rules)
        ]
        if self.metas is None:
            return grads
        return [x if x is None else fitted(x, meta) for x, meta in zip(grads, self.metas)]


def several(op: Promoting) -> Callable[..., Any]:
    """Make ``f(*args)`` of a pointwise Operator; the caller has looked at types of arguments."""
    names = (*op.args, "y")
    rules = tuple(
        (op.rules[key].formula, tuple(names.index(n) for n in op.rules[key].names))
        for key in op.inputs
    )
    operands = set(op.places)
    kernel = op.kernel
    last = len(op.args)

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        cls = named_node(op.node_name, SeveralNode, rules=rules, op=op)
        return cls()

    cls = first_node  # the class itself once it is needed: see ops/fast.py

    def function(*args: Any) -> Any:
        arrays = []
        dtype = None
        for i, a in enumerate(args):
            kind = type(a)
            if kind is Tensor or kind is Parameter:
                x = a._array
                if i in operands:
                    if dtype is None:
                        dtype = x.dtype
                        if dtype is not F4 and dtype is not F8:
                            return op.general(*args)
                    elif x.dtype is not dtype:
                        return op.general(*args)
                arrays.append(x)
            elif isinstance(a, Tensor):
                return op.general(*args)
            else:
                if i in operands and not ((kind is float or kind is int) and -SMALL < a < SMALL):
                    return op.general(*args)
                arrays.append(a)
        if dtype is None:
            return op.general(*args)
        for i in operands:
            if type(arrays[i]) is not np.ndarray:
                arrays[i] = np.asarray(arrays[i], dtype)
        try:
            y = np.asarray(kernel(*arrays))
        except ValueError:
            check_broadcast(*[a.shape for a in arrays if type(a) is np.ndarray])
            raise
        result = new(Tensor)
        result._array = y
        result._counter = [0]
        if mode.grad:
            edges = op.edges(args)
            if edges is not None:
                record(args, edges, result)
        elif mode.inference:
            mark_inference(result)
        return result

    def record(args: tuple[Any, ...], edges: tuple[Any, ...], result: Any) -> None:
        node = cls()
        node.edges = edges
        wanted = {i for edge, (_, places) in zip(edges, rules) if edge is not None for i in places}
        saved: list[Any] = [
            a if i in wanted and isinstance(a, Tensor) else None for i, a in enumerate(args)
        ]
        if last in wanted:
            saved.append(Output(result._array, result._counter))
        node.saved = tuple(saved) if any(x is not None for x in saved) else ()
        node.versions = tuple([0 if x is None else x._counter[0] for x in saved[:last]])
        node.params = (*[None if isinstance(a, Tensor) else a for a in args], None)
        shape = result._array.shape
        inputs = op.input_args(args)
        if any(e is not None and a._array.shape != shape for e, a in zip(edges, inputs)):
            node.metas = tuple(
                [
                    None if e is None else (a._array.shape, a._array.dtype)
                    for e, a in zip(edges, inputs)
                ]
            )
        node.seq = next(sequence)
        result._edge = node

    op.function = function
    return named(function, op.name, "")
