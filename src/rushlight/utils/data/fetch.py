"""What makes a batch of one entry of the order: by index from a map, or next from a stream."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

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
