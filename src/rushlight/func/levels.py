"""Levels: which transforms are running, from the outside in, and the tensors that belong to each.

`vmap` and `jvp` run a function on tensors of a class of their own, `Lifted`: subclasses of Tensor
outside the fast paths' type test, each with a value of a lower level inside. An Operator that meets
some hands the call to the innermost transform among them (`dispatch` in `rushlight.ops.operator`),
which runs it on the values, one level down, and lifts the results. So levels peel off one by one,
and nested transforms never see each other's tensors: perturbations stay apart.

A lifted tensor has a history of its own beside its value's. Operators on it are recorded as on
any tensor, where one of the *same level* requires grad, and their nodes keep the lifted tensors.
So a `grad` inside a `vmap` is an ordinary backward pass over the lifted graph, whose formulas run
batched; while the values' histories, one level down, belong to a `grad` outside. The reasoning is
in docs/design/0003-transforms.md.
"""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from rushlight.api.torch_function import disabled
from rushlight.autograd.modes import mode, no_grad
from rushlight.autograd.threads import carried
from rushlight.ops.operator import Operator, as_views
from rushlight.tensor import Tensor, bare

__all__ = ["Level", "Lifted", "below", "innermost", "running", "running_levels"]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.levels: list[Level] = []


_stack = carried(_Stack())


class Lifted(Tensor):
    """A tensor of a transform: a `_value` of a lower level, and a history of its own."""

    _interpreter: Level
    _value: Tensor
    __torch_function__ = disabled  # no program's own class: functions get no layers for it

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Refuse: inside of a transform derivatives are transforms, too."""
        raise RuntimeError(
            "You are attempting to call Tensor.requires_grad_() (or perhaps using "
            "torch.autograd.functional.* APIs) inside of a function being transformed by a "
            "functorch transform. This is unsupported, please attempt to use the functorch "
            "transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside "
            "of a function being transformed instead."
        )

    def backward(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: inside of a transform derivatives are transforms, too."""
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use "
            "functorch.grad or functorch.vjp instead or call backward() outside of functorch "
            "transforms."
        )

    def __repr__(self) -> str:
        inner = textwrap.indent(repr(self._value), "    ")
        return f"{self.kind()}, value=\n{inner}\n)"

    def kind(self) -> str:
        """How the representation begins."""
        return f"GradTrackingTensor(lvl={self._interpreter.level}"

    def inside(self) -> tuple[Tensor, ...]:
        """The tensors of lower levels that this one is made of."""
        return (self._value,)


class Level:
    """One run of a transform. Subclasses say how an Operator acts on their tensors."""

    level: int

    def run(self, op: Operator, args: Sequence[Any]) -> Any:
        """Return the results of `op`, lifted and without history of this level."""
        raise NotImplementedError

    def again(self, t: Tensor) -> Tensor:
        """Return another tensor of the same value, without history."""
        return bare(t)

    def lift(self, t: Tensor) -> Lifted:
        """Make a tensor of this level out of one of a lower level: a constant of the transform."""
        raise NotImplementedError

    def value(self, a: Any) -> Any:
        """What an argument is one level down."""
        if isinstance(a, Tensor):
            return a._value if a._interpreter is self else a
        return tuple([self.value(part) for part in a]) if type(a) is tuple else a

    def become(self, t: Any, view: Any) -> None:
        """Let `t` be what a view of it is."""
        t._value = view._value

    def check_whole(self, function: str) -> None:
        """Raise where there is no one answer to what `function` asks of whole tensors."""

    def check_copy(self, t: Any, source: Tensor) -> None:
        """Raise where `source` can't be copied over `t`."""

    def write(self, t: Any, result: Tensor) -> None:
        """Copy the values of `result` over those of `t`, one of which is of this level."""
        raise NotImplementedError

    def made_view(self, out: Any, base: Any) -> None:
        """Note that `out` is a view of `base`, which is of this level too."""

    def overwrite(self, t: Any, result: Tensor) -> None:
        """Nothing is left to do when `write` has written, and the history is rewritten."""

    def remember(self, t: Tensor) -> Tensor:
        """Return a copy of what `t` is before it is written."""
        with no_grad():
            return t.clone()  # type: ignore[no-any-return]

    def process(self, op: Operator, args: Sequence[Any]) -> Any:
        """Run `op`, and record it where a tensor of this level requires grad."""
        outs = self.run(op, args)
        base = args[0] if op.view and _belongs(args[0], self) else None
        if base is not None:
            for out in outs if type(outs) is tuple else (outs,):
                out._counter = base._counter
        if mode.grad and op.kind != "constant":
            # Others' histories are the values' matter: this level's nodes must not point to them.
            own = [a if isinstance(a, Tensor) and a._interpreter is self else None for a in args]
            for a in own:
                if a is not None and a._edge is not None:
                    edges = op.edges(own)
                    if edges is not None:
                        op.record(args, edges, outs)
                    break
        if base is not None:
            as_views(args, outs)
            for out in outs if type(outs) is tuple else (outs,):
                # Views of inference tensors know no base.
                self.made_view(out, base if out._edge is None else out._edge.base)
        return outs


def _belongs(a: Any, level: Level) -> bool:
    return isinstance(a, Tensor) and a._interpreter is level


def innermost() -> Level | None:
    """Return the transform that was entered last, or None outside of all."""
    levels = _stack.levels
    return levels[-1] if levels else None


def running_levels() -> list[Level]:
    """The transforms that run, from the outside in."""
    return _stack.levels


@contextmanager
def below(level: Level) -> Iterator[None]:
    """Run what is inside as if neither `level` nor any transform within it were running."""
    before = _stack.levels
    _stack.levels = before[: before.index(level)]
    try:
        yield
    finally:
        _stack.levels = before


@contextmanager
def running(level: Level) -> Iterator[Level]:
    """Run what is inside under a transform, one level above those that run already."""
    levels = _stack.levels
    level.level = levels[-1].level + 1 if levels else 1
    levels.append(level)
    try:
        yield level
    finally:
        levels.pop()
