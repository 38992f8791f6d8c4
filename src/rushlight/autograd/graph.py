"""The graph as an object: nodes, edges, hooks that wait for several gradients, versions.

>>> import rushlight as torch
>>> x = torch.ones(2, requires_grad=True)
>>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
>>> edge.node.name(), edge.output_nr
('MulBackward0', 0)
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from rushlight.autograd import node as nodes
from rushlight.autograd.engine import edge_of
from rushlight.autograd.hooks import RemovableHandle
from rushlight.autograd.leaf import AccumulateGrad, accumulator
from rushlight.autograd.node import NOWHERE, Slot
from rushlight.autograd.threads import running_pass
from rushlight.tensor import Tensor

if TYPE_CHECKING:
    from rushlight.autograd.mutation import allow_mutation_on_saved_tensors
    from rushlight.autograd.saved_hooks import (
        disable_saved_tensors_hooks,
        save_on_cpu,
        saved_tensors_hooks,
    )

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class Node(abc.ABC):
    """What a `grad_fn` is, for ``isinstance``: a virtual base class of all nodes of graphs.

    >>> import rushlight as torch
    >>> y = torch.ones(2, requires_grad=True) * 2
    >>> isinstance(y.grad_fn, torch.autograd.graph.Node)
    True
    """

    @abc.abstractmethod
    def name(self) -> str:
        """Return the node's name, such as ``MulBackward0``."""

    @property
    @abc.abstractmethod
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """A pair (node, output number) for each input, (None, 0) where no gradient flows."""

    @abc.abstractmethod
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whoever wants to tag the node."""

    @property
    @abc.abstractmethod
    def _input_metadata(self) -> list[Any]: ...

    @abc.abstractmethod
    def _register_hook_dict(self, tensor: Tensor) -> None: ...

    @abc.abstractmethod
    def _sequence_nr(self) -> int: ...

    @abc.abstractmethod
    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after the node ran; it may return other inputs.

        What it returns is a tuple like ``grad_inputs``, or None to leave them.
        """

    @abc.abstractmethod
    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` before the node runs; it may return other cotangents."""

    @classmethod
    def __subclasshook__(cls, subclass: type) -> bool:
        return True if cls is Node and issubclass(subclass, nodes.Node) else NotImplemented


class GradientEdge(NamedTuple):
    """An output of a node, as `backward` and `grad` take it in place of the tensor itself.

    It keeps the graph alive, but not the tensor. `ownership_token` is PyTorch's, and None here.
    """

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Return the edge that a cotangent of `tensor` flows along.

    Raises RuntimeError for a tensor that doesn't require grad.
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    return GradientEdge(_get_grad_fn_or_grad_acc(tensor), tensor.output_nr)


def _get_grad_fn_or_grad_acc(t: Tensor | GradientEdge) -> Any:
    """The node that a cotangent of `t` goes to: its `grad_fn`, or a leaf's AccumulateGrad."""
    if isinstance(t, GradientEdge):
        return t.node
    edge = edge_of(t)
    if edge is None or edge is NOWHERE:
        raise AssertionError("Expected gradient function to be set")
    if isinstance(edge, Tensor):
        return accumulator(edge)
    return edge.owner.remember(edge.index, t._array)


def edge_within(edge: GradientEdge) -> Any:
    """The engine's own edge for a `GradientEdge`: a leaf, a node or a slot."""
    node = edge.node
    if not 0 <= edge.output_nr < node.outputs:
        raise IndexError("tuple index out of range")
    if isinstance(node, AccumulateGrad):
        return node.variable
    return node if node.outputs == 1 else Slot(node, edge.output_nr)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count the version of tensors up, as if they had been written in place.

    That of inference tensors isn't counted. Anything else raises RuntimeError.
    """
    if not isinstance(tensor, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(t, Tensor):
            raise RuntimeError(
                "increment_version expects each element of the iterable to be a tensor"
            )
        if type(t._counter) is list:
            t._counter[0] += 1


class _MultiHandle(RemovableHandle):
    """Takes several hooks away at once."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Take all of the hooks away."""
        for handle in self.handles:
            handle.remove()

    def __getstate__(self) -> Any:
        return self.handles

    def __setstate__(self, state: Any) -> None:
        self.handles = state


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` when the gradients of all (or of ``"any"``: the first) of `tensors` are there.

    With ``mode="all"`` it is called once a backward pass, as ``fn(grads)``, with None for tensors
    that the pass doesn't reach. With ``"any"`` it is called as ``fn(grad)``.

    >>> import rushlight as torch
    >>> a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), print)
    >>> (a * 2 + b * 3).backward()
    [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    waiting: Callable[[int, Tensor], None] = _First(fn)
    if mode == "all":
        waiting = _All(tensors, fn)
    else:
        tensors = [t for t in tensors if t.requires_grad]
    return _MultiHandle(
        [t.register_hook(functools.partial(waiting, i)) for i, t in enumerate(tensors)]
    )


class _All:
    """Collects the gradients of one backward pass until none is missing."""

    def __init__(self, tensors: Sequence[Tensor], fn: Callable[..., None]) -> None:
        self.nodes = [_get_grad_fn_or_grad_acc(t) for t in tensors]
        self.fn = fn

    def __call__(self, index: int, g: Tensor) -> None:
        notes = running_pass().notes  # those of this pass: they go with it, whatever happens
        if self not in notes:
            from rushlight.autograd.state import will_execute  # opened when it is needed

            missing = sum(map(will_execute, self.nodes))
            notes[self] = [missing, [None] * len(self.nodes)]
        state = notes[self]
        state[0] -= 1
        state[1][index] = g
        if state[0] == 0:
            del notes[self]
            self.fn(state[1])


class _First:
    """Calls on with the first gradient of each backward pass."""

    def __init__(self, fn: Callable[..., None]) -> None:
        self.fn = fn

    def __call__(self, index: int, g: Tensor) -> None:
        notes = running_pass().notes
        if self not in notes:
            notes[self] = True
            self.fn(g)


# What few programs use is fetched when they do.
_ELSEWHERE = {
    "_engine_run_backward": "variable",
    "allow_mutation_on_saved_tensors": "mutation",
    "disable_saved_tensors_hooks": "saved_hooks",
    "save_on_cpu": "saved_hooks",
    "saved_tensors_hooks": "saved_hooks",
}


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        module = import_module(f"rushlight.autograd.{_ELSEWHERE[name]}")
        value = globals()[name] = getattr(module, name)
        return value
    raise AttributeError(f"module 'rushlight.autograd.graph' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ELSEWHERE})
