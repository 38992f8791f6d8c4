"""`backward` and `grad`: arguments checked, then handed to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of, run
from rushlight.autograd.leaf import accumulate, accumulate_graph
from rushlight.tensor import Tensor, wrap

__all__ = ["backward", "grad"]

Tensors = Tensor | Sequence[Tensor]


def _tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if isinstance(x, Tensor) or x is None else tuple(x)


def first_cotangents(outputs: Sequence[Tensor], given: Sequence[Any]) -> list[Any]:
    """Check the cotangents given for `outputs`, and make ones for scalars without."""
    cotangents: list[Any] = []
    for out, g in zip(outputs, given):
        if g is None:
            if not out.requires_grad:
                cotangents.append(None)
                continue
            if out.numel() != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            if not (out.dtype.is_floating_point or out.dtype.is_complex):
                raise RuntimeError(
                    "grad can be implicitly created only for real scalar outputs but got "
                    f"{out.dtype}"
                )
            g = wrap(np.ones(out._array.shape, out._array.dtype))
        elif isinstance(g, Tensor):
            if g.shape != out.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{len(cotangents)}] has a shape of {g.shape} "
                    f"and output[{len(cotangents)}] has a shape of {out.shape}."
                )
            if out.dtype.is_complex != g.dtype.is_complex:
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the "
                    f"same dtype. Mismatch in dtype: grad_output[{len(cotangents)}] has a dtype of "
                    f"{g.dtype} and output[{len(cotangents)}] has a dtype of {out.dtype}."
                )
        else:
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
        cotangents.append(g)
    return cotangents


def _edges(outputs: Sequence[Tensor]) -> list[Any]:
    edges = []
    for i, out in enumerate(outputs):
        edge = edge_of(out)
        if edge is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        edges.append(edge)
    return edges


def _start(outputs: Sequence[Tensor], grads: Any, create_graph: bool) -> tuple[Any, Any, bool]:
    """Return root edges, cotangents as the engine takes them, and whether it runs on Tensors."""
    cotangents = first_cotangents(outputs, grads)
    edges = _edges(outputs)
    graph = create_graph or any(
        t is not None and t._interpreter is not None for t in (*cotangents, *outputs)
    )
    if not graph:
        cotangents = [
            g._array if g._array.dtype == out._array.dtype else g._array.astype(out._array.dtype)
            for g, out in zip(cotangents, outputs)
        ]
    return edges, cotangents, graph


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of `tensors` with respect to graph leaves in their ``.grad``.

    `grad_tensors` are the cotangents of `tensors` (shapes alike; None for scalars: 1). The graph
    is freed unless `retain_graph` (default: `create_graph`). With `inputs`, only these accumulate.
    Raises RuntimeError where an element of `tensors` requires no grad, or the graph was freed.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> torch.autograd.backward([x * 3], [torch.ones(2)])
    >>> x.grad
    tensor([3., 3.])
    """
    outputs = _tuple(tensors)
    given = (None,) * len(outputs) if grad_tensors is None else _tuple(grad_tensors)
    edges, cotangents, graph = _start(outputs, given, create_graph)
    keep = create_graph if retain_graph is None else bool(retain_graph)
    if inputs is None:
        run(edges, cotangents, keep, graph, create_graph)
        return
    targets = _tuple(inputs)
    if len(targets) == 0:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    for t in targets:
        if edge_of(t) is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = run(edges, cotangents, keep, graph, create_graph, [edge_of(t) for t in targets], True)
    for t, g in zip(targets, found or ()):
        if g is not None:
            if graph:
                accumulate_graph(t, g)
            else:
                accumulate(t, g, False)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the sum of the gradients of `outputs` with respect to each of `inputs`.

    Nothing is accumulated. An input that no output depends on raises RuntimeError, or gives None
    with `allow_unused`, or zeros with `materialize_grads`.

    >>> import rushlight as torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.autograd.grad(x**3, x)
    (tensor(12.),)
    """
    outs = _tuple(outputs)
    targets = _tuple(inputs)
    if is_grads_batched:
        raise NotImplementedError(
            "autograd.grad: is_grads_batched needs vmap, which isn't here yet"
        )
    if materialize_grads:
        if allow_unused is False:
            raise ValueError(
                "Expected allow_unused to be True or not passed when materialize_grads=True, but "
                "got: allow_unused=False."
            )
        allow_unused = True
    given = (None,) * len(outs) if grad_outputs is None else _tuple(grad_outputs)
    edges, cotangents, graph = _start(outs, given, create_graph)
    wanted = []
    for t in targets:
        edge = edge_of(t)
        if edge is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.append(edge)
    keep = create_graph if retain_graph is None else bool(retain_graph)
    found = run(edges, cotangents, keep, graph, create_graph, wanted) or []
    results = []
    for t, g in zip(targets, found):
        if g is None:
            if materialize_grads:
                g = np.zeros(t._array.shape, t._array.dtype)
            elif not allow_unused:
                raise RuntimeError(
                    "One of the differentiated Tensors appears to not have been used in the "
                    "graph. Set allow_unused=True if this is the desired behavior."
                )
        results.append(g if g is None or isinstance(g, Tensor) else wrap(np.asarray(g)))
    return tuple(results)
