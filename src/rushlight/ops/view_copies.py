"""What a view shows, as a tensor of its own: ``*_copy`` functions, and splits that are no views.

A view's node holds all that a copy's would: the sizes that its formula names. So a view is made,
with its checks and its node, and `apart` hands both its values and its node to another tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot
from rushlight.kernels.flipped import resolved
from rushlight.ops.convert import clone_in
from rushlight.ops.declare import linear, underivable, view
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.ops.strided import as_strided
from rushlight.ops.viewing import is_plain
from rushlight.ops.views import cleared, slice_
from rushlight.tensor import Tensor, View, wrap

__all__ = ["apart", "detach_copy", "slice_inverse"]


def apart(fresh: Tensor, name: str | None = None, copy: bool = True) -> Tensor:
    """Return the values of a fresh view that nobody else has, in memory of their own if `copy`.

    The node of the view becomes that of the result: called `name`, or by its own name and
    ``_copy``. Under a transform the result is an ordinary clone.
    """
    if not is_plain(fresh) or mode.inference:
        return clone_in(fresh, "contiguous")  # type: ignore[no-any-return]
    array = resolved(fresh._array)
    out = wrap(np.array(array, order="C") if copy else array[...])
    edge = fresh._edge.edge if type(fresh._edge) is View and mode.grad else None
    node = edge.owner if type(edge) is Slot else edge
    if not isinstance(node, Node) or not hasattr(node, "op"):
        return out  # the node of a view that nothing can be learned through is no operator's
    known = type(node)
    name = name or f"{node.op.node_name}_copy"
    if known.__name__ != name:  # several parts have one node
        # The view is gone when we return, and the node with it, were it not for `out`.
        node.__class__ = _called(known, name)
    out._edge = edge
    return out


_classes: dict[tuple[Any, str], type[Node]] = {}


def _called(kind: type[Node], name: str) -> type[Node]:
    made = _classes.get((kind, name))
    if made is None:
        made = _classes[kind, name] = named_node(name, kind)
    return made


def _slice_inverse(x: Any, src: Any, index: Any, *geometry: Any) -> Any:
    return as_strided.kernel(x, *geometry)


slice_inverse: Operator = view(
    "slice_inverse",
    _slice_inverse,
    x=lambda g, index: slice_(g, index),
    src=lambda g, index: cleared(g, index),
)
detach_copy: Operator = linear(
    "detach_copy",
    lambda x: np.array(x, order="C"),
    x=underivable("detach_copy"),
    node="NotImplemented",
)
