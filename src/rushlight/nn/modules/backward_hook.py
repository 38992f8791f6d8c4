"""Full backward hooks: what a module's inputs and outputs receive in a backward pass.

A module is no operator, so its gradients have no node of their own. Two identities are recorded
around ``forward``, one on its inputs and one on its outputs, and hooks on their nodes see the
cotangents of the outputs (first) and of the inputs (last), whatever happens between. Made anew at
each call, so that a module that is called twice reports each call by itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from rushlight.api.create import zeros
from rushlight.autograd.function import Function
from rushlight.autograd.modes import is_grad_enabled
from rushlight.tensor import Tensor

__all__ = ["BackwardHook"]

Hook = Callable[..., Any]


class BackwardHookFunction(Function):
    """The identity on tensors, recorded as one node."""

    @staticmethod
    def forward(ctx: Any, *args: Tensor) -> tuple[Tensor, ...]:
        """Return the tensors; those that need no gradient stay without one."""
        ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
        return args

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        """Return the cotangents."""
        return grads


class BackwardHook:
    """One call of a module: its hooks, and the outputs' cotangents until the inputs' come."""

    def __init__(self, module: Any, user_hooks: list[Hook], user_pre_hooks: list[Hook]) -> None:
        self.module = module
        self.hooks = user_hooks
        self.pre_hooks = user_pre_hooks
        self.grad_outputs: Any = None

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments with the tensors among them passed through the first identity."""
        self.n_inputs = len(args)
        wrapped, self.inputs, node = _identity(args)
        if node is not None:
            node.register_hook(self._at_inputs)
            self.constants = {
                i: (args[i].shape, args[i].dtype)
                for i in self.inputs or ()
                if not args[i].requires_grad
            }
        return wrapped

    def setup_output_hook(self, result: Any) -> Any:
        """Return the result with the tensors in it passed through the second identity."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(outputs)
        wrapped, self.outputs, node = _identity(outputs)
        if node is not None:
            node.register_hook(self._at_outputs)
        return wrapped if isinstance(result, tuple) else wrapped[0]

    def _at_outputs(self, _: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """Keep the outputs' cotangents, as the pre-hooks left them."""
        given = _spread(self.outputs, grads, self.n_outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, given)
            if changed is not None:
                _same_number("pre hook", "grad_output", changed, given)
                given = changed
        if self.inputs is None:  # nothing will arrive there: the hooks run now
            self._without_inputs(given)
        else:
            self.grad_outputs = given
        return tuple(given[i] for i in self.outputs or ())

    def _at_inputs(self, grads: tuple[Any, ...], _: Any) -> Any:
        """Call the hooks with both ends' cotangents; return the inputs' as they left them."""
        if self.grad_outputs is None:  # the gradient came on a path around the outputs
            return None
        shown = list(_spread(self.inputs, grads, self.n_inputs))
        for i, (shape, dtype) in self.constants.items():
            shown[i] = zeros(shape, dtype=dtype)  # as PyTorch does, instead of None
        given: Any = tuple(shown)
        for hook in self.hooks:
            changed = hook(self.module, given, self.grad_outputs)
            if changed is not None:
                _same_number("hook", "grad_input", changed, given)
                given = changed
        self.grad_outputs = None
        # The zeros of constants were only shown: the node has no cotangent there to replace.
        return tuple(None if i in self.constants else given[i] for i in self.inputs or ())

    _at_outputs.__name__ = _at_inputs.__name__ = "hook"  # what errors about its result call it

    def _without_inputs(self, grad_outputs: Any) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients. See https://docs.pytorch.org/docs/main/"
            "generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook for more "
            "details.",
            stacklevel=5,
        )
        nothing = (None,) * self.n_inputs
        for hook in self.hooks:
            changed = hook(self.module, nothing, grad_outputs)
            if changed is not None and not (
                isinstance(changed, tuple) and all(g is None for g in changed)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )


def _identity(args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int] | None, Any]:
    """Pass the tensors among `args` through one identity; return where they are, and its node.

    Nothing is recorded, and the places are None, where no tensor requires grad.
    """
    places = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
    if not (is_grad_enabled() and any(args[i].requires_grad for i in places)):
        return args, None, None
    passed = BackwardHookFunction.apply(*[args[i] for i in places])
    out = list(args)
    for i, tensor in zip(places, passed):
        out[i] = tensor
    node = next(t.grad_fn for t in passed if t.grad_fn is not None)
    if type(args) is tuple:
        return tuple(out), places, node
    return type(args)(*out), places, node  # a named tuple takes its fields one by one


def _spread(places: list[int] | None, values: Sequence[Any], size: int) -> tuple[Any, ...]:
    out: list[Any] = [None] * size
    for i, value in zip(places or (), values):
        out[i] = value
    return tuple(out)


def _same_number(which: str, what: str, changed: Any, given: Any) -> None:
    if len(changed) != len(given):
        raise RuntimeError(
            f"Backward {which} returned an invalid number of {what}, got {len(changed)}, but "
            f"expected {len(given)}"
        )
