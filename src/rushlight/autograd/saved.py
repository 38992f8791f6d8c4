"""Hooks of saved tensors: which are set in a thread, and what one packed tensor is.

While a pair of default hooks is set, every node that the thread records is looked at (see
`rushlight.autograd.watching`): what the node saved goes through ``pack``, and `Packed` entries
take the tensors' places. `rushlight.ops.packing`, which knows how nodes keep what they save, does
that, and unpacks when the node runs.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot
from rushlight.autograd.threads import carried
from rushlight.autograd.watching import unwatch, watch
from rushlight.tensor import Tensor, wrap

__all__ = [
    "OWN",
    "Hooks",
    "Packed",
    "call_pack",
    "disable_hooks",
    "disabled_message",
    "enable_hooks",
    "hooks_are_enabled",
    "pop_default_hooks",
    "push_default_hooks",
    "top_default_hooks",
    "with_edge",
]

new = object.__new__
Pack = Callable[[Tensor], Any]
Unpack = Callable[[Any], Tensor]
Hooks = tuple[Pack, Unpack]


# -- the default hooks of a thread ---------------------------------------------------------------


class _Defaults(threading.local):
    def __init__(self) -> None:
        self.stack: list[Hooks] = []
        self.disabled: str | None = None


_defaults = carried(_Defaults())


def push_default_hooks(pack_hook: Pack, unpack_hook: Unpack) -> None:
    """Let the nodes that this thread records pack what they save, until the hooks are popped."""
    if not callable(pack_hook) or not callable(unpack_hook):
        raise TypeError(
            "_push_saved_tensors_default_hooks(): incompatible function arguments. The following "
            "argument types are supported:\n"
            "    1. (arg0: collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
            f"Invoked with: {pack_hook!r}, {unpack_hook!r}"
        )
    _check_enabled()
    _defaults.stack.append((pack_hook, unpack_hook))
    _count(1)


def pop_default_hooks() -> None:
    """Take back the hooks that were pushed last in this thread."""
    if not _defaults.stack:
        raise RuntimeError("there are no default hooks of saved tensors to pop in this thread")
    from rushlight.ops.packing import pack_waiting  # operators import us

    _defaults.stack.pop()
    _count(-1)
    pack_waiting()


_lock = threading.Lock()
_pairs = 0  # that are set in all threads


def _count(step: int) -> None:
    """Watch new nodes as long as hooks are set in any thread."""
    global _pairs
    from rushlight.ops.packing import follow_targets  # operators import us

    with _lock:
        _pairs += step
        if step == 1 == _pairs:
            watch(_pack_new)
            follow_targets(True)
        elif not _pairs:
            unwatch(_pack_new)
            follow_targets(False)


def top_default_hooks(ignore_is_tracing: bool = True) -> Hooks | None:
    """Return the hooks that are in use in this thread, or None."""
    return _defaults.stack[-1] if _defaults.stack else None


def hooks_are_enabled() -> bool:
    """Return whether this thread may set default hooks."""
    return _defaults.disabled is None


def disabled_message() -> str | None:
    """Return the error message for those who set default hooks in this thread, if they may not."""
    return _defaults.disabled


def disable_hooks(error_message: str, fail_if_non_empty: bool = True) -> None:
    """Refuse default hooks in this thread, and raise at once where some are set."""
    _defaults.disabled = error_message
    if fail_if_non_empty and _defaults.stack:
        _check_enabled()


def enable_hooks() -> None:
    """Allow default hooks in this thread again."""
    _defaults.disabled = None


def _check_enabled() -> None:
    if _defaults.disabled is not None:
        raise RuntimeError(_defaults.disabled)


def _pack_new(node: Node) -> None:
    """Pack what a node that was just recorded has saved."""
    stack = _defaults.stack
    if stack and mode.grad and any(edge is not None for edge in node.edges):
        from rushlight.ops.packing import pack_node  # operators import us

        pack_node(node, stack[-1])


# -- one saved tensor ----------------------------------------------------------------------------


OWN = "own"  # the edge of a node's own output


class Packed:
    """One saved tensor as ``pack`` returned it, with what makes a tensor of the graph of it again.

    `edge` is where its cotangent goes. For an output of the very node that saved it that is `OWN`,
    which closes no cycle, or None, and `output` the output's number.
    """

    __slots__ = ("__weakref__", "edge", "hooks", "is_number", "origin", "output", "twin", "value")
    is_number: bool  # a number that operands may be, and tensors to hooks

    def __init__(self, t: Tensor, edge: Any, output: int | None, hooks: Hooks) -> None:
        self.origin = weakref.ref(t)
        self.edge = edge
        self.output = output
        self.hooks = hooks
        self.twin: Tensor | None = None  # the tangent, in forward mode
        self.value = call_pack(hooks[0], t)

    def tensor(self, node: Node) -> Tensor:
        """Unpack, and give what comes the history of what was saved."""
        data = self.hooks[1](self.value)
        if not isinstance(data, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of "
                f"type {type(data).__name__}"
            )
        edge = self.edge
        if edge is OWN:
            assert self.output is not None
            edge = node if node.outputs == 1 else Slot(node, self.output)
        if self.twin is not None:
            from rushlight.autograd.forward_ad import as_dual

            return as_dual(with_edge(data, edge), self.twin)
        if edge is None and not data.requires_grad:
            return data
        return with_edge(data, edge)


def with_edge(data: Tensor, edge: Any) -> Tensor:
    """A tensor of the values of `data` whose cotangent goes to `edge`, a leaf's too."""
    out = new(Tensor)
    out._array = data._array
    out._counter = data._counter
    out._edge = edge
    return out


def call_pack(pack: Pack, t: Tensor) -> Any:
    """Call a pack hook, which records nothing and must not change the tensor."""
    version = t._counter[-1]
    before = mode.grad
    mode.grad = False
    try:
        value = pack(t)
    finally:
        mode.grad = before
    if t._counter[-1] != version:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to "
            "unexpected side-effects. Please open an issue if you need to perform in-place "
            "operations on the input to a pack hook."
        )
    return value


# -- a saved tensor as users see it ----------------------------------------------------------------


class SavedTensor:
    """What ``node._raw_saved_<name>`` returns: one tensor that a node saved, not yet unpacked."""

    __module__ = "torch._C._autograd"
    __slots__ = ("_index", "_name", "_node")
    _node: Any
    _name: Any
    _index: int | None

    def __init__(self, *_: Any) -> None:
        raise RuntimeError("Trying to create a SavedTensor object from Python is forbidden.")

    def _entry(self) -> Any:
        from rushlight.ops.kept import entry_of

        entry = entry_of(self._node, self._name)
        return entry if self._index is None else entry[self._index]

    @property
    def data(self) -> Any:
        """What ``pack`` returned, or the tensor itself without hooks; None when it was freed."""
        from rushlight.autograd.node import FREED

        if self._node.saved is FREED:
            return None
        entry = self._entry()
        if type(entry) is Packed:
            return entry.value
        if entry is None or isinstance(entry, Tensor):
            return entry
        if isinstance(entry, (int, float, complex)):
            return wrap(np.asarray(entry))
        from rushlight.ops.kept import named_tensor

        return with_edge(named_tensor(self._node, self._name), None)

    @property
    def unpack_hook(self) -> Unpack | None:
        """The unpack hook, or None."""
        entry = self._entry()
        return entry.hooks[1] if type(entry) is Packed else None

    def unpack(self) -> Any:
        """Return the tensor, after a look at its version, through the hook where there is one."""
        from rushlight.ops.kept import named_tensor

        found = named_tensor(self._node, self._name)
        return found if self._index is None else found[self._index]

    def register_hooks(self, pack_hook: Pack, unpack_hook: Unpack) -> None:
        """Pack the tensor, at once, and unpack it whenever it is needed.

        Raises RuntimeError where it has hooks already, is None, was freed, or where `pack_hook`
        writes to it in place.
        """
        from rushlight.autograd.node import FREED

        if not callable(pack_hook) or not callable(unpack_hook):
            raise TypeError(
                "register_hooks(): incompatible function arguments. The following argument types "
                "are supported:\n    1. (self: torch._C._autograd.SavedTensor, arg0: "
                "collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
                f"Invoked with: {self!r}, {pack_hook!r}, {unpack_hook!r}"
            )
        if self._node.saved is FREED:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved "
                "intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling "
                "backward."
            )
        entry = self._entry()
        if entry is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor with value None is forbidden"
            )
        if type(entry) is Packed:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: "
                "only one pair of hooks is allowed at a time."
            )
        from rushlight.ops.packing import pack_entry

        pack_entry(self._node, self._name, self._index, (pack_hook, unpack_hook))


def saved_tensor(node: Node, name: Any, index: int | None = None) -> SavedTensor:
    """Make the `SavedTensor` of what a node keeps under a name, or of one element of a tuple."""
    made = new(SavedTensor)
    made._node = node
    made._name = name
    made._index = index
    return made
