"""Strict mode of `rushlight.autograd.functional`: everything has to depend on everything.

Without it, what does not depend on the inputs has zeros for derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rushlight.tensor import Tensor

__all__ = ["CONSTANT", "check_tracked", "filled_with_zeros", "zeros"]


def zeros(x: Tensor) -> Tensor:
    """Zeros like `x`, which is no part of a graph."""
    return x.new_zeros(tuple(x.shape))  # type: ignore[no-any-return]


# Strict mode: what has to depend on the inputs, and what is said where it does not.
_UNTRACKED = {
    "outputs": "Output {i} of the user-provided function does not require gradients. The outputs "
    "must be computed in a differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {i} is independent of the inputs of the "
    "user-provided function. This is not allowed in strict mode.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided "
    "function with respect to input {i} is independent of the input. This is not allowed in strict "
    "mode. You should ensure that your function is twice differentiable and that the jacobian "
    "depends on the inputs (this would be violated by a linear function for example).",
}
_UNUSED = {
    "back": "The output of the user-provided function is independent of input {i}. This is not "
    "allowed in strict mode.",
    "back_trick": "The gradient with respect to the input is independent of entry {i} in the "
    "grad_outputs when using the double backward trick to compute forward mode gradients. This is "
    "not allowed in strict mode.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {i} in "
    "the grad_jacobian. This is not allowed in strict mode as it prevents from using the double "
    "backward trick to replace forward mode AD.",
    "double_back": "The jacobian of the user-provided function is independent of input {i}. This "
    "is not allowed in strict mode.",
}
CONSTANT = (
    "The {what} of the user-provided function is independent of input {i}. This is not allowed in "
    "strict mode when create_graph=True."
)


def check_tracked(xs: Sequence[Any], what: str, strict: bool) -> None:
    """In strict mode: each of `xs`, which are `what`, has to depend on the inputs."""
    if not strict:
        return
    for i, x in enumerate(xs):
        if x is None:
            raise RuntimeError(_UNUSED["back"].format(i=i))
        if not x.requires_grad:
            raise RuntimeError(_UNTRACKED[what].format(i=i))


def filled_with_zeros(
    grads: Sequence[Any], refs: Sequence[Tensor], strict: bool, create_graph: bool, stage: str
) -> tuple[Tensor, ...]:
    """Zeros for missing gradients, which strict mode forbids."""
    if strict:
        for i, g in enumerate(grads):
            if g is None:
                raise RuntimeError(_UNUSED[stage].format(i=i))
            if create_graph and not g.requires_grad:
                what = "hessian" if stage.startswith("double") else "jacobian"
                raise RuntimeError(CONSTANT.format(what=what, i=i))
    return tuple(zeros(x) if g is None else g for g, x in zip(grads, refs))
