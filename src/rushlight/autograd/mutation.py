"""Writing in place over tensors that were saved for backward, without the version error.

While the context is open, hooks of saved tensors keep a copy of whatever is saved, beside the
tensor itself. A version that moved on says that the tensor was written since: then the copy is
what the backward pass gets. PyTorch makes the copy only when the write comes, which nothing here
could tell without a test in every operation that writes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from rushlight.autograd.saved import pop_default_hooks, push_default_hooks
from rushlight.tensor import Tensor, wrap

__all__ = ["allow_mutation_on_saved_tensors"]


class _Handle:
    """One tensor as it was at one version: what ``pack`` returns."""

    __slots__ = ("__weakref__", "copy", "counter", "version")

    def __init__(self, tensor: Tensor) -> None:
        self.counter = tensor._counter
        self.version = tensor._counter[-1]
        self.copy = wrap(tensor._array.copy("K"))

    def is_written(self) -> bool:
        """Whether the tensor, or something that shares its memory, was written since."""
        return self.counter[-1] != self.version


class _AllowMutationOnSavedContext:
    """What `allow_mutation_on_saved_tensors` yields: the tensors that were saved inside it."""

    def __init__(self) -> None:
        self._tensors: WeakKeyDictionary[_Handle, Tensor] = WeakKeyDictionary()
        # By object, address and version: what is saved several times is kept once.
        self._known: WeakValueDictionary[tuple[int, int, int], _Handle] = WeakValueDictionary()

    @property
    def original(self) -> dict[_Handle, Tensor]:
        """The saved tensors that nobody has written to since."""
        return {handle: t for handle, t in self._tensors.items() if not handle.is_written()}

    @property
    def cloned(self) -> dict[_Handle, Tensor]:
        """Copies of those that were written: their values when they were saved."""
        return {handle: handle.copy for handle in self._tensors if handle.is_written()}

    def clear(self) -> None:
        """Forget everything: a backward pass through what was recorded inside fails from now on."""
        self._tensors.clear()
        self._known.clear()

    def pack(self, tensor: Tensor) -> _Handle:
        """Keep a tensor that is being saved."""
        key = (id(tensor), tensor.data_ptr(), tensor._counter[-1])
        handle = self._known.get(key)
        if handle is None:
            handle = self._known[key] = _Handle(tensor)
            self._tensors[handle] = tensor
        return handle

    def unpack(self, handle: _Handle) -> Tensor:
        """Return the tensor, or the copy where it was written."""
        if not _open or handle not in self._tensors:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return handle.copy if handle.is_written() else self._tensors[handle]


_open = False


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Generator[Any, None, None]:
    """Context manager: tensors saved for backward may be written in place.

    The backward pass sees the values that were saved. It has to run inside too, or raises
    AssertionError. Contexts can't be nested: RuntimeError.

    >>> import rushlight as torch
    >>> x = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x.clone()
    ...     loss = (y**2).sum()
    ...     y = y.zero_()
    ...     loss.backward()
    >>> x.grad
    tensor([4., 6.])
    """
    global _open
    context = _AllowMutationOnSavedContext()
    push_default_hooks(context.pack, context.unpack)
    try:
        if _open:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        _open = True
        yield context
    finally:
        context.clear()
        _open = False
        pop_default_hooks()
