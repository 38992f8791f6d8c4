"""A tensor's ties to its graph: backward, detach."""

from __future__ import annotations

from typing import Any

from rushlight import autograd
from rushlight.autograd.forward_ad import forget_tangent
from rushlight.autograd.modes import mode
from rushlight.ops import convert
from rushlight.ops.outputs import require_tensor
from rushlight.tensor import Tensor, View, new

__all__ = ["detach", "detach_"]

METHODS = ("backward", "detach", "detach_")


def backward(
    input: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of this tensor with respect to graph leaves in their ``.grad``.

    See `rushlight.autograd.backward`.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).backward(torch.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    autograd.backward(input, gradient, retain_graph, create_graph, inputs=inputs)


def detach(input: Tensor) -> Tensor:
    """Return a tensor of the same memory that no gradient flows through.

    A later in-place change of either shows in both, and is noticed by graphs that saved one.

    >>> import rushlight as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> x.detach()
    tensor([1., 1.])
    """
    require_tensor(input, "detach", "input", 1)
    if input._interpreter is not None:
        result: Tensor = convert.detached(input)
        return result
    out = new(Tensor)
    out._array = input._array
    out._counter = input._counter
    return out


def detach_(input: Tensor) -> Tensor:
    """Cut this tensor off its graph: it becomes a leaf that requires no grad.

    Raises RuntimeError for views, whose history belongs to their base.
    """
    require_tensor(input, "detach_", "input", 1)
    if mode.inference:  # where no tensor has a history that could be cut
        return input
    if type(input._edge) is View:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    input._edge = None
    forget_tangent(input)
    return input
