"""Whose history an in-place operation rewrites.

Note [In-place on views], docs/design/0004-views.md, has the reasoning. A tensor that is no view
takes the operation's node. Of a view, the *base* takes it, wrapped in a `CopySlices`, since the
whole buffer now depends on what was written; the view itself, and every other view of the base,
finds at its next use that the version moved on, and takes a fresh edge through the base.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.node import FREED, NOWHERE, Node, Slot, forward_name, freed_error, sequence
from rushlight.kernels.flipped import FLIPPED, memory, resolved
from rushlight.kernels.strides import element_strides, strided_view
from rushlight.ops.complexes import ConjNode, NegViewNode, conj, conj_physical, is_complex, neg_view
from rushlight.ops.pairs import view_as_complex, view_as_real
from rushlight.ops.strided import (
    Geometry,
    as_strided,
    describe_view,
    gather_strided,
    replace_strided,
)
from rushlight.ops.viewing import view_node
from rushlight.tensor import LEAF, Tensor, View, values_of

__all__ = ["CopySlices", "geometry_of", "part_of", "rebase", "view_error", "with_part"]

new = object.__new__

AsStridedNode = view_node(as_strided)
ViewAsRealNode = view_node(view_as_real)
ViewAsComplexNode = view_node(view_as_complex)


def rebase(t: Tensor, edge: Any) -> None:
    """Make `edge` the history of `t`, and of whatever shares its memory.

    `t` has been written and its version counted up.
    """
    view = t._edge
    if type(view) is not View:
        _keep_retaining(t, t._edge, edge)
        t._edge = edge
        return
    base = view.base
    node = CopySlices(base, t, view.edge, edge)
    _keep_retaining(base, base._edge, node)
    base._edge = node  # `t` too finds its new edge when it is next used: mostly never
    if view.edge is None:
        view.edge = NOWHERE  # until then it tells that `t` is no leaf


def _keep_retaining(t: Tensor, old: Any, edge: Any) -> None:
    """Let a tensor that asked with `retain_grad` get the cotangent of its new self."""
    if not isinstance(old, (Node, Slot)) or old is NOWHERE:
        return
    hooks = old.owner.hooks
    if hooks is not None and old.index in hooks.retain and hooks.retain[old.index]() is t:
        edge.owner.own_hooks().retain[edge.index] = hooks.retain.pop(old.index)


# -- the base ----------------------------------------------------------------------------------


class CopySlices(Node):
    """The node of a base after an in-place operation on a view of it.

    The base's cotangent goes on to the base as it was before, except for the view's elements,
    which first go through the operation that wrote them. That operation's node, ``fn``, takes no
    part in the walk: its other inputs' edges are this node's own. Where the operation was a
    composition, which doesn't have the view as its node's first input, the written values have
    an edge of their own, and the base's elements under the view get zero.
    """

    fn: Node | None
    _saved: Any = (True,)

    def __init__(self, base: Tensor, t: Tensor, old: Any, edge: Any) -> None:
        if old is LEAF:
            old = t
        fn = edge.owner
        if fn.outputs == 1 and fn.edges and fn.edges[0] is old:
            self.fn = fn
            self.edges = (edge_of(base), *fn.edges[1:])
        else:
            self.fn = None
            self.edges = (edge_of(base), edge)
        self.place = geometry_of(base, t)
        self.seq = next(sequence)

    def check_saved(self) -> None:
        """Nothing: where no cotangent comes PyTorch's CopySlices doesn't look either."""

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        (size, stride, offset, layout), pairs, bits = self.place
        g = resolved(g)
        plain = layout is None and not pairs and bits is SAME
        if plain:
            g = np.asarray(g, order="C")  # np.ascontiguousarray makes a vector of 0-d arrays
            part = strided_view(g, size, stride, offset)
        else:
            part = part_of(g, *self.place)
        first, *rest = self._through(part, edges, False)
        if edges[0] is None:
            return (None, *rest)
        if not plain:
            return (with_part(g, first, *self.place), *rest)
        whole = g.copy()
        strided_view(whole, size, stride, offset)[...] = 0 if first is None else first
        return (whole, *rest)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        part = part_of(g, *self.place)
        first, *rest = self._through(part, edges, True)
        if edges[0] is None:
            return (None, *rest)
        return (with_part(g, first, *self.place), *rest)

    def _through(self, part: Any, edges: tuple[Any, ...], graph: bool) -> Any:
        """Send the view's cotangent through the operation that wrote the view."""
        if self.saved is FREED:
            raise freed_error()
        fn = self.fn
        if fn is None:
            return None, part
        own = (fn.edges[0] if edges[0] is not None else None, *edges[1:])
        return fn.vjp_graph(part, own) if graph else fn.vjp(part, own)

    @property
    def saved(self) -> Any:
        """Never empty: PyTorch lets this node run once, whatever the operation saved."""
        return self._saved

    @saved.setter
    def saved(self, value: Any) -> None:
        self._saved = value
        if self.fn is not None and self.fn.saved:
            self.fn.saved = value


CopySlices.__module__ = "builtins"

# A view of complex numbers may show their real parts; then a base is seen as pairs of real numbers
# first. A complex view of real numbers is described by the pairs that it shows. The bits of either
# are those between its values and what lies in memory, where the geometry holds.

Bits = tuple[type[Any], type[Any]]  # the classes of the base's array and of the view's
SAME: Bits = (np.ndarray, np.ndarray)


def geometry_of(base: Tensor, t: Tensor) -> tuple[Geometry, str, Bits]:
    """The geometry of `t` beside `base`; what is seen as pairs: "base", "view" or nothing; bits."""
    bits = type(values_of(base)), type(values_of(t))
    whole, part = memory(base._array), memory(t._array)
    if part.dtype == whole.dtype:
        return describe_view(whole, part), "", SAME if bits[0] is bits[1] else bits
    if part.dtype.kind == "c":
        return describe_view(whole, view_as_real.kernel(part)), "view", bits
    return describe_view(view_as_real.kernel(whole), part), "base", bits


def part_of(whole: Any, geometry: Geometry, pairs: str, bits: Bits) -> Any:
    """Read a view's elements from a tensor or an array that has its base's shape."""
    whole = through(whole, bits[0])  # what lies in memory: the view may not be of its base's type
    part = gather_strided(view_as_real(whole) if pairs == "base" else whole, *geometry)
    return through(view_as_complex(part) if pairs == "view" else part, bits[1])


def with_part(whole: Any, part: Any, geometry: Geometry, pairs: str, bits: Bits) -> Any:
    """Return a copy of `whole` with other elements under a view: zeros where `part` is None."""
    whole = through(whole, bits[0])
    if part is not None:
        part = through(part, bits[1])
    if pairs == "base":
        whole = view_as_real(whole)
    if part is None:
        part = np.zeros((), whole.dtype if isinstance(whole, np.ndarray) else whole.dtype.numpy)
    elif pairs == "view":
        part = view_as_real(part)
    result = replace_strided(whole, part, *geometry)
    return through(view_as_complex(result) if pairs == "base" else result, bits[0])


def through(x: Any, bits: type[Any]) -> Any:
    """The values of a tensor or an array as read, or written, through the bits of a class."""
    if bits in FLIPPED:
        if bits.conjugates and is_complex(x):
            x = conj_physical(x)
        if bits.negates:
            x = -x
    return x


# -- the views ---------------------------------------------------------------------------------


def edge_through(base: Tensor, t: Tensor, old: Any) -> Any:
    """Make the edge of a view `t` whose base's history was rewritten: an as_strided of the base.

    It is None where the base has no history, unless `old`, the edge before, is one of a node. A
    view's bits come last where they were made last, as `old` shows, and before the as_strided else.
    """
    edge = edge_of(base)
    if edge is None and not isinstance(old, (Node, Slot)):
        return None
    geometry, pairs, (own, bits) = geometry_of(base, t)
    shape = base._array.shape
    last = getattr(old, "op", None) in (conj, neg_view) or pairs == "view"
    edge = _above_bits(own, edge)
    if pairs == "base":
        edge = _above(ViewAsRealNode, edge, ())
        shape = (*shape, 2)
    if not last:
        edge = _above_bits(bits, edge)
    whole = geometry[0] == shape and geometry[2] == 0
    if pairs == "view":
        if not whole:
            edge = _above(AsStridedNode, edge, (shape, *geometry))
        edge = _above(ViewAsComplexNode, edge, ())
    elif not (whole and (pairs or (last and geometry[1] == element_strides(base._array)))):
        edge = _above(AsStridedNode, edge, (shape, *geometry))
    return _above_bits(bits, edge) if last else edge


def _above_bits(bits: Any, edge: Any) -> Any:
    """The nodes of views that set the bits of a class."""
    if bits in FLIPPED:
        if bits.conjugates:
            edge = _above(ConjNode, edge, ())
        if bits.negates:
            edge = _above(NegViewNode, edge, ())
    return edge


def _above(kind: type[Any], edge: Any, params: tuple[Any, ...]) -> Any:
    """A view's node whose cotangents go to `edge`."""
    node: Any = new(kind)
    node.edges = (edge,)
    node.params = params
    node.seq = next(sequence)
    return node


def _refresh(view: View, t: Tensor) -> Any:
    """Return the edge of a view, rebuilt where its buffer was written since it was last right."""
    version = t._counter[-1]
    edge = view.edge
    if view.version == version:
        return NOWHERE if edge is None and view.base._edge is not None else edge
    if view.base._edge is None and not isinstance(edge, (Node, Slot)):
        return edge  # no graph is concerned, so far
    if view.origin:
        raise view_error(view, "its base or another view of its base has been")
    if isinstance(edge, Node) and "replays" in edge.__dict__:
        made = _replayed(edge, edge_of(view.base))
    else:
        # The view of a view that was made a leaf keeps a node, though its base has no history.
        made = edge_through(view.base, t, edge)
    view.edge = made
    view.version = version
    if made is not None:
        _keep_retaining(t, edge, made)
    return made


def _replayed(edge: Node, below: Any) -> Node:
    """Record the views that `edge` is the last of anew, on another history of their base.

    The base is no view itself, so that the views end where another operation's node begins.
    """
    chain = [edge]
    while isinstance(first := chain[-1].edges[0], Node) and _is_view_node(first):
        chain.append(first)
    for node in reversed(chain):
        again = new(type(node))
        again.__dict__.update(node.__dict__)
        again.__dict__.pop("hooks", None)
        again.edges = (below,)
        again.seq = next(sequence)
        below = again
    return below  # type: ignore[no-any-return]


def _is_view_node(node: Any) -> bool:
    op = getattr(node, "op", None)
    return op is not None and op.view


View.refresh = _refresh  # tensor.py knows views but no operators


def _output(edge: Any) -> str:
    """``Output 0 of Split``: how errors name what an operation made."""
    return f"Output {edge.index} of {forward_name(edge.owner)}"


def view_error(view: View, what: str) -> RuntimeError:
    """The error for a view that must not change: `what` "is being" modified, or was."""
    kind, reason = _ORIGINS[view.origin]
    edge = view.edge
    made_by = isinstance(edge, (Node, Slot))
    if view.origin in ("multi", "function") and made_by:
        text = f"{_output(edge)} is a view and {what} modified inplace."
    else:
        head = "A view was created in"
        if made_by:
            head = f"{_output(edge)} is a view of a view which was created in"
        tail = "in normal mode." if view.origin == "inference" else "with grad mode enabled."
        text = f"{head} {kind} and {what} modified inplace {tail}"
    return RuntimeError(f"{text} {reason}")


_AMBIGUOUS = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {block} block (if you "
    "don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_ORIGINS = {
    "no_grad": ("no_grad mode", _AMBIGUOUS.format(block="no_grad")),
    "inference": ("inference mode", _AMBIGUOUS.format(block="inference_mode")),
    "function": (
        "no_grad mode",
        "This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function.",
    ),
    "multi": (
        "no_grad mode",
        "This view is the output of a function that returns multiple views. Such functions do "
        "not allow the output views to be modified inplace. You should replace the inplace "
        "operation by an out-of-place one.",
    ),
}
