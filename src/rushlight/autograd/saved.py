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

from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot
from rushlight.autograd.threads import carried
from rushlight.autograd.watching import unwatch, watch
from rushlight.tensor import Tensor

__all__ = [
    "OWN",
    "Hooks",
    "Packed",
    "call_pack",
    "disable_hooks",
    "disabled_message",
    "enable_hooks",
    "hooks_are_enabled",
    "pack_new",
    "pop_default_hooks",
    "push_default_hooks",
    "set_tracing",
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
        self.tracing = False


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
            watch(pack_new)
            follow_targets(True)
        elif not _pairs:
            unwatch(pack_new)
            follow_targets(False)


def top_default_hooks(ignore_is_tracing: bool = True) -> Hooks | None:
    """Return the hooks that are set in this thread, or None.

    While the thread says that it traces (`set_tracing`), they are out of use, and None too unless
    that is to be ignored.
    """
    if not _defaults.stack or (_defaults.tracing and not ignore_is_tracing):
        return None
    return _defaults.stack[-1]


def set_tracing(tracing: bool) -> bool:
    """Say whether this thread traces, which leaves its hooks unused; return what it said before."""
    if not isinstance(tracing, bool):
        raise TypeError(
            "_saved_tensors_hooks_set_tracing(): incompatible function arguments. The following "
            "argument types are supported:\n    1. (arg0: bool) -> bool\n\n"
            f"Invoked with: {tracing!r}"
        )
    before, _defaults.tracing = _defaults.tracing, tracing
    return before


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


def pack_new(node: Node) -> None:
    """Pack what a node that was just recorded has saved."""
    stack = _defaults.stack
    if (
        stack
        and mode.grad
        and not _defaults.tracing
        and any(edge is not None for edge in node.edges)
    ):
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
