"""Parameter and Buffer: the Tensors that a Module registers by itself when they are assigned."""

from __future__ import annotations

from typing import Any

from rushlight.tensor import LEAF, Tensor, new

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A leaf that a `Module` finds among its attributes; it requires grad by default.

    >>> import rushlight as torch
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            from rushlight.api.create import empty

            data = empty(0)
        made = new(cls)
        made._array = data._array
        made._counter = [0]
        if requires_grad:
            Tensor.requires_grad_(made)
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return "Parameter containing:\n" + Tensor.__repr__(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        made = new(type(self))
        made._array = self._array.copy(order="K")
        made._counter = [0]
        if self._edge is LEAF:
            made._edge = LEAF
        memo[id(self)] = made
        return made


class Buffer(Tensor):
    """A Tensor that a `Module` registers as a buffer when it is assigned."""

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        made = new(cls)
        made._array = data._array
        made._counter = [0]
        made.persistent = persistent
        return made
