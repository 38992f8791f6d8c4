"""Operator: one differentiable function, declared once, that serves ndarrays and Tensors alike.

An Operator is called with positional arguments in its kernel's order. On ndarrays it *is* its
kernel; on Tensors it runs the kernel on their arrays and records a node. Formulas therefore call
Operators and Python's arithmetic, and the same text gives the first derivative at NumPy's speed
and every higher one as a graph (Note [One formula], docs/design/0002-formulas.md).

A formula's parameter names say what the graph keeps, and nothing else is kept:

===============  ===============================================================================
``g``            the cotangent of the output (a list, for several differentiable outputs)
an argument      that argument: input tensors are saved with their version, parameters as given
``y``, outputs   the operator's own output, saved raw
``x_shape``      the shape of argument ``x``; ``x_dtype`` its NumPy dtype; nothing is kept alive
``needs``        a tuple of booleans: which inputs want a cotangent (formulas of ``together``)
===============  ===============================================================================

Where an input or output is complex, what a formula is handed has been conjugated, so that
``g * cos(x)`` is PyTorch's Wirtinger cotangent as it stands; declare ``conjugate=False`` for
functions that are not holomorphic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot, sequence
from rushlight.kernels.flipped import FLIPPED, resolved
from rushlight.ops.nodes import OperatorNode, named_node
from rushlight.ops.places import Place, keep, place_of, value_at
from rushlight.ops.tied import TiedNode
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["Operator", "Rule", "as_views", "dispatch", "top_transform"]

new = object.__new__
ndarray = np.ndarray


class Rule:
    """A formula and the names of what it wants besides the cotangent."""

    __slots__ = ("formula", "names")

    def __init__(self, formula: Callable[..., Any]) -> None:
        code = formula.__code__
        self.formula = formula
        self.names = code.co_varnames[1 : code.co_argcount]


class Operator:
    """A kernel with its derivative rules. See the module's text for what formulas may name.

    `rules` maps input names to formulas; `together` is one formula that returns the cotangents of
    all inputs; `kind` is ``pointwise``, ``linear``, ``multilinear`` or ``general`` and says how the
    forward-mode rule is derived; `jvp` is the forward-mode rule of a general operator where the
    derived one (two reverse passes) costs too much. `outputs` names several outputs, `hidden` of
    which, at the end, are not for users; those in `constant` have no derivative. `variadic` marks
    a last argument that stands for any number of tensors. `tied` says that gradients depend on the
    inputs by zeros, which no formula tells (rushlight.ops.tied). `slope` is a kernel that finds the
    derivative on the way to the result (rushlight.ops.sloped).
    """

    function: Callable[..., Any] | None = None  # the fast path, where there is one

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        kind: str,
        args: tuple[str, ...],
        rules: dict[str, Callable[..., Any]],
        *,
        together: Callable[..., Any] | None = None,
        jvp: Callable[..., Any] | None = None,
        outputs: tuple[str, ...] = ("y",),
        constant: tuple[str, ...] = (),
        view: bool = False,
        variadic: bool = False,
        conjugate: bool = True,
        node: str | None = None,
        inputs: tuple[str, ...] | None = None,
        tied: bool = False,
        slope: Callable[..., None] | None = None,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.kind = kind
        self.args = args
        self.rules = {key: Rule(formula) for key, formula in rules.items()}
        self.together = Rule(together) if together is not None else None
        self.jvp = Rule(jvp) if jvp is not None else None
        self.outputs = outputs
        self.constant = constant
        self.view = view
        self.variadic = variadic
        self.conjugate = conjugate
        self.inputs = inputs if inputs is not None else tuple(rules)
        self.positions = tuple(args.index(i) for i in self.inputs)
        self.tied = tied
        self.slope = slope
        self.node_name = node or _node_name(name)
        self._kept: dict[tuple[bool, ...], tuple[Place, ...]] = {}

    @cached_property
    def node(self) -> type[OperatorNode]:
        """The class of this operator's nodes. Few programs need many, so each is made when used."""
        return named_node(self.node_name, TiedNode if self.tied else OperatorNode, op=self)

    def __repr__(self) -> str:
        return f"<rushlight operator {self.name}>"

    def __call__(self, *args: Any) -> Any:
        """Run the kernel on ndarrays, or run and record on Tensors."""
        if type(args[0]) is ndarray:  # a formula in a raw backward pass
            if type(args[-1]) is ndarray and len(args) < 3:
                return self.kernel(*args)
            for a in args:
                if isinstance(a, Tensor):
                    break
            else:
                return self.kernel(*args)
        if self.function is not None and type(args[0]) is Tensor:
            return self.function(*args)
        return self.general(*args)

    def general(self, *args: Any) -> Any:
        """As a call, whatever the arguments are: the way that fast paths leave to."""
        arrays = []
        tensors = flipped = False
        for a in args:
            if isinstance(a, Tensor):
                if a._interpreter is not None:
                    return dispatch(self, args)
                tensors = True
                a = a._array
            if type(a) in FLIPPED:
                flipped = not self.view
            arrays.append(a)
        result = self.kernel(*(map(resolved, arrays) if flipped else arrays))
        return self.wrap(args, result) if tensors else result

    # -- recording -------------------------------------------------------------------------------
    def wrap(self, args: Sequence[Any], result: Any) -> Any:
        """Make Tensors of the kernel's result, and record a node where an input requires grad."""
        if type(result) is tuple or type(result) is list:
            outs: Any = tuple(_wrap(r) for r in result)
        else:
            outs = _wrap(result)
        base = args[0] if self.view else None
        if base is not None:
            for out in outs if type(outs) is tuple else (outs,):
                out._counter = base._counter
        if mode.grad:
            edges = self.edges(args)
            if edges is not None:
                self.record(args, edges, outs)
        elif base is None and mode.inference:
            mark_inference(outs)
        if base is not None:
            as_views(args, outs)
        return outs

    def edges(self, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return an edge for each differentiable input, or None where no input requires grad."""
        found = False
        edges = []
        inputs = args[self.positions[0] :] if self.variadic else [args[p] for p in self.positions]
        for a in inputs:
            edge = None
            if isinstance(a, Tensor):
                edge = a._edge
                if edge is not None:
                    if type(edge) is View:
                        edge = edge.refresh(a)
                    if edge is LEAF:
                        edge = a
                    found = found or edge is not None
            edges.append(edge)
        return tuple(edges) if found else None

    def record(self, args: Sequence[Any], edges: tuple[Any, ...], outs: Any) -> None:
        """Make the node of this call and hang the outputs on it."""
        several = type(outs) is tuple
        if several:
            tracked = [
                (i, out)
                for i, out in enumerate(outs)
                if out._array.dtype.kind in "fcV"
                and (self.variable_outputs or self.outputs[i] not in self.constant)
            ]
            if not tracked:
                return
        elif outs._array.dtype.kind not in "fcV":
            return
        node = self.node()
        node.edges = edges
        keep(node, self.kept(tuple([e is not None for e in edges])), args, outs, self.conjugate)
        inputs = self.input_args(args)
        node.metas = [
            None if e is None else (a._array.shape, a._array.dtype) for e, a in zip(edges, inputs)
        ]
        node.seq = next(sequence)
        if several:
            node.outputs = len(outs)
            for i, out in tracked:
                out._edge = Slot(node, i)
        else:
            outs._edge = node

    def shell(self, args: Sequence[Any], mask: Sequence[bool], outs: Any) -> Node:
        """Make a node as if this call were recorded, saving outputs as the Tensors they are."""
        node = self.node()
        node.edges = tuple(True if on else None for on in mask)
        keep(node, self.kept(tuple(mask)), args, outs, self.conjugate, rewrapped=False)
        node.metas = [
            (a._array.shape, a._array.dtype) if on else None
            for on, a in zip(mask, self.input_args(args))
        ]
        return node

    def push(self, args: Sequence[Any], tangents: Sequence[Any], outs: Any) -> Any:
        """Return the tangents of `outs`, given those of `args`: see rushlight.ops.forward."""
        from rushlight.ops.forward import push

        return push(self, args, tangents, outs)

    @property
    def variable_outputs(self) -> bool:
        """True for operators such as split, whose number of outputs depends on the call."""
        return self.outputs == ("ys",)

    def input_args(self, args: Sequence[Any]) -> Sequence[Any]:
        """The differentiable arguments of a call, in the order of its edges."""
        return args[self.positions[0] :] if self.variadic else [args[p] for p in self.positions]

    def kept(self, mask: tuple[bool, ...]) -> tuple[Place, ...]:
        """Return the places of what the formulas of the inputs in `mask` want."""
        places = self._kept.get(mask)
        if places is None:
            if self.together is not None:
                wanted = list(self.together.names)
            elif self.variadic:
                wanted = list(self.rules[self.inputs[0]].names)
            else:
                rules = [self.rules[i] for i, on in zip(self.inputs, mask) if on]
                wanted = [name for rule in rules for name in rule.names]
            places = tuple([place_of(self, name) for name in dict.fromkeys(wanted)])
            self._kept[mask] = places
        return places

    def value(self, name: str, args: Sequence[Any], outs: Any) -> Any:
        """Return what a formula's parameter `name` stands for in this call."""
        return value_at(place_of(self, name), args, outs, ())


def _wrap(array: Any) -> Tensor:
    out = new(Tensor)
    out._array = array if type(array) is ndarray else np.asanyarray(array)
    out._counter = [0]
    return out


def _node_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_")) + "Backward0"


def as_views(args: Sequence[Any], outs: Any) -> None:
    """Turn the outputs of a view operator into views of its first argument."""
    tensor = args[0]
    edge = tensor._edge
    if (edge is None or edge is LEAF) and type(tensor._counter) is not list:
        return  # an inference tensor's views are tensors like others
    base, origin = (edge.base, edge.origin) if type(edge) is View else (tensor, "")
    if origin == "inference":
        pass  # whatever is made of such a view, and whenever
    elif not mode.grad:
        origin = "inference" if mode.inference else "no_grad"
    elif type(outs) is tuple:
        origin = "multi"
    for out in outs if type(outs) is tuple else (outs,):
        out._edge = View(base, out._edge, out._counter[-1], origin)


def top_transform(args: Sequence[Any]) -> Any:
    """Return the transform with the highest level among the tensors in `args`, or None."""
    top = None
    for a in args:
        if type(a) is tuple:
            interpreter = top_transform(a)
        else:  # of arrays only those that indices are made of may belong to a transform
            interpreter = getattr(a, "_interpreter", None)
        if interpreter is not None and (top is None or interpreter.level > top.level):
            top = interpreter
    return top


def dispatch(op: Operator, args: Sequence[Any]) -> Any:
    """Hand a call to the transform with the highest level among its arguments."""
    return top_transform(args).process(op, args)
