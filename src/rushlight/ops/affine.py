"""A product plus something: `linear`, the layer's x wᵀ + b, and the family of `addmm`.

`linear` is the hottest operator of most programs. It is one node here, where PyTorch records a
transposition, a product and for inputs of other than two dimensions two views; the node goes by
the name of the last of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import Node, sequence, stale_input
from rushlight.kernels.blocks import MANY
from rushlight.kernels.product import dot, matrix_product, rows
from rushlight.kernels.reduce import is_half, sum_
from rushlight.ops.declare import general
from rushlight.ops.fast import F4, F8, named, view_edge
from rushlight.ops.fitting import sum_to
from rushlight.ops.matrix import bmm, fold, mm, mv, outer, sum_bmm
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm", "linear", "linear_operator"]

Array = NDArray[Any]
new = object.__new__


# -- linear --------------------------------------------------------------------------------------


def _linear(x: Array, w: Array, b: Array | None) -> Array:
    """The last dimension of `x` mapped by the matrix `w`; `b` broadcasts over the rest."""
    if is_half(x.dtype):
        wide = None if b is None else b.astype(np.float32)
        return _linear(x.astype(np.float32), w.astype(np.float32), wide).astype(x.dtype)
    out = dot(rows(x), w.T)
    if b is not None:
        out += b
    return out if x.ndim == 2 else out.reshape((*x.shape[:-1], w.shape[0]))


def _add_row(y: Array, row: Array) -> None:
    from rushlight.kernels.uneven import add_row  # a file that small programs need not read

    add_row(y, row)


def _declare_linear(node: str, biased: bool) -> Operator:
    rules: dict[str, Any] = {
        "b": lambda g: g,
        "x": lambda g, w: fold(g, w),
        "w": lambda g, x: mm(rows(g).mT, rows(x)),
    }
    if not biased:
        del rules["b"]

    def jvp(x_t: Any, w_t: Any, b_t: Any, x: Any, w: Any) -> Any:
        return op(x_t, w, b_t) + op(x, w_t, None)

    op = general("linear", _linear, **rules, jvp=jvp, node=node)
    return op


_VECTOR, _MATRIX, _STACK = (
    (_declare_linear(without, False), _declare_linear(with_, True))
    for without, with_ in (
        ("SqueezeBackward4", "ViewBackward0"),
        ("MmBackward0", "AddmmBackward0"),
        ("UnsafeViewBackward0", "ViewBackward0"),
    )
)


def linear_operator(ndim: int, biased: bool) -> Operator:
    """The Operator ``(x, w, b)`` for an input of `ndim` dimensions, with or without bias."""
    return (_VECTOR if ndim == 1 else _MATRIX if ndim == 2 else _STACK)[biased]


class LinearNode(Node):
    """``saved`` is (x, w), None for what no formula wants."""

    op: ClassVar[Operator]
    biased: ClassVar[bool]

    def positions(self) -> tuple[str, ...]:
        return "x", "w"

    def _split(self, edges: tuple[Any, ...]) -> tuple[Any, Any, Any]:
        return edges if self.biased else (None, *edges)

    def _check(self, x: Any, w: Any) -> None:
        for t, version in zip((x, w), self.versions):
            if t is not None and t._counter[0] != version:
                raise stale_input(t, version)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, w = self.saved
        to_b, to_x, to_w = self._split(edges)
        self._check(x, w)
        gx = gw = None
        flat = g if g.ndim == 2 else rows(g)
        if to_x is not None:
            gx = matrix_product(flat, w._array)
            if flat is not g:
                gx = gx.reshape((*g.shape[:-1], gx.shape[1]))
        if to_w is not None:
            x = x._array
            gw = matrix_product(flat.T, x if x.ndim == 2 else rows(x))
        if not self.biased:
            return gx, gw
        return None if to_b is None else sum_(flat, (0,)), gx, gw

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        x, w = self.saved
        to_b, to_x, to_w = self._split(edges)
        self._check(x, w)
        gx = gw = None
        if to_x is not None:
            gx = mm(g, w) if g.ndim == 2 else fold(g, w)
        if to_w is not None:
            gw = mm(rows(g).mT, rows(x))
        if not self.biased:
            return gx, gw
        return None if to_b is None else sum_to(g, (g.shape[-1],)), gx, gw


def _node(op: Operator, biased: bool) -> type[Node]:
    return named_node(op.node_name, LinearNode, op=op, biased=biased)


_VECTOR_NODES, _MATRIX_NODES, _STACK_NODES = (
    (_node(pair[0], False), _node(pair[1], True)) for pair in (_VECTOR, _MATRIX, _STACK)
)


def linear(slow: Callable[..., Any], doc: str) -> Callable[..., Tensor]:
    """Make ``linear(input, weight, bias)``: plain tensors of fitting shapes here, others `slow`."""

    def function(input: Any, weight: Any, bias: Any = None) -> Any:
        kind = type(input)
        if kind is not Tensor and kind is not Parameter:
            return slow(input, weight, bias)
        kind = type(weight)
        if kind is not Tensor and kind is not Parameter:
            return slow(input, weight, bias)
        x = input._array
        w = weight._array
        dtype = x.dtype
        ndim = x.ndim
        if (
            dtype is not w.dtype
            or (dtype is not F4 and dtype is not F8)
            or w.ndim != 2
            or ndim == 0
            or x.shape[-1] != w.shape[1]
        ):
            return slow(input, weight, bias)
        y = matrix_product(x if ndim == 2 else rows(x), w.T)
        biased = bias is not None
        if biased:
            kind = type(bias)
            if kind is not Tensor and kind is not Parameter:
                return slow(input, weight, bias)
            b = bias._array
            if b.dtype is not dtype or b.ndim != 1 or b.shape[0] != w.shape[0]:
                return slow(input, weight, bias)
            if y.size < MANY:
                y += b
            else:
                _add_row(y, b)
        result = new(Tensor)
        result._array = y if ndim == 2 else y.reshape((*x.shape[:-1], w.shape[0]))
        result._counter = [0]
        if mode.grad:
            ex = input._edge
            ew = weight._edge
            eb = bias._edge if biased else None
            if ex is not None or ew is not None or eb is not None:
                if ex is LEAF:
                    ex = input
                elif type(ex) is View:
                    ex = view_edge(ex, input)
                if ew is LEAF:
                    ew = weight
                elif type(ew) is View:
                    ew = view_edge(ew, weight)
                if eb is LEAF:
                    eb = bias
                elif type(eb) is View:
                    eb = view_edge(eb, bias)
                if ex is None and ew is None and eb is None:
                    return result
                nodes = _MATRIX_NODES if ndim == 2 else _STACK_NODES if ndim > 2 else _VECTOR_NODES
                node: Any = new(nodes[biased])
                node.edges = (eb, ex, ew) if biased else (ex, ew)
                node.saved = (None if ew is None else input, None if ex is None else weight)
                node.versions = (input._counter[0], weight._counter[0])
                node.seq = next(sequence)
                result._edge = node
        elif mode.inference:
            mark_inference(result)
        return result

    return named(function, "linear", doc)


# -- beta·c + alpha·(a times b) --------------------------------------------------------------------


def scaled(x: Any, factor: Any) -> Any:
    """x · factor, which is mostly 1."""
    return x if factor == 1 else x * factor


def _declare_sum(name: str, times: Operator, *, skips: bool) -> Operator:
    """Declare beta·c + alpha·times(a, b). With `skips`, alpha = 0 also drops a nan of a or b."""

    def kernel(c: Array, a: Array, b: Array, beta: Any, alpha: Any) -> Array:
        dtype = a.dtype
        if is_half(dtype):
            c, a, b = (x.astype(np.float32) for x in (c, a, b))
            return kernel(c, a, b, beta, alpha).astype(dtype)
        out: Array = times.kernel(a, b)
        if alpha == 0 and skips:
            out[...] = 0
        elif alpha != 1:
            out *= alpha
        if beta != 0:
            out += scaled(c, beta)
        return out

    def jvp(c_t: Any, a_t: Any, b_t: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
        return op(c_t, a_t, b, beta, alpha) + scaled(times(a, b_t), alpha)

    to_a, to_b = times.rules["a"].formula, times.rules["b"].formula
    op = general(
        name,
        kernel,
        c=lambda g, beta: scaled(g, beta),
        a=lambda g, b, alpha: scaled(to_a(g, b), alpha),
        b=lambda g, a, alpha: scaled(to_b(g, a), alpha),
        jvp=jvp,
    )
    return op


addmm = _declare_sum("addmm", mm, skips=True)
addmv = _declare_sum("addmv", mv, skips=True)
addr = _declare_sum("addr", outer, skips=False)
baddbmm = _declare_sum("baddbmm", bmm, skips=False)
addbmm = _declare_sum("addbmm", sum_bmm, skips=True)
