"""Nodes whose saved tensors were packed by hooks.

`pack_node` sends what a new node saved through ``pack``, puts `Packed` entries in its place, and
gives the node a class whose `vjp` first unpacks them. So neither operators nor the engine know of
hooks, and a node without them pays nothing. Nodes of custom Functions unpack whenever
``ctx.saved_tensors`` is read.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.autograd.context import NOTHING, BackwardCFunction, Saved
from rushlight.autograd.engine import edge_of
from rushlight.autograd.node import FREED, Node, freed_error
from rushlight.autograd.saved import OWN, Hooks, Packed, with_edge
from rushlight.ops.inplace import announce
from rushlight.ops.kept import entry_of, is_constant, put_entry
from rushlight.ops.nodes import Output
from rushlight.ops.saved_names import packing_order
from rushlight.tensor import Tensor, wrap

__all__ = ["PackingFunctionNode", "PackingNode", "follow_targets", "pack_entry", "pack_node"]


class PackingNode(Node):
    """A node that holds `Packed` entries: its class is made of the plain one's, and runs it."""

    packs = True
    packing_lock: threading.RLock
    params: Any

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
            params = self.adopt()
            try:
                grads = vjp(g, edges)
            finally:
                if params is not None:
                    self.params = params
                if self.saved is unpacked[0]:
                    self.saved, self.versions = packed, versions
        if self.metas is None and not isinstance(g, list):  # all have the output's dtype
            return [_cast(x, g.dtype) for x in grads]
        return grads

    def keep_old_values(self, t: Tensor) -> None:
        """Pack anew, from a copy, what was packed of `t`, which is about to be written in place."""
        for name in self.positions():
            entry = entry_of(self, name)
            if type(entry) is Packed and entry.origin() is t:
                old = with_edge(wrap(t._array.copy()), entry.edge)
                put_entry(self, name, Packed(old, entry.edge, None, entry.hooks))

    def move_output(self, values: Any, t: Tensor) -> None:
        """Pack the output from `t`, which it was just written to, unless it is packed already."""
        waiting, _target.waiting = _target.waiting, []
        for node, hooks in waiting:
            pack_outputs(node, hooks, *((values, t) if node is self else ()))


def _cast(x: Any, dtype: Any) -> Any:
    """A cotangent in the dtype that a hook's tensor may have had another of."""
    if x is None or x.dtype == dtype:
        return x
    return x.to(dtype) if isinstance(x, Tensor) else x.astype(dtype)


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
    names = packing_order(node)
    if not names or not node.saved:
        return
    pack_waiting()
    in_place = _target.is_set()
    for name in names:
        entry = entry_of(node, name)
        if type(entry) is Output and in_place:
            _target.waiting = [(node, hooks)]
        elif entry is not None and not isinstance(entry, (int, float, complex)):
            put_entry(node, name, _packed(node, entry, hooks))
    if node.versions and type(node.saved) is tuple:  # what lies behind the names can be made again
        node.saved = node.saved[: len(names)]
    _make_packing(node)


def pack_outputs(node: Any, hooks: Hooks, values: Any = None, t: Any = None) -> None:
    """Pack what waits of a node; an output whose `values` were written to `t` from there."""
    for name in packing_order(node):
        entry = entry_of(node, name)
        if type(entry) is Output:
            if entry.array is values:
                entry = Output(t._array, t._counter, entry.index)
            put_entry(node, name, _packed(node, entry, hooks))


def pack_waiting() -> None:
    """Pack outputs that waited for an in-place operation which recorded another node since."""
    waiting, _target.waiting = _target.waiting, []
    for node, hooks in waiting:
        if node.saved is not FREED:
            pack_outputs(node, hooks)


def pack_entry(
    node: Any, name: Any, index: int | None, hooks: Hooks, detached: bool = True
) -> None:
    """Send one thing that a node saved, element `index` of a tuple, through ``pack``."""
    entry = entry_of(node, name)
    if index is None:
        new = _packed(node, entry, hooks, detached)
    else:
        element = _packed(node, entry[index], hooks, detached)
        new = (*entry[:index], element, *entry[index + 1 :])
    put_entry(node, name, new)
    if not isinstance(node, BackwardCFunction) and not node.packs:
        _make_packing(node)


class _Target(threading.local):
    """What an in-place operation is about to write: a weak reference, and its version before."""

    ref: Callable[[], Tensor | None] = staticmethod(lambda: None)
    version: int = 0
    waiting: Sequence[tuple[Node, Hooks]] = ()  # nodes with outputs that will be written there

    def note(self, t: Tensor) -> None:
        if self.is_that(t):
            return
        pack_waiting()
        self.ref = weakref.ref(t)
        self.version = t._counter[-1]

    def is_set(self) -> bool:
        t = self.ref()
        return t is not None and t._counter[-1] == self.version

    def is_that(self, t: Tensor) -> bool:
        return self.ref() is t and t._counter[-1] == self.version


_target = _Target()


def follow_targets(on: bool) -> None:
    """Be told of in-place operations before they run, while hooks are set in any thread."""
    announce(_target.note if on else None)


def _make_packing(node: Any) -> None:
    node.packing_lock = threading.RLock()
    node.__class__ = _packing_class(type(node))


def _packed(node: Any, value: Any, hooks: Hooks, detached: bool = False) -> Any:
    """The `Packed` entry of one thing that a node saved; hooks set later see it `detached`."""
    if type(value) is tuple:
        return tuple([_packed(node, v, hooks) for v in value])
    edge: Any
    output = None
    if isinstance(value, Tensor):
        t, edge = value, edge_of(value)
        if _target.is_that(t):
            t = with_edge(wrap(t._array.copy()), edge)
    elif type(value) is Output:
        t, output = value.tensor(node), value.index
        edge = None if is_constant(node, t, output) else OWN
        if edge is None:
            t._edge = None
    elif type(value) is Saved:
        t, output = value.tensor(node), value.index
        edge = edge_of(t) if output is None else OWN
    elif isinstance(value, (int, float, complex)):
        t, edge = wrap(np.asarray(value)), None
    else:
        return value
    packed = Packed(with_edge(t, None) if detached else t, edge, output, hooks)
    packed.is_number = not isinstance(value, (Tensor, Output, Saved))
    return packed


def _unpacked(node: Node, saved: Any, versions: Any) -> tuple[Any, Any]:
    """``saved`` and ``versions`` of a node as they would be had nothing been packed."""
    if type(saved) is dict:
        order = packing_order(node)
        named = {name: _value(node, saved[name]) for name in order}
        return named, {**versions, **{name: _version(v) for name, v in named.items()}}
    if versions:
        values = list(saved)
        places = node.positions()
        for name in packing_order(node):
            place = places.index(name)
            if place < len(values):
                value = values[place]
                values[place] = _value(node, value)
                if type(value) is Packed and value.is_number:
                    values[place] = wrap(values[place]._array.astype(node.number.dtype))  # type: ignore[attr-defined]
        return tuple(values), tuple([_version(v) for v in values])
    first = saved[0]
    if type(first) is not Packed:
        return saved, versions
    t = first.tensor(node)
    if first.output is not None:
        return (t._array, t._counter, t._counter[-1]), versions
    return (t, t._counter[-1], *saved[2:]), versions


def _value(node: Node, value: Any) -> Any:
    if type(value) is Packed:
        t = value.tensor(node)
        if value.output is None:
            return t
        output = Output(t._array, t._counter, value.output)
        if t._interpreter is not None:
            output.twin = t
        return output
    if type(value) is tuple:
        return tuple([_value(node, v) for v in value])
    return value


def _version(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._counter[-1]
    return tuple([_version(v) for v in value]) if type(value) is tuple else 0
