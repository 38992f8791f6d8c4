"""In-place operations: copy a result over a tensor and rewrite the history of its buffer.

Note [In-place on views], docs/design/0004-views.md, has the reasoning. In short: an in-place
operator runs out of place first, so every check is made and every error raised before anything
changes; then `overwrite` copies the values, counts the version up, and hands the new node to
`rushlight.ops.history.rebase`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rushlight import dtypes
from rushlight.autograd.engine import edge_of
from rushlight.autograd.inference import check_update
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, Slot
from rushlight.kernels.flipped import FLIPPED, resolved
from rushlight.kernels.strides import check_expanded, partly_shared, shared_error, shares
from rushlight.ops import duals  # noqa: F401  tells Dual what an in-place write does
from rushlight.ops.history import rebase, view_error
from rushlight.ops.nodes import Output
from rushlight.ops.operator import top_transform
from rushlight.tensor import LEAF, Tensor, View, bare, wrap

__all__ = [
    "announce",
    "check_apart",
    "check_history",
    "check_operands",
    "check_writable",
    "overwrite",
    "rebase",
    "rewrite",
]


def check_writable(t: Tensor, records: bool, *, overlap: bool = True) -> None:
    """Raise PyTorch's error where `t` must not be written in place.

    `records` says that `t` or another operand requires grad; `overlap` False lets expanded
    tensors pass, for operations that write one value everywhere.
    """
    if records and mode.grad:
        _check_history(t)
    check_update(t)
    array = t._array
    if overlap and 0 in array.strides:
        check_expanded(array)


def check_operands(t: Tensor, sources: Iterable[Any], *, overlap: bool = True) -> None:
    """Raise what PyTorch would before it runs an in-place operation on `t` with these operands.

    That is an error of the history, or of memory that `t` shares with itself (`overlap` False lets
    that pass) or, in part, with a source. Views share their version counter, so that tensors with
    another one needn't be looked at.
    """
    if mode.grad and (
        t.requires_grad or any(isinstance(s, Tensor) and s.requires_grad for s in sources)
    ):
        _check_history(t)
    if overlap and 0 in t._array.strides:
        check_expanded(t._array)
    for source in sources:
        if (
            isinstance(source, Tensor)
            and source._counter is t._counter
            and source is not t
            and partly_shared(t._array, source._array)
        ):
            raise shared_error()


def check_apart(t: Tensor, sources: Iterable[Any]) -> None:
    """Raise PyTorch's error where `t`, to be written, shares memory with a source at all.

    Operations that don't go element by element ask for that: index_put, scatter.
    """
    if t._interpreter is not None:
        return
    for source in sources:
        if (
            isinstance(source, Tensor)
            and source._interpreter is None
            and type(source._array) not in FLIPPED  # which is computed first
            and (source is t or np.may_share_memory(t._array, source._array))
            and (source is t or shares(t._array, source._array))
        ):
            raise shared_error()


LEAF_WRITTEN = "a leaf Variable that requires grad is being used in an in-place operation."


def check_history(t: Tensor) -> None:
    """Raise PyTorch's error where, with grad mode on, `t` must not be written."""
    _check_history(t)


def _raise_for_history(t: Tensor) -> None:
    edge = t._edge
    if type(edge) is View:
        if edge.origin:
            raise view_error(edge, "is being")
        base = edge.base._edge
        if (base is None or base is LEAF) and t.requires_grad:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                "operation."
            )
        if edge.edge is None and t.requires_grad:  # and has not been used since its base does
            raise RuntimeError(LEAF_WRITTEN)
    elif edge is LEAF:
        raise RuntimeError(LEAF_WRITTEN)


_check_history = _raise_for_history


def announce(observer: Callable[[Tensor], None] | None) -> None:
    """Let `observer` see what is about to be written in place, before the operator runs.

    For hooks of saved tensors, which have to be given a copy of it.
    """
    global _check_history

    def announced(t: Tensor) -> None:
        _raise_for_history(t)
        observer(t)  # type: ignore[misc]

    _check_history = announced if observer is not None else _raise_for_history


def rewrite(t: Tensor, function: Callable[..., Tensor], *args: Any) -> Tensor:
    """Write ``function(t, *args)`` over `t`."""
    check_operands(t, args)
    return overwrite(t, function(t, *args))


def overwrite(t: Tensor, result: Tensor, *, overlap: bool = True, places: Any = ...) -> Tensor:
    """Finish an in-place operation on `t` whose out-of-place result is `result`; return `t`.

    The result is cast to the dtype of `t`; its node fits cotangents to what it computed with. It
    differs from `t` at an index, `places`, alone: of an expanded tensor the others are the same
    memory, and stay unwritten.
    """
    edge: Any = edge_of(result) if mode.grad else None
    check_writable(t, edge is not None or (mode.grad and t.requires_grad), overlap=overlap)
    target = t._array
    values = result._array
    if values.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(values.shape)}"
        )
    if values.dtype != target.dtype and not dtypes.can_cast(result.dtype, t.dtype):
        raise RuntimeError(
            f"result type {result.dtype.scalar_name} can't be cast to the desired "
            f"output type {t.dtype.scalar_name}"
        )
    recorded = isinstance(edge, (Node, Slot)) and target.dtype.kind in "fcV"
    if recorded:
        _keep_old_values(edge.owner, t)
    transform = top_transform((t, result))
    if transform is None:
        if places is ...:
            np.copyto(target, values, casting="unsafe")
        else:
            target[places] = resolved(values)[places]
        t._counter[0] += 1
    else:
        transform.write(t, result)
    if recorded:
        _move_output(edge.owner, values, t)
        rebase(t, edge)
    if transform is not None:
        transform.overwrite(t, result)
    return t


def _keep_old_values(node: Node, t: Tensor) -> None:
    """Let a node that saved `t` as it was keep those values, which are about to go.

    That is as the operand that is written; where it is another one too (``x.mul_(x)``), the
    backward pass finds that one changed, as in PyTorch.
    """
    if node.packs:
        node.keep_old_values(t)  # type: ignore[attr-defined]
        return
    saved = node.saved
    named = type(saved) is dict
    if not saved or (saved.get(_first(node)) if named else saved[0]) is not t:
        return
    old = wrap(t._array.copy()) if t._interpreter is None else t._interpreter.remember(t)
    edge = t._edge
    old._edge = edge.edge if type(edge) is View else edge
    if named:
        node.saved[_first(node)] = old
        node.versions[_first(node)] = 0
    elif type(node.versions) is tuple and node.versions:
        node.versions = (0, *node.versions[1:])
        node.saved = (old, *saved[1:])
    else:  # (x, version) of a unary node
        node.saved = (old, 0)


def _first(node: Any) -> str:
    """The name of the operand that an in-place operator writes to."""
    return node.op.args[0]  # type: ignore[no-any-return]


def _move_output(node: Node, values: Any, t: Tensor) -> None:
    """Let a node that saved its output keep it where it now lives: in `t`."""
    if node.packs:
        node.move_output(values, t)  # type: ignore[attr-defined]
        return
    saved = node.saved
    if type(saved) is dict:
        for key, value in saved.items():
            if type(value) is Output and value.array is values:
                saved[key] = moved = Output(t._array, t._counter, value.index)
                if t._interpreter is not None:
                    moved.twin = bare(t)
    elif type(saved) is tuple and len(saved) == 3 and saved[0] is values:
        node.saved = (t._array, t._counter, t._counter[0])
    elif type(saved) is tuple and saved and type(saved[-1]) is Output and saved[-1].array is values:
        node.saved = (*saved[:-1], Output(t._array, t._counter))
