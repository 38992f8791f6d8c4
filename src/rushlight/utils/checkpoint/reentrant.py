"""The reentrant checkpoint: a Function that runs a backward pass inside its own backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from rushlight.autograd.backward import backward
from rushlight.autograd.function import Function
from rushlight.autograd.modes import enable_grad
from rushlight.autograd.threads import accumulates_everywhere
from rushlight.tensor import Tensor
from rushlight.utils.checkpoint.surroundings import Surroundings

__all__ = ["CheckpointFunction", "check_backward_validity", "detach_variable"]


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Detach the tensors of a tuple; they require grad as before. RuntimeError for no tuple."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(
            "Only tuple of tensors is supported. Got Unsupported input type: "
            f"{type(inputs).__name__}"
        )
    return tuple([_detached(x) if isinstance(x, Tensor) else x for x in inputs])


def _detached(t: Tensor) -> Tensor:
    leaf: Tensor = t.detach()
    leaf.requires_grad = t.requires_grad
    return leaf


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn where no tensor among `inputs` requires grad, so that no gradient can flow."""
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
        )


class CheckpointFunction(Function):
    """Runs ``run_function(*args)`` without recording, and again, recorded, in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any
    ) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.surroundings = Surroundings(preserve_rng_state)
        ctx.inputs = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if not accumulates_everywhere():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can "
                "either set use_reentrant=False, or call .backward() without passing the `inputs` "
                "argument."
            )
        args = list(ctx.inputs)
        for i, t in zip(ctx.places, ctx.saved_tensors):
            args[i] = t
        inputs = detach_variable(tuple(args))
        with ctx.surroundings.again(), enable_grad():
            outputs = ctx.run_function(*inputs)
        outs = (outputs,) if isinstance(outputs, Tensor) else outputs
        tracked = [
            (out, g) for out, g in zip(outs, grads) if isinstance(out, Tensor) and out.requires_grad
        ]
        if not tracked:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        backward([out for out, _ in tracked], [g for _, g in tracked])
        return None, None, *[x.grad if isinstance(x, Tensor) else None for x in inputs]
