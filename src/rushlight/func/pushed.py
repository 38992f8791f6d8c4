"""The tensors and the level of `jvp`: each carries the tangent of what it is.

As in `rushlight.autograd.forward_ad`, whose duals belong to one level without nesting, an Operator
runs on the primals, and its forward rule on the tangents; both one level down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.autograd.forward_ad import check_tangent
from rushlight.func.levels import Level, Lifted
from rushlight.ops.convert import zeroed
from rushlight.ops.fitting import cast_to
from rushlight.ops.history import geometry_of, part_of, with_part
from rushlight.ops.operator import Operator
from rushlight.tensor import Tensor, View

__all__ = ["PushLevel", "Pushed"]

new = object.__new__


class Pushed(Lifted):
    """A tensor under `jvp`: `_tangent` None stands for zero."""

    _interpreter: PushLevel
    _tangent: Tensor | None
    _writes: int = 0  # how often it or a view of it was written in place
    _seen: int = 0  # of a view: how many writes of the base its tangent knows of

    def inside(self) -> tuple[Tensor, ...]:
        tangent = self._tangent
        return (self._value,) if tangent is None else (self._value, tangent)


class PushLevel(Level):
    """One run of `jvp`."""

    def pushed(self, value: Tensor, tangent: Tensor | None) -> Pushed:
        """Make a tensor of a primal and its tangent."""
        if tangent is not None:
            check_tangent(value, tangent)
        out = new(Pushed)
        out._array = value._array
        out._counter = value._counter
        out._interpreter = self
        out._value = value
        out._tangent = tangent
        return out

    def lift(self, t: Tensor) -> Pushed:
        """Make a tensor whose tangent is zero."""
        return self.pushed(t, None)

    def tangent(self, a: Any) -> Any:
        """The tangent of an argument, None for zero."""
        if not isinstance(a, Pushed) or a._interpreter is not self:
            return None
        view = a._edge
        if type(view) is View and a._seen != view.base._writes:
            base = view.base
            a._tangent = part_of(base._tangent, *geometry_of(base, a))
            a._seen = base._writes
        return a._tangent

    def become(self, t: Any, view: Any) -> None:
        super().become(t, view)
        t._tangent, t._seen = view._tangent, view._seen

    def made_view(self, out: Any, base: Any) -> None:
        out._seen = base._writes

    def run(self, op: Operator, args: Sequence[Any]) -> Any:
        primals = [self.value(a) for a in args]
        tangents = [self.tangent(a) for a in args]
        outs = op(*primals)
        pushed = op.push(primals, tangents, outs)
        if type(outs) is tuple or type(outs) is list:
            return tuple([self.pushed(out, t) for out, t in zip(outs, pushed)])
        return self.pushed(outs, pushed)

    def write(self, t: Any, result: Tensor) -> None:
        self.write_tangent(t, self.tangent(result))
        self.value(t).copy_(self.value(result))

    def write_tangent(self, t: Any, new_tangent: Tensor | None) -> None:
        """Give the base of `t` the tangent that it has after the write.

        Out of place, since the new tangent may belong to a level that the old one knows nothing
        of; every view of the base takes its part when it is next asked.
        """
        base: Any = t._edge.base if type(t._edge) is View else t
        if base._interpreter is not self:
            if new_tangent is not None:
                raise RuntimeError(
                    "jvp: a tensor from outside of the function was written in place with one "
                    "that has a tangent. Please use out-of-place operators instead."
                )
            return
        if new_tangent is not None and new_tangent.dtype is not t.dtype:
            new_tangent = cast_to(new_tangent, t._array.dtype)
        if base is t:
            base._tangent = new_tangent
        else:
            whole = self.tangent(base)
            if whole is new_tangent is None:
                return
            whole = zeroed(base._value) if whole is None else whole
            part = zeroed(t._value) if new_tangent is None else new_tangent
            base._tangent = with_part(whole, part, *geometry_of(base, t))
        base._writes += 1
