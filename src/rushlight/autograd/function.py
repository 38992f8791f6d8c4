"""Custom operators: `Function`, whose ``forward`` and ``backward`` the user writes.

The ``ctx`` that both receive is the graph node itself, as in PyTorch, so whatever is put on it
lives exactly as long as the graph.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from rushlight.autograd.context import BackwardCFunction, FunctionCtx
from rushlight.autograd.delayed import DelayedError
from rushlight.autograd.forward_ad import Dual
from rushlight.autograd.function_jvp import push_tangents
from rushlight.autograd.function_outputs import hang_outputs, save_tensors
from rushlight.autograd.hooks import RemovableHandle
from rushlight.autograd.modes import is_grad_enabled, mode, no_grad
from rushlight.autograd.node import sequence
from rushlight.tensor import LEAF, Tensor, View

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]

AUTOGRAD_FUNCTION_COUNTER = itertools.count()

_ContextMethodMixin = FunctionCtx  # its name in old pickles


class _HookMixin:
    """Keeps hooks in an ordered dictionary, for classes that have hooks of their own."""

    @staticmethod
    def _register_hook(backward_hooks: Any, hook: Any) -> tuple[Any, RemovableHandle]:
        """Add a hook to a dictionary, or to a new one for None; return that and the handle."""
        hooks = OrderedDict() if backward_hooks is None else backward_hooks
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return hooks, handle


class FunctionMeta(type):
    """The type of Functions: makes for each its node class, which is named ``<Function>Backward``.

    The two know each other as ``_backward_cls`` and ``_forward_cls``.
    """

    _backward_cls: type[BackwardCFunction]

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        super().__init__(name, bases, attrs)
        cls._backward_cls = type(
            name + "Backward",
            (BackwardCFunction,),
            {
                "_forward_cls": cls,
                "_autograd_function_id": next(AUTOGRAD_FUNCTION_COUNTER),
                "__module__": "torch.autograd.function",
            },
        )


class _SingleLevelFunction(FunctionCtx, metaclass=FunctionMeta):
    """What a Function is below the transforms of `rushlight.func`: one call, one node."""

    _backward_cls: ClassVar[type[BackwardCFunction]]
    # With True, reading ``ctx.saved_tensors`` lets go of them: they may die while backward runs.
    clear_saved_tensors_on_access: ClassVar[bool] = False
    # With True, ``backward(ctx, grads)`` takes one list, and may drop cotangents on the way.
    boxed_grads_call: ClassVar[bool] = False

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
    def _user_backward(cls) -> Callable[..., Any]:
        own = cls.backward is not _SingleLevelFunction.backward
        if own and cls.vjp is not _SingleLevelFunction.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.backward if own else cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` without recording, and record this call as one node."""
        if kwargs:
            args = _positional(cls, args, kwargs)
        return call_of(cls, args)


class Function(_SingleLevelFunction):
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

    generate_vmap_rule: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """Compute a whole batch: return ``(output, out_dims)``.

        `info` has ``batch_size`` and ``randomness``; `in_dims` says of each argument which
        dimension is the batch's, or None.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or "
            "set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` without recording, and record this call as one node.

        Returns what ``forward`` returns: tensors among its outputs, or in a tuple of them, have
        this call as their history. Tensors inside of other arguments are not looked for.
        """
        if cls.setup_context is not _SingleLevelFunction.setup_context:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        return super().apply(*args, **kwargs)


def _is_setup_context_defined(fn: Any) -> bool:
    return fn is not _SingleLevelFunction.setup_context


def _positional(
    cls: type[_SingleLevelFunction], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """Put arguments that were given by name where ``forward`` has them.

    PyTorch fills in no defaults on the way, since each argument counts in ``backward``.
    """
    code = cls.forward.__code__
    names = code.co_varnames[: code.co_argcount]
    if cls.setup_context is _SingleLevelFunction.setup_context:
        names = names[1:]
    for name in kwargs:
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if name in names[: len(args)]:
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    last = max(names.index(name) for name in kwargs)
    found = list(args)
    for i in range(len(args), last + 1):
        if names[i] not in kwargs:
            raise TypeError(f"forward() missing required argument: '{names[i]}' (position {i})")
        found.append(kwargs[names[i]])
    return tuple(found)


def call_of(
    cls: type[_SingleLevelFunction],
    args: Sequence[Any],
    level: Any = None,
    run: Callable[[], Any] | None = None,
) -> Any:
    """Run ``forward``, and hang the outputs on a node.

    Under a transform `run` stands in for ``forward``, and the node is one of its `level`.
    """
    node = cls._backward_cls()
    recording = mode.grad
    slots: list[int] = []
    edges: list[Any] = []
    metas: list[Any] = []
    needs: list[bool] = []
    is_tensor: list[bool] = []
    found = False
    dual = False
    inner: Any = level
    for i, a in enumerate(args):
        if not isinstance(a, Tensor):
            needs.append(False)
            is_tensor.append(False)
            continue
        interpreter = a._interpreter
        if interpreter is not level:
            if type(a) is Dual:
                dual = dual or run is None
            elif run is None and (inner is None or interpreter.level > inner.level):
                inner = interpreter
        # A tensor of another level has its history there.
        edge = a._edge if interpreter is level or (dual and type(a) is Dual) else None
        if edge is LEAF:
            edge = a
        elif type(edge) is View:
            edge = edge.refresh(a)
            if edge is LEAF:
                edge = a
        # A view that was made under no_grad requires grad and has no edge.
        wanted = edge is not None or (
            type(a._edge) is View and interpreter is level and a.requires_grad
        )
        found = found or wanted
        needs.append(wanted)
        is_tensor.append(True)
        slots.append(i)
        edges.append(edge)
        metas.append((a._array.shape, a._array.dtype))
    if inner is not level:
        from rushlight.func.functions import apply_at

        return apply_at(cls, args, inner)  # type: ignore[arg-type]
    records = recording and found
    node.needs_input_grad = tuple(needs)
    node.is_tensor = is_tensor
    if records:
        node.edges = tuple(edges)
        node.slots = slots
        node.metas = metas
    node.seq = next(sequence)  # who watches for new nodes finds a finished one
    sets_up = cls.setup_context is not _SingleLevelFunction.setup_context
    asked, forward = mode.asked, mode.forward
    try:
        if run is not None:
            output = run()
        mode.grad = mode.asked = mode.forward = False
        if sets_up:
            if run is None:
                output = cls.forward(*args)
            cls.setup_context(node, tuple(args), output)
        else:
            output = cls.forward(node, *args)
        mode.grad, mode.asked = recording, asked
        outs = output if isinstance(output, tuple) else (output,)
        node.outputs = len(outs)
        results = hang_outputs(node, outs, args, records, sets_up)
    finally:
        mode.grad, mode.asked, mode.forward = recording, asked, forward
    if dual:
        push_tangents(node, results, args)
    if node.to_save is not None:
        save_tensors(node, records)
    if node.saved_for_forward is not None:
        del node.saved_for_forward
    return tuple(results) if isinstance(output, tuple) else results[0]


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``backward`` whose own derivative is not to be taken: a second one raises."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args, **kwargs)
        if not is_grad_enabled():
            return outputs
        if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        outs = outputs if isinstance(outputs, tuple) else (outputs,)
        refuse = DelayedError(
            "trying to differentiate twice a function that was marked with @once_differentiable",
            len(outs),
        )
        return refuse(*[None if out is None else out.detach().requires_grad_() for out in outs])

    return wrapper


class InplaceFunction(Function):
    """Kept for old code: a `Function`. Use `mark_dirty`."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """Refused: Functions of nested tuples were called on instances, which PyTorch's aren't.

    Flatten the tuples and use `Function`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_NESTED)

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise NotImplementedError(_NESTED)


_NESTED = (
    "NestedIOFunction is there for its name only: it needs functions with a non-static forward, "
    "which PyTorch no longer runs either. Use torch.autograd.Function, and pass tensors flat."
)
