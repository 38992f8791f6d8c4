"""What makes a batch of one entry of the order: by index from a map, or next from a stream."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from rushlight.api.data import from_numpy
from rushlight.api.indexed import index_select
from rushlight.tensor import Tensor
from rushlight.utils.data.collate import default_collate, stacks_tensors
from rushlight.utils.data.dataset import Subset, TensorDataset

__all__ = ["Fetcher", "make_fetcher"]

Fetcher = Callable[[Any], Any]


def make_fetcher(
    dataset: Any, stream: bool, batched: bool, collate: Callable[[Any], Any], drop_last: bool
) -> Fetcher:
    """Return a function of an index, or of a list of them; a stream's raises StopIteration."""
    if stream:
        return _StreamFetcher(dataset, batched, collate, drop_last)
    return _MapFetcher(dataset, batched, collate)


class _MapFetcher:
    """Look samples up by index."""

    def __init__(self, dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> None:
        self.dataset, self.batched, self.collate = dataset, batched, collate

    def __call__(self, indices: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[indices])
        stacks = self.collate is default_collate and stacks_tensors()
        if stacks and (rows := _rows(self.dataset, indices)):
            return rows
        many = getattr(self.dataset, "__getitems__", None)
        if many:
            return self.collate(many(indices))
        return self.collate([self.dataset[i] for i in indices])


class _StreamFetcher:
    """Take samples from the stream, as many as there are indices."""

    def __init__(
        self, dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool
    ) -> None:
        self.stream = iter(dataset)
        self.batched, self.collate, self.drop_last = batched, collate, drop_last
        self.ended = False

    def __call__(self, indices: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate(next(self.stream))
        samples = list(itertools.islice(self.stream, len(indices)))
        self.ended = len(samples) < len(indices)
        if not samples or (self.drop_last and self.ended):
            raise StopIteration
        return self.collate(samples)


def _rows(dataset: Any, indices: Any) -> list[Tensor]:
    """What `default_collate` makes of the rows of a TensorDataset, by one lookup for each tensor.

    Empty where they must be looked up one by one: gradients flow to them, they aren't there, or
    it is another dataset. (64 rows of two tensors cost 25 us this way, 300 us one by one.)
    """
    while type(dataset) is Subset:
        dataset, indices = dataset.dataset, [dataset.indices[i] for i in indices]
    if type(dataset) is not TensorDataset:
        return []
    places = np.asarray(indices)
    here = places.dtype.kind == "i" and places.ndim == 1 and len(places) > 0
    if not here or places.min() < 0 or places.max() >= len(dataset):
        return []
    if any(type(t) is not Tensor or t.requires_grad for t in dataset.tensors):
        return []
    index = from_numpy(places)
    return [index_select(t, 0, index) for t in dataset.tensors]
