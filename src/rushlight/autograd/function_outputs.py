"""What becomes of the outputs of a custom `Function`: each is hung on the node of its call.

An output is one of five kinds. A fresh tensor takes the node as its history. An input that is
returned as it is comes out as a view of itself, since one tensor can't have two histories. An input
that was written in place and said so (`mark_dirty`) takes the node in place of its old history. An
output without derivative takes none. And what is no tensor passes.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from typing import Any

from rushlight.autograd.context import BackwardCFunction, Saved
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import no_grad
from rushlight.autograd.node import Slot
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["hang_outputs", "save_tensors"]


def hang_outputs(
    node: BackwardCFunction,
    outs: Sequence[Any],
    args: Sequence[Any],
    records: bool,
    sets_up: bool,
) -> list[Any]:
    """Return the outputs as users get them; see the module's text.

    `records` says whether the call has derivatives, `sets_up` that it has a ``setup_context``.
    """
    constant: Collection[int] = ()
    if node.non_differentiable is not None:
        constant = _ids(
            node,
            "non_differentiable",
            "mark_non_differentiable only accepts variable arguments, but got ",
        )
    dirty: Collection[int] = ()
    if node.dirty_tensors is not None:
        dirty = _dirty(node, outs, constant, records)
    inputs = {id(a) for a in args if isinstance(a, Tensor)}
    saved: Collection[int] = ()
    if sets_up and node.to_save is not None:
        saved = {id(t) for t in _tuple_to_save(node.to_save)}
    results: list[Any] = []
    shapes: list[Any] = []
    without: list[int] = []
    views = 0
    for i, out in enumerate(outs):
        if not isinstance(out, Tensor):
            results.append(out)
            shapes.append(None)
            continue
        key = id(out)
        shapes.append((out._array.shape, out._array.dtype))
        is_input = key in inputs
        is_dirty = key in dirty
        if key in constant or out._array.dtype.kind not in "fcV":
            without.append(i)
        if not records or (without and without[-1] == i):
            out = _without_history(out, is_input, is_dirty, saved)
        else:
            edge = node if node.outputs == 1 else Slot(node, i)
            if is_dirty:
                _rewrite(out, edge, is_input)
            elif is_input:
                out = _alias(out, saved)
                _set_edge(out, edge)
            else:
                _set_edge(out, edge)
        view = out._edge
        if type(view) is View and not (is_input and is_dirty):
            view.origin = "function"
            views += 1
        results.append(out)
    if views and len(shapes) - shapes.count(None) - len(without) > 1:
        for out in results:  # one node for several: none of them may be written
            if isinstance(out, Tensor) and type(out._edge) is View:
                out._edge.origin = "multi"
    node.shapes = shapes
    node.constant = without
    return results


def _ids(node: BackwardCFunction, name: str, complaint: str) -> set[int]:
    """Take what a `mark_` method was given from the node, and check that all are tensors."""
    given = getattr(node, name)
    delattr(node, name)
    if not isinstance(given, tuple):
        raise RuntimeError(
            f"autograd internal error: {name} attribute is expected to be a tuple but is "
        )
    if not all(isinstance(t, Tensor) for t in given):
        raise RuntimeError(complaint)
    return {id(t) for t in given}


def _dirty(
    node: BackwardCFunction, outs: Sequence[Any], constant: Collection[int], records: bool
) -> set[int]:
    """Count up the versions of what was written; all of it has to be returned."""
    given = node.dirty_tensors
    dirty = _ids(node, "dirty_tensors", "mark_dirty can only accept variables, but argument ")
    for t in given:
        check_update(t)
        t._counter[0] += 1
    if not dirty.issubset([id(out) for out in outs]):
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. "
            "The inputs that are modified inplace must all be outputs of the Function."
        )
    for t in given:
        if records and id(t) not in constant and t._array.dtype.kind in "fcV":
            _check_history(t, node.outputs)
    return dirty


def _check_history(t: Tensor, outputs: int) -> None:
    """Refuse to rewrite the history of a leaf, or of a view that can't have another."""
    from rushlight.ops.inplace import check_writable  # operators import us

    view = t._edge
    edge = view.edge if type(view) is View else view
    if edge is LEAF or (edge is None and t.requires_grad):
        raise RuntimeError(
            "a leaf Variable that requires grad has been used in an in-place operation."
        )
    if type(view) is View and outputs > 1:
        raise RuntimeError(
            "If your Function modifies inplace an input that is a view of another Tensor, your "
            "Function cannot return more than one Tensor. This is not supported by the current "
            "autograd engine. You should either make sure the input is not a view (using .clone() "
            "for example) or make your Function only return one Tensor (potentially splitting it "
            "into two Functions: one doing the inplace that returns a single Tensor and a second "
            "one that does the other operations). You can ask on the forum "
            "https://discuss.pytorch.org/ if you need help to do this change."
        )
    t._grad = None  # as `_rewrite` does, also of a view that turns out to be a leaf's
    check_writable(t, True, overlap=False)


def _alias(t: Tensor, saved: Collection[int]) -> Tensor:
    """A view of the whole of `t`, without a history of its own.

    Which of the two ``setup_context`` means where it saves `t` can't be told.
    """
    if id(t) in saved:
        raise RuntimeError(
            "An input that has been returned as-is as output is being saved for backward. This is "
            "not supported if you override setup_context. You should return and save a view of the "
            "input instead, e.g. with x.view_as(x) or setup ctx inside the forward function itself."
        )
    with no_grad():
        return t.view_as(t)  # type: ignore[no-any-return]


def _set_edge(t: Tensor, edge: Any) -> None:
    view = t._edge
    if type(view) is View:
        view.edge = edge
        view.version = t._counter[-1]
    else:
        t._edge = edge


def _without_history(out: Tensor, is_input: bool, is_dirty: bool, saved: Collection[int]) -> Tensor:
    """An output without derivative; only inputs keep theirs, and come out as another tensor."""
    if not out.requires_grad:
        return _alias(out, saved) if is_input and not is_dirty else out
    if is_input:
        return out.detach()  # type: ignore[no-any-return]
    if type(out._edge) is not View:
        out.detach_()
    return out


def _rewrite(t: Tensor, edge: Any, is_input: bool) -> None:
    """Give an input that ``forward`` changed in place the history of this call."""
    from rushlight.ops.inplace import rebase  # operators import us

    if not is_input:
        warnings.warn(
            "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that "
            "have been mutated should be passed to ctx.mark_dirty().",
            UserWarning,
            stacklevel=5,
        )
    t._grad = None
    rebase(t, edge)


def save_tensors(node: BackwardCFunction, records: bool) -> None:
    """Keep what `save_for_backward` was given, now that the outputs hang on the node."""
    given = _tuple_to_save(node.to_save)
    del node.to_save  # outputs among them would close a cycle
    if not records:
        return
    for i, t in enumerate(given):
        if t is not None and not isinstance(t, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type "
                f"{type(t).__name__}"
            )
    if given:
        node.saved = tuple([None if t is None else Saved(t, node) for t in given])


def _tuple_to_save(given: Any) -> tuple[Any, ...]:
    if not isinstance(given, tuple):
        raise RuntimeError(
            "autograd internal error: to_save attribute is expected to be a tuple but is "
        )
    return given
