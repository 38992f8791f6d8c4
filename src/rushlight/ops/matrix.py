"""Products of matrices and vectors, and `mm`'s short path.

Kernels and formulas know shapes that fit; rushlight.api.matrix looks at what users give. PyTorch
makes a product of many dimensions out of views, one `mm` or `bmm` and more views; here it is one
node, under the name that PyTorch shows for the last of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import sequence, stale_input
from rushlight.kernels.product import dot as _dot
from rushlight.kernels.product import rows, stacked
from rushlight.ops.declare import linear, multilinear
from rushlight.ops.fast import F4, F8, named, view_edge
from rushlight.ops.fast_nodes import BinaryNode
from rushlight.ops.nodes import named_node
from rushlight.ops.operator import Operator
from rushlight.parameter import Parameter
from rushlight.tensor import LEAF, Tensor, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "bmm",
    "dot",
    "fold",
    "fold_vector",
    "matmul",
    "matmul_swapped",
    "mm",
    "mv",
    "outer",
    "product",
    "sum_bmm",
    "trace",
    "vdot",
    "vector_matmul",
    "vm",
]

Array: TypeAlias = "NDArray[Any]"
new = object.__new__


# -- matrices and vectors ------------------------------------------------------------------------

mm: Operator = multilinear("mm", _dot, a=lambda g, b: mm(g, b.mT), b=lambda g, a: mm(a.mT, g))
mv: Operator = multilinear("mv", _dot, a=lambda g, b: outer(g, b), b=lambda g, a: mv(a.mT, g))
dot: Operator = multilinear("dot", _dot, a=lambda g, b: g * b, b=lambda g, a: g * a)
outer: Operator = multilinear(
    "mul",
    lambda a, b: a[:, None] * b,
    a=lambda g, b: mv(g, b),
    b=lambda g, a: mv(g.mT, a),
)
# PyTorch's vector times matrix is a matrix of one row, squeezed in place at the end.
vm: Operator = multilinear(
    "mm", _dot, a=lambda g, b: mv(b, g), b=lambda g, a: outer(a, g), node="SqueezeBackward4"
)
# Linear in the conjugate of its first input, so what is saved enters as it is.
vdot: Operator = multilinear(
    "vdot",
    lambda a, b: _dot(a.conj(), b),
    a=lambda g, b: g.conj() * b,
    b=lambda g, a: g * a,
    conjugate=False,
)


# -- stacks of matrices --------------------------------------------------------------------------

# Leading dimensions broadcast; where they do, the edges sum a cotangent back to its input's shape.
_stacked: dict[str, Callable[..., Any]] = {
    "a": lambda g, b: matmul(g, b.mT),
    "b": lambda g, a: matmul(a.mT, g),
}
matmul: Operator = multilinear("matmul", stacked, **_stacked, node="UnsafeViewBackward0")
# PyTorch multiplies a matrix with a stack from the other side, and transposes the result.
matmul_swapped: Operator = multilinear("matmul", stacked, **_stacked, node="CloneBackward0")
bmm: Operator = multilinear(
    "bmm", stacked, a=lambda g, b: bmm(g, b.mT), b=lambda g, a: bmm(a.mT, g)
)


def _fold(a: Array, b: Array) -> Array:
    """A stack times one matrix: all rows in one product."""
    return _dot(rows(a), b).reshape((*a.shape[:-1], *b.shape[1:]))


def _vector_matmul(a: Array, b: Array) -> Array:
    return stacked(a[None], b).reshape((*b.shape[:-2], b.shape[-1]))


def column(x: Any) -> Any:
    """A stack of vectors as a stack of matrices with one column."""
    return x.reshape((*x.shape, 1))


def row(x: Any) -> Any:
    """A stack of vectors as a stack of matrices with one row."""
    return x.reshape((*x.shape[:-1], 1, x.shape[-1]))


fold: Operator = multilinear(
    "matmul",
    _fold,
    a=lambda g, b: fold(g, b.mT),
    b=lambda g, a: mm(rows(a).mT, rows(g)),
    node="UnsafeViewBackward0",
)
fold_vector: Operator = multilinear(
    "matmul",
    _fold,
    a=lambda g, b: column(g) * b,
    b=lambda g, a: mv(rows(a).mT, g.reshape((prod(g.shape),))),
    node="UnsafeViewBackward0",
)
vector_matmul: Operator = multilinear(
    "matmul",
    _vector_matmul,
    a=lambda g, b: matmul(b, column(g)).reshape(b.shape[:-1]),
    b=lambda g, a: column(a) * row(g),
    node="UnsafeViewBackward0",
)


def _sum_bmm(a: Array, b: Array) -> Array:
    """The sum of a stack's products, as one product of matrices laid side by side."""
    wide = a.transpose(1, 0, 2).reshape(a.shape[1], a.shape[0] * a.shape[2])
    return _dot(wide, b.reshape(wide.shape[1], b.shape[2]))


sum_bmm: Operator = multilinear(
    "addbmm", _sum_bmm, a=lambda g, b: matmul(g, b.mT), b=lambda g, a: matmul(a.mT, g)
)


# -- the diagonal --------------------------------------------------------------------------------


def _trace(x: Array) -> Any:
    return x.trace(dtype=np.int64 if x.dtype.kind in "iu" else x.dtype)


def _trace_backward(g: Any, size: tuple[int, int]) -> Array:
    out = np.zeros(size, g.dtype)
    np.fill_diagonal(out, g)
    return out


trace: Operator = linear("trace", _trace, x=lambda g, x_shape: trace_backward(g, x_shape))
trace_backward: Operator = linear("trace_backward", _trace_backward, g=lambda g: trace(g))


# -- mm's short path -----------------------------------------------------------------------------


class MmNode(BinaryNode):
    """As BinaryNode, with `ndarray.dot` for the walk on ndarrays."""

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        a, b = self.saved
        to_a, to_b = edges
        ga = gb = None
        if to_a is not None:
            if b._counter[0] != self.versions[1]:
                raise stale_input(b, self.versions[1])
            ga = g.dot(b._array.T)
        if to_b is not None:
            if a._counter[0] != self.versions[0]:
                raise stale_input(a, self.versions[0])
            gb = a._array.T.dot(g)
        return ga, gb


MmBackward0 = named_node(
    "MmBackward0",
    MmNode,
    op=mm,
    rule_a=staticmethod(mm.rules["a"].formula),
    rule_b=staticmethod(mm.rules["b"].formula),
    takes_a=1,
    takes_b=1,
)


def product(name: str, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Make a function that multiplies two plain matrices at once and leaves the rest to `slow`."""

    def function(input: Any, other: Any) -> Any:
        kind = type(input)
        if kind is Tensor or kind is Parameter:
            kind = type(other)
            if kind is Tensor or kind is Parameter:
                a = input._array
                b = other._array
                dtype = a.dtype
                if (
                    dtype is b.dtype
                    and (dtype is F4 or dtype is F8)
                    and a.ndim == 2
                    and b.ndim == 2
                    and a.shape[1] == b.shape[0]
                ):
                    result = new(Tensor)
                    result._array = a.dot(b)
                    result._counter = [0]
                    if mode.grad:
                        ea = input._edge
                        eb = other._edge
                        if ea is not None or eb is not None:
                            if ea is LEAF:
                                ea = input
                            elif type(ea) is View:
                                ea = view_edge(ea, input)
                            if eb is LEAF:
                                eb = other
                            elif type(eb) is View:
                                eb = view_edge(eb, other)
                            if ea is None and eb is None:
                                return result
                            node: Any = new(MmBackward0)
                            node.edges = (ea, eb)
                            node.saved = (
                                None if eb is None else input,
                                None if ea is None else other,
                            )
                            node.versions = (input._counter[0], other._counter[0])
                            node.seq = next(sequence)
                            result._edge = node
                    elif mode.inference:
                        mark_inference(result)
                    return result
        return slow(input, other)

    return named(function, name, "")


mm.function = product("mm", mm.general)
