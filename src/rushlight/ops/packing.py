"""Nodes whose saved tensors were packed by hooks.

`pack_node` sends what a new node saved through ``pack``, puts `Packed` entries in its place, and
gives the node a class whose `vjp` first unpacks them. So neither operators nor the engine know of
hooks, and a node without them pays nothing.

``saved`` has five layouts, which are all told apart here:

- a dictionary by the formulas' names: tensors, tuples of tensors, `Output`s (`OperatorNode`);
- a tuple of tensors, outputs, numbers and Nones, with ``versions`` beside it (two operands, ...);
- ``(tensor, version, ...)`` and ``(array, counter, version)``: nodes of one operand or output;
- a tuple of `Saved` (custom Functions, which unpack whenever ``ctx.saved_tensors`` is read).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.context import NOTHING, BackwardCFunction, Saved
from rushlight.autograd.engine import edge_of
from rushlight.autograd.node import FREED, Node, freed_error
from rushlight.autograd.saved import OWN, Hooks, Packed, with_edge
from rushlight.ops.nodes import OperatorNode, Output
from rushlight.tensor import Tensor, wrap

__all__ = ["PackingFunctionNode", "PackingNode", "pack_node"]


class PackingNode(Node):
    """A node that holds `Packed` entries: its class is made of the plain one's, and runs it."""

    packs = True
    packing_lock: threading.RLock

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._run(super().vjp, g, edges)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._run(super().vjp_graph, g, edges)

    def _run(self, vjp: Callable[..., Any], g: Any, edges: tuple[Any, ...]) -> Any:
        """Run with everything unpacked, and put the packed things back."""
        with self.packing_lock:
            packed, versions = self.saved, self.versions
            if packed is FREED:
                raise freed_error()
            self.saved, self.versions = unpacked = _unpacked(self, packed, versions)
            try:
                return vjp(g, edges)
            finally:
                if self.saved is unpacked[0]:
                    self.saved, self.versions = packed, versions

    def keep_old_values(self, t: Tensor) -> None:
        """Pack anew, from a copy, what was packed of `t`, which is about to be written in place."""

        def again(entry: Any) -> Any:
            if type(entry) is Packed and entry.origin() is t:
                old = with_edge(wrap(t._array.copy()), entry.edge)
                return Packed(old, entry.edge, None, entry.hooks)
            return entry

        saved = self.saved
        if type(saved) is dict:
            self.saved = {name: again(entry) for name, entry in saved.items()}
        else:
            self.saved = tuple([again(entry) for entry in saved])


class PackingFunctionNode(BackwardCFunction):
    """A node of a custom Function whose ``saved`` is packed as it is stored."""

    packing_hooks: Hooks

    @property
    def saved(self) -> Any:
        """What `save_for_backward` was given, packed."""
        return self.__dict__.get("saved", NOTHING)

    @saved.setter
    def saved(self, value: Any) -> None:
        if type(value) is tuple:
            value = tuple([_packed(self, s, self.packing_hooks) for s in value])
        self.__dict__["saved"] = value


_classes: dict[type[Node], Any] = {}


def _packing_class(kind: type[Node]) -> Any:
    """The class of nodes of a kind that hold packed tensors."""
    made = _classes.get(kind)
    if made is None:
        custom = issubclass(kind, BackwardCFunction)
        base: type[Node] = PackingFunctionNode if custom else PackingNode
        made = type(kind.__name__, (base, kind), {"__module__": kind.__module__})
        _classes[kind] = made
    return made


def pack_node(node: Any, hooks: Hooks) -> None:
    """Send everything that a new node saved through ``pack``."""
    if isinstance(node, BackwardCFunction):  # saves when its forward is over
        node.packing_hooks = hooks  # type: ignore[attr-defined]
        node.__class__ = _packing_class(type(node))
        return
    saved = node.saved
    if not saved or saved is FREED:
        return
    if type(saved) is dict:
        packed: Any = {name: _packed(node, value, hooks) for name, value in saved.items()}
    elif isinstance(saved[0], np.ndarray):
        array, counter, _ = saved
        packed = (_packed(node, Output(array, counter), hooks), None, None)
    else:
        packed = tuple([_packed(node, value, hooks) for value in saved])
        if all(new is old for new, old in zip(packed, saved)):
            return  # no tensor among it: CopySlices, whose ``fn`` has packed its own
    node.saved = packed
    node.packing_lock = threading.RLock()
    node.__class__ = _packing_class(type(node))


def _packed(node: Any, value: Any, hooks: Hooks) -> Any:
    """The `Packed` entry of one thing in ``saved``; what is no tensor stays."""
    if isinstance(value, Tensor):
        return Packed(value, edge_of(value), None, hooks)
    if type(value) is Output:
        out = value.tensor(node)
        differentiable = out._array.dtype.kind in "fcV" and not _is_constant(node, value.index)
        if not differentiable:  # the indices of an extreme, the statistics of a batch
            out._edge = None
        return Packed(out, OWN if differentiable else None, value.index, hooks)
    if type(value) is Saved:
        t = value.tensor(node)
        return Packed(t, OWN if value.index is not None else edge_of(t), value.index, hooks)
    if type(value) is tuple:
        return tuple([_packed(node, v, hooks) for v in value])
    return value


def _is_constant(node: Any, index: int) -> bool:
    """Whether output `index` of a node is declared to have no derivative."""
    if not isinstance(node, OperatorNode) or node.op.variable_outputs:
        return False
    return node.op.outputs[index] in node.op.constant


def _unpacked(node: Node, saved: Any, versions: Any) -> tuple[Any, Any]:
    """``saved`` and ``versions`` of a node as they would be had nothing been packed."""
    if type(saved) is dict:
        named = {name: _value(node, v) for name, v in saved.items()}
        return named, {**versions, **{name: _version(v) for name, v in named.items()}}
    if versions:
        values = tuple([_value(node, v) for v in saved])
        return values, tuple([_version(v) for v in values])
    first = saved[0]
    if type(first) is not Packed:
        return tuple([_value(node, v) for v in saved]), versions
    t = first.tensor(node)
    if first.output is not None:
        return (t._array, t._counter, t._counter[0]), versions
    return (t, t._counter[0], *[_value(node, v) for v in saved[2:]]), versions


def _value(node: Node, value: Any) -> Any:
    if type(value) is Packed:
        t = value.tensor(node)
        return t if value.output is None else Output(t._array, t._counter, value.output)
    if type(value) is tuple:
        return tuple([_value(node, v) for v in value])
    return value


def _version(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._counter[-1]
    return tuple([_version(v) for v in value]) if type(value) is tuple else 0
