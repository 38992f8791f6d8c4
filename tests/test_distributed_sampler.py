"""DistributedSampler, and what is refused of utils.data: under both libraries."""

from __future__ import annotations

from typing import Any

import pytest

import rushlight
from tests.both import assert_same_story, attempt, story

OPTIONS: list[dict[str, Any]] = [
    {},
    {"shuffle": False},
    {"drop_last": True},
    {"seed": 7},
    {"shuffle": False, "drop_last": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 12, 100])
@pytest.mark.parametrize("replicas", [1, 3, 7])
def test_shares(replicas: int, n: int, options: dict[str, Any]) -> None:
    def body(lib: Any) -> Any:
        told: list[Any] = []
        for rank in range(replicas):
            sampler = lib.utils.data.DistributedSampler(range(n), replicas, rank, **options)
            told.append((len(sampler), list(sampler), sampler.num_samples, sampler.total_size))
            sampler.set_epoch(3)
            told.append((list(sampler), list(sampler), sampler.epoch, sampler.rank))
        return told, lib.rand(1)  # the default generator isn't touched

    assert_same_story(body)


@story
def test_in_a_loader(lib: Any) -> Any:
    data = lib.utils.data
    sampler = data.DistributedSampler(range(10), num_replicas=2, rank=1)
    loader = data.DataLoader(range(10), batch_size=2, sampler=sampler)
    return [batch.tolist() for batch in loader], len(loader)


@story
def test_wrong_ranks(lib: Any) -> Any:
    make = lib.utils.data.DistributedSampler
    told = [attempt(lambda: make(range(9))), attempt(lambda: make(range(9), num_replicas=2))]
    told += [attempt(lambda: make(range(9), rank=1)), attempt(lambda: make(range(9), 2, 2))]
    return told, attempt(lambda: make(range(9), 2, -1)), attempt(lambda: make(range(9), 0, 0))


@pytest.mark.parametrize("name", ["IterDataPipe", "MapDataPipe", "DFIterDataPipe"])
def test_data_pipes_are_refused(name: str) -> None:
    pipe = getattr(rushlight.utils.data, name)
    for use in (pipe, lambda: type("Mine", (pipe,), {})):
        with pytest.raises(NotImplementedError, match=f"utils.data.{name}: Rushlight has no"):
            use()


def test_decorators_of_data_pipes_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="functional_datapipe"):

        @rushlight.utils.data.functional_datapipe("mine")
        class Mine:
            pass
