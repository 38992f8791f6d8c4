"""The context of a custom `Function`: what ``forward`` leaves for ``backward``.

The ``ctx`` that both receive is the graph node itself, as in PyTorch, so whatever is put on it
lives exactly as long as the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rushlight.autograd.node import FREED, Node, Slot, freed_error, stale_error, stale_input
from rushlight.dtypes import from_numpy
from rushlight.tensor import Tensor, new, wrap

if TYPE_CHECKING:
    from rushlight.autograd.function import Function

__all__ = ["FunctionCtx", "FunctionNode", "Saved"]


class FunctionCtx:
    """What ``forward`` leaves for ``backward``: tensors to save, and what is special of outputs."""

    _to_save: tuple[Any, ...] = ()
    _to_save_forward: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    materialize_grads: bool = True
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep input, output or intermediate tensors for ``ctx.saved_tensors`` in backward.

        An in-place change of one of them before backward raises RuntimeError there.
        """
        self._to_save = tensors  # checked when forward is over, as PyTorch does

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``ctx.saved_tensors`` in ``jvp``."""
        self._to_save_forward = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Declare inputs that ``forward`` changed in place; they must be returned too."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Declare outputs without derivative."""
        self._constant = args

    def set_materialize_grads(self, value: bool) -> None:
        """With False, ``backward`` receives None for outputs that got no cotangent, not zeros."""
        self.materialize_grads = value


class FunctionNode(Node, FunctionCtx):
    """The node of one call of a `Function`: its class is named ``<Function>Backward``."""

    takes_none = True
    function: ClassVar[type[Function]]
    slots: tuple[int, ...]  # which arguments the edges belong to
    arity: int
    shapes: tuple[Any, ...]  # (shape, dtype) of each output
    saved: Any

    def __init__(self) -> None:
        self.saved = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to `save_for_backward`, after a look at their versions."""
        if self.saved is FREED:
            raise freed_error()
        return tuple(None if s is None else s.tensor(self) for s in self.saved)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        outs = g if isinstance(g, list) else [g]
        grads = self._call([None if o is None else wrap(np.asarray(o)) for o in outs])
        # Views, so that the engine never keeps an array that the user's code may hold.
        return [None if t is None else t._array.view() for t in grads]

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._call(g if isinstance(g, list) else [g])

    def _call(self, outs: Sequence[Any]) -> list[Any]:
        if self.saved is FREED:
            raise freed_error()
        given = [
            wrap(np.zeros(*meta)) if out is None and self.materialize_grads and meta else out
            for out, meta in zip(outs, self.shapes)
        ]
        results = self.function._backward()(self, *given)
        if not isinstance(results, tuple):
            results = (results,)
        name = self.name()
        if len(results) > self.arity and all(r is None for r in results[self.arity :]):
            results = results[: self.arity]
        if len(results) != self.arity:
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients "
                f"(expected {self.arity}, got {len(results)})"
            )
        for i, r in enumerate(results):
            if r is not None and not isinstance(r, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(r).__name__})")
            if r is not None and i not in self.slots and not self.is_tensor[i]:
                raise RuntimeError(
                    f"function {name} returned a gradient different than None at position "
                    f"{i + 1}, but the corresponding forward input was not a Variable"
                )
        return [
            None if edge is None or results[i] is None else self._fit(n, results[i], meta)
            for n, (i, edge, meta) in enumerate(zip(self.slots, self.edges, self.metas))
        ]

    is_tensor: tuple[bool, ...]

    def _fit(self, index: int, grad: Tensor, meta: Any) -> Tensor:
        """Sum a gradient to its input's shape where that is a broadcast, else refuse it."""
        from rushlight.ops.fitting import sum_to  # operators import us

        shape, dtype = meta
        if tuple(grad.shape) != shape:
            try:
                fits = np.broadcast_shapes(shape, tuple(grad.shape)) == tuple(grad.shape)
            except ValueError:
                fits = False
            if not fits:
                raise RuntimeError(
                    f"Function {self.name()} returned an invalid gradient at index {index} - got "
                    f"{list(grad.shape)} but expected shape compatible with {list(shape)}"
                )
            grad = sum_to(grad, shape)
        if grad.dtype.numpy == dtype:
            return grad
        if grad.dtype.is_complex:
            raise RuntimeError(
                "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == "
                "grad_is_complex) to be true, but got false.  (Could this error message be "
                "improved?  If so, please report an enhancement request to PyTorch.)"
            )
        return grad.to(from_numpy(dtype))  # type: ignore[no-any-return]


class Saved:
    """One tensor of `save_for_backward`: outputs are kept without their Tensor (no cycle)."""

    __slots__ = ("index", "keep", "version")

    def __init__(self, t: Tensor, index: int | None) -> None:
        self.version = t._counter[0]
        self.index = index
        self.keep = t
        if index is not None:  # an output: its Tensor points to the node, so keep a bare twin
            self.keep = new(Tensor)
            self.keep._array = t._array
            self.keep._counter = t._counter

    def tensor(self, node: FunctionNode) -> Tensor:
        """The saved tensor again."""
        t = self.keep
        if self.index is None:
            if t._counter[0] != self.version:
                raise stale_input(t, self.version)
            return t
        if t._counter[0] != self.version:
            raise stale_error(t._array, node, self.index, t._counter[0], self.version)
        out = new(Tensor)
        out._array = t._array
        out._counter = t._counter
        out._edge = node if node.outputs == 1 else Slot(node, self.index)
        return out
