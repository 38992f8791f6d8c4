"""Contractions: sums of products over labelled dimensions, as `einsum` writes them.

A contraction is linear in each operand, and its derivative for one of them is again a contraction:
of the cotangent with all the others. So one Operator and one formula serve einsum, tensordot,
inner and bilinear to every order.

A `Spec` has the labels of each operand, none twice in one, and those of the result. Sizes of 1
broadcast, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rushlight.dtypes import sum_dtype
from rushlight.kernels.product import dot, stacked
from rushlight.kernels.reduce import is_half
from rushlight.ops.declare import multilinear
from rushlight.ops.fitting import expand
from rushlight.ops.operator import Operator

__all__ = ["Spec", "contract", "multiply"]

Array = NDArray[Any]
Labels = tuple[int, ...]
Spec = tuple[tuple[Labels, ...], Labels]


def _contract(spec: Spec, *xs: Array) -> Array:
    """Take in one operand after the other, as PyTorch does without an optimiser of paths."""
    inputs, output = spec
    if is_half(xs[0].dtype):
        return _contract(spec, *[x.astype(np.float32) for x in xs]).astype(xs[0].dtype)
    x, labels = xs[0], inputs[0]
    for i in range(1, len(xs)):
        later = (*output, *[label for labels in inputs[i + 1 :] for label in labels])
        x, labels = _pair(x, labels, xs[i], inputs[i], later)
    x, labels = _sum_out(x, labels, output)
    return x.transpose([labels.index(label) for label in output])


def _sum_out(x: Array, labels: Labels, keep: Iterable[int]) -> tuple[Array, Labels]:
    """Sum over the dimensions whose labels nobody wants any more."""
    axes = tuple(i for i, label in enumerate(labels) if label not in keep)
    if not axes:
        return x, labels
    summed: Array = np.asarray(np.add.reduce(x, axes, dtype=sum_dtype(x.dtype)))
    return summed, tuple(label for label in labels if label in keep)


def _pair(x: Array, a: Labels, y: Array, b: Labels, later: Labels) -> tuple[Array, Labels]:
    """Contract two operands over the labels they share and nobody wants later."""
    x, a, y, b = _drop_ones(x, a, y, b)
    x, a = _sum_out(x, a, (*later, *b))
    y, b = _sum_out(y, b, (*later, *a))
    batch = [label for label in a if label in b and label in later]
    inner = [label for label in a if label in b and label not in later]
    left = [label for label in a if label not in b]
    right = [label for label in b if label not in a]
    if left and right and later.index(right[0]) < later.index(left[0]):
        return _pair(y, b, x, a, later)  # so the product comes out in the order it is wanted in
    x = x.transpose([a.index(label) for label in (*batch, *left, *inner)])
    y = y.transpose([b.index(label) for label in (*batch, *inner, *right)])
    m, n, k = len(batch), len(left), len(inner)
    lead, rows, columns = x.shape[:m], x.shape[m : m + n], y.shape[m + k :]
    labels = (*batch, *left, *right)
    if not inner:
        return x.reshape((*x.shape, *(1,) * len(right))) * y.reshape(
            (*lead, *(1,) * n, *columns)
        ), labels
    size = prod(x.shape[m + n :])
    if batch:
        x = x.reshape((prod(lead), prod(rows), size))
        y = y.reshape((prod(lead), size, prod(columns)))
        z = stacked(x, y)
    else:
        z = dot(x.reshape((prod(rows), size)), y.reshape((size, prod(columns))))
    return z.reshape((*lead, *rows, *columns)), labels


def _drop_ones(x: Array, a: Labels, y: Array, b: Labels) -> tuple[Array, Labels, Array, Labels]:
    """Take away dimensions of size 1 that meet a larger one: they broadcast by being absent."""
    shared = [label for label in a if label in b]
    ones_x = [i for i in shared if x.shape[a.index(i)] == 1 != y.shape[b.index(i)]]
    ones_y = [i for i in shared if y.shape[b.index(i)] == 1 != x.shape[a.index(i)]]
    if ones_x:
        x = x.squeeze(tuple(a.index(label) for label in ones_x))
        a = tuple(label for label in a if label not in ones_x)
    if ones_y:
        y = y.squeeze(tuple(b.index(label) for label in ones_y))
        b = tuple(label for label in b if label not in ones_y)
    return x, a, y, b


def _pull(g: Any, xs: Sequence[Any], spec: Spec, needs: Sequence[bool]) -> list[Any]:
    """The cotangents of all operands that need one."""
    inputs, output = spec
    found: list[Any] = []
    for i, (x, labels) in enumerate(zip(xs, inputs)):
        if not needs[i]:
            found.append(None)
            continue
        others = [j for j in range(len(xs)) if j != i]
        operands = (output, *[inputs[j] for j in others])
        known = set().union(*operands)
        reached = tuple(label for label in labels if label in known)
        part = contract((operands, reached), g, *[xs[j].conj() for j in others])
        if reached != labels:  # summed over in x alone: the same cotangent all along
            sizes = dict(zip(reached, part.shape))
            part = part.reshape(tuple(sizes.get(label, 1) for label in labels))
        # Where x had a size of 1 that broadcast, the edge sums; where another operand had, x was
        # summed.
        size = tuple(n if s == 1 else s for s, n in zip(part.shape, x.shape))
        if tuple(part.shape) != size:
            part = expand(part, size)
        found.append(part)
    return found


def _declare(node: str) -> Operator:
    return multilinear(
        "einsum",
        _contract,
        xs=lambda g, xs, spec, needs: _pull(g, xs, spec, needs),
        node=node,
    )


contract = _declare("ViewBackward0")
multiply = _declare("MulBackward0")  # where nothing is summed, PyTorch only multiplies
