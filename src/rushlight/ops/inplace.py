"""In-place operations: copy a result over a tensor and rewrite the history of its buffer.

Note [In-place on views], docs/design/0004-views.md, has the reasoning. In short: an in-place
operator runs out of place first, so every check is made and every error raised before anything
changes; then `overwrite` copies the values, counts the version up, and hands the tensor the new
node. Where the tensor is a view, its base gets a `CopySlices` node, and every other view of the
base finds at its next use that the version moved on and asks the base for a new edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.autograd.engine import edge_of
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot, sequence
from rushlight.ops.fitting import cast_to
from rushlight.ops.nodes import Output
from rushlight.ops.strided import as_strided, geometry
from rushlight.tensor import LEAF, Tensor, View, wrap

__all__ = ["check_writable", "overwrite"]

new = object.__new__


def check_writable(t: Tensor, records: bool) -> None:
    """Raise PyTorch's error where `t` must not be written in place; `records`: a graph would."""
    if mode.grad and records:
        _check_history(t)
    if t.__dict__.get("_inference") and not mode.inference and records and mode.grad:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    array = t._array
    if array.size > 1 and any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )


def _check_history(t: Tensor) -> None:
    edge = t._edge
    if edge is LEAF:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation."
        )
    if type(edge) is not View:
        return
    if edge.base._edge is LEAF:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        )
    if edge.origin:
        raise RuntimeError(_ORIGINS[edge.origin].format(name=_node_name(t)))


_ORIGINS = {
    "multi": (
        "Output 0 of {name} is a view and is being modified inplace. This view is the output of a "
        "function that returns multiple views. Such functions do not allow the output views to be "
        "modified inplace. You should replace the inplace operation by an out-of-place one."
    ),
    "no_grad": (
        "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
        "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the no_grad block "
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace "
        "to be tracked)."
    ),
    "inference": (
        "A view was created in inference mode and is being modified inplace with grad mode "
        "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can "
        "clarify your code by moving both the view and the inplace either both inside the "
        "inference_mode block (if you don't want the inplace to be tracked) or both outside (if "
        "you want the inplace to be tracked)."
    ),
}


def _node_name(t: Tensor) -> str:
    fn = t.grad_fn
    return fn.name() if fn is not None else "None"


def overwrite(t: Tensor, result: Tensor) -> Tensor:
    """Finish an in-place operation on `t` whose out-of-place result is `result`; return `t`."""
    edge = edge_of(result) if mode.grad else None
    check_writable(t, edge is not None or (mode.grad and t.requires_grad))
    target = t._array
    values = result._array
    if values.shape != target.shape:
        if np.broadcast_shapes(values.shape, target.shape) != target.shape:
            raise RuntimeError(
                f"output with shape {list(target.shape)} doesn't match the broadcast shape "
                f"{list(values.shape)}"
            )
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(np.broadcast_shapes(values.shape, target.shape))}"
        )
    if values.dtype != target.dtype:
        if not dtypes.can_cast(result.dtype, t.dtype):
            raise RuntimeError(
                f"result type {result.dtype.scalar_name} can't be cast to the desired "
                f"output type {t.dtype.scalar_name}"
            )
        result = cast_to(result, target.dtype)
        values = result._array
        edge = edge_of(result) if mode.grad else None
    if isinstance(edge, (Node, Slot)):
        _keep_old_values(edge.owner, t)
    np.copyto(target, values, casting="unsafe")
    t._counter[0] += 1
    if isinstance(edge, (Node, Slot)):
        _move_output(edge.owner, values, t)
        rebase(t, edge)
    return t


def _keep_old_values(node: Node, t: Tensor) -> None:
    """Let a node that saved `t` as it was keep those values, which are about to go."""
    saved = node.saved
    values = saved.values() if type(saved) is dict else saved
    if not any(v is t for v in values):
        return
    old = wrap(t._array.copy())
    edge = t._edge
    old._edge = edge.edge if type(edge) is View else edge
    if type(saved) is dict:
        node.saved = {k: old if v is t else v for k, v in saved.items()}
        node.versions = {k: 0 if saved[k] is t else n for k, n in node.versions.items()}
    elif type(node.versions) is tuple and node.versions:
        node.versions = tuple(0 if v is t else n for v, n in zip(saved, node.versions))
        node.saved = tuple(old if v is t else v for v in saved)
    else:  # (x, version) of a unary node
        node.saved = (old, 0)


def _move_output(node: Node, values: Any, t: Tensor) -> None:
    """Let a node that saved its output keep it where it now lives: in `t`."""
    saved = node.saved
    if type(saved) is dict:
        for key, value in saved.items():
            if type(value) is Output and value.array is values:
                saved[key] = Output(t._array, t._counter, value.index)
    elif type(saved) is tuple and len(saved) == 3 and saved[0] is values:
        node.saved = (t._array, t._counter, t._counter[0])
    elif type(saved) is tuple and saved and type(saved[-1]) is Output:
        if saved[-1].array is values:
            node.saved = (*saved[:-1], Output(t._array, t._counter))


def rebase(t: Tensor, edge: Any) -> None:
    """Make `edge` the history of `t`, and of whatever shares its memory."""
    view = t._edge
    if type(view) is not View:
        t._edge = edge
        return
    base = view.base
    node = CopySlices(base, t, edge)
    base._edge = node
    view.edge = _edge_through(base, t)
    view.version = t._counter[0]


class CopySlices(Node):
    """The node of a base after an in-place operation on a view of it.

    The cotangent of the base after the operation goes on to the base before it, except for the
    view's elements, which go through the operation that wrote them.
    """

    def __init__(self, base: Tensor, t: Tensor, edge: Any) -> None:
        self.fn = edge.owner
        self.fn_index = edge.index
        self.geometry = geometry(base, t)
        self.edges = (edge_of(base), *self.fn.edges[1:])
        self.seq = next(sequence)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._split(np.array(g, order="C"), edges, self.fn.vjp)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._split(g.clone(), edges, self.fn.vjp_graph)

    def _split(self, whole: Any, edges: tuple[Any, ...], fn_vjp: Any) -> Any:
        part = as_strided(whole, *self.geometry)
        incoming: Any = part.clone() if isinstance(part, Tensor) else part.copy()
        if self.fn.outputs != 1:
            outs = [None] * self.fn.outputs
            outs[self.fn_index] = incoming
            incoming = outs
        inner = (True if edges[0] is not None else None, *edges[1:])
        # The written tensor is always the operation's first input.
        first = self.fn.edges[0] if edges[0] is not None else None
        grads = fn_vjp(incoming, (first, *inner[1:]))
        part[...] = 0 if grads[0] is None else grads[0]
        return (whole, *grads[1:])

    @property
    def saved(self) -> Any:  # type: ignore[override]
        """What the wrapped operation saved, so that the engine frees it here."""
        return self.fn.saved

    @saved.setter
    def saved(self, value: Any) -> None:
        self.fn.saved = value


CopySlices.__module__ = "builtins"


def _edge_through(base: Tensor, t: Tensor) -> Any:
    """The edge of a view whose base's history was rewritten: an as_strided of the base."""
    edge = edge_of(base)
    if edge is None:
        return None
    args = (base, *geometry(base, t))
    out = wrap(t._array)
    as_strided.record(args, (edge,), out)
    return out._edge


def _refresh(view: View, t: Tensor) -> Any:
    """Return the edge of a view, rebuilt where its buffer was written since it was last right."""
    version = t._counter[0]
    if view.version != version:
        if view.edge is not LEAF and view.base._edge is not None:
            view.edge = _edge_through(view.base, t)
        view.version = version
    return view.edge


View.refresh = _refresh  # tensor.py knows views but no operators
