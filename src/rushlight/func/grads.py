"""Reverse mode as a transform of functions: `grad`, `grad_and_value`, `vjp`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rushlight.autograd.modes import enable_grad, mode, no_grad
from rushlight.autograd.rows import gradients
from rushlight.autograd.saved import (
    disable_hooks,
    disabled_message,
    enable_hooks,
    top_default_hooks,
)
from rushlight.func.history import aliases, ended, is_live, released
from rushlight.func.trees import flatten, map_tree, outline, unflatten
from rushlight.ops.convert import zeroed
from rushlight.tensor import Tensor

__all__ = ["Argnums", "check_outputs", "grad", "grad_and_value", "selected", "vjp", "with_aux"]

Argnums = int | tuple[int, ...]


class _recording(enable_grad):
    """Records, inside `inference_mode` too, and lets nobody set hooks of saved tensors.

    The graph is gone after the call.
    """

    def __enter__(self) -> None:
        self.message = disabled_message()
        if top_default_hooks() is not None:
            raise RuntimeError(_NO_HOOKS)
        disable_hooks(_NO_HOOKS)
        self.outside = (mode.grad, mode.forward, mode.inference, mode.asked, mode.derivative)
        mode.derivative = True
        if mode.inference:
            mode.inference = False
            mode.forward = True
        super().__enter__()

    def __exit__(self, *_: Any) -> None:
        super().__exit__()
        mode.grad, mode.forward, mode.inference, mode.asked, mode.derivative = self.outside
        if self.message is None:
            enable_hooks()
        else:
            disable_hooks(self.message)


@contextmanager
def _reading_inference() -> Iterator[None]:
    """Let a pass read the inference tensors that its derivative saved."""
    before = mode.derivative
    mode.derivative = True
    try:
        yield
    finally:
        mode.derivative = before


_NO_HOOKS = (
    "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an "
    "issue with your use case."
)


def grad(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return the function that computes the gradient of `func`, which returns a scalar.

    `argnums` says with respect to which positional arguments, trees of floating-point tensors; the
    result is a gradient for each, a tuple where `argnums` is one. With `has_aux` `func` returns a
    pair ``(output, aux)``, and the result is ``(gradient, aux)``. Gradients of gradients, and of
    functions with other transforms inside, work.

    Raises RuntimeError where `func` doesn't return a tensor of one element.

    >>> import rushlight as torch
    >>> from rushlight.func import grad
    >>> grad(torch.sin)(torch.tensor(0.0))
    tensor(1.)
    >>> grad(grad(lambda x: x**3))(torch.tensor(2.0))
    tensor(12.)
    """
    transformed = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = transformed(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return the function that computes the gradient of `func`, as `grad` does, and its value.

    The result is ``(gradient, value)``, or ``(gradient, (value, aux))`` with `has_aux`.

    >>> import rushlight as torch
    >>> torch.func.grad_and_value(lambda x: (x * x).sum())(torch.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """

    @functools.wraps(func, updated=())
    def transformed(*args: Any, **kwargs: Any) -> Any:
        recording = mode.grad
        with _recording():
            inside, inputs, spec = _differentiable(args, argnums)
            output = func(*inside, **kwargs)
            aux = None
            if has_aux:
                output, aux = with_aux("grad_and_value(f)(*args)", output)
            _check_scalar(output)
            leaves, _ = flatten((output, aux))
            ended(inputs)
            live = recording and is_live(leaves)
            found = _pull([output], inputs, None, live, True)
        free = functools.partial(_freed, recording=recording, live=live)
        result = unflatten([free(g) for g in found], spec)
        if has_aux:
            return result, (free(output), map_tree(_checked_aux(free), aux))
        return result, free(output)

    return transformed


def selected(args: Sequence[Any], argnums: Any) -> Any:
    """Return the arguments that `argnums` names: one, or a tuple."""
    if isinstance(argnums, int) and not isinstance(argnums, bool):
        return args[_wrapped(argnums, len(args))]
    if isinstance(argnums, tuple):
        if not argnums:
            raise RuntimeError("argnums must be non-empty")
        wrapped = [_wrapped(i, len(args)) for i in argnums]
        if len(set(wrapped)) != len(wrapped):
            raise RuntimeError(f"argnums elements must be unique, got {argnums}")
        return tuple([args[i] for i in wrapped])
    raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")


def replaced(args: Sequence[Any], argnums: Any, new: Any) -> list[Any]:
    """Return the arguments with others in place of those that `argnums` names."""
    result = list(args)
    for i, value in zip((argnums,), (new,)) if isinstance(argnums, int) else zip(argnums, new):
        result[i] = value
    return result


def _wrapped(argnum: int, count: int) -> int:
    if not -count <= argnum < count:
        raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
    return argnum % count


def _differentiable(args: Sequence[Any], argnums: Any) -> tuple[list[Any], list[Tensor], Any]:
    """Return the arguments with aliases to differentiate by, the aliases, and their tree."""
    leaves, spec = flatten(selected(args, argnums))
    inputs = aliases([_checked(x) for x in leaves])
    return replaced(args, argnums, unflatten(inputs, spec)), inputs, spec


def _checked(x: Any) -> Tensor:
    if not isinstance(x, Tensor):
        raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    return x


def _check_scalar(output: Any) -> None:
    start = "grad_and_value(f)(*args): Expected f(*args) to return a "
    if not isinstance(output, Tensor):
        raise RuntimeError(f"{start}Tensor, got {type(output)}")
    if output.dim() != 0:
        raise RuntimeError(
            f"{start}scalar Tensor, got tensor with {output.dim()} dims. Maybe you wanted to use "
            "the vjp or jacrev APIs instead?"
        )


def check_outputs(who: str, outputs: Sequence[Any]) -> None:
    """Raise RuntimeError for a leaf of a function's output that is no tensor."""
    for out in outputs:
        if not isinstance(out, Tensor):
            raise RuntimeError(
                f"{who}: expected f(*primals) to return only tensors, got unsupported type "
                f"{type(out)}"
            )


def with_aux(who: str, output: Any) -> tuple[Any, Any]:
    """Return the two parts of what a function with ``has_aux`` returned, or raise RuntimeError."""
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{who}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


def _checked_aux(free: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(x: Any) -> Any:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(x)}")
        return free(x)

    return check


def _freed(t: Any, recording: bool, live: bool) -> Any:
    """A result without the history that ends with this derivative."""
    return released(t, live) if recording else t.detach()


def _pull(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    cotangents: Sequence[Tensor] | None,
    create_graph: bool,
    retain_graph: bool,
) -> list[Any]:
    """Return the cotangents of `inputs`, zeros where `outputs` don't depend on them."""
    with _reading_inference(), enable_grad() if create_graph else no_grad():
        found = gradients(outputs, inputs, cotangents, create_graph, retain_graph=retain_graph)
    return [zeroed(x) if g is None else g for g, x in zip(found, inputs)]


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Run `func` and return its output and the function that pulls cotangents back through it.

    The second maps cotangents, a tree like the output's, to those of `primals`, a tuple; it can be
    called more than once, and under `vmap`. With `has_aux` `func` returns ``(output, aux)``, and
    aux is a third result.

    Raises RuntimeError where `func` returns anything but tensors, or cotangents don't fit.

    >>> import rushlight as torch
    >>> y, pull = torch.func.vjp(torch.sin, torch.zeros(2))
    >>> pull(torch.tensor([1.0, 2.0]))
    (tensor([1., 2.]),)
    """
    recording = mode.grad
    with _recording():
        inside, inputs, spec = _differentiable(primals, tuple(range(len(primals))))
        output = func(*inside)
    aux = None
    if has_aux:
        output, aux = with_aux("vjp(f, *primals)", output)
    outputs, out_spec = flatten(output)
    check_outputs("vjp(f, *primals)", outputs)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, given_spec = flatten(cotangents)
        if given_spec != out_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {outline(given_spec)}, "
                f"primal output: {outline(out_spec)}"
            )
        create = mode.grad if create_graph is None else create_graph
        create = create and is_live([*outputs, *given])
        found = _pull(outputs, inputs, given, create, retain_graph)
        return unflatten([released(g, create) for g in found], spec)

    ended(inputs)
    free = functools.partial(_freed, recording=recording, live=True)
    result = unflatten([free(out) for out in outputs], out_spec)
    return (result, pull, map_tree(_checked_aux(free), aux)) if has_aux else (result, pull)
