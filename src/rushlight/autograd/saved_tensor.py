"""A saved tensor as users see it: what ``node._raw_saved_<name>`` returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.node import FREED, Node, Slot
from rushlight.autograd.saved import Pack, Packed, Unpack, top_default_hooks, with_edge
from rushlight.tensor import Tensor, wrap

__all__ = ["SavedTensor", "make_saved_tensor", "saved_tensor"]

new = object.__new__
DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is "
    "not supported, please use out-of-place `.detach()` instead"
)


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
        """Return the tensor, after a look at its version, through the hook where there is one.

        Raises RuntimeError for an output of the node itself: read ``node._saved_<name>``.
        """
        from rushlight.ops.kept import named_tensor

        found = named_tensor(self._node, self._name)
        if self._index is not None:
            found = found[self._index]
        if getattr(getattr(found, "_edge", None), "owner", None) is self._node:
            raise RuntimeError(DETACHED)  # PyTorch doesn't know here whose output it is
        return found

    def register_hooks(self, pack_hook: Pack, unpack_hook: Unpack) -> None:
        """Pack the tensor, at once, and unpack it whenever it is needed.

        Raises RuntimeError where it has hooks already, is None, was freed, or where `pack_hook`
        writes to it in place.
        """
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


class _Nobody(Node):
    """Stands for a node, where a tensor is saved by itself."""

    def __init__(self, tensor: Tensor, is_output: bool) -> None:
        self.edge = edge = edge_of(tensor)
        self.is_output = is_output and isinstance(edge, (Node, Slot))
        self.saved = {"tensor": tensor}
        self.versions = {"tensor": tensor._counter[0]}

    def positions(self) -> tuple[str, ...]:
        return ("tensor",)


class _Lone(SavedTensor):
    """A tensor saved by itself. As an output it has no history: nobody says what made it."""

    __slots__ = ()

    @property
    def data(self) -> Any:
        """The packed thing or, without hooks, the tensor: an output's values only."""
        data = super().data
        return data if self.unpack_hook or not self._node.is_output else with_edge(data, None)

    def unpack(self) -> Any:
        node = self._node
        entry = node.saved["tensor"]
        detached = isinstance(entry, Tensor) and edge_of(entry) is not node.edge
        if node.is_output or detached:
            raise RuntimeError(DETACHED)
        return super().unpack()


_Lone.__name__ = _Lone.__qualname__ = "SavedTensor"
_Lone.__module__ = SavedTensor.__module__


def make_saved_tensor(*args: Any, **named: Any) -> SavedTensor:
    """Save a tensor as a node would, through the hooks that are set.

    Takes ``tensor``, ``is_output`` and ``is_inplace_on_view``, whether the tensor is an output of
    the node that saves it, and one that it wrote to in place.
    """
    values = dict(zip(("tensor", "is_output", "is_inplace_on_view"), args)) | named
    tensor, is_output = values.get("tensor"), values.get("is_output")
    if (
        not isinstance(tensor, Tensor)
        or not isinstance(is_output, bool)
        or len(values) != len(args) + len(named)
        or not values.keys() <= {"tensor", "is_output", "is_inplace_on_view"}
    ):
        given = [repr(a) for a in args] + [f"{k}={v!r}" for k, v in named.items()]
        raise TypeError(
            "_make_saved_tensor(): incompatible function arguments. The following argument types "
            "are supported:\n    1. (tensor: torch.Tensor, is_output: bool, is_inplace_on_view: "
            "bool = False) -> torch._C._autograd.SavedTensor\n\n"
            f"Invoked with: {', '.join(given)}"
        )
    made = new(_Lone)
    made._node = _Nobody(tensor, is_output)
    made._name = "tensor"
    made._index = None
    hooks = top_default_hooks(False)
    if hooks is not None:
        from rushlight.ops.packing import pack_entry

        pack_entry(made._node, "tensor", None, hooks, detached=False)
    return made
