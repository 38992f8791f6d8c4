"""Collation: a list of samples becomes one batch of the same structure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from rushlight.api.data import as_tensor, tensor
from rushlight.api.shape import stack
from rushlight.dtypes import float64
from rushlight.tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

FunctionMap = dict[type | tuple[type, ...], Callable[..., Any]]

_REFUSAL = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def default_convert(data: Any) -> Any:
    """Turn the ndarrays of one sample into tensors; the rest stays.

    >>> import numpy as np
    >>> import rushlight as torch
    >>> torch.utils.data.default_convert({"x": np.array([1, 2]), "name": "a"})
    {'x': tensor([1, 2]), 'name': 'a'}
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in "USO" else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {k: default_convert(data[k]) for k in data})
    if isinstance(data, tuple):
        converted = [default_convert(v) for v in data]
        return type(data)(*converted) if hasattr(data, "_fields") else converted
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence_like(data, [default_convert(v) for v in data])
    return data


def default_collate(batch: Any) -> Any:
    """Stack samples: tensors and ndarrays on a new first dimension, numbers into tensors.

    Dicts, tuples and lists are collated member by member; strings stay a list. Raises TypeError
    for what has no batch, RuntimeError for sequences of different lengths.

    >>> import rushlight as torch
    >>> torch.utils.data.default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Any:
    """Make a batch of samples by the function that `collate_fn_map` has for their type.

    Types are looked for as they are, and then by `isinstance`, in order; a key may be a tuple of
    types. A function is called ``f(samples, collate_fn_map=...)``. Dicts, tuples and lists that
    have none are collated member by member. A program adds a type of its own to
    ``default_collate_fn_map`` for `default_collate`, and so for loaders.
    """
    first = batch[0]
    functions = collate_fn_map or {}
    function = functions.get(type(first)) or next(
        (function for kind, function in functions.items() if isinstance(first, kind)), None
    )
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)

    def members(samples: Any) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _mapping_like(first, {key: members([d[key] for d in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(members, zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [members(samples) for samples in zip(*batch)]
        return columns if isinstance(first, tuple) else _sequence_like(first, columns)
    raise TypeError(_REFUSAL.format(type(first)))


def _stack(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Tensor:
    return stack(list(batch), 0)


def _stack_arrays(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Any:
    if batch[0].dtype.kind in "USO":
        raise TypeError(_REFUSAL.format(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def _scalars(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Tensor:
    return as_tensor(batch)


def _floats(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Tensor:
    return tensor(batch, dtype=float64)


def _ints(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Tensor:
    return tensor(batch)


def _as_it_is(batch: Any, *, collate_fn_map: FunctionMap | None = None) -> Any:
    return batch


default_collate_fn_map: FunctionMap = {
    Tensor: _stack,
    np.ndarray: _stack_arrays,
    (np.bool_, np.number, np.object_): _scalars,
    float: _floats,
    int: _ints,
    str: _as_it_is,
    bytes: _as_it_is,
}
_SHIPPED = dict(default_collate_fn_map)


def stacks_tensors() -> bool:
    """Whether `default_collate` stacks tensors: no program has changed its functions."""
    return default_collate_fn_map == _SHIPPED


def _mapping_like(original: Any, members: dict[Any, Any]) -> Any:
    """A mapping of the same class, as far as the class lets itself be made; or else a dict."""
    try:
        if isinstance(original, MutableMapping):
            made = copy.copy(original)
            made.update(members)
            return made
        return type(original)(members)
    except TypeError:
        return members


def _sequence_like(original: Any, members: list[Any]) -> Any:
    """A sequence of the same class, as far as the class lets itself be made; or else a list."""
    try:
        if isinstance(original, MutableSequence):
            made = copy.copy(original)
            for i, member in enumerate(members):
                made[i] = member
            return made
        return type(original)(members)
    except TypeError:
        return members
