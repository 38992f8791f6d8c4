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

    __module__ = "rushlight.nn.parameter"  # where users know it, and errors show it

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """Share the memory of `data`; RuntimeError for integers that should require grad."""
        made = _share(cls, data)
        if requires_grad:
            if made._array.dtype.kind not in "fcV":
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            if type(made._counter) is not list:
                made._counter.check_requires_grad()
            made._edge = LEAF
        return made  # type: ignore[no-any-return]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return "Parameter containing:\n" + Tensor.__repr__(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        from rushlight.autograd.inference import fresh_counter  # which knows tensors

        made = new(type(self))
        made._array = self._array.copy(order="K")
        made._counter = fresh_counter()
        if self._edge is LEAF:
            made._edge = LEAF
        memo[id(self)] = made
        return made


class Buffer(Tensor):
    """A Tensor that a `Module` registers as a buffer when it is assigned.

    >>> import rushlight as torch
    >>> module = torch.nn.Module()
    >>> module.mean = torch.nn.Buffer(torch.zeros(2))
    >>> list(module.state_dict())
    ['mean']
    """

    __module__ = "rushlight.nn.parameter"
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        """Share the memory of `data`."""
        made = _share(cls, data)
        made.persistent = persistent
        return made  # type: ignore[no-any-return]


def _share(cls: type[Tensor], data: Any) -> Any:
    """Make a leaf of class `cls` on the memory and version counter of `data`."""
    if data is None:
        from rushlight.api.create import empty

        data = empty(0)
    source = data.detach()  # AttributeError for what is no tensor, as PyTorch raises
    made = new(cls)
    made._array = source._array
    made._counter = source._counter
    return made
