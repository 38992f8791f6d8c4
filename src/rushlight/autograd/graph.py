"""The graph as an object: nodes, edges, hooks that wait for several gradients, versions.

>>> import rushlight as torch
>>> x = torch.ones(2, requires_grad=True)
>>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
>>> edge.node.name(), edge.output_nr
('MulBackward0', 0)
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rushlight.autograd.engine import edge_of, running
from rushlight.autograd.hooks import RemovableHandle
from rushlight.autograd.leaf import AccumulateGrad, accumulator
from rushlight.autograd.node import Node, Slot
from rushlight.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
]


class GradientEdge(NamedTuple):
    """An output of a node, as `backward` and `grad` take it in place of the tensor itself.

    It keeps the graph alive, but not the tensor. `ownership_token` is opaque.
    """

    node: Node
    output_nr: int
    ownership_token: Any = None  # the tensor's shape and dtype, where a tensor was there to ask


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Return the edge that a cotangent of `tensor` flows along.

    Raises RuntimeError for a tensor that doesn't require grad.
    """
    edge = edge_of(tensor)
    if edge is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    meta = (tensor._array.shape, tensor._array.dtype)
    if isinstance(edge, Tensor):
        return GradientEdge(accumulator(edge), 0, meta)
    return GradientEdge(edge.owner, edge.index, meta)


def edge_within(edge: GradientEdge) -> Any:
    """The engine's own edge for a `GradientEdge`: a leaf, a node or a slot."""
    node = edge.node
    if isinstance(node, AccumulateGrad):
        return node.variable
    return node if node.outputs == 1 else Slot(node, edge.output_nr)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count the version of tensors up, as if they had been written in place."""
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
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
    waiting = _First(fn) if mode == "any" else _All(tensors, fn)
    return _MultiHandle(
        [t.register_hook(functools.partial(waiting, i)) for i, t in enumerate(tensors)]
    )


class _All:
    """Collects the gradients of one backward pass until none is missing."""

    def __init__(self, tensors: Sequence[Tensor], fn: Callable[..., None]) -> None:
        self.edges = [edge_of(t) for t in tensors]
        self.fn = fn
        self.lock = threading.Lock()
        self.passes: dict[int, list[Any]] = {}  # gradients so far, by the pass that brings them
        self.missing: dict[int, int] = {}

    def __call__(self, index: int, g: Tensor) -> None:
        reached = running()
        key = id(reached)
        with self.lock:
            if key not in self.passes:
                self.passes[key] = [None] * len(self.edges)
                self.missing[key] = sum(
                    (e if isinstance(e, Tensor) else e.owner) in reached for e in self.edges
                )
            self.passes[key][index] = g
            self.missing[key] -= 1
            if self.missing[key]:
                return
            grads = self.passes.pop(key)
            del self.missing[key]
        self.fn(grads)


class _First:
    """Calls on with the first gradient of each backward pass."""

    def __init__(self, fn: Callable[..., None]) -> None:
        self.fn = fn
        self.seen: Any = None

    def __call__(self, index: int, g: Tensor) -> None:
        reached = running()
        if self.seen is not reached:
            self.seen = reached
            self.fn(g)
