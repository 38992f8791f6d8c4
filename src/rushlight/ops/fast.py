"""The fast paths: what `torch.exp(x)` and `a * b` run when everything is plain.

One type test opens them; numbers, other dtypes, subclasses, transforms and mistakes go to the
Operator's slow path. The cost of every line here is in docs/design/0001-core.md: a forward and
backward of one small operation has 3.5 us, of which NumPy takes 1 to 1.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.autograd.node import sequence
from rushlight.ops.nodes import BinaryNode, FromInput, FromNothing, FromOutput, named_node
from rushlight.ops.operator import Operator, mark_inference
from rushlight.ops.outputs import into, operands, require_tensor
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["binary", "unary"]

OPERANDS = (Tensor, bool, int, float, complex, np.ndarray, np.generic)

new = object.__new__
F4 = np.dtype(np.float32)
F8 = np.dtype(np.float64)
HAS_ELLIPSIS_OUT = np.lib.NumpyVersion(np.__version__) >= "2.3.0"


def arrays_out(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Give a kernel the ``out=...`` of NumPy 2.3's ufuncs: 0-d results stay arrays."""
    if isinstance(kernel, np.ufunc) and HAS_ELLIPSIS_OUT:
        return kernel

    def run(*args: Any, out: Any) -> Any:
        return np.asarray(kernel(*args))

    return run


def named(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    """Give a function made here the name and the docstring that users see."""
    function.__name__ = function.__qualname__ = name
    function.__module__ = "rushlight"
    function.__doc__ = doc
    return function


def unary(op: Operator, doc: str) -> Callable[..., Tensor]:
    """Make the public function ``f(input, *, out=None)`` of a pointwise Operator of one input."""
    rule = op.rules[op.inputs[0]]
    base, keeps_input, keeps_output = {
        (): (FromNothing, False, False),
        (op.inputs[0],): (FromInput, True, False),
        ("y",): (FromOutput, False, True),
    }[rule.names]
    cls = named_node(op.node.__name__, base, rule=staticmethod(rule.formula), op=op)
    kernel = arrays_out(op.kernel)

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return into(out, op.general(require_tensor(input, op.name, "input", 1)), op.name)
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8:
                result = new(Tensor)
                result._array = y = kernel(x, out=...)
                result._counter = counter = [0]
                if mode.grad:
                    edge = input._edge
                    if edge is not None:
                        if edge is LEAF:
                            edge = input
                        elif type(edge) is View:
                            edge = view_edge(edge, input)
                            if edge is None:
                                return result
                        node = new(cls)
                        node.edges = (edge,)
                        if keeps_output:
                            node.saved = (y, counter, 0)
                        elif keeps_input:
                            node.saved = (input, input._counter[0])
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return op.general(require_tensor(input, op.name, "input", 1))  # type: ignore[no-any-return]

    op.function = function
    return named(function, op.name, doc)


def view_edge(view: View, t: Tensor) -> Any:
    """The edge of a tensor that is a view."""
    edge = view.refresh(t)
    return t if edge is LEAF else edge


def binary(op: Operator, doc: str = "", *, method: bool = False) -> Callable[..., Any]:
    """Make ``f(input, other, *, out=None)`` of an Operator of two inputs.

    With `method` it is the operator method (``__mul__``) instead: it answers NotImplemented to
    operands that it doesn't know, as Python asks, where the function raises TypeError. Python
    numbers are operands of pointwise Operators only.
    """
    first, second = op.inputs
    rule_a, rule_b = op.rules[first], op.rules[second]
    takes = {(): 0, (first, second): 2}
    takes_a = {**takes, (second,): 1}[rule_a.names]
    takes_b = {**takes, (first,): 1}[rule_b.names]
    cls = named_node(
        op.node.__name__,
        BinaryNode,
        op=op,
        rule_a=staticmethod(rule_a.formula),
        rule_b=staticmethod(rule_b.formula),
        takes_a=takes_a,
        takes_b=takes_b,
    )
    saves = bool(takes_a or takes_b)
    pointwise = op.kind == "pointwise"
    kernel = arrays_out(op.kernel)

    def function(input: Any, other: Any, *, out: Tensor | None = None) -> Any:
        if out is not None:
            return into(out, slow(input, other), op.name)
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8:
                kind = type(other)
                if kind is Tensor or kind is Parameter:
                    y = other._array
                    if dtype is not y.dtype:
                        return slow(input, other)
                    eb = other._edge
                elif (kind is float or kind is int) and pointwise:
                    y = other
                    eb = None
                else:
                    return slow(input, other)
                result = new(Tensor)
                result._array = kernel(x, y, out=...)
                result._counter = [0]
                if mode.grad:
                    ea = input._edge
                    if ea is not None or eb is not None:
                        if ea is LEAF:
                            ea = input
                        elif type(ea) is View:
                            ea = view_edge(ea, input)
                        if eb is LEAF:
                            eb = other
                        elif type(eb) is View:
                            eb = view_edge(eb, other)
                        if ea is None and eb is None:
                            return result
                        node = new(cls)
                        node.edges = (ea, eb)
                        if saves:
                            keep_a = (takes_b and eb is not None) or (
                                takes_a == 2 and ea is not None
                            )
                            keep_b = (takes_a and ea is not None) or (
                                takes_b == 2 and eb is not None
                            )
                            node.saved = (input if keep_a else None, other if keep_b else None)
                            node.versions = (
                                input._counter[0],
                                0 if y is other else other._counter[0],
                            )
                        if pointwise and y is not other:
                            shape = x.shape
                            if shape != y.shape:
                                node.metas = ((shape, dtype), (y.shape, dtype))
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return slow(input, other)

    def slow(input: Any, other: Any) -> Any:
        if method and not isinstance(other, OPERANDS):
            return NotImplemented
        return op.general(*operands(op.name, input, other))

    if not method:
        op.function = function
    return named(function, op.name, doc)
