"""Nodes that have no derivative to offer: they raise an error, or send nothing on."""

from __future__ import annotations

from typing import Any

from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot, check_arguments, sequence

__all__ = ["DelayedError", "NotImplementedNode", "UndefinedGrad"]


class DelayedError:
    """Called on tensors, returns the same values, whose backward pass raises RuntimeError.

    >>> import rushlight as torch
    >>> refuse = torch._C._functions.DelayedError("not twice", 1)
    >>> refuse(torch.ones(2, requires_grad=True))
    tensor([1., 1.], grad_fn=<Error>)
    """

    def __init__(self, *args: Any) -> None:
        if len(args) != 2:
            raise RuntimeError(f"Requires two arguments, got {len(args)}")
        message, self.num_inputs = args
        if not isinstance(message, (str, bytes)):
            raise RuntimeError("argument 'msg' must be a string")
        self.message = message.decode() if isinstance(message, bytes) else message

    def __call__(self, *tensors: Any) -> Any:
        check_arguments(tensors, self.num_inputs)
        node = _Error()
        node.message = self.message
        return _identity(node, tensors)


class UndefinedGrad:
    """Called on a tensor, returns the same values, through which no gradient comes back.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch._C._functions.UndefinedGrad()(x * 2).sum().backward()
    >>> print(x.grad)
    None
    """

    def __init__(self, *args: Any) -> None:
        if args:
            raise RuntimeError(f"Requires zero arguments, got {len(args)}")

    def __call__(self, *tensors: Any) -> Any:
        check_arguments(tensors, 1)
        return _identity(_Undefined(), tensors, copies=True)


def _identity(node: Node, tensors: tuple[Any, ...], copies: bool = False) -> Any:
    """Return the values of `tensors`, in their memory or as copies, with `node` for a history."""
    outs = [None if t is None else t.detach() for t in tensors]
    if copies:
        outs = [None if t is None else t.clone() for t in outs]
    edges = tuple([None if t is None else edge_of(t) for t in tensors])
    if mode.grad and any(edge is not None for edge in edges):
        node.edges = edges
        node.outputs = len(outs)
        node.seq = next(sequence)
        for i, out in enumerate(outs):
            if out is not None and out._array.dtype.kind in "fcV":
                out._edge = node if len(outs) == 1 else Slot(node, i)
    return outs[0] if len(outs) == 1 else tuple(outs)


class _Undefined(Node):
    """The history of what `UndefinedGrad` returned."""

    takes_none = True

    def name(self) -> str:
        """Return the name as PyTorch spells it."""
        return "torch::autograd::UndefinedGradBackward"

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (None,) * len(edges)

    vjp_graph = vjp


_Undefined.__name__ = _Undefined.__qualname__ = "UndefinedGradBackward"
_Undefined.__module__ = "builtins"


class _Error(Node):
    """The history of what a `DelayedError` returned."""

    takes_none = True
    message: str

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        raise RuntimeError(self.message)

    vjp_graph = vjp


_Error.__name__ = _Error.__qualname__ = "Error"
_Error.__module__ = "builtins"


class NotImplementedNode(Node):
    """The history of what an operation without a derivative returned or wrote."""

    takes_none = True

    def __init__(self, function: str, edges: tuple[Any, ...]) -> None:
        self.function = function
        self.edges = edges
        self.seq = next(sequence)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        raise RuntimeError(f"derivative for {self.function} is not implemented")

    vjp_graph = vjp


NotImplementedNode.__name__ = NotImplementedNode.__qualname__ = "NotImplemented"
NotImplementedNode.__module__ = "builtins"
