"""Custom operators: `Function`, whose ``forward`` and ``backward`` the user writes.

The ``ctx`` that both receive is the graph node itself, as in PyTorch, so whatever is put on it
lives exactly as long as the graph.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.forward_ad import Dual, as_dual, primal, tangent
from rushlight.autograd.modes import mode, no_grad
from rushlight.autograd.node import FREED, Node, Slot, freed_error, sequence, stale_input
from rushlight.tensor import Tensor, new, wrap

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


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
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    "save_for_backward can only save variables, but argument "
                    f"{tensors.index(t)} is of type {type(t).__name__}"
                )
        self._to_save = tensors

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
                raise TypeError(f"expected Variable or None (got {type(r).__name__})")
            if r is not None and i not in self.slots and not self.is_tensor[i]:
                raise RuntimeError(
                    f"function {name} returned a gradient different from None at position "
                    f"{i + 1}, but the corresponding forward input was not a Variable"
                )
        return [
            None if edge is None or results[i] is None else self._fit(n, results[i], meta)
            for n, (i, edge, meta) in enumerate(zip(self.slots, self.edges, self.metas))
        ]

    is_tensor: tuple[bool, ...]

    def _fit(self, index: int, grad: Tensor, meta: Any) -> Tensor:
        """Sum a gradient to its input's shape where that is a broadcast, else refuse it."""
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
            grad = grad.sum_to_size(shape)
        return grad if grad.dtype.numpy == dtype else grad.to(_dtype_of(dtype))


def _dtype_of(dtype: Any) -> Any:
    from rushlight.dtypes import from_numpy

    return from_numpy(dtype)


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
        if t._counter[0] != self.version:
            raise stale_input(t, self.version)
        if self.index is None:
            return t
        out = new(Tensor)
        out._array = t._array
        out._counter = t._counter
        out._edge = node if node.outputs == 1 else Slot(node, self.index)
        return out


class Function:
    """Base class of custom operators: write static ``forward`` and ``backward``, call ``apply``.

    >>> import rushlight as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _node: ClassVar[type[FunctionNode]]
    generate_vmap_rule: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._node = type(
            cls.__name__ + "Backward",
            (FunctionNode,),
            {"function": cls, "__module__": "torch.autograd.function"},
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: ``forward(ctx, *args)``; without ctx if there is setup_context."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save what backward needs, where ``forward`` takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Map the outputs' cotangents to the inputs': one result an argument of forward."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Map the inputs' tangents (None for zero) to the outputs'."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @classmethod
    def _backward(cls) -> Callable[..., Any]:
        if cls.backward is not Function.backward and cls.vjp is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.backward if cls.backward is not Function.backward else cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` without recording, and record this call as one node."""
        if kwargs:
            raise TypeError(f"{cls.__name__}.apply() takes no keyword arguments")
        if any(type(a) is Dual for a in args):
            return _apply_dual(cls, args)
        return _apply(cls, args)[0]


def _apply(cls: type[Function], args: Sequence[Any]) -> tuple[Any, FunctionNode]:
    node = cls._node()
    edges = [edge_of(a) if isinstance(a, Tensor) else None for a in args]
    node.needs_input_grad = tuple(edge is not None for edge in edges)
    with no_grad():
        if cls.setup_context is not Function.setup_context:
            output = cls.forward(*args)
            cls.setup_context(node, tuple(args), output)
        else:
            output = cls.forward(node, *args)
    outs = output if isinstance(output, tuple) else (output,)
    node.slots = tuple(i for i, a in enumerate(args) if isinstance(a, Tensor))
    node.is_tensor = tuple(isinstance(a, Tensor) for a in args)
    node.arity = len(args)
    node.edges = tuple(edges[i] for i in node.slots)
    node.metas = tuple((args[i]._array.shape, args[i]._array.dtype) for i in node.slots)
    node.outputs = len(outs)
    node.seq = next(sequence)
    records = mode.grad and any(node.needs_input_grad)
    results = tuple(_output(node, i, out, args, records) for i, out in enumerate(outs))
    node.shapes = tuple(
        (o._array.shape, o._array.dtype) if isinstance(o, Tensor) else None for o in results
    )
    ids = {id(o): i for i, o in enumerate(results) if isinstance(o, Tensor)}
    ids.update(
        {
            id(o): i
            for i, o in enumerate(outs)
            if isinstance(o, Tensor) and not any(o is a for a in args)
        }
    )
    node.saved = tuple(None if t is None else Saved(t, ids.get(id(t))) for t in node._to_save)
    return (results if isinstance(output, tuple) else results[0]), node


def _output(node: FunctionNode, i: int, out: Any, args: Sequence[Any], records: bool) -> Any:
    """Hang one output on the node: inputs returned dirty are rewritten, others aliased."""
    if not isinstance(out, Tensor):
        if out is None:
            return None
        return out
    is_input = any(out is a for a in args)
    dirty = any(out is d for d in node._dirty)
    constant = any(out is c for c in node._constant)
    if dirty:
        from rushlight.ops.inplace import check_writable, rebase

        if not is_input:
            raise RuntimeError("mark_dirty only accepts input tensors")
        if records:
            check_writable(out, True)
        out._counter[0] += 1
        if records and not constant:
            rebase(out, node if node.outputs == 1 else Slot(node, i))
        return out
    if is_input and not (records and not constant):
        return out
    if is_input:
        with no_grad():
            alias = new(Tensor)
            alias._array = out._array
            alias._counter = out._counter
            out = alias
    if records and not constant and out._array.dtype.kind in "fcV":
        out._edge = node if node.outputs == 1 else Slot(node, i)
    return out


def _apply_dual(cls: type[Function], args: Sequence[Any]) -> Any:
    primals = [primal(a) for a in args]
    result, node = _apply(cls, primals)
    if node._to_save_forward:
        node.saved = tuple(None if t is None else Saved(t, None) for t in node._to_save_forward)
    tangents = cls.jvp(node, *[tangent(a) for a in args])
    if not isinstance(result, tuple):
        return result if tangents is None else as_dual(result, tangents)
    return tuple(r if t is None else as_dual(r, t) for r, t in zip(result, tangents))


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``backward`` whose own derivative is not to be taken: a second one raises."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args)
        if not mode.grad:
            return outputs
        if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        outs = outputs if isinstance(outputs, tuple) else (outputs,)
        node = _Refusal()
        node.edges = tuple(edge_of(a) for a in args if isinstance(a, Tensor))
        node.outputs = len(outs)
        node.seq = next(sequence)
        results = []
        for i, out in enumerate(outs):
            if isinstance(out, Tensor):
                out = out.detach()
                out._edge = node if len(outs) == 1 else Slot(node, i)
            results.append(out)
        return tuple(results) if isinstance(outputs, tuple) else results[0]

    return wrapper


class _Refusal(Node):
    """The history of what a once-differentiable backward returned."""

    takes_none = True

    def name(self) -> str:
        return "torch::autograd::Error"

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )

    vjp_graph = vjp
