"""Custom operators: `Function`, whose ``forward`` and ``backward`` the user writes.

The ``ctx`` that both receive is the graph node itself, as in PyTorch, so whatever is put on it
lives exactly as long as the graph.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.context import FunctionCtx, FunctionNode, Saved
from rushlight.autograd.engine import edge_of
from rushlight.autograd.forward_ad import Dual, as_dual, check_tangent, primal, tangent
from rushlight.autograd.modes import mode, no_grad
from rushlight.autograd.node import (
    Node,
    Slot,
    sequence,
)
from rushlight.tensor import LEAF, Tensor, View, wrap

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


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
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
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
        if kwargs or cls.setup_context is not Function.setup_context:
            args = cls._positional(args, kwargs)
        for a in args:
            if type(a) is Dual:
                return _apply_dual(cls, args)
        return _apply(cls, args)[0]

    @classmethod
    def _positional(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments of ``forward`` in their order, its defaults filled in."""
        signature = inspect.signature(cls.forward)
        if cls.setup_context is Function.setup_context:
            return signature.bind(None, *args, **kwargs).args[1:]
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.args


def _apply(cls: type[Function], args: Sequence[Any]) -> tuple[Any, FunctionNode]:
    node = cls._node()
    edges = [edge_of(a) if isinstance(a, Tensor) else None for a in args]
    node.needs_input_grad = tuple([edge is not None for edge in edges])
    with no_grad():
        if cls.setup_context is not Function.setup_context:
            output = cls.forward(*args)
            cls.setup_context(node, tuple(args), output)
        else:
            output = cls.forward(node, *args)
    outs = output if isinstance(output, tuple) else (output,)
    node.slots = tuple([i for i, a in enumerate(args) if isinstance(a, Tensor)])
    node.is_tensor = tuple([isinstance(a, Tensor) for a in args])
    node.arity = len(args)
    node.edges = tuple([edges[i] for i in node.slots])
    node.metas = tuple([(args[i]._array.shape, args[i]._array.dtype) for i in node.slots])
    node.outputs = len(outs)
    node.seq = next(sequence)
    records = mode.grad and any(node.needs_input_grad)
    _check_dirty(node, outs, args)
    results = tuple([_output(node, i, out, args, records) for i, out in enumerate(outs)])
    node.shapes = tuple(
        [(o._array.shape, o._array.dtype) if isinstance(o, Tensor) else None for o in results]
    )
    _save(node, outs, results, args)
    return (results if isinstance(output, tuple) else results[0]), node


def _save(
    node: FunctionNode, outs: Sequence[Any], results: Sequence[Any], args: Sequence[Any]
) -> None:
    """Keep what `save_for_backward` was given; the node's own outputs without their Tensors."""
    numbers = {id(o): i for i, o in enumerate(results) if isinstance(o, Tensor)}
    for i, o in enumerate(outs):
        if isinstance(o, Tensor) and not any(o is a for a in args):
            numbers[id(o)] = i
    saved = []
    for i, t in enumerate(node._to_save):
        if t is not None and not isinstance(t, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type "
                f"{type(t).__name__}"
            )
        saved.append(None if t is None else Saved(t, numbers.get(id(t))))
    node.saved = tuple(saved)
    node._to_save = node._dirty = node._constant = ()  # outputs among them would close a cycle


def _check_dirty(node: FunctionNode, outs: Sequence[Any], args: Sequence[Any]) -> None:
    """Look at what `mark_dirty` was given: inputs, all of which are returned."""
    for t in node._dirty:
        if not any(t is a for a in args):
            warnings.warn(
                "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors "
                "that have been mutated should be passed to ctx.mark_dirty().",
                UserWarning,
                stacklevel=4,
            )
        if not any(t is out for out in outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )


def _output(node: FunctionNode, i: int, out: Any, args: Sequence[Any], records: bool) -> Any:
    """Hang one output on the node: inputs returned dirty are rewritten, others aliased."""
    if not isinstance(out, Tensor):
        return out
    is_input = any(out is a for a in args)
    edge = node if node.outputs == 1 else Slot(node, i)
    if any(out is t for t in node._constant) or out._array.dtype.kind not in "fcV":
        return out.detach() if is_input else out
    if is_input and any(out is t for t in node._dirty):
        _overwritten(out, edge, records)
        return out
    if is_input:
        with no_grad():
            out = out.view_as(out)
    view = out._edge
    if type(view) is View:
        view.origin = "function" if node.outputs == 1 else "multi"
        if records:
            view.edge = edge
    elif records:
        out._edge = edge
    return out


def _overwritten(t: Tensor, edge: Any, records: bool) -> None:
    """Give an input that ``forward`` changed in place the history of this call."""
    from rushlight.ops.inplace import check_writable, rebase  # operators import us

    if records:
        if t._edge is LEAF:
            raise RuntimeError(
                "a leaf Variable that requires grad has been used in an in-place operation."
            )
        check_writable(t, True)
    t._counter[0] += 1
    if records:
        rebase(t, edge)


def _apply_dual(cls: type[Function], args: Sequence[Any]) -> Any:
    """Run ``forward`` on the primals, and ``jvp`` on the tangents."""
    result, node = _apply(cls, [primal(a) for a in args])
    if node._to_save_forward:
        node.saved = tuple([None if t is None else Saved(t, None) for t in node._to_save_forward])
    tangents = cls.jvp(node, *[_tangent(a, node.materialize_grads) for a in args])
    outs = result if isinstance(result, tuple) else (result,)
    pushed = tangents if isinstance(tangents, tuple) else (tangents,)
    if len(pushed) != len(outs):
        raise RuntimeError(
            "Function's jvp returned an invalid number of forward gradients (expected "
            f"{len(outs)} but got {len(pushed)})"
        )
    duals = tuple([o if t is None else _dual(o, t) for o, t in zip(outs, pushed)])
    return duals if isinstance(result, tuple) else duals[0]


def _tangent(a: Any, materialize: bool) -> Any:
    found = tangent(a)
    if found is None and materialize and isinstance(a, Tensor):
        return wrap(np.zeros_like(primal(a)._array))
    return found


def _dual(out: Tensor, t: Tensor) -> Tensor:
    check_tangent(out, t)
    return as_dual(out, t)


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
