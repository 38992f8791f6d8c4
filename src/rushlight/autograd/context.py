"""The context of a custom `Function`: what ``forward`` leaves for ``backward``.

The ``ctx`` that both receive is the graph node itself, as in PyTorch, so whatever is put on it
lives exactly as long as the graph.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from rushlight.autograd.node import FREED, Node, Slot, freed_error, stale_error, stale_input
from rushlight.dtypes import from_numpy
from rushlight.kernels.flipped import without_negative
from rushlight.tensor import Tensor, View, bare, wrap

if TYPE_CHECKING:
    from rushlight.autograd.function import _SingleLevelFunction

__all__ = ["NOTHING", "BackwardCFunction", "FunctionCtx", "Saved"]


class FunctionCtx:
    """What ``forward`` leaves for ``backward``: tensors to save, and what is special of outputs.

    What is given to these methods is looked at when ``forward`` is over. Each should be called
    once: of several calls the last counts.
    """

    to_save: Any = None
    saved_for_forward: Any = None
    dirty_tensors: Any = None
    non_differentiable: Any = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep input, output or intermediate tensors for ``ctx.saved_tensors`` in backward.

        An in-place change of one of them before backward raises RuntimeError there.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``ctx.saved_tensors`` in ``jvp``."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save "
                    "non-tensors as attributes on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Declare inputs that ``forward`` changed in place; they must be returned too."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Declare outputs without derivative."""
        self.non_differentiable = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Do nothing: shared memory is seen without being told."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically "
            "tracked. Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def set_materialize_grads(self, value: bool) -> None:
        """With False, ``backward`` receives None for outputs that got no cotangent, not zeros.

        The same goes for inputs of ``jvp`` without a tangent.
        """
        self.materialize_grads = value


FLOAT = np.dtype(np.float32)


class _Mark:
    """Stands in ``saved`` for no tensors. It is true, so that the engine frees it as well."""


NOTHING = _Mark()  # nothing was saved


class BackwardCFunction(Node, FunctionCtx):
    """The node of one call of a `Function`: its class is named ``<Function>Backward``."""

    takes_none = True
    _forward_cls: ClassVar[type[_SingleLevelFunction]]
    needs_input_grad: tuple[bool, ...]
    saved: Any = NOTHING
    is_tensor: Sequence[bool]  # of each argument
    slots: Sequence[int]  # which arguments the edges belong to
    shapes: Sequence[Any] = ()  # (shape, dtype) of each output, None for what is no tensor
    constant: Sequence[int] = ()  # the outputs that have no derivative
    _cleared: bool = False  # saved tensors were read, and `clear_saved_tensors_on_access` is set
    _materializes: bool = True
    _materialize_non_diff_grads: bool = True

    @property
    def materialize_grads(self) -> bool:
        """Set by `set_materialize_grads`, and not to be read, as in PyTorch."""
        raise AttributeError(
            "attribute 'materialize_grads' of 'torch._C._FunctionBase' objects is not readable"
        )

    @materialize_grads.setter
    def materialize_grads(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got (), but "
                "expected (bool)"
            )
        self._materializes = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to `save_for_backward`, after a look at their versions.

        In ``jvp`` those given to `save_for_forward`.
        """
        if self.saved_for_forward is not None:
            return self.saved_for_forward  # type: ignore[no-any-return]
        if self._cleared:
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True "
                "is set on the autograd.Function. Either access saved_tensors only once, or set "
                "clear_saved_tensors_on_access=False."
            )
        saved = self.saved
        if saved is FREED:
            raise freed_error()
        tensors: tuple[Any, ...] = ()
        if saved is not NOTHING:
            tensors = tuple([None if s is None else s.tensor(self) for s in saved])
        if self._forward_cls.clear_saved_tensors_on_access:
            self._cleared = True
            self.saved = NOTHING
        return tensors

    @saved_tensors.setter
    def saved_tensors(self, value: Any) -> NoReturn:
        raise AttributeError(
            "attribute 'saved_tensors' of 'torch._C._FunctionBase' objects is not writable"
        )

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The old name of `saved_tensors`."""
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return self.saved_tensors

    def meta_of(self, index: int) -> tuple[Any, Any] | None:
        """The shape and dtype of an output; for what has no derivative those of a number."""
        meta: tuple[Any, Any] | None = self.shapes[index]
        return ((), FLOAT) if meta is None or index in self.constant else meta

    # -- the user's code -------------------------------------------------------------------------
    def _get_user_fn(self) -> Callable[..., Any]:
        return self._forward_cls._user_backward()

    def apply(self, *args: Any) -> Any:
        """Run the user's ``backward`` on cotangents, and check nothing."""
        if self._forward_cls.boxed_grads_call:
            return self._get_user_fn()(self, list(args))
        return self._get_user_fn()(self, *args)

    def apply_boxed(self, *args: Any) -> Any:
        """Run a ``backward`` that takes one list of cotangents, which it may empty on the way."""
        return self._get_user_fn()(self, *args)

    def __call__(self, *grad_outputs: Any) -> NoReturn:
        """Refuse, as PyTorch does: `apply` is what calls the user's function."""
        raise TypeError(f"'{type(self).__name__}' object is not callable")

    def apply_jvp(self, *args: Any) -> Any:
        """Run the user's ``jvp`` on tangents."""
        return self._forward_cls.jvp(self, *args)

    # -- as a node -------------------------------------------------------------------------------
    @property
    def _raw_saved_tensors(self) -> tuple[Any, ...]:
        """A `SavedTensor` for each of `saved_tensors`, whose hooks can be set."""
        from rushlight.autograd.saved_tensor import saved_tensor

        saved = self.saved
        if saved is FREED:
            raise freed_error()
        return () if saved is NOTHING else tuple(saved_tensor(self, i) for i in range(len(saved)))

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        outs = g if isinstance(g, list) else [g]
        grads = self._call([None if o is None else wrap(np.asanyarray(o)) for o in outs])
        raw: list[Any] = []
        for t in grads:
            if t is None:
                raw.append(None)
                continue
            array = without_negative(t._array)
            # The engine may keep, and write to, an array that nobody else holds: these are held
            # by the list, `t` and the call, and by the tensor, `array` and the call. Others go on
            # as a view, which it copies.
            own = sys.getrefcount(t) == 3 and sys.getrefcount(array) == 3
            raw.append(array if own else array.view())
        return raw

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return self._call(list(g) if isinstance(g, list) else [g])

    def _call(self, given: list[Any]) -> list[Any]:
        """Run ``backward`` and look at what it returned: one Tensor or None for each edge."""
        if self._materializes:
            self._materialize(given)
        if self._forward_cls.boxed_grads_call:
            results = self.apply_boxed(given)
        else:
            results = self.apply(*given)
        if not isinstance(results, tuple):
            results = (results,)
        is_tensor = self.is_tensor
        count = len(is_tensor)
        if len(results) > count and all(r is None for r in results[count:]):
            results = results[:count]
        if len(results) != count:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients "
                f"(expected {count}, got {len(results)})"
            )
        for i, r in enumerate(results):
            if r is None or (isinstance(r, Tensor) and is_tensor[i]):
                continue
            if is_tensor[i]:
                raise RuntimeError(f"expected Variable or None (got {type(r).__name__})")
            raise RuntimeError(
                f"function {self.name()} returned a gradient different than None at position "
                f"{i + 1}, but the corresponding forward input was not a Variable"
            )
        grads: list[Any] = []
        for n, (i, edge) in enumerate(zip(self.slots, self.edges)):
            r = results[i]
            if r is not None and edge is not None:
                shape, dtype = self.metas[n]
                array = r._array
                if array.shape != shape or array.dtype is not dtype:
                    r = self._fit(n, r, shape, dtype)
            grads.append(r)
        return grads

    def _materialize(self, given: list[Any]) -> None:
        """Put zeros for the outputs that got no cotangent."""
        for i, meta in enumerate(self.shapes):
            wanted = self._materialize_non_diff_grads or i not in self.constant
            if given[i] is None and meta is not None and wanted:
                given[i] = wrap(np.zeros(*meta))

    def _fit(self, index: int, grad: Tensor, shape: tuple[int, ...], dtype: Any) -> Tensor:
        """Sum a gradient to its input's shape where that is a broadcast, else refuse it."""
        from rushlight.ops.fitting import sum_to  # operators import us

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

    def __init__(self, t: Tensor, node: Node) -> None:
        self.version = t._counter[0]
        edge = t._edge
        if type(edge) is View:
            edge = edge.edge
        if isinstance(edge, (Node, Slot)) and edge.owner is node:
            self.index: int | None = edge.index
            self.keep = _again(t)
        else:
            self.index = None
            self.keep = t

    def tensor(self, node: Node) -> Tensor:
        """The saved tensor again."""
        t = self.keep
        if self.index is None:
            if t._counter[0] != self.version:
                raise stale_input(t, self.version)
            return t
        if t._counter[0] != self.version:
            raise stale_error(t._array, node, self.index, t._counter[0], self.version)
        out = _again(t)
        out._edge = node if node.outputs == 1 else Slot(node, self.index)
        return out


def _again(t: Tensor) -> Tensor:
    """Another tensor of the same values, of a transform where `t` is, without a history."""
    return bare(t) if t._interpreter is None else t._interpreter.again(t)
