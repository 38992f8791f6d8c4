"""In-place forms of views: a tensor that takes another shape itself (``squeeze_``, ``t_``, ...).

The values stay where they are and only this tensor sees them in another shape; its base, if it is
a view, is not concerned. PyTorch counts the nodes' overloads through after the other forms'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rushlight.api import axes, broadcasting, slicing
from rushlight.autograd.modes import mode
from rushlight.ops import views as ops
from rushlight.ops.inplace import check_writable
from rushlight.ops.nodes import named_node
from rushlight.ops.strided import as_strided
from rushlight.ops.viewing import ViewNode
from rushlight.tensor import Tensor, View

__all__: list[str] = []

METHODS = (
    "as_strided_",
    "squeeze_",
    "swapaxes_",
    "swapdims_",
    "t_",
    "transpose_",
    "unsqueeze_",
)


def _node(name: str, op: Any) -> Any:
    return named_node(name, ViewNode, op=op, rule=staticmethod(op.rules["x"].formula))


_NODES = {
    "as_strided": _node("AsStridedBackward1", as_strided),
    "squeeze": _node("SqueezeBackward3", ops.squeeze),
    "squeeze_dim": _node("SqueezeBackward4", ops.squeeze_dim),
    "squeeze_dims": _node("SqueezeBackward5", ops.squeeze_dims),
    "t": _node("TBackward1", ops.t),
    "transpose": _node("TransposeBackward1", ops.transpose),
    "transpose_scalar": _node("TransposeBackward1", ops.transpose_scalar),
    "unsqueeze": _node("UnsqueezeBackward1", ops.unsqueeze),
}


def _become(t: Tensor, kind: str, function: Callable[..., Tensor], *args: Any) -> Tensor:
    """Let `t` be the view of itself that `function` makes."""
    check_writable(t, t.requires_grad, overlap=False)
    made = function(t, *args)
    edge: Any = made._edge.edge if type(made._edge) is View else None
    t._array = made._array
    if made._interpreter is not None:
        made._interpreter.become(t, made)
    t._counter[0] += 1
    own = t._edge
    if type(own) is View and edge is not None:  # else its next edge goes through the base
        own.version = t._counter[0]
    if mode.grad and edge is not None:
        if isinstance(edge, ViewNode):  # a transform's has kept more than a view's metadata
            scalar = type(edge) is ops.TransposeScalarNode
            edge.__class__ = _NODES["transpose_scalar" if scalar else kind]
        if type(own) is View:
            own.edge = edge
        else:
            t._edge = edge
    return t


def squeeze_(input: Tensor, dim: Any = broadcasting.ALL) -> Tensor:
    """In-place form of `squeeze`."""
    _, form = broadcasting.squeezed_size(tuple(input.shape), dim)
    return _become(
        input, ("squeeze", "squeeze_dim", "squeeze_dims")[form], broadcasting.squeeze, dim
    )


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """In-place form of `unsqueeze`."""
    return _become(input, "unsqueeze", broadcasting.unsqueeze, dim)


def t_(input: Tensor) -> Tensor:
    """In-place form of `t`."""
    check_writable(input, input.requires_grad, overlap=False)
    if input.ndim > 2:
        raise RuntimeError(f"t_() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return _become(input, "t", axes.t)


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place form of `transpose`."""
    return _become(input, "transpose", axes.transpose, dim0, dim1)


swapaxes_ = swapdims_ = transpose_


def as_strided_(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """In-place form of `as_strided`."""
    return _become(input, "as_strided", slicing.as_strided, size, stride, storage_offset)
