"""An error that waits in the graph until somebody differentiates through it."""

from __future__ import annotations

from typing import Any

from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot, sequence
from rushlight.tensor import Tensor

__all__ = ["DelayedError"]


class DelayedError:
    """Called on tensors, returns the same values, whose backward pass raises RuntimeError.

    >>> import rushlight as torch
    >>> refuse = torch._C._functions.DelayedError("not twice", 1)
    >>> refuse(torch.ones(2, requires_grad=True))
    tensor([1., 1.], grad_fn=<Error>)
    """

    def __init__(self, msg: str | bytes, num_inputs: int) -> None:
        self.message = msg.decode() if isinstance(msg, bytes) else msg
        self.num_inputs = num_inputs

    def __call__(self, *tensors: Any) -> Any:
        outs = [t.detach() if isinstance(t, Tensor) else t for t in tensors]
        edges = tuple([edge_of(t) if isinstance(t, Tensor) else None for t in tensors])
        if mode.grad and any(edge is not None for edge in edges):
            node = _Error()
            node.message = self.message
            node.edges = edges
            node.outputs = len(outs)
            node.seq = next(sequence)
            for i, out in enumerate(outs):
                if isinstance(out, Tensor) and out._array.dtype.kind in "fcV":
                    out._edge = node if len(outs) == 1 else Slot(node, i)
        return outs[0] if len(outs) == 1 else tuple(outs)


class _Error(Node):
    """The history of what a `DelayedError` returned."""

    takes_none = True
    message: str

    def name(self) -> str:
        """Return the name as PyTorch spells it."""
        return "torch::autograd::Error"

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        raise RuntimeError(self.message)

    vjp_graph = vjp


_Error.__name__ = _Error.__qualname__ = "Error"
_Error.__module__ = "builtins"
