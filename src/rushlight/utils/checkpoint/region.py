"""One region that is checkpointed: what its forward saved, and how that comes back.

While the region's function runs, hooks of saved tensors put a `Ticket` in the place of every
tensor that a node saves, and the tensor is let go. The first ticket that a backward pass asks for
runs the function again, under hooks that count along and hand each recomputed tensor to the ticket
of the same number. So the graph is recorded as ever, and whatever walks it (``backward``, ``grad``,
a pass for some inputs, a second derivative) finds its values.

Three rules follow from there being many passes over one graph:

- Every pass recomputes for itself: tickets keep values by pass.
- A value is handed out once and then let go, so that memory falls as the pass proceeds. A ticket
  that dies takes its values along.
- Regions nest, since hooks do: the arguments of an inner region are saved through the outer one's
  hooks, and come back when that is recomputed.

The idea of recomputing through saved-tensor hooks, early stop included, is PyTorch's
(``torch.utils.checkpoint``); of recomputing at all, Griewank's (Optim. Methods Softw. 1, 1992).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from rushlight.autograd.engine import edge_of
from rushlight.autograd.graph import saved_tensors_hooks
from rushlight.autograd.modes import enable_grad, no_grad
from rushlight.autograd.node import stale_input
from rushlight.autograd.saved import Packed, top_default_hooks
from rushlight.autograd.threads import carried, running_pass
from rushlight.tensor import Tensor

__all__ = ["CheckpointError", "GraphExecGroup", "Region", "facts_of", "nothing_of"]

TIP = """
Tip: To see a more detailed error message, either pass `debug=True` to
`torch.utils.checkpoint.checkpoint(...)` or wrap the code block
with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to
enable checkpoint\N{NON-BREAKING HYPHEN}debug mode globally.
"""


class CheckpointError(RuntimeError):
    """Raised where a recomputation did not bring back what the forward had saved."""

    __module__ = "rushlight.utils.checkpoint"


class _Enough(Exception):
    """Leaves a recomputation that has brought all there is to bring."""


class GraphExecGroup:
    """Context manager: backward passes inside share what checkpointed regions recompute.

    A region is recomputed once for all of them, so no two passes may need the same saved tensor.
    Reentrant checkpoints take no notice. Groups don't nest: RuntimeError.
    """

    def __enter__(self) -> GraphExecGroup:
        if _current.group is not None:
            raise RuntimeError(
                f"GraphExecGroup contexts cannot be nested. Already inside group {_current.group}"
            )
        _current.group = self
        return self

    def __exit__(self, *_: object) -> None:
        _current.group = None

    @classmethod
    def _get_current_group(cls) -> GraphExecGroup | None:
        return _current.group


def current_group() -> GraphExecGroup | None:
    """Return the group that this thread is in, or None."""
    return _current.group


class _Current(threading.local):
    group: GraphExecGroup | None = None


_current = carried(_Current())


def _asking() -> Any:
    """What the values that are asked for now belong to: a group, a pass, or this one request."""
    if _current.group is not None:
        return _current.group
    current = running_pass()
    return object() if current is None else current.number


USED = object()


class Ticket:
    """What a node keeps in the place of a tensor."""

    __slots__ = ("__weakref__", "values")

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}  # by pass: the recomputed tensor, or USED


class _Input:
    """A tensor among the arguments, kept as a node would keep it: by hooks, or with its version."""

    def __init__(self, t: Tensor) -> None:
        hooks = top_default_hooks()
        self.version = t._counter[-1]
        self.kept: Any = t if hooks is None else Packed(t, edge_of(t), None, hooks)

    def tensor(self) -> Tensor:
        """The argument again."""
        kept = self.kept
        if isinstance(kept, Packed):
            return kept.tensor(None)  # type: ignore[arg-type]  # no node's own output
        if kept._counter[-1] != self.version:
            raise stale_input(kept, self.version)
        return kept  # type: ignore[no-any-return]


def facts_of(t: Tensor) -> Any:
    """What must be the same of a saved tensor and its recomputed one."""
    return {"shape": t.shape, "dtype": t.dtype, "device": t.device}


def nothing_of(t: Tensor) -> Any:
    """Compare nothing."""
    return None


class Region:
    """One call of `checkpoint`: `recompute` is its function with all but the arguments `args`.

    `facts` tells of a tensor what recomputation has to reproduce; `explain` may replace a
    CheckpointError by one that says more.
    """

    def __init__(
        self,
        recompute: Callable[..., Any],
        args: Sequence[Any],
        early_stop: bool,
        facts: Callable[[Tensor], Any],
        explain: Callable[[CheckpointError], CheckpointError] | None,
    ) -> None:
        self.recompute = recompute
        self.args = [_Input(a) if isinstance(a, Tensor) else a for a in args]
        self.early_stop = early_stop
        self.facts = facts
        self.explain = explain
        self.tickets: list[weakref.ref[Ticket]] = []
        self.saved_facts: list[Any] = []
        self.is_over = False  # the forward
        self.done: set[Any] = set()  # the passes that have recomputed

    def saving(self) -> saved_tensors_hooks:
        """The hooks that the forward runs under."""
        return saved_tensors_hooks(self._issue, self._redeem)

    def _issue(self, t: Tensor) -> Ticket:
        ticket = Ticket()
        self.tickets.append(weakref.ref(ticket))
        with no_grad():
            self.saved_facts.append(self.facts(t))
        return ticket

    def _redeem(self, ticket: Ticket) -> Tensor:
        try:
            return self._value(ticket)
        except CheckpointError as error:
            if self.explain is None:
                raise
            raise self.explain(error) from error

    def _value(self, ticket: Ticket) -> Tensor:
        asking = _asking()
        if asking not in self.done:
            again = _Again(self, asking)
            args = [a.tensor() if type(a) is _Input else a for a in self.args]
            try:
                with saved_tensors_hooks(again.bring, lambda t: t), enable_grad():
                    self.recompute(*args)
            except _Enough:
                pass
            self.done.add(asking)
            again.check()
        value = ticket.values[asking]
        if value is USED:
            extra = ""
            if _current.group is not None:
                extra = (
                    "Performing two backward calls that overlap (i.e. require the same saved "
                    "activation in order to compute gradients) is not allowed while under the "
                    "torch.utils.checkpoint.GraphExecGroup context. "
                )
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already "
                f"unpacked once. {extra}If you are calling ctx.saved_tensors in backward, make "
                "sure to do so only once. Otherwise please open an issue with details on your use "
                "case."
            )
        ticket.values[asking] = USED
        return value  # type: ignore[no-any-return]


class _Again:
    """One recomputation of a region for one pass: counts along, and fills the tickets."""

    def __init__(self, region: Region, asking: Any) -> None:
        self.region = region
        self.asking = asking
        self.count = 0
        self.exceeds = False  # a backward pass inside of the forward: it wasn't over yet

    def bring(self, t: Tensor) -> Tensor:
        """Hand what a node saves now to the ticket of what it saved the first time."""
        value = t.detach() if t.requires_grad else t
        region = self.region
        index = self.count
        self.count += 1
        if index >= len(region.tickets):
            if region.is_over:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation "
                    f"than during the original forward pass.\n{TIP}"
                )
            self.exceeds = True
            return value
        ticket = region.tickets[index]()
        if ticket is not None:  # else its node is gone already
            ticket.values[self.asking] = value
        if region.early_stop and self.count == len(region.tickets):
            raise _Enough
        return value

    def check(self) -> None:
        """Compare what came with what was saved."""
        if self.exceeds:
            return
        region = self.region
        if self.count != len(region.tickets):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(region.tickets)}\n"
                f"Number of tensors saved during recomputation: {self.count}.\n{TIP}"
            )
        differing = ""
        for index, (ref, saved) in enumerate(zip(region.tickets, region.saved_facts)):
            ticket = ref()
            if ticket is None:
                continue
            found = region.facts(ticket.values[self.asking])
            if found != saved:
                differing += (
                    f"tensor at position {index}:\n"
                    f"saved metadata: {saved}\n"
                    f"recomputed metadata: {found}\n"
                )
        if differing:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have "
                f"different metadata than during the forward pass.\n{differing}.\n{TIP}"
            )
