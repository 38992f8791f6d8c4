"""The graph as an object: nodes, edges, hooks that wait for several gradients, versions.

>>> import rushlight as torch
>>> x = torch.ones(2, requires_grad=True)
>>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
>>> edge.node.name(), edge.output_nr
('MulBackward0', 0)
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, NamedTuple

from rushlight.autograd.engine import edge_of
from rushlight.autograd.hooks import RemovableHandle
from rushlight.autograd.leaf import AccumulateGrad, accumulator
from rushlight.autograd.node import Node, Slot
from rushlight.autograd.saved import (
    disable_hooks,
    disabled_message,
    enable_hooks,
    pop_default_hooks,
    push_default_hooks,
)
from rushlight.autograd.state import require_pass, will_execute
from rushlight.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
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
        if type(t._counter) is list:  # nobody counts the versions of inference tensors
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
        self.nodes = [get_gradient_edge(t).node for t in tensors]
        self.fn = fn

    def __call__(self, index: int, g: Tensor) -> None:
        notes = require_pass().notes  # those of this pass: they go with it, whatever happens
        if self not in notes:
            missing = sum(map(will_execute, self.nodes))
            notes[self] = [missing, [None] * len(self.nodes)]
        state = notes[self]
        state[0] -= 1
        state[1][index] = g
        if state[0] == 0:
            self.fn(state[1])


class _First:
    """Calls on with the first gradient of each backward pass."""

    def __init__(self, fn: Callable[..., None]) -> None:
        self.fn = fn

    def __call__(self, index: int, g: Tensor) -> None:
        notes = require_pass().notes
        if self not in notes:
            notes[self] = True
            self.fn(g)


# -- saved tensors -----------------------------------------------------------------------------


class saved_tensors_hooks:
    """Context manager: tensors that operators save for backward pass through a pair of hooks.

    ``pack_hook(tensor)`` is called for each tensor that is saved, and may return anything;
    ``unpack_hook`` is given that, and returns a tensor of the same values, each time the saved
    tensor is needed. Hooks act in their own thread; of nested pairs the innermost is used.
    `pack_hook` must not change its tensor in place: RuntimeError. Something else than a tensor
    from `unpack_hook` raises TypeError.

    >>> import rushlight as torch
    >>> x = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(force=True), torch.tensor):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([4., 6.])
    """

    def __init__(
        self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]
    ) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        push_default_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *_: object) -> None:
        pop_default_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Context manager: saved tensors are kept on the CPU, which is where all of ours are.

    With `pin_memory` they are copied, as PyTorch copies to pinned memory; `device_type` names the
    accelerator that would be copied from.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack_to_cpu(tensor: Tensor) -> Any:
            return tensor.device, tensor.clone() if pin_memory else tensor.cpu()

        def unpack_from_cpu(packed: Any) -> Tensor:
            device, tensor = packed
            return tensor.to(device, non_blocking=pin_memory)  # type: ignore[no-any-return]

        super().__init__(pack_to_cpu, unpack_from_cpu)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None, None, None]:
    """Context manager: who sets default hooks of saved tensors inside gets a RuntimeError.

    So does this manager itself, where some are set already. The error says `error_message`.
    """
    before = disabled_message()
    try:
        disable_hooks(error_message)
        yield
    finally:
        if before is None:
            enable_hooks()
        else:
            disable_hooks(before)
