"""Jacobians with all their rows: one backward pass a row, all in one batch, or by forward mode.

Each function returns, for every output, a Jacobian of each input, of shape
``output.shape + input.shape``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rushlight.autograd import forward_ad
from rushlight.autograd.backward import grad, gradients_of
from rushlight.autograd.engine import Route
from rushlight.autograd.strict import CONSTANT, filled_with_zeros, zeros
from rushlight.tensor import Tensor, wrap

__all__ = [
    "basis",
    "from_columns",
    "from_rows",
    "gradients",
    "jacobians_by_batch",
    "jacobians_by_row",
    "jacobians_forward",
]


def gradients(
    outs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    cotangents: Any,
    create_graph: bool,
    batched: bool = False,
    retain_graph: bool = True,
) -> Sequence[Any]:
    """As `grad`, with None for whatever does not depend on the inputs."""
    tracked = [i for i, o in enumerate(outs) if o.requires_grad]
    if not tracked:
        return (None,) * len(inputs)
    given = None if cotangents is None else [cotangents[i] for i in tracked]
    return grad(  # type: ignore[no-any-return]
        [outs[i] for i in tracked],
        inputs,
        given,
        retain_graph=retain_graph,
        create_graph=create_graph,
        allow_unused=True,
        is_grads_batched=batched,
    )


def jacobians_by_row(
    i: int, out: Tensor, xs: Sequence[Tensor], create_graph: bool, strict: bool
) -> tuple[Tensor, ...]:
    """The Jacobians of output number `i` with respect to each input, from a pass an element."""
    from rushlight.api.shape import stack  # operators import us

    flat = out.reshape(-1)
    plain = type(out) is Tensor and out._array.dtype.kind == "f" and out.requires_grad
    route = Route()
    rows = []
    grads: Sequence[Any]
    for j in range(out.numel()):
        if plain:  # as below, without an operator and a node that select the element
            unit = np.zeros_like(out._array)
            unit.flat[j] = 1
            grads = gradients_of((out,), xs, (wrap(unit),), True, create_graph, True, route)
        else:
            grads = gradients((flat[j],), xs, None, create_graph)
        if strict:
            for k, g in enumerate(grads):
                if g is None:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {k}. "
                        "This is not allowed in strict mode."
                    )
                if create_graph and not g.requires_grad:
                    raise RuntimeError(CONSTANT.format(what="jacobian", i=i))
        rows.append(filled_with_zeros(grads, xs, False, create_graph, "back"))
    columns = [[row[k] for row in rows] for k in range(len(xs))]
    return tuple(stack(c).reshape((*out.shape, *x.shape)) for c, x in zip(columns, xs))


def basis(xs: Sequence[Tensor]) -> list[Tensor]:
    """One unit vector for each element of all `xs`: a batch for each of `xs`, zero but in its rows.

    Stacked on top of each other's rows, so that entry n of all batches together is vector n.
    """
    total = sum(x.numel() for x in xs)
    vectors = []
    start = 0
    for x in xs:
        n = x.numel()
        rows = np.zeros((total, n), x._array.dtype)
        rows[np.arange(start, start + n), np.arange(n)] = 1
        vectors.append(wrap(rows.reshape((total, *x.shape))))
        start += n
    return vectors


def from_rows(
    blocks: Sequence[Tensor], outs: Sequence[Tensor], xs: Sequence[Tensor]
) -> list[list[Tensor]]:
    """The Jacobians of each output, from all rows of all outputs: a block for each of `xs`."""
    sizes = [out.numel() for out in outs]
    parts = zip(*[block.split(sizes) for block in blocks])
    return [
        [part.reshape((*out.shape, *x.shape)) for part, x in zip(row, xs)]
        for out, row in zip(outs, parts)
    ]


def from_columns(columns: Tensor, xs: Sequence[Tensor]) -> list[Tensor]:
    """One output's Jacobians by each of `xs`, from a tangent for every element of all of them."""
    parts = columns.movedim(0, -1).split([x.numel() for x in xs], -1)
    return [part.reshape((*columns.shape[1:], *x.shape)) for part, x in zip(parts, xs)]


def jacobians_by_batch(
    outs: Sequence[Tensor], xs: Sequence[Tensor], create_graph: bool
) -> list[tuple[Tensor, ...]]:
    """The Jacobians of all outputs from one backward pass with a batch of cotangents."""
    count = sum(out.numel() for out in outs)
    flat = [out.reshape(-1) for out in outs]
    none = (None,) * len(xs)
    batches = gradients(flat, xs, basis(flat), create_graph, True) if count else none
    blocks = [x.new_zeros((count, *x.shape)) if g is None else g for g, x in zip(batches, xs)]
    return [tuple(row) for row in from_rows(blocks, outs, xs)]


def jacobians_forward(func: Callable[..., Any], xs: Sequence[Tensor]) -> tuple[bool, Any]:
    """The Jacobians from one forward pass with a batch of tangents; also whether `func` returns
    a tuple.
    """
    from rushlight.func.vmap import vmap  # transforms import us

    several = False

    def push(*tangents: Tensor) -> tuple[Tensor, ...]:
        nonlocal several
        duals = [forward_ad.make_dual(x, t) for x, t in zip(xs, tangents)]
        several, outs = outputs_of(func(*duals))
        pairs = [forward_ad.unpack_dual(out) for out in outs]
        return tuple(zeros(p) if t is None else t for p, t in pairs)

    with forward_ad.dual_level():
        columns = vmap(push)(*basis(xs))
    return several, [from_columns(column, xs) for column in columns]


def outputs_of(result: Any) -> tuple[bool, tuple[Tensor, ...]]:
    """What a function returned as a tuple, and whether it was one; refuse what is no tensor."""
    several = isinstance(result, tuple)
    outs = result if several else (result,)
    for i, out in enumerate(outs):
        if not isinstance(out, Tensor):
            place = f"the value at index {i}" if several else "the given outputs"
            raise TypeError(
                "The outputs given to jacobian must be either a Tensor or a tuple of Tensors but "
                f"{place} has type {type(out)}."
            )
    return several, outs
