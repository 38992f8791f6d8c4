"""Indexing by tensors: `index` reads, `index_put` writes. Basic indexing is in ops/views.py.

`indices` is a tuple with an entry for each dimension up to the last that is indexed: None for a
dimension that stays whole, else an integer ndarray, or a single boolean mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from rushlight.autograd.inference import mark_inference
from rushlight.autograd.modes import mode
from rushlight.autograd.node import FREED, Node, freed_error, sequence, stale_input
from rushlight.kernels.accumulate import add_at
from rushlight.kernels.flipped import resolved
from rushlight.ops.fitting import sum_to
from rushlight.ops.nodes import OperatorNode, named_node
from rushlight.ops.operator import Operator, dispatch
from rushlight.ops.viewing import is_plain
from rushlight.tensor import LEAF, Tensor, View, wrap

__all__ = ["index", "index_put", "index_sum", "indexed", "keep_indices", "numpy_index"]

Indices = tuple[Any, ...]
new = object.__new__


def numpy_index(indices: Indices) -> tuple[Any, ...]:
    """Indices as NumPy takes them."""
    return tuple([slice(None) if i is None else i for i in indices])


def _is_mask(indices: Indices) -> bool:
    """True where no element can be indexed twice: a mask, of which there is only one."""
    return any(i is not None and i.dtype.kind == "b" for i in indices)


def _index(x: Any, indices: Indices) -> Any:
    if len(indices) == 1 and indices[0].dtype.kind != "b":
        return x.take(indices[0], 0)  # checked before; contiguous, and quicker than x[...]
    return np.ascontiguousarray(x[numpy_index(indices)])


def _index_sum(g: Any, size: tuple[int, ...], indices: Indices) -> Any:
    """Zeros of shape `size` with `g` added at `indices`: the adjoint of `index`."""
    if _is_mask(indices):
        out = np.zeros(size, g.dtype)
        out[numpy_index(indices)] = g
        return out
    return add_at(size, indices, g)


def _index_put(x: Any, values: Any, indices: Indices, accumulate: bool) -> Any:
    where = numpy_index(indices)
    if accumulate and not _is_mask(indices):
        shape = x[where].shape
        return x + add_at(x.shape, indices, np.broadcast_to(values, shape).astype(x.dtype))
    out = np.array(x, order="C")  # also of a NumPy scalar
    if accumulate:
        out[where] += values
    else:
        out[where] = values
    return out


def _index_clear(x: Any, indices: Indices) -> Any:
    out = np.array(x, order="C")  # also of a NumPy scalar
    out[numpy_index(indices)] = 0
    return out


def _adopted(indices: Indices, tensors: Iterable[Tensor]) -> Indices:
    """Indices with the arrays of `tensors`, in the places of those that they were made of."""
    values = [t._array for t in tensors]
    given = [i for i, a in enumerate(indices) if a is not None]
    if [a.shape for a in values] != [indices[i].shape for i in given]:
        return indices  # masks that became numbers, or lists among the tensors
    adopted = list(indices)
    for i, a in zip(given, values):
        adopted[i] = a.astype(indices[i].dtype)
    return tuple(adopted)


class IndexPutNode(OperatorNode):
    """Looks whether the index tensors changed; their arrays are among the parameters."""

    def adopt(self) -> Any:
        params = self.params
        if "tensors" not in self.saved:
            return None
        self.params = {**params, "indices": _adopted(params["indices"], self.saved["tensors"])}
        return params

    def _apply(self, g: Any, edges: tuple[Any, ...], value: Any, fitted: Any) -> Any:
        if self.saved is not FREED and "tensors" in self.saved:
            value("tensors")
        return super()._apply(g, edges, value, fitted)


class Indexing(Operator):
    """An Operator with an argument ``indices``, whose arrays too may belong to a transform."""

    def general(self, *args: Any) -> Any:
        """As a call, whatever the arguments are."""
        for a in args[self.args.index("indices")]:
            if a is not None and type(a) is not np.ndarray:
                return dispatch(self, args)
        return super().general(*args)


def _indexing(name: str, kernel: Any, node: str | None = None, **rules: Any) -> Operator:
    """Declare a linear Operator that takes indices."""
    code = kernel.__code__
    args = code.co_varnames[: code.co_argcount]
    return Indexing(name, kernel, "linear", args, rules, node=node)


index: Operator = _indexing(
    "index", _index, x=lambda g, x_shape, indices: index_sum(g, x_shape, indices)
)
index_sum: Operator = _indexing(
    "index_put", _index_sum, g=lambda g, indices: index(g, indices), node="IndexPutBackward0"
)
index_put: Operator = _indexing(
    "index_put",
    _index_put,
    x=lambda g, indices, accumulate: g if accumulate else index_clear(g, indices),
    values=lambda g, values_shape, indices: sum_to(index(g, indices), values_shape),
)
index_put.node = named_node("IndexPutBackward0", IndexPutNode, op=index_put)
index_clear: Operator = _indexing(
    "index_put", _index_clear, x=lambda g, indices: index_clear(g, indices)
)


def keep_indices(result: Tensor, indices: Indices, tensors: Iterable[Tensor]) -> Tensor:
    """Let the node of an `index_put` save the tensors that its indices came from, as PyTorch's."""
    node = result._edge
    if isinstance(node, IndexPutNode) and type(node.saved) is dict:
        saved = tuple(tensors) or (wrap(next(i for i in indices if i is not None)),)
        node.saved["tensors"] = saved
        node.versions["tensors"] = tuple([t._counter[0] for t in saved])
        from rushlight.autograd.saved import pack_new  # seldom needed

        pack_new(node)  # which had nothing to pack when it was recorded
    return result


# -- the short path --------------------------------------------------------------------------------


class IndexBackward0(Node):
    """Saves the index tensors, whose arrays are in ``params``, to notice when they change."""

    params: tuple[Any, ...]

    def positions(self) -> tuple[str, ...]:
        return tuple([f"index {i}" for i in range(len(self.versions))])

    def settings(self) -> dict[str, Any]:
        return {"x_shape": self.params[0]}

    def adopt(self) -> Any:
        params = self.params
        self.params = (params[0], _adopted(params[1], self.saved))
        return params

    def _check(self) -> None:
        if self.saved is FREED:
            raise freed_error()
        for tensor, version in zip(self.saved, self.versions):
            if tensor._counter[0] != version:
                raise stale_input(tensor, version)

    def vjp(self, g: Any, edges: tuple[Any, ...]) -> Any:
        self._check()
        return (_index_sum(resolved(g), *self.params),)

    def vjp_graph(self, g: Any, edges: tuple[Any, ...]) -> Any:
        self._check()
        return (index_sum(g, *self.params),)


IndexBackward0.__module__ = "builtins"


def indexed(input: Tensor, indices: Indices, tensors: list[Tensor]) -> Tensor:
    """Read `input` at `indices`, the arrays of `tensors` (and of whatever was no tensor)."""
    if not is_plain(input):
        return index(input, indices)  # type: ignore[no-any-return]
    for t in tensors:
        if t._interpreter is not None:
            return index(input, indices)  # type: ignore[no-any-return]
    x = input._array
    result = wrap(_index(resolved(x), indices))
    if mode.grad:
        edge = input._edge
        if type(edge) is View:
            edge = edge.refresh(input)
        if edge is not None:
            node = new(IndexBackward0)
            node.edges = (input if edge is LEAF else edge,)
            saved = tensors or [wrap(next(i for i in indices if i is not None))]
            node.saved = tuple(saved)
            node.versions = tuple([t._counter[0] for t in saved])
            node.params = (x.shape, indices)
            node.seq = next(sequence)
            result._edge = node
    elif mode.inference:
        mark_inference(result)
    return result
