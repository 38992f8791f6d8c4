"""Batching of products: every product of one example is a `matmul` of all of them.

Where only one factor differs between examples the other stays as it is, so that a layer under vmap
multiplies by its weight once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rushlight.func.rules.aligning import again, expanded
from rushlight.ops import affine, einsum, matrix, shape
from rushlight.ops.fitting import cast_to, expand
from rushlight.ops.operator import Operator
from rushlight.ops.rearrange import diagonal_zeros
from rushlight.ops.shape import cat
from rushlight.ops.views import place, reshape

__all__ = ["RULES"]


def _matrices(level: Any, a: Any, as_row: bool) -> Any:
    """The value of a factor as matrices: a vector is one row, or one column."""
    value = level.value(a)
    if a._array.ndim > 1:
        return value
    (n,) = a._array.shape
    lead = (level.size,) if level.is_mapped(a) else ()
    return value.reshape((*lead, *((1, n) if as_row else (n, 1))))


def _product(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Any product of vectors, matrices and stacks, as `matmul` defines them."""
    a, b = args
    if a._array.ndim > 2 or b._array.ndim > 2:
        return _stacks(op, level, args)
    x, w = _matrices(level, a, True), _matrices(level, b, False)
    shape = (*a._array.shape[:-1], *b._array.shape[1:])
    if x._array.ndim == 3 and w._array.ndim == 2:  # all rows at once
        count, n, k = x._array.shape
        y = matrix.mm(reshape(x, (count * n, k)), w)
    else:
        y = matrix.matmul(x, w)
    return level.results(y.reshape((level.size, *shape)))


def _stacks(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """A product with at least one stack of matrices: their leading dimensions are aligned."""
    a, b = args
    ndim = max(a._array.ndim, b._array.ndim)
    values = []
    for t, as_row in ((a, True), (b, False)):
        value = _matrices(level, t, as_row)
        if level.is_mapped(t):
            lead, rest = value._array.shape[0], value._array.shape[1:]
            value = value.reshape((lead, *(1,) * (ndim - len(rest)), *rest))
        values.append(value)
    y = matrix.matmul(*values)
    if a._array.ndim == 1:
        y = y.squeeze(-2)
    elif b._array.ndim == 1:
        y = y.squeeze(-1)
    return level.results(y)


def _dot(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b = [level.value(x) for x in args]
    if op is matrix.vdot:
        a = a.conj()
    return level.results((a * b).sum(-1))


def _outer(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b = args
    return level.results(_matrices(level, a, False) * _matrices(level, b, True))


def _trace(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    return level.results(args[0]._value.diagonal(0, 1, 2).sum(-1))


def _trace_backward(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    g, size = args
    diagonal = expand(reshape(g._value, (level.size, 1)), (level.size, min(size)))
    return level.results(diagonal_zeros(diagonal, (level.size, *size), 0, 1, 2))


def _block_diag(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """Rows of each block between zeros, one below the other."""
    blocks = []
    for x in args:
        sides = (1,) * (2 - x._array.ndim) + x._array.shape
        blocks.append(reshape(expanded(level, x), (level.size, *sides)))
    widths = [b._array.shape[2] for b in blocks]
    rows = []
    for i, block in enumerate(blocks):
        size = (*block._array.shape[:2], sum(widths))
        start = sum(widths[:i])
        rows.append(place(block, size, (..., slice(start, start + widths[i]))))
    dtype = rows[0]._array.dtype
    return level.results(cat(1, *[cast_to(row, dtype) for row in rows]))


def _sum_bmm(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    a, b = [expanded(level, x) for x in args]
    return level.results((a @ b).sum(1))


def _linear(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """``x wᵀ + b``: one layer for all examples, or composed where each has one of its own."""
    x, w, b = args
    lead = level.is_mapped(w)
    if not lead and not level.is_mapped(b) and (b is None or b._array.ndim == 1):
        layer = affine.linear_operator(x._array.ndim + 1, b is not None)
        return level.results(layer(x._value, level.value(w), level.value(b)))
    y = again(level, x) @ (again(level, w).mT if w._array.ndim > 1 or lead else w)
    return y if b is None else y + again(level, b)


def _affine(formula: Callable[..., Any]) -> Callable[..., Any]:
    """The rule of ``beta c + alpha (a b)``, in the examples' own terms."""

    def rule(op: Operator, level: Any, args: Sequence[Any]) -> Any:
        c, a, b, beta, alpha = args
        product = formula(again(level, a), again(level, b))
        if alpha != 1:
            product = product * alpha
        if beta == 0:
            return product
        return (again(level, c) if beta == 1 else again(level, c) * beta) + product

    return rule


def _contract(op: Operator, level: Any, args: Sequence[Any]) -> Any:
    """A contraction with one label more, of the examples."""
    (inputs, output), *xs = args
    label = 1 + max((i for labels in (*inputs, output) for i in labels), default=-1)
    marked = [(label, *labels) if level.is_mapped(x) else labels for x, labels in zip(xs, inputs)]
    return level.results(op((tuple(marked), (label, *output)), *[level.value(x) for x in xs]))


_linears = [affine.linear_operator(n, biased) for n in (1, 2, 3) for biased in (False, True)]

RULES: dict[Operator, Any] = {
    **dict.fromkeys(
        (
            matrix.mm,
            matrix.mv,
            matrix.vm,
            matrix.bmm,
            matrix.fold,
            matrix.fold_vector,
            matrix.matmul,
            matrix.matmul_swapped,
            matrix.vector_matmul,
        ),
        _product,
    ),
    matrix.dot: _dot,
    matrix.vdot: _dot,
    matrix.outer: _outer,
    matrix.trace: _trace,
    matrix.trace_backward: _trace_backward,
    shape.block_diag: _block_diag,
    einsum.contract: _contract,
    einsum.multiply: _contract,
    matrix.sum_bmm: _sum_bmm,
    **dict.fromkeys(_linears, _linear),
    affine.addmm: _affine(lambda a, b: a @ b),
    affine.addmv: _affine(lambda a, b: a @ b),
    affine.addr: _affine(matrix.outer),
    affine.baddbmm: _affine(lambda a, b: a @ b),
    affine.addbmm: _affine(lambda a, b: (a @ b).sum(0)),
}
