"""Softmax cross entropy of class indices as one node.

PyTorch records two, log-softmax and the negative log-likelihood; fused, the logits are read twice
forward and once back. The plain definition, which transforms and second derivatives use, is the
composition of those two Operators.
"""

from __future__ import annotations

from typing import Any

from rushlight.autograd.engine import edge_of
from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence, stale_input
from rushlight.kernels import cross_entropy as kernels
from rushlight.kernels import likelihood
from rushlight.ops.comparison import ne
from rushlight.ops.fast import F4, F8
from rushlight.ops.losses import nll, nll_2d, nll_backward
from rushlight.ops.masking import kept
from rushlight.ops.nodes import named_node
from rushlight.ops.softmax import log_softmax
from rushlight.ops.tied import tie
from rushlight.parameter import Parameter
from rushlight.tensor import Tensor, new

__all__ = ["cross_entropy_of", "nll_of"]


class FusedCrossEntropy(Node):
    """``saved`` is (logits, target, weight, what the kernel kept); hooks drop the last."""

    params: tuple[Any, ...]

    def positions(self) -> tuple[str, ...]:
        return "logits", "target", "weight"

    def settings(self) -> dict[str, Any]:
        return dict(zip(("ignore_index", "smoothing", "reduction"), self.params))

    def _check(self, logits: Any, target: Any, weight: Any) -> None:
        first, second, third = self.versions[:3]
        if logits._counter[0] != first:
            raise stale_input(logits, first)
        if target._counter[0] != second:
            raise stale_input(target, second)
        if weight is not None and weight._counter[0] != third:
            raise stale_input(weight, third)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        saved = self.saved
        if len(saved) == 4:
            logits, target, weight, kept = saved
            self._check(logits, target, weight)
            return (kernels.cross_entropy_backward(g, kept),)
        self._check(*saved)
        arrays: Any = [None if t is None else t._array for t in saved]
        kept = kernels.cross_entropy_forward(*arrays, *self.params)[1]
        return (kernels.cross_entropy_backward(g, kept),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        logits, target, weight = self.saved[:3]
        self._check(logits, target, weight)
        from rushlight.autograd.backward import grad
        from rushlight.autograd.modes import enable_grad

        with enable_grad():
            loss = composed(logits, target, weight, *self.params)
            return grad(loss, logits, g, create_graph=True)


# PyTorch's last step has a name of its own for images, and another with smoothing.
OF_ROWS = named_node("NllLossBackward0", FusedCrossEntropy)
OF_IMAGES = named_node("NllLoss2DBackward0", FusedCrossEntropy)
SMOOTHED = named_node("AddBackward0", FusedCrossEntropy)


def composed(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    smoothing: float,
    reduction: str,
) -> Tensor:
    """The definition: log-softmax, negative log-likelihood, and the share of the smoothing."""
    axis = 0 if input.dim() == 1 else 1
    if not input.dtype.is_floating_point and input.numel():
        kernel = "log_softmax_lastdim" if input.dim() <= 2 else "log_softmax"
        raise NotImplementedError(
            f"\"{kernel}_kernel_impl\" not implemented for '{input.dtype.scalar_name}'"
        )
    logs = log_softmax(input, axis)
    loss, total = nll(logs, target, weight, ignore_index, reduction)
    if not smoothing:
        return loss  # type: ignore[no-any-return]
    if weight is not None:
        weighted = logs * weight.reshape([-1] + [1] * (input.dim() - 1 - axis))
    else:
        weighted = logs
    even = -weighted.sum(axis)
    even = kept(even, ne(target, ignore_index))
    if reduction != "none":
        even = even.sum()
    if reduction == "mean":
        even = even / total.to(even.dtype)  # a float64, where no weights are
    share = smoothing / (input.size(axis) or 1)
    return (1 - smoothing) * loss + share * even  # type: ignore[no-any-return]


def cross_entropy_of(
    input: Any,
    target: Any,
    weight: Any,
    ignore_index: int,
    smoothing: float,
    reduction: str,
) -> Tensor:
    """Cross entropy with class indices: fused for plain float tensors, else `composed`."""
    kind = type(input)
    if (
        (kind is not Tensor and kind is not Parameter)
        or type(target) is not Tensor
        or (input._array.dtype is not F4 and input._array.dtype is not F8)
        or (weight is not None and type(weight) is not Tensor)
    ):
        return composed(input, target, weight, ignore_index, smoothing, reduction)
    loss, kept = kernels.cross_entropy_forward(
        input._array,
        target._array,
        None if weight is None else weight._array,
        ignore_index,
        smoothing,
        reduction,
    )
    result = new(Tensor)
    result._array = loss
    result._counter = [0]
    if mode.grad:
        edge = edge_of(input)
        if edge is not None:
            if smoothing:
                node = new(SMOOTHED)
            else:
                node = new(OF_ROWS if input._array.ndim <= 2 else OF_IMAGES)
            node.edges = (edge,)
            node.saved = (input, target, weight, kept)
            node.versions = (
                input._counter[0],
                target._counter[0],
                0 if weight is None else weight._counter[0],
            )
            node.params = (ignore_index, smoothing, reduction)
            node.seq = next(sequence)
            result._edge = node
    elif mode.inference:
        mark_inference(result)
    return result


# -- the negative log-likelihood by itself -----------------------------------------------------


class PlainNll(Node):
    """Without class weights: ``saved`` is (target, version), ``params`` the other arguments."""

    params: tuple[Any, ...]

    def positions(self) -> tuple[str, ...]:
        return ("target",)

    def settings(self) -> dict[str, Any]:
        names = ("log_probs_shape", "ignore_index", "reduction")
        return {"weight": None, **dict(zip(names, self.params))}

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        target, version = self.saved
        if target._counter[0] != version:
            raise stale_input(target, version)
        shape, ignore_index, reduction, total = self.params
        args = (shape, target._array, None, ignore_index, reduction, total)
        return (likelihood.nll_backward(g, *args),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        target, version = self.saved
        if target._counter[0] != version:
            raise stale_input(target, version)
        shape, ignore_index, reduction, total = self.params
        grad = nll_backward(g, shape, target, None, ignore_index, reduction, total)
        return (tie(grad, self.edges[0], (shape, grad._array.dtype), self.name()),)


PLAIN_ROWS = named_node("NllLossBackward0", PlainNll)
PLAIN_IMAGES = named_node("NllLoss2DBackward0", PlainNll)


def nll_of(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Tensor:
    """The negative log-likelihood: in few calls for plain float tensors without class weights."""
    kind = type(input)
    x = input._array
    if (
        (kind is not Tensor and kind is not Parameter)
        or type(target) is not Tensor
        or weight is not None
        or (x.dtype is not F4 and x.dtype is not F8)
    ):
        op = nll if x.ndim <= 2 else nll_2d
        return op(input, target, weight, ignore_index, reduction)[0]  # type: ignore[no-any-return]
    loss, total = likelihood.nll(x, target._array, None, ignore_index, reduction)
    result = new(Tensor)
    result._array = loss
    result._counter = [0]
    if mode.grad:
        edge = edge_of(input)
        if edge is not None:
            node: Any = new(PLAIN_ROWS if x.ndim <= 2 else PLAIN_IMAGES)
            node.edges = (edge,)
            node.saved = (target, target._counter[0])
            node.params = (x.shape, ignore_index, reduction, total)
            node.seq = next(sequence)
            result._edge = node
    elif mode.inference:
        mark_inference(result)
    return result
