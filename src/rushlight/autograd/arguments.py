"""The arguments of `backward` and `grad`: checked, then turned into edges and cotangents."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rushlight.autograd.engine import edge_of
from rushlight.autograd.graph import GradientEdge, edge_within
from rushlight.autograd.node import NOWHERE
from rushlight.dtypes import dtype, from_numpy
from rushlight.size import Size
from rushlight.tensor import Tensor, wrap

__all__ = ["as_flag", "as_tuple", "cotangents_of", "inputs_of", "is_more_than_plain", "roots_of"]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """A tensor or an edge alone stands for a tuple of one."""
    return (x,) if isinstance(x, (Tensor, GradientEdge)) else tuple(x)


def inputs_of(inputs: Any, function: str) -> tuple[Any, ...]:
    """The tensors and edges that derivatives are wanted of: one, a sequence, a dictionary's."""
    if type(inputs) is dict:
        wanted = tuple(inputs.values())
    elif isinstance(inputs, Mapping):
        raise TypeError(
            f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. "
            "Other Mapping types are not supported."
        )
    else:
        wanted = as_tuple(inputs)
    if not wanted:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return wanted


def check_inputs(inputs: Sequence[Any]) -> None:
    """Refuse what is neither a Tensor nor an edge."""
    for t in inputs:
        if not isinstance(t, (Tensor, GradientEdge)):
            raise RuntimeError(
                f"all inputs have to be Tensors or GradientEdges, but got {type(t).__name__}"
            )


def meta_of(out: Any) -> tuple[Size | None, dtype | None]:
    """The shape and dtype of an output; None where nobody noted them: see `Node.meta_of`."""
    if isinstance(out, GradientEdge):
        meta = out.node.meta_of(out.output_nr)
        return (None, None) if meta is None else (Size(meta[0]), from_numpy(meta[1]))
    return out.shape, out.dtype


def as_flag(value: Any) -> bool:
    """A flag as PyTorch's engine reads it: a bool, or what counts as a whole number."""
    return value if type(value) is bool else operator.index(value) != 0


def cotangents_of(
    outputs: Sequence[Any], given: Sequence[Any], batched: bool = False
) -> list[Tensor | None]:
    """Check the cotangents `given` for `outputs`, and make ones for scalars that have none.

    With `batched` the first dimension of each counts cotangents.
    """
    return [_cotangent(i, out, g, batched) for i, (out, g) in enumerate(zip(outputs, given))]


def _cotangent(i: int, out: Any, g: Any, batched: bool) -> Tensor | None:
    if not isinstance(out, (Tensor, GradientEdge)):
        raise AssertionError("Expected output to be a torch.Tensor")
    if isinstance(g, Tensor):
        _check_cotangent(i, out, g, batched)
        return g
    if g is not None:
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if isinstance(out, Tensor) and not out.requires_grad:
        return None
    shape, kind = meta_of(out)
    if shape is None or kind is None or shape.numel() != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if not kind.is_floating_point:
        raise RuntimeError(
            f"grad can be implicitly created only for real scalar outputs but got {kind}"
        )
    return wrap(np.array(1, kind.numpy).reshape(shape))  # in a third of the time of np.ones


def _check_cotangent(i: int, out: Any, g: Tensor, batched: bool) -> None:
    if type(out) is Tensor is type(g) and not batched:
        given, wanted = g._array, out._array
        if given.dtype is wanted.dtype and given.shape == wanted.shape:
            return
    shape, kind = meta_of(out)
    if shape is None or kind is None:
        return
    first = g[0] if batched else g
    if first.shape != shape:
        if not batched:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has "
                f"a shape of {shape}."
            )
        if isinstance(out, GradientEdge):
            raise RuntimeError("Batched grads are not supported with GradientEdge")
        raise RuntimeError(
            "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as "
            "the batch dimension. The sizes of the remaining dimensions are expected to match the "
            "shape of corresponding output, but a mismatch was detected: "
            f"grad_output[{i}] has a shape of {first.shape[1:]} and output[{i}] has a shape of "
            f"{shape}. If you only want some tensors in `grad_output` to be considered batched, "
            "consider using vmap."
        )
    if kind.is_complex != g.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{i}] has a dtype of {g.dtype} and output[{i}] has a "
            f"dtype of {kind}."
        )


def roots_of(outputs: Sequence[Any]) -> list[Any]:
    """Return the edges of `outputs`; raise RuntimeError for one that requires no grad."""
    edges = []
    for i, out in enumerate(outputs):
        edge = edge_within(out) if isinstance(out, GradientEdge) else edge_of(out)
        if edge is None or edge is NOWHERE:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        edges.append(edge)
    return edges


def check_count(outputs: Sequence[Any], cotangents: Sequence[Any]) -> None:
    """Refuse fewer or more cotangents than outputs."""
    if len(outputs) != len(cotangents):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(cotangents)} gradients")


def is_more_than_plain(t: Any) -> bool:
    """True for a tensor of a transform, which the engine must not unpack."""
    return isinstance(t, Tensor) and t._interpreter is not None
