"""The fast paths: what `torch.exp(x)` and `a * b` run when everything is plain.

One type test opens them; numbers, other dtypes, subclasses, transforms and mistakes go to the
Operator's slow path. The cost of every line here is in docs/design/0001-core.md: a forward and
backward of one small operation has 3.5 us, of which NumPy takes 1 to 1.5.

A path records nodes of a class of its own, which takes 25 us to make, and few programs record most
of them. So ``cls`` starts as a function that makes the class, puts it in its own place, and makes
the first node: every later ``cls()`` is the class itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import sequence
from rushlight.kernels.blocks import MANY
from rushlight.kernels.copies import check_broadcast
from rushlight.ops.fast_nodes import (
    NUMBERS,
    BinaryNode,
    BinaryNodeWithOutput,
    FromInput,
    FromInputWith,
    FromNothing,
    FromOutput,
    FromOutputWith,
)
from rushlight.ops.nodes import Output, named_node
from rushlight.ops.operator import Operator
from rushlight.ops.outputs import into, operands, require_tensor
from rushlight.ops.promotion import as_operand
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["binary", "plain_result", "unary", "with_parameters"]

OPERANDS = (Tensor, bool, int, float, complex, np.ndarray, np.generic)

new = object.__new__
F4 = np.dtype(np.float32)
F8 = np.dtype(np.float64)
I8 = np.dtype(np.int64)
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


def view_edge(view: View, t: Tensor) -> Any:
    """The edge of a tensor that is a view."""
    edge = view.refresh(t)
    return t if edge is LEAF else edge


# -- one tensor --------------------------------------------------------------------------------


def unary(
    op: Operator,
    doc: str,
    *,
    floats: Callable[..., Any] | None = None,
    called: str | None = None,
) -> Callable[..., Tensor]:
    """Make the public function ``f(input, *, out=None)`` of a pointwise Operator of one input.

    `floats` is a ufunc that does for float32 and float64 what the Operator's kernel does; `called`
    is the name of one more function of an Operator that has one.
    """
    name = called or op.name
    rule = op.rules[op.inputs[0]]
    base, keeps_input, keeps_output = {
        (): (FromNothing, False, False),
        (op.inputs[0],): (FromInput, True, False),
        ("y",): (FromOutput, False, True),
    }[rule.names]
    kernel = arrays_out(floats or op.kernel)

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        formula = rule.formula
        cls = named_node(
            op.node_name, base, rule=staticmethod(formula), vjp=base.raw(formula), op=op
        )
        return cls()

    cls = first_node

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            result = op.general(require_tensor(input, name, "input", 1))
            return into(out, result, op.name, input, called=name)
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
                        node = cls()
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
        return op.general(require_tensor(input, name, "input", 1))  # type: ignore[no-any-return]

    if called is None:
        op.function = function
    return named(function, name, doc)


def with_parameters(
    op: Operator, *, floats: Callable[..., Any] | None = None
) -> Callable[..., Tensor]:
    """Make ``f(input, *parameters)`` of an Operator of one input that also takes numbers.

    Its formula names nothing; or the input; or the input or output and all parameters. The
    caller has looked at the parameters: here they are such that a float32 stays a float32.
    """
    first = op.inputs[0]
    rule = op.rules[first]
    base, keeps_input, keeps_output = {
        (): (FromNothing, False, False),
        (first,): (FromInput, True, False),
        (first, *op.args[1:]): (FromInputWith, True, False),
        ("y", *op.args[1:]): (FromOutputWith, False, True),
    }[rule.names]
    kernel = arrays_out(floats or op.kernel)

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        formula = rule.formula
        cls = named_node(
            op.node_name, base, rule=staticmethod(formula), vjp=base.raw(formula), op=op
        )
        return cls()

    cls = first_node

    def function(input: Tensor, *parameters: Any) -> Tensor:
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8:
                result = new(Tensor)
                result._array = y = kernel(x, *parameters, out=...)
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
                        node = cls()
                        node.edges = (edge,)
                        node.params = parameters
                        if keeps_output:
                            node.saved = (y, counter, 0)
                        elif keeps_input:
                            node.saved = (input, input._counter[0])
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return op.general(require_tensor(input, op.name, "input", 1), *parameters)  # type: ignore[no-any-return]

    op.function = function
    return named(function, op.name, "")


# -- two tensors, or a tensor and a number -----------------------------------------------------


def binary(
    op: Operator,
    doc: str = "",
    *,
    method: bool = False,
    numbers: bool = True,
    second: str = "other",
    floats: Callable[..., Any] | None = None,
    whole: bool = False,
    called: str | None = None,
) -> Callable[..., Any]:
    """Make ``f(input, other, *, out=None)`` of an Operator of two inputs.

    With `method` it is the operator method (``__mul__``) instead: it answers NotImplemented to
    operands that it doesn't know, as Python asks, where the function raises TypeError. Python
    numbers are operands where `numbers` says so, and of pointwise Operators only. `floats` and
    `called` are as in `unary`; `whole` says that the kernel is right for int64 beside int64 or a
    Python int too.
    """
    name = called or op.name
    first, last = op.inputs
    rule_a, rule_b = op.rules[first], op.rules[last]
    takes = {(): 0, (first, last): 2, (first, last, "y"): 3}
    takes_a = {**takes, (last,): 1, (first, "y"): 4}[rule_a.names]
    takes_b = {**takes, (first,): 1, (last, "y"): 4}[rule_b.names]
    keeps_output = takes_a > 2 or takes_b > 2
    own = 4 in (takes_a, takes_b)  # then neither formula wants the other operand

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        rules = rule_a.formula, rule_b.formula
        base = BinaryNodeWithOutput if keeps_output else BinaryNode
        cls = named_node(
            op.node_name,
            base,
            op=op,
            rule_a=staticmethod(rules[0]),
            rule_b=staticmethod(rules[1]),
            takes_a=takes_a,
            takes_b=takes_b,
            vjp=base.raw(*rules, takes_a, takes_b),
        )
        return cls()

    cls = first_node
    saves = bool(takes_a or takes_b)
    pointwise = op.kind == "pointwise"
    takes_numbers = pointwise and numbers and not keeps_output
    kernel = arrays_out(floats or op.kernel)

    def large(x: Any, y: Any, out: Any) -> Any:
        from rushlight.kernels.uneven import uneven  # a file that small programs need not read

        return uneven(kernel, x, y)

    def function(input: Any, other: Any, *, out: Tensor | None = None) -> Any:
        if out is not None:
            return into(out, slow(input, other), op.name, input, other, called=name)
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
                    number = None
                    call = kernel if x.size < MANY else large
                elif (kind is float or kind is int) and takes_numbers:
                    y = number = NUMBERS[dtype][other]
                    eb = None
                    call = kernel
                else:
                    return slow(input, other)
                result = new(Tensor)
                try:
                    result._array = call(x, y, out=...)
                except ValueError:
                    if pointwise:
                        check_broadcast(x.shape, np.shape(y))
                    raise
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
                        node = cls()
                        node.edges = (ea, eb)
                        if saves:
                            keep_a = (takes_b and eb is not None) or (
                                takes_a == 2 and ea is not None
                            )
                            keep_b = (takes_a and ea is not None) or (
                                takes_b == 2 and eb is not None
                            )
                            node.saved = (input if keep_a else None, other if keep_b else None)
                            if number is not None:
                                node.number = number
                                node.versions = (input._counter[0], 0)
                            else:
                                node.versions = (input._counter[0], other._counter[0])
                            if keeps_output:
                                node.saved = (
                                    None if own and ea is None else input,
                                    None if own and eb is None else other,
                                    Output(result._array, result._counter),
                                )
                        if pointwise and number is None:
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
        if type(input) is Tensor and input._array.dtype is I8 and whole:
            y: Any = other if type(other) is int and takes_numbers else None
            if type(other) is Tensor and other._array.dtype is I8:
                y = other._array
            if y is not None:
                return plain_result(kernel, input._array, y)
        if method and not isinstance(other, OPERANDS):
            return NotImplemented
        return op.general(*operands(name, input, other, second=second, numbers=numbers))

    if not method and called is None:
        op.function = function
    return named(function, name, doc)


def plain_result(kernel: Callable[..., Any], x: Any, y: Any) -> Tensor:
    """Run a ufunc of two operands whose result no graph records."""
    result = new(Tensor)
    try:
        result._array = kernel(x, y, out=...)
    except ValueError:
        check_broadcast(x.shape, np.shape(y))
        raise
    except OverflowError:  # an integer beyond int64: it wraps around, or is beyond uint64 too
        result._array = kernel(x, as_operand(y, x.dtype), out=...)
    result._counter = [0]
    if mode.inference:
        mark_inference(result)
    return result
