"""Softmax cross entropy of class probabilities as one node, with cotangents of both operands.

As in rushlight.ops.cross_entropy: PyTorch composes it, and so does the plain definition here, which
transforms, mixed dtypes and second derivatives use.
"""

from __future__ import annotations

from typing import Any

from rushlight.autograd.engine import edge_of
from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import enable_grad, mode
from rushlight.autograd.node import Node, sequence, stale_input
from rushlight.kernels import cross_entropy as kernels
from rushlight.ops.fast import F4, F8
from rushlight.ops.losses import divided
from rushlight.ops.nodes import named_node
from rushlight.ops.softmax import log_softmax
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, new

__all__ = ["soft_cross_entropy_of"]


class FusedSoftCrossEntropy(Node):
    """``saved`` is (logits, target, weight, what the kernel kept); hooks drop the last."""

    params: tuple[float, str]

    def positions(self) -> tuple[str, ...]:
        return "logits", "target", "weight"

    def settings(self) -> dict[str, Any]:
        return dict(zip(("smoothing", "reduction"), self.params))

    def _operands(self) -> tuple[Any, Any, Any]:
        logits, target, weight = self.saved[:3]
        for t, version in zip((logits, target, weight), self.versions):
            if t is not None and t._counter[0] != version:
                raise stale_input(t, version)
        return logits, target, weight

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        operands = [None if t is None else t._array for t in self._operands()]
        arguments: Any = (*operands, *self.params)
        if len(self.saved) == 4:
            kept = self.saved[3]
        else:
            kept = kernels.cross_entropy_soft_forward(*arguments)[1]
        return kernels.cross_entropy_soft_backward(g, kept, edges[1] is not None)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        from rushlight.autograd.backward import grad

        logits, target, weight = self._operands()
        wanted = [t for t, edge in zip((logits, target), edges) if edge is not None]
        with enable_grad():
            loss = composed(logits, target, weight, *self.params)
            found = iter(grad(loss, wanted, g, create_graph=True))
            return [None if edge is None else next(found) for edge in edges]


# By reduction: PyTorch's last steps.
CLASSES = {
    "none": named_node("NegBackward0", FusedSoftCrossEntropy),
    "sum": named_node("NegBackward0", FusedSoftCrossEntropy),
    "mean": named_node("DivBackward1", FusedSoftCrossEntropy),
}


def composed(
    input: Tensor, target: Tensor, weight: Tensor | None, smoothing: float, reduction: str
) -> Tensor:
    """The definition: minus the weighted inner product of log-softmax and smoothed target."""
    axis = min(1, max(0, input.ndim - 1))
    classes = input.size(axis) or 1
    if smoothing > 0:
        target = target * (1 - smoothing) + smoothing / classes
    products: Any = log_softmax(input, axis) * target
    if weight is not None:
        products = products * weight.reshape([-1] + [1] * (input.ndim - 1 - axis))
    if reduction == "none":
        return -products.sum(axis)  # type: ignore[no-any-return]
    total = -products.sum()
    if reduction == "sum":
        return total  # type: ignore[no-any-return]
    if not input.numel():
        return -(products.sum() / 0.0)  # type: ignore[no-any-return]
    return divided(total, input.numel() / classes)  # type: ignore[no-any-return]


def soft_cross_entropy_of(
    input: Any, target: Any, weight: Any, smoothing: float, reduction: str
) -> Tensor:
    """Cross entropy with probabilities: fused for plain floats of one dtype, else `composed`."""
    plain = (Tensor, Parameter)
    x, probabilities = input._array, target._array
    dtype = x.dtype
    if (
        type(input) not in plain
        or type(target) not in plain
        or (dtype is not F4 and dtype is not F8)
        or probabilities.dtype is not dtype
        or (weight is not None and (type(weight) is not Tensor or weight._array.dtype is not dtype))
        or (weight is not None and weight.requires_grad)
        or not x.size
        or not x.ndim
    ):
        return composed(input, target, weight, smoothing, reduction)
    loss, kept = kernels.cross_entropy_soft_forward(
        x, probabilities, None if weight is None else weight._array, smoothing, reduction
    )
    result = new(Tensor)
    result._array = loss
    result._counter = [0]
    if mode.grad:
        edges = (edge_of(input), edge_of(target))
        if edges != (None, None):
            node = CLASSES[reduction]()
            node.edges = edges
            node.saved = (input, target, weight, kept)
            node.versions = tuple(
                [0 if t is None else t._counter[0] for t in (input, target, weight)]
            )
            node.params = (smoothing, reduction)
            node.seq = next(sequence)
            result._edge = node
    elif mode.inference:
        mark_inference(result)
    return result
