"""`backward` and `grad`: arguments checked, then handed to the engine."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from rushlight.autograd.arguments import (
    as_flag,
    as_tuple,
    check_count,
    check_inputs,
    cotangents_of,
    inputs_of,
    is_more_than_plain,
    meta_of,
    roots_of,
)
from rushlight.autograd.engine import Route, edge_of, run
from rushlight.autograd.graph import GradientEdge, edge_within
from rushlight.autograd.node import NOWHERE, Node, Nowhere
from rushlight.kernels.flipped import without_negative
from rushlight.tensor import Tensor, wrap

__all__ = ["backward", "grad", "gradients_of"]

Tensors = Tensor | GradientEdge | Sequence[Tensor] | Sequence[GradientEdge]


def _given(grads: Any, count: int) -> tuple[Any, ...]:
    if grads is None:
        return (None,) * count
    return (grads,) if isinstance(grads, Tensor) else tuple(grads)


def _start(
    outputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
) -> tuple[list[Any], Sequence[Any], bool]:
    """Return root edges, cotangents as the engine takes them, and whether it runs on Tensors."""
    check_count(outputs, cotangents)
    edges = roots_of(outputs)
    for t in cotangents if create_graph else (*cotangents, *outputs):
        if is_more_than_plain(t):
            create_graph = True
            break
    if create_graph:
        return edges, cotangents, True
    return edges, [_raw(g, out) for g, out in zip(cotangents, outputs)], False


def _raw(g: Any, out: Any) -> Any:
    """The array of a cotangent, in the dtype of its output."""
    array = without_negative(g._array)
    if isinstance(out, Tensor) and array.dtype is out._array.dtype:
        return array
    kind = meta_of(out)[1]
    return array if kind is None or array.dtype == kind.numpy else array.astype(kind.numpy)


def plain_cotangent(t: Any, gradient: Any) -> Any:
    """The array to start a backward pass from `t` with, where nothing needs to be looked at.

    That is where one node made `t`, which is real, and `gradient` is None for a tensor of one
    element, or is a plain tensor of the shape and dtype of `t`. Else None.
    """
    if type(t) is not Tensor or not isinstance(t._edge, Node):
        return None
    array = t._array
    if array.dtype.kind != "f":
        return None
    if gradient is None:
        return np.array(1, array.dtype).reshape(array.shape) if array.size == 1 else None
    if type(gradient) is not Tensor:
        return None
    given = gradient._array
    return given if given.dtype is array.dtype and given.shape == array.shape else None


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
    is freed unless `retain_graph` (default: `create_graph`). With `inputs`, tensors, edges or a
    dictionary of tensors, only these accumulate. Raises RuntimeError where an element of `tensors`
    requires no grad, or the graph was freed.

    >>> import rushlight as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> torch.autograd.backward([x * 3], [torch.ones(2)])
    >>> x.grad
    tensor([3., 3.])
    """
    if inputs is grad_variables is None and create_graph is False:
        cotangent = plain_cotangent(tensors, grad_tensors)
        if cotangent is not None:
            keep = retain_graph is not None and as_flag(retain_graph)
            run((tensors._edge,), (cotangent,), keep, False, False)  # type: ignore[union-attr]
            return
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    targets = None if inputs is None else inputs_of(inputs, "backward")
    outputs = as_tuple(tensors)
    given = cotangents_of(outputs, _given(grad_tensors, len(outputs)))
    keep = as_flag(create_graph if retain_graph is None else retain_graph)
    create_graph = as_flag(create_graph)
    edges, cotangents, graph = _start(outputs, given, create_graph)
    wanted = None if targets is None else _accumulating(targets)
    if create_graph:
        _warn_of_cycles()
    run(edges, cotangents, keep, graph, create_graph, wanted, True)


def _accumulating(targets: Sequence[Any]) -> list[Any]:
    """The edges of the only tensors to accumulate; those that are no leaves retain their grad."""
    check_inputs(targets)
    for t in targets:
        if isinstance(t, Tensor):
            t.retain_grad()
    return [edge_within(t) if isinstance(t, GradientEdge) else edge_of(t) for t in targets]


_warned = False


def _warn_of_cycles() -> None:
    """Say once what ``backward(create_graph=True)`` leads to."""
    global _warned
    if _warned:
        return
    _warned = True
    warnings.warn(
        "Using backward() with create_graph=True will create a reference cycle between the "
        "parameter and its gradient which can cause a memory leak. We recommend using autograd.grad"
        " when creating the graph to avoid this. If you have to use this function, make sure to "
        "reset the .grad fields of your parameters to None after use to break the cycle and avoid "
        "the leak.",
        UserWarning,
        stacklevel=4,
    )


def grad(
    outputs: Tensors,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Return the sum of the gradients of `outputs` with respect to each of `inputs`.

    A tuple, or for a dictionary of inputs one of gradients. Nothing is accumulated. An input that
    no output depends on raises RuntimeError, or gives None with `allow_unused`, or zeros with
    `materialize_grads`. With `is_grads_batched` each of `grad_outputs` has a first dimension more,
    and so has each result; one pass, under `torch.func.vmap`, serves all entries.

    >>> import rushlight as torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.autograd.grad(x**3, x)
    (tensor(12.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    outs = as_tuple(outputs)
    targets = inputs_of(inputs, "grad")
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    given = cotangents_of(outs, _given(grad_outputs, len(outs)), is_grads_batched)
    keep = as_flag(create_graph if retain_graph is None else retain_graph)
    create_graph = as_flag(create_graph)
    unused = as_flag(materialize_grads if allow_unused is None else allow_unused)
    if is_grads_batched:
        found = _batched(outs, targets, given, keep, create_graph, unused)
    else:
        found = gradients_of(outs, targets, given, keep, create_graph, unused)
    if materialize_grads:
        found = [_zeros(t, create_graph) if g is None else g for g, t in zip(found, targets)]
    return dict(zip(inputs, found)) if type(inputs) is dict else tuple(found)


def gradients_of(
    outs: Sequence[Any],
    targets: Sequence[Any],
    given: Sequence[Any],
    keep: bool,
    create_graph: bool,
    unused: bool,
    route: Route | None = None,
) -> list[Any]:
    """Run one backward pass for the gradients of `targets`, None where none arrived."""
    edges, cotangents, graph = _start(outs, given, create_graph)
    check_inputs(targets)
    wanted = []
    for t in targets:
        edge = edge_within(t) if isinstance(t, GradientEdge) else edge_of(t)
        if edge is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.append(Nowhere() if edge is NOWHERE else edge)  # one that nothing leads to
    found = run(edges, cotangents, keep, graph, create_graph, wanted, route=route)
    if not unused:
        for i, g in enumerate(found):
            if g is None:
                raise RuntimeError(
                    f"The differentiated Tensor at index {i} appears to not have been used in the "
                    "graph. Set allow_unused=True if this is the desired behavior."
                )
    # One Tensor for an array that several inputs get; the caller's own for one that comes through.
    made: dict[int, Tensor] = {} if graph else {id(t._array): t for t in given if t is not None}
    for i, g in enumerate(found):
        if g is not None and not isinstance(g, Tensor):
            if id(g) not in made:
                made[id(g)] = wrap(np.asanyarray(g))
            found[i] = made[id(g)]
    return found


def _batched(
    outs: Sequence[Any],
    targets: Sequence[Any],
    given: Sequence[Any],
    keep: bool,
    create_graph: bool,
    unused: bool,
) -> list[Any]:
    """One backward pass for all entries along the first dimension of the cotangents at once."""
    from rushlight.func.vmap import vmap  # transforms import us

    batches = [g for g in given if g is not None]
    arrived: list[int] = []

    def vjp(*rows: Tensor) -> tuple[Tensor, ...]:
        ones = iter(rows)
        cotangents = [None if g is None else next(ones) for g in given]
        found = gradients_of(outs, targets, cotangents, keep, create_graph, unused)
        arrived[:] = [i for i, g in enumerate(found) if g is not None]
        return tuple([found[i] for i in arrived])

    found = vmap(vjp)(*batches)
    gradients = dict(zip(arrived, found))
    return [gradients.get(i) for i in range(len(targets))]


def _zeros(t: Any, requires_grad: bool) -> Tensor:
    if isinstance(t, GradientEdge):
        raise RuntimeError(
            "materialize_grads cannot be used when the given input is a GradientEdge"
        )
    return wrap(np.zeros_like(t._array)).requires_grad_(requires_grad)
