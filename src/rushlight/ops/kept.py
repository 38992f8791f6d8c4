"""What a node keeps, by the names that its formulas use, whatever the layout of its ``saved``.

`Node.positions` names what ``saved`` holds. There are four layouts, which are told apart here:

- a dictionary, with ``versions`` by the same names (`OperatorNode`);
- a tuple, with ``versions`` beside it (two operands and more);
- ``(tensor, version)``, or ``(array, counter, version)`` for an output: the nodes of one operand;
- a tuple of `Saved`, for custom Functions, which are named by their number.

An entry is a tensor, an `Output`, a `Packed` that hooks made of one of these, a number or None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.context import BackwardCFunction
from rushlight.autograd.node import FREED, freed_error, stale_input
from rushlight.ops.nodes import OperatorNode, Output
from rushlight.tensor import Tensor

__all__ = ["entry_of", "is_constant", "named_tensor", "optional", "put_entry"]


def entry_of(node: Any, name: Any) -> Any:
    """Return what stands in a node's ``saved`` under a name; None where it wasn't needed."""
    saved = node.saved
    if saved is FREED:
        raise freed_error()
    if type(saved) is dict:
        return saved.get(name)
    if name not in node.positions() and not isinstance(node, BackwardCFunction):
        return None
    place = _place(node, name)
    if place >= len(saved):
        return None
    entry = saved[place]
    if type(entry) is np.ndarray:  # (array, counter, version)
        output = Output(entry, saved[1])
        output.version = saved[2]
        return output
    return entry


def put_entry(node: Any, name: Any, entry: Any) -> None:
    """Put something else in the place of an entry."""
    saved = node.saved
    if type(saved) is dict:
        saved[name] = entry
        return
    place = _place(node, name)
    node.saved = (*saved[:place], entry, *saved[place + 1 :])


def _place(node: Any, name: Any) -> int:
    return name if isinstance(node, BackwardCFunction) else node.positions().index(name)  # type: ignore[no-any-return]


def named_tensor(node: Any, name: Any) -> Any:
    """Return what a node keeps under a name as a tensor of the graph, or a tuple, number or None.

    Raises RuntimeError where it was changed in place since, or where the graph was freed.
    """
    entry = entry_of(node, name)
    if isinstance(entry, Tensor):
        _check(entry, _version(node, name))
        return entry
    if type(entry) is tuple:
        versions = node.versions[name]
        return tuple([_element(node, t, v) for t, v in zip(entry, versions)])
    if type(entry) is Output:
        out = entry.tensor(node)
        if is_constant(node, out, entry.index):
            out._edge = None
        return out
    return _element(node, entry, None)


def _element(node: Any, entry: Any, version: Any) -> Any:
    if isinstance(entry, Tensor):
        _check(entry, version)
        return entry
    return entry.tensor(node) if hasattr(entry, "tensor") else entry


def _check(t: Tensor, version: int) -> None:
    if t._counter[-1] != version:
        raise stale_input(t, version)


def _version(node: Any, name: Any) -> Any:
    """The version that a tensor had when it was saved."""
    if type(node.saved) is dict:
        return node.versions[name]
    return node.versions[_place(node, name)] if node.versions else node.saved[1]


def is_constant(node: Any, out: Tensor, index: int) -> bool:
    """Whether an output has no derivative: the indices of an extreme, the statistics of a batch."""
    if out._array.dtype.kind not in "fcV":
        return True
    if not isinstance(node, OperatorNode) or node.op.variable_outputs:
        return False
    return node.op.outputs[index] in node.op.constant


def optional(node: Any) -> set[str]:
    """Tensors that a node like this one keeps where the inputs that need them require grad."""
    if not isinstance(node, OperatorNode):
        return set()
    op = node.op
    rules = [op.together] if op.together is not None else op.rules.values()
    names = {name for rule in rules for name in rule.names}
    return names & {*op.args, *op.outputs} - set(node.params)
