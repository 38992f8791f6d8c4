"""Sums, means and counts. ``dims`` is None for all, or sorted and non-negative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence
from rushlight.kernels import reduce as kernels
from rushlight.ops.comparison import isnan
from rushlight.ops.declare import constant, general, linear
from rushlight.ops.elementary import exp
from rushlight.ops.fast import F4, F8, view_edge
from rushlight.ops.masking import kept
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View, new

__all__ = [
    "all_",
    "any_",
    "count_nonzero",
    "full",
    "logsumexp",
    "mean",
    "nansum",
    "over",
    "spread",
    "sum_",
]

ndarray = np.ndarray
Dims = tuple[int, ...] | None


def _spread(g: Any, x_shape: tuple[int, ...], dims: Dims, keepdim: bool) -> Any:
    """Expand a reduced array back over the dimensions that it was reduced over: a view."""
    if g.ndim == 0:
        if type(g) is not ndarray:
            g = np.asarray(g)
        return ndarray(x_shape, g.dtype, g, 0, (0,) * len(x_shape))
    if dims and not keepdim:
        g = g.reshape([1 if d in dims else n for d, n in enumerate(x_shape)])
    return np.broadcast_to(g, x_shape)


sum_: Operator = linear(
    "sum",
    kernels.sum_,
    x=lambda g, x_shape, dims, keepdim: spread(g, x_shape, dims, keepdim),
    node="SumBackward1",
)
spread: Operator = linear("expand", _spread, g=lambda g, dims, keepdim: sum_(g, dims, keepdim))
mean: Operator = linear(
    "mean",
    kernels.mean,
    x=lambda g, x_shape, dims, keepdim: spread(
        g / max(kernels.count_of(x_shape, dims), 1), x_shape, dims, keepdim
    ),
    node="MeanBackward1",
)
sum_all: Operator = linear(
    "sum", lambda x: kernels.sum_(x), x=lambda g, x_shape: spread(g, x_shape, None, False)
)
mean_all: Operator = linear(
    "mean",
    lambda x: kernels.mean(x),
    x=lambda g, x_shape: spread(g / max(kernels.count_of(x_shape, None), 1), x_shape, None, False),
)


nansum = general(
    "nansum",
    kernels.nansum,
    # A product, so that gradients that are no numbers show: nanmean of nothing but nan.
    x=lambda g, x, x_shape, dims, keepdim: spread(g, x_shape, dims, keepdim) * ~isnan(x),
    jvp=lambda x_t, x, dims, keepdim: sum_(kept(x_t, ~isnan(x)), dims, keepdim),
)
logsumexp = general(
    "logsumexp",
    kernels.logsumexp,
    x=lambda g, x, y, x_shape, dims, keepdim: (
        spread(g, x_shape, dims, keepdim) * exp(x - spread(y, x_shape, dims, keepdim))
    ),
    jvp=lambda x_t, x, y, x_shape, dims, keepdim: sum_(
        x_t * exp(x - spread(y, x_shape, dims, keepdim)), dims, keepdim
    ),
)
any_ = constant("any", kernels.any_)
all_ = constant("all", kernels.all_)
count_nonzero = constant("count_nonzero", kernels.count_nonzero)


# -- fast paths --------------------------------------------------------------------------------


class FullNode(Node):
    """The node of a reduction of everything: the formula wants the input's shape."""

    rule: ClassVar[Callable[..., Any]]
    op: ClassVar[Operator]
    shape: tuple[int, ...]

    def settings(self) -> dict[str, Any]:
        return {"x_shape": self.shape}

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g, self.shape),)

    vjp_graph = vjp


class OverNode(FullNode):
    """The node of a reduction over some dimensions."""

    dims: Dims
    keepdim: bool

    def settings(self) -> dict[str, Any]:
        return {"x_shape": self.shape, "dims": self.dims, "keepdim": self.keepdim}

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        return (self.rule(g, self.shape, self.dims, self.keepdim),)

    vjp_graph = vjp


def full(op: Operator) -> Callable[[Tensor], Tensor]:
    """Make the fast path of a reduction of all elements (``loss.mean()``)."""
    rule = op.rules["x"]
    kernel = op.kernel

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        cls = named_node(op.node_name, FullNode, rule=staticmethod(rule.formula), op=op)
        return cls()

    cls = first_node  # the class itself once it is needed: see ops/fast.py

    def function(input: Tensor) -> Tensor:
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8:
                result = new(Tensor)
                result._array = kernel(x)
                result._counter = [0]
                if mode.grad:
                    edge = input._edge
                    if edge is not None:
                        if edge is LEAF:
                            edge = input
                        elif type(edge) is View:
                            edge = view_edge(edge, input)
                            if edge is None:
                                return result
                        node = cls()
                        node.edges = (edge,)
                        node.shape = x.shape
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return op.general(input)  # type: ignore[no-any-return]

    op.function = function
    return function


def over(op: Operator) -> Callable[[Tensor, Dims, bool], Tensor]:
    """Make the fast path of a reduction over some dimensions (``x.sum(1)``)."""
    rule = op.rules["x"]
    kernel = op.kernel

    cls: Any

    def first_node() -> Any:
        nonlocal cls
        cls = named_node(op.node_name, OverNode, rule=staticmethod(rule.formula), op=op)
        return cls()

    cls = first_node  # the class itself once it is needed: see ops/fast.py

    def function(input: Tensor, dims: Dims, keepdim: bool) -> Tensor:
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            x = input._array
            dtype = x.dtype
            if dtype is F4 or dtype is F8:
                result = new(Tensor)
                result._array = kernel(x, dims, keepdim)
                result._counter = [0]
                if mode.grad:
                    edge = input._edge
                    if edge is not None:
                        if edge is LEAF:
                            edge = input
                        elif type(edge) is View:
                            edge = view_edge(edge, input)
                            if edge is None:
                                return result
                        node = cls()
                        node.edges = (edge,)
                        node.shape = x.shape
                        node.dims = dims
                        node.keepdim = keepdim
                        node.seq = next(sequence)
                        result._edge = node
                elif mode.inference:
                    mark_inference(result)
                return result
        return op.general(input, dims, keepdim)  # type: ignore[no-any-return]

    op.function = function
    return function
