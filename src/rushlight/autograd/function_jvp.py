"""Custom Functions in forward mode: ``jvp`` makes the outputs' tangents of the inputs'.

It runs after ``forward``, which saw dual tensors as plain ones. What it returns has to lie in
memory as the outputs do: an output that is a view of an input takes a view of that input's tangent,
and an input that was written in place the input's own tangent, written in place as well. So later
writes reach both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.autograd.context import BackwardCFunction
from rushlight.autograd.forward_ad import Dual, as_dual, check_tangent, primal, tangent
from rushlight.autograd.modes import mode
from rushlight.tensor import Tensor, View, wrap

__all__ = ["push_tangents"]


def push_tangents(node: BackwardCFunction, results: Sequence[Any], args: Sequence[Any]) -> None:
    """Turn the outputs of a call into dual tensors, where one of its arguments is one."""
    tangents = [tangent(a) for a in args]
    if all(t is None for t in tangents):
        return
    versions = [None if t is None else t._counter[-1] for t in tangents]
    pushed = _checked_count(_run(node, args, tangents), results)
    inputs = {id(a): i for i, a in enumerate(args) if isinstance(a, Tensor)}
    for i, (out, t) in enumerate(zip(results, pushed)):
        if not isinstance(out, Tensor):
            continue
        if i in node.constant:
            _check_constant(i, t)
            continue
        which = inputs.get(id(out))  # an input itself comes out only where it was written
        if which is None:
            which = _viewed(out, args)
        own = None if which is None else tangents[which]
        if which is not None and out is args[which] and own is not None:
            _check_written(own, versions[which], t)
        elif t is not None:
            if own is not None:
                _check_view(t, own)
            _set_tangent(out, t, first=which is not None and own is None)


def pushed_by(
    ctx: BackwardCFunction, outs: Sequence[Any], values: Sequence[Any], tangents: Sequence[Any]
) -> list[Any]:
    """The tangents of the outputs of a call under a transform, which `ctx` was set up for."""
    versions = [None if t is None else t._counter[-1] for t in tangents]
    constant = {id(t) for t in ctx.non_differentiable or ()}
    pushed = _checked_count(_run(ctx, values, tangents), outs)
    inputs = {id(v): i for i, v in enumerate(values) if isinstance(v, Tensor)}
    for i, (out, t) in enumerate(zip(outs, pushed)):
        if not isinstance(out, Tensor):
            continue
        which = inputs.get(id(out))
        if id(out) in constant or out._array.dtype.kind not in "fcV":
            _check_constant(i, t)
        elif which is not None and tangents[which] is not None:
            _check_written(tangents[which], versions[which], t)
    return list(pushed)


def _checked_count(pushed: tuple[Any, ...], outs: Sequence[Any]) -> tuple[Any, ...]:
    if len(pushed) != len(outs):
        raise RuntimeError(
            "Function's jvp returned an invalid number of forward gradients (expected "
            f"{len(outs)} but got {len(pushed)})"
        )
    return pushed


def _check_constant(i: int, t: Any) -> None:
    if t is not None:
        raise RuntimeError(
            f"Function's jvp returned a gradient at position {i}, but  the corresponding "
            "forward output is not a differentiable Tensor.You should return None at that "
            "position instead."
        )


def _run(node: BackwardCFunction, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """Call ``jvp``, with zeros for tensors without a tangent, and look at the types it returns."""
    from rushlight.ops.convert import zeroed  # operators import us

    given = list(tangents)
    if node._materializes:
        for i, a in enumerate(args):
            if given[i] is None and isinstance(a, Tensor) and a._array.dtype.kind in "fcV":
                given[i] = zeroed(a)
    forward = mode.forward
    mode.forward = False
    try:
        pushed = node.apply_jvp(*given)
    finally:
        mode.forward = forward
    if not isinstance(pushed, tuple):
        pushed = (pushed,)
    for i, t in enumerate(pushed):
        if t is not None and not isinstance(t, Tensor):
            raise RuntimeError(
                f"expected Variable or None (got {type(t).__name__}) for grad output {i}."
            )
    return tuple(pushed)


def _check_written(own: Tensor, version: int | None, t: Any) -> None:
    """The tangent of an input that was written must have been written, and returned."""
    if t is None or t._counter[-1] == version:
        raise RuntimeError(
            "An inplace custom Function is not modifying the forward mode gradients inplace. If "
            "the forward is modifying an input inplace, then the jvp function must modify the "
            "corresponding gradient inplace."
        )
    if t is not own:
        raise RuntimeError(
            "An inplace custom Function is not returning the forward mode gradients as-is. If the "
            "forward is modifying an input inplace, then the jvp function must modify the gradient "
            "inplace and return it as-is."
        )


def _base(t: Tensor) -> Tensor:
    view = t._edge
    return view.base if type(view) is View else t


def _viewed(out: Tensor, args: Sequence[Any]) -> int | None:
    """The number of the argument that `out` is a view of, if there is one."""
    if type(out._edge) is View:
        for i, a in enumerate(args):
            if isinstance(a, Tensor) and _base(a) is out._edge.base:
                return i
    return None


def _check_view(t: Tensor, source: Tensor) -> None:
    """The tangent of a view must be a view of the tangent `source` of what it is a view of."""
    if type(t._edge) is not View:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is "
            "not returning a view."
        )
    if _base(t) is not _base(source):
        same = "the same base as " if type(source._edge) is View else ""
        raise RuntimeError(
            "A custom Function is returning a view but the jvp is not returning a view of "
            f"{same}the given grad input."
        )


def _set_tangent(out: Tensor, t: Tensor, first: bool) -> None:
    """Give `out` its tangent; `first` where it shares memory with an input that had none."""
    check_tangent(out, t)
    if not (t.is_floating_point() or t.is_complex()):
        raise RuntimeError(
            "Expected both tensor and its forward grad to be floating point or complex"
        )
    if tangent(out) is not None:
        raise RuntimeError(
            "Only inplace operations can re-set the forward grad of a Tensor that already has one."
        )
    if first:
        Dual._interpreter.overwrite(out, as_dual(primal(out.detach()), t))
        return
    if t.stride() != out.stride():  # tangents lie in memory as their primals do
        t = wrap(np.empty_like(out._array, t._array.dtype)).copy_(t)
    as_dual(out, t)
