"""Collation: a list of samples becomes one batch of the same structure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from rushlight.api.data import as_tensor, tensor
from rushlight.api.shape import stack
from rushlight.dtypes import float64
from rushlight.tensor import Tensor

__all__ = ["default_collate", "default_convert"]

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
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch), 0)
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "USO":
            raise TypeError(_REFUSAL.format(first.dtype))
        return default_collate([as_tensor(b) for b in batch])
    if isinstance(first, (np.bool_, np.number)):
        return as_tensor(batch)
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _mapping_like(first, {k: default_collate([d[k] for d in batch]) for k in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(samples) for samples in zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(samples) for samples in zip(*batch)]
        return columns if isinstance(first, tuple) else _sequence_like(first, columns)
    raise TypeError(_REFUSAL.format(type(first)))


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
